"""judge and require: what is held against what, and what is no data."""

import math
from typing import Any

import pytest

from conformance.judging import Judgement, must, worst_of
from conformance.reading import NotMeasured, Reading
from conformance.words import Verdict
from tests.unit.build import bench, reading, row

OK, WARNING, CRITICAL, UNKNOWN = Verdict.OK, Verdict.WARNING, Verdict.CRITICAL, Verdict.UNKNOWN
NO_DATA = [None, math.nan, math.inf, -math.inf, ()]


def judged(value: Any, **keys: Any) -> Judgement:
    one = bench(row(**keys))
    one.judge(reading(value))
    return one.judgements[0]


def required(found: Any, otherwise: str = "CRITICAL", **expected: Any) -> Judgement:
    one = bench()
    one.require(Reading(value=found, how="GET", source="toy"), otherwise=otherwise, **expected)
    return one.judgements[0]


@pytest.mark.parametrize(("value", "expected"), [(2, OK), (2.1, WARNING), (5.1, CRITICAL), (-1, OK)])
def test_a_number_is_judged_by_the_row(value: float, expected: Verdict) -> None:
    assert expected is judged(value).verdict
    assert judged(value).limit == "warning above 2, critical above 5"


@pytest.mark.parametrize("value", NO_DATA)
@pytest.mark.parametrize("on_no_data", ["unknown", "ok", "warning", "critical"])
def test_no_data_is_what_the_row_says_and_unknown_where_it_says_nothing(value: Any, on_no_data: str) -> None:
    assert Verdict[on_no_data.upper()] is judged(value, on_no_data=on_no_data).verdict
    assert UNKNOWN is judged(value).verdict
    assert judged(value).reason.startswith("no data: toy answered ")


@pytest.mark.parametrize("value", ["3", True, False, {"value": 3}, ("a",)])
def test_what_is_no_number_cannot_be_judged(value: Any) -> None:
    with pytest.raises(NotMeasured, match="no number"):
        judged(value)


def test_another_unit_cannot_be_judged() -> None:
    with pytest.raises(NotMeasured, match=r"the reading is in ms, the row toy\.value in s"):
        bench(row()).judge(reading(1, unit="ms"))


def test_a_check_without_a_row_cannot_judge() -> None:
    with pytest.raises(NotMeasured, match="its marker names no row"):
        bench().judge(reading(1))


def test_a_subject_without_a_limit_is_never_ok() -> None:
    """A row may have limits for its subjects alone: any other subject would be green by default."""
    only = row(subjects={"a": {"warning": {"above": 2}}})
    one = bench(only, "a")
    one.judge(reading(3))
    assert WARNING is one.judgements[0].verdict
    with pytest.raises(NotMeasured, match=r"the row toy\.value has no limit for b"):
        bench(only, "b").judge(reading(3))


@pytest.mark.parametrize(
    ("found", "expected", "verdict"),
    [
        (True, {}, OK), (False, {}, CRITICAL), (1, {}, CRITICAL), (1.0, {}, CRITICAL), ("True", {}, CRITICAL),
        (1, {"value": 1}, OK), (True, {"value": 1}, CRITICAL), (0, {"value": False}, CRITICAL), (1.0, {"value": 1}, OK),
        ("running", {"value": "running"}, OK), ("exited", {"value": "running"}, CRITICAL),
        ("", {"value": ""}, OK), (("a", "b"), {"value": ("a", "b")}, OK), (("a",), {"value": ("a", "b")}, CRITICAL),
        ("b", {"value": {"a", "b"}}, OK), ("c", {"value": {"a", "b"}}, CRITICAL), (True, {"value": {1, 2}}, CRITICAL),
        (["a"], {"value": frozenset({"a"})}, CRITICAL), ("a", {"value": set()}, CRITICAL),
        ({"status": 200, "body": "ok"}, {"status": 200}, OK), ({"status": 200}, {"status": {200, 204}}, OK),
        ({"status": 500}, {"status": 200}, CRITICAL), ({"status": 200, "n": 1}, {"status": 200, "n": 2}, CRITICAL),
        ({"extra": ()}, {"extra": ()}, OK), ({"extra": ("x",)}, {"extra": ()}, CRITICAL),
        ({"status": 200}, {"status": 200, "body": "ok"}, UNKNOWN), ({"status": None}, {"status": 200}, UNKNOWN),
        ({"status": math.nan}, {"status": 200}, UNKNOWN), ({}, {"status": 200}, UNKNOWN), ({}, {}, UNKNOWN),
        (200, {"status": 200}, UNKNOWN), ({"status": 500}, {"status": 200, "body": "ok"}, UNKNOWN),
    ],
)  # fmt: skip
def test_a_requirement_is_met_or_not_or_unknown(found: Any, expected: dict[str, Any], verdict: Verdict) -> None:
    judgement = required(found, **expected)
    assert verdict is judgement.verdict, judgement


