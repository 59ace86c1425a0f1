"""Log lines by level, on recorded lines of each server and on those that only look like errors."""

import itertools
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from conformance.reading import NotMeasured
from fixtures import logs
from fixtures.docker import Engine
from fixtures.host import Facts
from fixtures.logs import Tally, parse_line, tally_text, time_of
from tests.probes.support import body, probing, target, within
from tests.probes.test_docker import RUNNING, STOPPED, container

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

LEVELS = {
    # JSON
    '{"ts": "2026-11-23T07:58:50.734Z", "level": "INFO", "msg": "request", "status": 200}': "info",
    '{"level": "ERROR", "msg": "boom"}': "error",
    '{"level":"error","msg":"boom"}': "error",
    '{"severity": "CRITICAL", "message": "boom"}': "critical",
    '{"lvl": "fatal", "event": "boom"}': "critical",
    '{"lvl": "eror", "msg": "log15 spells it so"}': "error",
    '{"levelname": "ERROR", "message": "boom"}': "error",
    '{"log.level": "error", "message": "Elastic Common Schema"}': "error",
    '{"log": {"level": "error"}, "message": "Elastic Common Schema, nested"}': "error",
    '{"text": "x", "record": {"level": {"name": "ERROR", "no": 40}, "message": "loguru"}}': "error",
    '{"level": {"name": "ERROR", "no": 40}, "msg": "x"}': "error",
    '{"level": null, "severity": "error", "msg": "x"}': "error",
    '{"level": [1, {"a": null}], "msg": {"deep": [{"error": true}]}}': "[1, {'a': none}]",
    '{"a": {"level": "ERROR"}}': "none",
    "{}": "none",
    '{"level": "ERROR", "msg": "cut off in the mid': "error",
    '{"level": "INFO", "msg": "cut off after \\"level\\": \\"ERROR': "info",
    "{'level': 'not JSON'}": "none",
    # logfmt: Prometheus, Alertmanager, exporters
    "ts=2026-11-23T07:41:12.912Z caller=notifier.go:532 level=error component=notifier count=1": "error",
    'time=2026-11-23T07:41:12.912Z level=ERROR source=main.go:1 msg="Error sending alert"': "error",
    'time="2026-11-23T07:41:12Z" level=fatal msg="cannot start"': "critical",
    'level="error" msg=x': "error",
    "ts=1 caller=a.go:1 level=info msg=ok": "info",
    'ts=1 caller=a.go:1 level=warn err="an ERROR of somebody else"': "warn",
    "2026-11-23 07:41:12 level=error msg=x": "error",
    # nginx's error log
    "2026/11/23 07:41:12 [error] 29#29: *4 connect() failed (111: Connection refused)": "error",
    "2026/11/23 07:41:12 [crit] 29#29: *4 SSL_do_handshake() failed": "critical",
    "2026/11/23 07:41:12 [alert] 1#1: worker process 30 exited on signal 9": "critical",
    "2026/11/23 07:41:12 [emerg] 1#1: host not found in upstream": "critical",
    "2026/11/23 07:41:12 [warn] 29#29: *4 an upstream response is buffered": "warn",
    "2026/11/23 07:41:12 [notice] 1#1: signal 1 (SIGHUP) received": "notice",
    # PostgreSQL
    "2026-11-23 07:55:35.410 UTC [13576] agent@agent_v3 LOG:  could not receive data from client": "log",
    '2026-11-23 07:55:35.410 UTC [13576] agent@agent_v3 ERROR:  relation "x" does not exist at character 15': "error",
    '2026-11-23 07:55:35.410 UTC [13576] a@b FATAL:  password authentication failed for user "a"': "error",
    "2026-11-23 07:55:35.410 UTC [1] PANIC:  could not write to file: No space left on device": "critical",
    "2026-11-23 07:55:35.410 UTC [13576] a@b STATEMENT:  SELECT 'ERROR:  x'": "statement",
    "2026-11-23 07:55:35.410 UTC [13576] a@b LOG:  statement: SELECT 'PANIC:  x'": "log",
    # Python: basicConfig, the format that everybody copies, uvicorn, gunicorn, Celery, loguru
    "ERROR:root:boom": "error",
    "CRITICAL:agent.llm:boom": "critical",
    "INFO:root:ERROR:nothing": "info",
    "2026-11-23 07:41:12,123 - agent.llm - ERROR - boom": "error",
    "2026-11-23 07:41:12,123 - agent.llm - INFO - ERROR - boom": "info",
    "2026-11-23 07:41:12,123 ERROR agent.llm boom": "error",
    "2026-11-23 07:41:12,123 agent.llm CRITICAL boom": "critical",
    "ERROR:    Exception in ASGI application": "error",
    "INFO:     127.0.0.1:4242 - \"GET /ERROR HTTP/1.1\" 200 OK": "info",
    "[2026-11-23 07:41:12 +0000] [7] [ERROR] Exception in worker process": "error",
    "[2026-11-23 07:41:12 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:8)": "critical",
    "[2026-11-23 07:41:12,123: ERROR/MainProcess] Task x raised unexpected": "error",
    "2026-11-23 07:41:12.123 | ERROR    | agent.llm:call:12 - boom": "error",
    # Redis has no words for levels: # is its warning, * its notice
    "7:M 23 Nov 2026 07:55:02.027 * Ready to accept connections": "none",
    "7:M 23 Nov 2026 07:55:02.027 # Error writing to the AOF file: No space left on device": "none",
}  # fmt: skip

