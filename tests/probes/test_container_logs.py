"""The logs that the engine keeps: their limit, their reach, and a driver that gives nothing back."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from conformance.reading import NotMeasured
from fixtures import container_logs
from fixtures.container_logs import First, first_moment, is_bounded
from fixtures.docker import Container, Engine, parse_container
from tests.probes.support import body, target
from tests.probes.test_docker import container, inspected

DAY = 86_400
MOMENT = datetime(2026, 11, 23, 7, tzinfo=UTC).timestamp()


def kept(driver: str, **options: str) -> Container:
    return replace(container(Id="a"), log_driver=driver, log_options=options)


@pytest.mark.parametrize(
    ("one", "bounded"),
    [
        (kept("json-file", **{"max-size": "10m", "max-file": "3"}), True),
        (kept("json-file", **{"max-size": "1.5GB"}), True),
        (kept("json-file"), False),
        (kept("json-file", **{"max-file": "3"}), False),
        (kept("json-file", **{"max-size": "-1"}), False),
        (kept("json-file", **{"max-size": ""}), False),
        (kept("local"), True),
        (kept("journald"), True),
        (kept("none"), True),
        (kept("syslog"), True),
        (kept(""), False),
    ],
)
def test_limit_of_a_log(one: Container, bounded: bool) -> None:
    assert is_bounded(one) is bounded
    found = body(container_logs.log_limit)(Engine({"api": (one,)}, {}, "", ""), "api")
    assert (found.value == "limited") is bounded


def test_limit_of_no_container_is_no_data() -> None:
    found = body(container_logs.log_limit)(Engine({}, {}, "", ""), "api")
    assert not found.has_data
    assert found.parts == ("api",)


def test_limit_is_what_the_engine_says() -> None:
    told = inspected(Created="2026-11-23T07:00:00.123456789Z")
    told["HostConfig"] = {**told["HostConfig"], "LogConfig": {"Type": "local", "Config": None}}
    found = parse_container(told)
    assert (found.log_driver, dict(found.log_options), found.created) == ("local", {}, MOMENT)


@pytest.mark.parametrize(
    ("frame", "moment"),
    [(b"2026-11-23T07:00:00.123456789Z the first line\n", MOMENT), (b"", None), (b"no time at all\n", None)],
)
def test_first_line_begins_with_the_time_of_the_engine(frame: bytes, moment: float | None) -> None:
    assert moment == first_moment(frame)


def reach(first: First, *, age: float = 2 * DAY, on_no_data: str = "unknown") -> Any:
    one = replace(container(Id="a"), created=time.time() - age)
    declared = target(logs={"api": {"service": "api", "on_no_data": on_no_data}})
    engine = Engine({"api": (one,)}, {}, "", "")
    return body(container_logs.container_reach)({"api": {one.name: first}}, engine, declared, "api", DAY)


def test_reach_is_the_age_of_the_first_line() -> None:
    found = reach(time.time() - 7200)
    assert found.value == pytest.approx(2, abs=0.01)
    assert not found.baseline


def test_container_that_is_younger_than_the_window_is_a_baseline() -> None:
    assert reach(time.time() - 60, age=60).baseline


@pytest.mark.parametrize(("on_no_data", "value"), [("ok", 48), ("unknown", None)])
def test_log_without_a_line_has_lost_none_where_it_may_be_quiet(on_no_data: str, value: float | None) -> None:
    assert reach(None, on_no_data=on_no_data).value == (pytest.approx(value, abs=0.01) if value else None)


def test_log_that_the_driver_does_not_give_back() -> None:
    refused = NotMeasured("the log of x cannot be read: driver none", next_step="choose another")
    with pytest.raises(NotMeasured, match="driver none"):
        reach(refused)
    engine = Engine({"api": (kept("none"),)}, {}, "", "")
    found = body(container_logs.log_readable)({"api": {"x": refused}}, engine, "api")
    assert (found.value, found.next_step) == ("the log of x cannot be read: driver none", "choose another")
    assert body(container_logs.log_readable)({"api": {"x": None}}, engine, "api").value == "readable"
    assert not body(container_logs.log_readable)({"api": {}}, engine, "api").has_data


def test_reach_of_no_container_names_the_service() -> None:
    declared = target(logs={"api": {"service": "api"}})
    with pytest.raises(NotMeasured, match="no container") as caught:
        body(container_logs.container_reach)({}, Engine({}, {}, "", ""), declared, "api", DAY)
    assert caught.value.parts == ("api",)
