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
from fixtures.logs import Tally, tally_text
from tests.probes.support import body, measure, probing, target
from tests.probes.test_docker import RUNNING, STOPPED, container

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_worst_messages_come_by_frequency_and_info_is_none_of_them() -> None:
    tally = Tally()
    for number in range(3):
        tally.add(f'{{"level":"ERROR","msg":"took {number} s"}}')
    tally.add('{"level":"CRITICAL","msg":"down"}')
    tally.add('{"level":"INFO","msg":"fine"}')
    assert tally.worst() == "3 x ERROR took # s\n1 x CRITICAL down"
    assert tally.lines == 5


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


def test_traceback_that_follows_no_error_is_one() -> None:
    tally = Tally()
    for line in ("INFO x", "Traceback (most recent call last):", '  File "a.py", line 1', "ValueError: 1", "ERROR y",
                 "Traceback (most recent call last):"):  # fmt: skip
        tally.add(line)
    assert tally.levels["error"] == 2


def test_date_that_a_text_speaks_of_is_not_the_time_of_its_line() -> None:
    text = "2026-11-23 12:00:01 INFO x\nthe batch of 2020-01-01 00:00:00 is next\nERROR of nobody\n"
    assert tally_text(text, NOON, "/log").lines == 3
    line = '{"msg":"batch of 2020-01-01 00:00:00 failed","level":"ERROR","ts":"2026-11-23T12:00:01Z"}\n'
    assert tally_text(line, NOON, "/log").levels["error"] == 1


def test_hour_that_comes_twice_in_autumn_hides_no_line() -> None:
    text = "2026-11-23 12:59:59 INFO x\n2026-11-23 12:00:01 ERROR y\n"
    assert tally_text(text, NOON, "/log").levels["error"] == 1


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


def log_section(name: str, path: str, text: str | None, ago: float = 5) -> dict[str, str]:
    return {f"log {name} {int(time.time() - ago)} {int(text is not None)} {path}": text or ""}


def lines_ago(seconds: float, level: str, times: int = 1) -> str:
    moment = (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()
    return f"{moment} {level} x\n" * times


def of_files(sections: dict[str, str], *names: str) -> dict[str, Any]:
    run = probing(results={"host_facts": Facts(sections, "local://", 0, 0)}, windows={"log.errors": 60})
    return logs._of_files(run, list(names), time.time() - 60)


def test_file_that_cannot_be_read_hides_no_other() -> None:
    found = of_files(log_section("good", "/log", lines_ago(5, "ERROR")), "good", "bad")
    assert isinstance(found["good"], Tally)
    assert found["good"].levels["error"] == 1
    assert isinstance(found["bad"], NotMeasured)
    assert found["bad"].reason == "no readable file of the log bad on local://"


def test_every_file_of_a_log_counts() -> None:
    sections = log_section("l", "/a.log", lines_ago(5, "ERROR", 3)) | log_section("l", "/b.log", lines_ago(9, "ERROR"))
    found = of_files(sections, "l")["l"]
    assert (found.levels["error"], found.truncated, found.source) == (4, False, "/a.log /b.log")


@pytest.mark.parametrize(("ago", "truncated"), [(5, True), (600, False)])
def test_file_that_was_written_in_the_window_and_not_read_makes_a_lower_bound(ago: float, truncated: bool) -> None:
    sections = log_section("l", "/a.log", lines_ago(5, "INFO")) | log_section("l", "/a.log.1.gz", None, ago)
    assert truncated is of_files(sections, "l")["l"].truncated


@pytest.mark.parametrize(("ago", "measured"), [(5, False), (600, True)])
def test_file_without_times_matters_only_where_it_was_written_in_the_window(ago: float, measured: bool) -> None:
    sections = log_section("l", "/a.log", lines_ago(5, "INFO")) | log_section("l", "/b.log", "no time\n", ago)
    assert measured is isinstance(of_files(sections, "l")["l"], Tally)


@pytest.mark.parametrize(
    ("on_no_data", "lines", "value"),
    [("unknown", [], None), ("ok", [], 0), ("unknown", ["INFO x"], 0), ("ok", ["INFO x"], 0),
     ("unknown", ["who knows", "what this is"], None), ("ok", ["who knows"], 0), ("unknown", ["x", "ERROR y"], 1)],
)  # fmt: skip
def test_no_line_of_a_known_level_is_no_data_but_for_a_quiet_log(
    on_no_data: str, lines: list[str], value: int | None
) -> None:
    declared = target(logs={"api": {"service": "api", "on_no_data": on_no_data}})
    tally = Tally()
    for line in lines:
        tally.add(line)
    found = body(logs.log_errors)(tally, "api", declared)
    assert value == found.value
    assert found.missing == (
        "" if not lines else f"none of its {len(lines)} lines in the window has a level that is understood"
    )


def test_reading_of_a_truncated_log_says_that_it_is_a_lower_bound() -> None:
    declared = target(logs={"api": {"service": "api"}})
    assert "at least" in body(logs.log_errors)(Tally(lines=1, truncated=True), "api", declared).how


@pytest.mark.parametrize(("errors", "criticals"), [(60, 60), (60, 600), (600, 60)])
def test_each_row_has_its_own_window(errors: int, criticals: int) -> None:
    text = lines_ago(300, "ERROR") + lines_ago(300, "CRITICAL") + lines_ago(5, "ERROR") + lines_ago(5, "CRITICAL")
    facts = Facts(log_section("l", "/l.log", text), "local://", 0, 0)
    windows = {"log.errors": errors, "log.criticals": criticals}
    run = probing(results={"host_facts": facts}, windows=windows, logs={"l": {"files": "/l.log"}})
    found = measure("log_tallies", run)
    assert found["log.errors"]["l"].levels["error"] == (2 if errors == 600 else 1)
    assert found["log.criticals"]["l"].levels["critical"] == (2 if criticals == 600 else 1)