FALSE_FRIENDS = [
    '{"level":"INFO","msg":"ERROR in the text of a user"}',
    '{"level":"info","msg":"done","error_count":0,"errors":[]}',
    '{"msg":"no level","error":null}',
    '{"ts":"2026-11-23T07:58:51+00:00","uri":"/api/error","status":200,"user_agent":"level=error"}',
    "finished with 0 errors",
    "0 errors, 0 failures",
    "error_count=0 warnings=0",
    'GET /error?level=error HTTP/1.1" 200 12',
    '172.30.77.11 - - [23/Nov/2026:07:58:51 +0000] "GET /logs?level=error&severity=critical HTTP/1.1" 200 183 "-" "x"',
    '172.30.77.11 - - [23/Nov/2026:07:58:51 +0000] "GET /ERROR HTTP/1.1" 200 183 "https://x.test/ERROR" "curl"',
    "INFO retrying after ERROR from upstream",
    "2026-11-23 07:41:12,123 - agent - INFO - CRITICAL thinking is a skill",
    'level=info msg="level=error was asked for"',
    "ERRORS are counted below",
    "ERROR_RATE is fine",
    "the terror level is low",
    "no_level=error here",
]

MASKED = [
    '2026/11/23 07:41:12 [error] 29#29: *4 upstream timed out, request: "GET /logs?level=info HTTP/1.1"',
    "2026-11-23 07:41:12,123 ERROR agent cannot parse level=debug of the configuration",
    "ERROR:root:cannot parse severity=info",
    "2026-11-23 07:55:35.410 UTC [1] a@b ERROR:  syntax error in \"log level=info\"",
]  # fmt: skip


@pytest.mark.parametrize("line", LEVELS)
def test_level_of_a_line(line: str) -> None:
    assert LEVELS[line] == parse_line(line)[0]


@pytest.mark.parametrize("line", FALSE_FRIENDS)
def test_line_that_only_looks_like_an_error(line: str) -> None:
    assert parse_line(line)[0] not in {"error", "critical"}


@pytest.mark.parametrize("line", MASKED)
def test_text_of_a_line_hides_no_error(line: str) -> None:
    assert "error" == parse_line(line)[0]  # noqa: SIM300


@pytest.mark.parametrize("piece", ['{"a":', 'a="x=1 y=2" ', "a ", "a=1 ", "ERROR"])
def test_line_made_to_be_hard_takes_no_time(piece: str) -> None:
    with within(1):
        assert parse_line(("{" if piece.startswith("{") else "") + piece * 20_000)[0] in {"none", "error"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"level":"ERROR","msg":"boom","message":"second"}', "boom"),
        ('{"level":"ERROR","message":"boom"}', "boom"),
        ('{"level":"ERROR","event":"boom"}', "boom"),
        ('{"level":"ERROR","msg":{"a":1}}', "{'a': 1}"),
        ("2026/11/23 07:41:12 [error] 29#29: refused", "29#29: refused"),
        ("2026-11-23 07:55:35.410 UTC [1] a@b ERROR:  no such table", "no such table"),
        ("2026-11-23 07:41:12,123 - agent - ERROR - boom", "- boom"),
        ("level=error msg=boom", "msg=boom"),
    ],
)
def test_message_of_a_line(line: str, message: str) -> None:
    assert message == parse_line(line)[1].strip()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("took 12 ms", "took 3407 ms"),
        ("session 3fa85f64-5717-4562-b3fc-2c963f66afa6 failed", "session 01234567-89ab-cdef-0123-456789abcdef failed"),
        ("session 3FA85F64-5717-4562-B3FC-2C963F66AFA6 failed", "session 01234567-89ab-cdef-0123-456789abcdef failed"),
        ("trace deadbeefcafe lost", "trace 0123456789ab lost"),
        ("at 0x7f00deadbeef", "at 0x12"),
        ("10.0.0.1:4242 gone", "172.30.77.11:9 gone"),
    ],
)
def test_messages_that_differ_in_numbers_only_are_one(one: str, other: str) -> None:
    assert logs._shape(one) == logs._shape(other)