@pytest.mark.parametrize("value", NO_DATA)
def test_no_data_meets_no_requirement_and_breaks_none(value: Any) -> None:
    assert UNKNOWN is required(value).verdict
    assert UNKNOWN is required(value, value=value).verdict


@pytest.mark.parametrize("otherwise", ["WARNING", "CRITICAL", "UNKNOWN"])
def test_a_requirement_of_ours_may_be_milder(otherwise: str) -> None:
    assert Verdict[otherwise] is required("exited", otherwise, value="running").verdict
    assert OK is required("running", otherwise, value="running").verdict


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"value": "running"}, "must be running"), ({"value": {"b", "a"}}, "must be a or b"),
        ({"value": ("a", "b")}, "must be a, b"), ({"status": 200, "body": "ok"}, "status must be 200, body must be ok"),
        ({"extra": ()}, "extra must be nothing"), ({"value": True}, "must be True"),
    ],
)  # fmt: skip
def test_a_requirement_in_words(wanted: dict[str, Any], words: str) -> None:
    assert words == must(wanted)


def test_the_worst_of_several_judgements_decides_and_the_first_of_equals() -> None:
    one = bench(row())
    for value in (1, 3, math.nan, 4, 2):
        one.judge(reading(value))
    assert UNKNOWN is one.judgements[2].verdict
    assert one.judgements[2] is worst_of(one.judgements), "UNKNOWN is worse than WARNING"
    one.judge(reading(9))
    one.judge(reading(10))
    assert one.judgements[5] is worst_of(one.judgements), "the first CRITICAL"
    assert worst_of([]) is None


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_ok_beside_a_baseline_is_a_baseline_whatever_the_order(order: tuple[int, int]) -> None:
    both = (reading(1), reading(None, baseline="no earlier run"))
    one = bench(row())
    for number in order:
        one.judge(both[number])
    assert {OK} == {entry.verdict for entry in one.judgements}
    found = worst_of(one.judgements)
    assert found is not None
    assert found.reading.baseline == "no earlier run"


RATE = row(unit="1/min", warning={"below": 10})


@pytest.mark.parametrize(("rate", "expected"), [(9, "api.rate"), (10, ""), (11, ""), (None, ""), (math.nan, "")])
def test_too_few_samples_are_explained_by_traffic_that_warns_itself(rate: Any, expected: str) -> None:
    one = bench(row(window="5m", min_samples=30), rows={"api.rate": RATE})
    one.judge(reading(1, samples=3), starved_by=reading(rate, row="api.rate", unit="1/min"))
    assert [(UNKNOWN, expected)] == [(entry.verdict, entry.starved_by) for entry in one.judgements]


@pytest.mark.parametrize(("value", "expected"), [(0, UNKNOWN), (2, UNKNOWN), (2.1, WARNING), (5.1, CRITICAL)])
def test_a_lower_bound_inside_the_limits_is_not_ok(value: float, expected: Verdict) -> None:
    one = bench(row())
    one.judge(reading(value, at_least=True))
    assert [expected] == [entry.verdict for entry in one.judgements]


def test_enough_samples_are_judged_whatever_the_traffic() -> None:
    one = bench(row(window="5m", min_samples=30), rows={"api.rate": RATE})
    one.judge(reading(9, samples=30), starved_by=reading(1, row="api.rate", unit="1/min"))
    assert [(entry.verdict, entry.starved_by) for entry in one.judgements] == [(CRITICAL, "")]


@pytest.mark.parametrize("named", [None, "api.unknown"])
def test_a_reading_without_a_known_row_explains_nothing(named: str | None) -> None:
    one = bench(row(window="5m", min_samples=30), rows={"api.rate": RATE})
    one.judge(reading(1, samples=3), starved_by=reading(1, row=named))
    assert one.judgements[0].starved_by == ""
