"""Rows: what is refused at load, both sides of every boundary, and what a target changes."""

import math
from typing import Any

import pytest
from pydantic import ValidationError

from conformance.threshold import Limit, Limits, Override, applied, loosens, no_data, plain
from conformance.words import Verdict
from tests.unit.build import reading, row

OK, WARNING, CRITICAL = Verdict.OK, Verdict.WARNING, Verdict.CRITICAL


@pytest.mark.parametrize(
    ("limits", "value", "expected"),
    [
        ({"warning": {"above": 2}, "critical": {"above": 5}}, -1.0, OK),
        ({"warning": {"above": 2}, "critical": {"above": 5}}, 1.9999, OK),
        ({"warning": {"above": 2}, "critical": {"above": 5}}, 2, OK),
        ({"warning": {"above": 2}, "critical": {"above": 5}}, 2.0, OK),
        ({"warning": {"above": 2}, "critical": {"above": 5}}, math.nextafter(2, 3), WARNING),
        ({"warning": {"above": 2}, "critical": {"above": 5}}, 2.0001, WARNING),
        ({"warning": {"above": 2}, "critical": {"above": 5}}, 5, WARNING),
        ({"warning": {"above": 2}, "critical": {"above": 5}}, math.nextafter(5, 6), CRITICAL),
        ({"warning": {"below": 20}, "critical": {"below": 10}}, 20.0001, OK),
        ({"warning": {"below": 20}, "critical": {"below": 10}}, 20, OK),
        ({"warning": {"below": 20}, "critical": {"below": 10}}, math.nextafter(20, 0), WARNING),
        ({"warning": {"below": 20}, "critical": {"below": 10}}, 10, WARNING),
        ({"warning": {"below": 20}, "critical": {"below": 10}}, math.nextafter(10, 0), CRITICAL),
        ({"warning": {"below": 20}, "critical": {"below": 10}}, 0, CRITICAL),
        ({"warning": {"above": 80}}, 80, OK),
        ({"warning": {"above": 80}}, 81, WARNING),
        ({"warning": {"above": 80}}, 10**12, WARNING),
        ({"critical": {"below": 1}}, 1, OK),
        ({"critical": {"below": 1}}, 0, CRITICAL),
        ({"critical": {"above": 0}}, 0, OK),
        ({"critical": {"above": 0}}, 1, CRITICAL),
        ({"critical": {"above": -5}}, -5, OK),
        ({"critical": {"above": -5}}, -4, CRITICAL),
        ({"warning": {"not": 20}}, 20, OK),
        ({"warning": {"not": 20}}, 20.0, OK),
        ({"warning": {"not": 20}}, 19, WARNING),
        ({"critical": {"not": 20}}, 21, CRITICAL),
        ({"critical": {"not": "volatile-lru"}}, "volatile-lru", OK),
        ({"critical": {"not": "volatile-lru"}}, "noeviction", CRITICAL),
    ],
)
def test_a_limit_alarms_past_it_and_never_at_it(limits: dict[str, Any], value: float | str, expected: Verdict) -> None:
    assert expected is Limits.model_validate(limits).verdict(value)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"warning": {"above": 5}, "critical": {"above": 2}}, "must be reached before critical"),
        ({"warning": {"above": 5}, "critical": {"above": 5}}, "must be reached before critical"),
        ({"warning": {"below": 10}, "critical": {"below": 20}}, "must be reached before critical"),
        ({"warning": {"below": 10}, "critical": {"below": 10}}, "must be reached before critical"),
        ({"warning": {"above": 5}, "critical": {"below": 2}}, "use one direction"),
        ({"warning": {"not": 5}, "critical": {"not": 2}}, "must be reached before critical"),
        ({"warning": {}}, "write exactly one of"),
        ({"warning": {"above": 1, "below": 0}}, "write exactly one of"),
        ({"warning": {"above": None}}, "write exactly one of"),
        ({"warning": {"above": math.nan}}, "no limit: write a finite number"),
        ({"warning": {"above": math.inf}}, "no limit: write a finite number"),
        ({"warning": {"below": -math.inf}}, "no limit: write a finite number"),
        ({"warning": {"not": math.nan}}, "no limit: write a finite number"),
        ({"warning": {"above": "2"}}, "valid number"),
        ({"warning": {"above": True}}, "valid number"),
        ({"warning": {"not": True}}, "valid number"),
        ({"warning": {"over": 2}}, "Extra inputs"),
        ({"warning": {"not_": 2}}, "Extra inputs"),
        ({"warning": 2}, "valid dictionary"),
        ({"warning": None}, "judges nothing: write a limit"),
        ({"subjects": {}}, "judges nothing: write a limit"),
        ({"subjects": {"a": {}}}, "subjects.a has neither warning nor critical"),
        ({"subjects": {"a": {"warning": {"above": 2}, "critical": {"above": 1}}}}, "must be reached before critical"),
        ({"unit": "seconds"}, "'1', 's', '%'"),
        ({"runbook": "MON2.1"}, "match pattern"),
        ({"runbook": None}, "valid string"),
        ({"origin": "theirs"}, "'runbook' or 'ours'"),
        ({"window": "5 min"}, "is no duration"),
        ({"window": 300}, "valid string"),
        ({"baseline_max_age": "never"}, "is no duration"),
        ({"for": "x"}, "is no duration"),
        ({"min_samples": 0, "window": "5m"}, "greater than or equal to 1"),
        ({"min_samples": 1.5, "window": "5m"}, "valid integer"),
        ({"min_samples": 30}, "write a window such as 5m"),
        ({"promql": "rate(x[$window])"}, "promql names $window: write a window"),
        ({"on_no_data": "fine"}, "'unknown', 'ok', 'warning' or 'critical'"),
        ({"severity": 3}, "Extra inputs"),
    ],
)
def test_a_row_that_judges_nothing_or_wrongly_is_refused(keys: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        row(**keys)
    assert words in str(caught.value)


def test_a_subject_has_its_own_limits_and_any_other_those_of_the_row() -> None:
    found = row(warning={"below": 30}, subjects={"api": {"critical": {"below": 7}}})
    assert f"critical {found.limits('api').critical}" == "critical below 7"
    assert found.limits("api").warning is None
    assert [found, found] == [found.limits("web"), found.limits(None)]


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf, ()])
def test_no_data_is_never_compared(value: Any) -> None:
    assert no_data(row(), reading(value)).startswith("no data: toy answered ")