@pytest.mark.parametrize(("one", "other"), [("cannot read", "cannot write"), ("code a1", "code b1")])
def test_other_messages_stay_apart(one: str, other: str) -> None:
    assert logs._shape(one) != logs._shape(other)


def test_shape_of_a_message_without_end_is_short() -> None:
    assert len(logs._shape("x" * 10_000)) == 200


def test_worst_messages_come_by_frequency_and_info_is_none_of_them() -> None:
    tally = Tally()
    for number in range(3):
        tally.add(f'{{"level":"ERROR","msg":"took {number} s"}}')
    tally.add('{"level":"CRITICAL","msg":"down"}')
    tally.add('{"level":"INFO","msg":"fine"}')
    assert tally.worst() == "3 x ERROR took # s\n1 x CRITICAL down"
    assert tally.lines == 5


# Times


@pytest.mark.parametrize(
    ("line", "moment"),
    [
        ("2026-11-23T12:00:00Z x", NOON),
        ('{"ts": "2026-11-23T12:00:00.734Z"}', NOON),
        ("2026-11-23 12:00:00,123 x", NOON),
        ("2026-11-23 12:00:00.123 UTC [1] LOG:  x", NOON),
        ("2026/11/23 12:00:00 [error] 1#1: x", NOON),
        ("2026-11-23T14:00:00+02:00 x", NOON),
        ("2026-11-23T14:00:00.5+0200 x", NOON),
        ("[2026-11-23 07:00:00 -0500] [7] [ERROR] x", NOON),
        ("x" * 100 + " 2026-11-23T12:00:00Z", NOON),
        ("x" * 250 + " 2026-11-23T12:00:00Z", None),
        ("2026-13-23 12:00:00 x", None),
        ("2026-02-30 12:00:00 x", None),
        ("2026-11-23 25:00:00 x", None),
        ("2026-11-23 without a clock", None),
        ("Traceback (most recent call last):", None),
        ("", None),
    ],
)
def test_time_of_a_line(line: str, moment: datetime | None) -> None:
    assert moment == time_of(line)


def test_only_lines_of_the_window_count_and_a_stack_trace_goes_with_its_line() -> None:
    text = """2026-11-23 11:58:00,000 ERROR agent old
Traceback (most recent call last):
  File "old.py", line 1
2026-11-23 12:00:00,000 ERROR agent at the very start of the window
2026-11-23 12:00:01,000 INFO agent fine

2026-11-23 12:00:02,000 ERROR agent young
Traceback (most recent call last):
  File "young.py", line 1
ValueError: 1
"""
    found = tally_text(text, NOON, "/log")
    assert (found.lines, found.levels["error"], found.source) == (6, 2, "/log")
    assert "old" not in found.worst()


@pytest.mark.parametrize(("zone", "lines"), [("-0500", 1), ("+0000", 0), ("+05:00", 0)])
def test_times_without_a_zone_are_those_of_the_host(zone: str, lines: int) -> None:
    """07:00 is noon UTC on a host five hours west."""
    assert lines == tally_text("2026-11-23 07:00:01 ERROR x\n", NOON, "/log", zone).lines


def test_lines_before_the_first_time_are_the_tail_of_an_older_one() -> None:
    assert tally_text("ERROR cut off\n2026-11-23 12:00:01 INFO x\n", NOON, "/log").lines == 1


@pytest.mark.parametrize("text", ["ERROR no time at all\n", "x\ny\n", "{}\n", "\x00\x00\n"])
def test_log_without_any_time_is_not_measured(text: str) -> None:
    with pytest.raises(NotMeasured, match="carries a time that is understood"):
        tally_text(text, NOON, "/log")


@pytest.mark.parametrize("text", ["", "\n \n", "2026-11-23 11:59:59 ERROR old\n"])
def test_empty_or_old_log_has_no_line(text: str) -> None:
    assert tally_text(text, NOON, "/log").lines == 0


def test_file_whose_read_part_begins_inside_the_window_is_marked_truncated() -> None:
    line = f"2026-11-23 12:00:01 INFO {'x' * 975}\n"
    assert tally_text(line * 1000, NOON, "/log").truncated
    assert not tally_text(line * 10, NOON, "/log").truncated
    assert not tally_text("2026-11-23 11:00:01 INFO old\n" + line * 1000, NOON, "/log").truncated


# The bounds of a container's log


def test_lines_are_put_together_from_frames() -> None:
    tally = Tally()
    assert list(logs._lines([b"one\ntw", b"o\n\n  \nthr", b"ee"], tally)) == ["one", "two", "three"]
    assert not tally.truncated


