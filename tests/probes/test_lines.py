"""Lines of logs: recorded ones of each server, and those that only look like errors."""

from datetime import UTC, datetime, timedelta

import pytest

from fixtures.lines import parse_line, shape, time_of
from tests.probes.support import within

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
    "7:M 23 Nov 2026 07:55:02.027 * Ready to accept connections": "notice",
    "7:M 23 Nov 2026 07:55:02.027 # Error writing to the AOF file: No space left on device": "warning",
    # Requests that were served
    '172.30.77.11 - - [23/Nov/2026:07:58:51 +0000] "GET /x HTTP/1.1" 500 183 "-" "curl"': "access",
    '{"ts":"2026-11-23T07:58:51+00:00","method":"GET","uri":"/api/error","status":500}': "access",
    '{"level":"error","method":"GET","path":"/x","status":500}': "error",
    "panic: runtime error: invalid memory address or nil pointer dereference": "critical",
    "fatal error: all goroutines are asleep - deadlock!": "critical",
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
    assert shape(one) == shape(other)


@pytest.mark.parametrize(("one", "other"), [("cannot read", "cannot write"), ("code a1", "code b1")])
def test_other_messages_stay_apart(one: str, other: str) -> None:
    assert shape(one) != shape(other)


def test_shape_of_a_message_without_end_is_short() -> None:
    assert len(shape("x" * 10_000)) == 200


# Times


@pytest.mark.parametrize(
    ("line", "moment"),
    [
        ("2026-11-23T12:00:00Z x", NOON),
        ('{"ts": "2026-11-23T12:00:00.734Z"}', NOON),
        ('{"msg": "of 2020-01-01 00:00:00", "time": "2026-11-23T12:00:00Z"}', NOON),
        ('{"msg": "of 2020-01-01 00:00:00", "time": 1795435200.5}', NOON + timedelta(seconds=0.5)),
        ('{"level": 30, "time": 1795435200000}', NOON),
        ('{"ctx": {"time": "2020-01-01 00:00:00"}, "@timestamp": "2026-11-23T12:00:00Z"}', NOON),
        ('{"time": true, "x": "2026-11-23T12:00:00Z"}', NOON),
        ('{"time": 1e300}', None),
        ('{"ts": "2026-11-23T12:00:00Z", "cut off', NOON),
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