@pytest.mark.parametrize("value", [0, 0.0, False, "", "text", -1, {}, ("a",)])
def test_what_is_data_says_nothing(value: Any) -> None:
    assert no_data(row(), reading(value)) == ""


@pytest.mark.parametrize(("samples", "enough"), [(0, False), (29, False), (30, True), (31, True), (None, True)])
def test_too_few_samples_are_no_data(samples: int | None, enough: bool) -> None:
    floor = row(window="5m", min_samples=30)
    expected = "" if enough else f"no data: {samples} samples in 5m, at least 30 are needed"
    assert expected == no_data(floor, reading(1.0, samples=samples))


def test_without_a_floor_any_number_of_samples_is_enough() -> None:
    assert no_data(row(), reading(1.0, samples=0)) == ""


@pytest.mark.parametrize(
    ("keys", "window", "min_samples"),
    [
        ({"window": "5m"}, "5m", 30),
        ({"window": "10m"}, "10m", 60),
        ({"window": "1m"}, "1m", 6),
        ({"window": "7s"}, "7s", 1),
        ({"window": "8s"}, "8s", 1),
        ({"window": "11s"}, "11s", 2),  # rounded up: the floor never falls faster than the window
        ({"window": "1s"}, "1s", 1),
        ({"window": "1m", "min_samples": 20}, "1m", 20),
        ({"min_samples": 20}, "5m", 20),
    ],
)
def test_an_override_of_the_window_scales_min_samples(keys: dict[str, Any], window: str, min_samples: int) -> None:
    merged = applied(row(window="5m", min_samples=30), Override.model_validate({"reason": "demo", **keys}))
    assert (window, min_samples) == (merged.window, merged.min_samples)


def test_an_override_leaves_everything_else_as_it_was() -> None:
    before = row(window="5m", min_samples=30, promql="rate(x[$window])", subjects={"a": {"warning": {"above": 1}}})
    override = Override.model_validate({"reason": "demo", "subjects": {"b": {"critical": {"above": 9}}}})
    merged = applied(before, override)
    assert {"a", "b"} == set(merged.subjects)
    assert before == merged.model_copy(update={"subjects": before.subjects})