def test_bytes_that_are_no_utf8_are_shown_and_not_lost() -> None:
    assert list(logs._lines([b"caf\xe9 \xff\n"], Tally())) == ["caf� �"]


@pytest.mark.parametrize("frame", [b"x" * 65_535 + b"\n", b"x" * 65_536, b"\n" * 65_536])
def test_log_without_end_is_cut_by_bytes(frame: bytes) -> None:
    drawn = 0

    def frames() -> Iterator[bytes]:
        nonlocal drawn
        for _ in itertools.count():
            drawn += len(frame)
            yield frame

    tally = Tally()
    for _ in logs._lines(frames(), tally):
        pass
    assert tally.truncated
    assert logs.BYTES < drawn <= logs.BYTES + len(frame)


@pytest.mark.parametrize(("lines", "truncated"), [(logs.LINES - 1, False), (logs.LINES, True)])
def test_as_many_lines_as_were_asked_for_may_not_be_all(lines: int, truncated: bool) -> None:
    tally = Tally()
    list(logs._lines([b"x\n" * lines], tally))
    assert truncated is tally.truncated


class FakeApi:
    """The one call of the engine that is made, with frames for each container."""

    def __init__(self, **frames: list[bytes] | Exception) -> None:
        self.frames, self.asked = frames, dict[str, Any]()

    def logs(self, container_id: str, **keys: Any) -> list[bytes]:
        self.asked = keys
        found = self.frames[container_id]
        if isinstance(found, Exception):
            raise found
        return found


def test_log_of_a_service_is_that_of_all_its_containers_and_bounded_by_the_engine() -> None:
    api = FakeApi(a=[b"ERROR x\n"], b=[b"ERROR y\nINFO z\n"])
    both = Engine({"api": (container(Id="a"), container(Id="b", Name="/two"))}, {}, "", "")
    found = logs._tally_service(api, both, "api", 17.0)
    assert isinstance(found, Tally)
    assert (found.lines, found.levels["error"], found.source) == (3, 2, "agentv3_agent-v3_1, two")
    assert api.asked == {"since": 17.0, "tail": logs.LINES, "stream": True, "follow": False}


def test_silence_of_a_stopped_container_is_no_silence() -> None:
    stopped = replace(STOPPED, id="a")
    found = logs._tally_service(FakeApi(a=[]), Engine({"api": (stopped,)}, {}, "", ""), "api", 0)
    assert isinstance(found, NotMeasured)
    assert (found.reason, found.parts) == ("api logged nothing and is not running", ("api",))


def test_service_without_a_container_has_no_log() -> None:
    found = logs._tally_service(FakeApi(), Engine({}, {}, "", ""), "api", 0)
    assert isinstance(found, NotMeasured)
    assert found.parts == ("api",)


def test_log_that_the_engine_does_not_give_is_not_measured() -> None:
    import requests

    api = FakeApi(a=requests.exceptions.ReadTimeout("Read timed out."))
    found = logs._tally_service(api, Engine({"api": (replace(RUNNING, id="a"),)}, {}, "", ""), "api", 0)
    assert isinstance(found, NotMeasured)
    assert (found.reason, found.parts) == ("the log of agentv3_agent-v3_1 cannot be read: Read timed out.", ("docker",))


def test_file_that_cannot_be_read_hides_no_other() -> None:
    moment = (datetime.now(UTC) - timedelta(seconds=5)).isoformat()
    facts = Facts({"log good": f"/log\n{moment} ERROR x\n"}, "local://", 0, 0, {"good": "/g", "bad": "/b/*.log"})
    run = probing(results={"host_facts": facts}, windows={"log.errors": 60})
    found = logs._of_files(run, ["good", "bad"], time.time() - 60)
    assert isinstance(found["good"], Tally)
    assert found["good"].levels["error"] == 1
    assert isinstance(found["bad"], NotMeasured)
    assert found["bad"].reason == "no readable file matches /b/*.log on local://"


@pytest.mark.parametrize(
    ("on_no_data", "lines", "value"), [("unknown", 0, None), ("ok", 0, 0), ("unknown", 1, 0), ("ok", 1, 0)]
)
def test_no_line_is_no_data_but_for_a_quiet_log(on_no_data: str, lines: int, value: int | None) -> None:
    declared = target(logs={"api": {"service": "api", "on_no_data": on_no_data}})
    assert value == body(logs.log_errors)(Tally(lines=lines), "api", declared).value


def test_reading_of_a_truncated_log_says_that_it_is_a_lower_bound() -> None:
    declared = target(logs={"api": {"service": "api"}})
    assert "at least" in body(logs.log_errors)(Tally(lines=1, truncated=True), "api", declared).how