@pytest.mark.parametrize("keys", [{"warning": {"above": 5}}, {"critical": {"above": 2}}, {"warning": {"below": 1}}])
def test_an_override_may_not_bring_the_limits_out_of_order(keys: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must be reached before critical|use one direction"):
        applied(row(), Override.model_validate({"reason": "demo", **keys}))


ABOVE = {"warning": {"above": 2}, "critical": {"above": 5}}
BELOW = {"warning": {"below": 20}, "critical": {"below": 10}}


@pytest.mark.parametrize(
    ("before", "override", "expected"),
    [
        (ABOVE, {}, []),
        (ABOVE, {"warning": {"above": 2}}, []),
        (ABOVE, {"warning": {"above": 1}}, []),
        (ABOVE, {"warning": {"above": 3}}, ["warning"]),
        (ABOVE, {"critical": {"above": 4}}, []),
        (ABOVE, {"critical": {"above": 6}}, ["critical"]),
        (ABOVE, {"warning": {"above": 3}, "critical": {"above": 6}}, ["warning", "critical"]),
        (BELOW, {"warning": {"below": 21}}, []),
        (BELOW, {"warning": {"below": 19}}, ["warning"]),
        (BELOW, {"critical": {"below": 11}}, []),
        (BELOW, {"critical": {"below": 9}}, ["critical"]),
        ({"warning": {"above": 2}}, {"critical": {"above": 3}}, []),
        ({"warning": {"not": 20}}, {"warning": {"not": 10}}, ["warning"]),
        ({"warning": {"not": 20}}, {"warning": {"above": 10}}, ["warning"]),
        (ABOVE, {"on_no_data": "ok"}, ["on_no_data"]),
        (ABOVE, {"on_no_data": "warning"}, ["on_no_data"]),
        (ABOVE, {"on_no_data": "critical"}, []),
        (ABOVE | {"on_no_data": "critical"}, {"on_no_data": "unknown"}, ["on_no_data"]),
        (ABOVE | {"on_no_data": "ok"}, {"on_no_data": "unknown"}, []),
        (ABOVE | {"window": "5m", "min_samples": 30}, {"min_samples": 29}, ["min_samples"]),
        (ABOVE | {"window": "5m", "min_samples": 30}, {"min_samples": 31}, []),
        (ABOVE | {"window": "5m", "min_samples": 30}, {"window": "1m"}, []),
        (ABOVE | {"window": "5m", "min_samples": 30}, {"window": "1m", "min_samples": 6}, []),
        (ABOVE | {"window": "5m", "min_samples": 30}, {"window": "1m", "min_samples": 5}, ["min_samples"]),
        (ABOVE, {"window": "1m", "min_samples": 5}, []),
        (ABOVE | {"unit": "lines", "window": "1h"}, {"window": "20s"}, ["window"]),  # fewer come in a shorter time
        (ABOVE | {"unit": "lines", "window": "1h"}, {"window": "2h"}, []),
        (ABOVE, {"subjects": {"a": {"warning": {"above": 1}, "critical": {"above": 5}}}}, []),
        (ABOVE, {"subjects": {"a": {"warning": {"above": 3}, "critical": {"above": 5}}}}, ["subjects.a"]),
        (ABOVE, {"subjects": {"a": {"critical": {"above": 5}}}}, ["subjects.a"]),  # its warning is gone
        (ABOVE | {"subjects": {"a": ABOVE}}, {"subjects": {"a": {"warning": {"above": 1}}}}, ["subjects.a"]),
    ],
)
def test_what_lets_more_pass_is_found(before: dict[str, Any], override: dict[str, Any], expected: list[str]) -> None:
    assert expected == loosens(row(**before), Override.model_validate({"reason": "demo", **override}))


@pytest.mark.parametrize("review", ["2027/01/31", "31.01.2027", "soon", "2027-02-30", "2027-1-1"])
def test_a_review_date_is_iso(review: str) -> None:
    with pytest.raises(ValidationError, match="is no date: write it as 2027-01-31"):
        Override.model_validate({"reason": "demo", "review": review})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "nothing"), (True, "True"), (3, "3"), (3.0, "3"), (2.5, "2.5"), (0.12345, "0.1235"), (1e-9, "0"),
        (123456.7, "123457"), (10**15, "1000000000000000"), (math.nan, "nan"), (math.inf, "inf"), ("up", "up"),
        (("a", "b"), "a, b"), (0, "0"), (-2.50, "-2.5"),
    ],
)  # fmt: skip
def test_a_value_is_shown_as_a_person_writes_it(value: object, expected: str) -> None:
    assert expected == plain(value)


def test_text_is_never_compared_with_a_number() -> None:
    with pytest.raises(TypeError, match="is compared with a number"):
        Limit(above=2.0).is_past("3")
