"""The gate: --fail-on against every verdict and disposition, and what is never green."""

import itertools
from typing import Any

import pytest

from conformance import gate, results
from conformance.gate import FAIL_ON
from tests.unit.build import record
from tests.unit.test_results import lines

PAIRS = [
    *itertools.product(("OK", "WARNING", "CRITICAL", "UNKNOWN"), ("none", "manual", "waived")),
    ("UNKNOWN", "blocked"), ("OK", "baseline"), (None, "not_applicable"),
]  # fmt: skip
FAILS = {"warning": {"WARNING", "UNKNOWN", "CRITICAL"}, "unknown": {"UNKNOWN", "CRITICAL"}, "critical": {"CRITICAL"}}


def build(*checks: dict[str, Any], lost: tuple[str, ...] = ()) -> dict[str, Any]:
    return results.build(lines(list(checks), *lost))


def reasons(*checks: dict[str, Any], fail_on: str = "unknown", lost: tuple[str, ...] = ()) -> list[str]:
    return gate.reasons(build(*checks, lost=lost), FAIL_ON[fail_on])


@pytest.mark.parametrize("fail_on", FAILS)
@pytest.mark.parametrize(("verdict", "disposition"), PAIRS)
def test_what_counts_in_the_gate(verdict: str | None, disposition: str, fail_on: str) -> None:
    """Only none and manual count, by their verdict; the check beside it is the cause that a blocked one needs."""
    cause = record("cause", "WARNING", "waived")
    found = reasons(record("a", verdict, disposition, blocked_by="cause"), cause, record("ok"), fail_on=fail_on)
    expected = disposition in ("none", "manual") and verdict in FAILS[fail_on]
    assert ([f"1 at or past {fail_on.upper()}"] if expected else []) == found


@pytest.mark.parametrize("fail_on", FAILS)
@pytest.mark.parametrize("cause", ["WARNING", "UNKNOWN", "CRITICAL"])
def test_a_blocked_check_counts_as_its_cause_does_and_never_alone(cause: str, fail_on: str) -> None:
    found = reasons(
        record("root", cause), record("a", "UNKNOWN", "blocked", blocked_by="root"), record("ok"), fail_on=fail_on
    )
    assert ([f"1 at or past {fail_on.upper()}"] if cause in FAILS[fail_on] else []) == found


@pytest.mark.parametrize(
    "cause", [None, record("root"), record("root", "OK", "baseline"), record("root", None, "not_applicable")],
    ids=["not there", "OK", "baseline", "not applicable"],
)  # fmt: skip
def test_blocked_behind_what_found_nothing_counts_as_unknown(cause: dict[str, Any] | None) -> None:
    checks = [record("a", "UNKNOWN", "blocked", blocked_by="root"), record("ok"), *([cause] if cause else [])]
    assert [check["id"] for check in gate.orphans(checks)] == ["a"]
    assert reasons(*checks) == ["1 blocked behind a check that found nothing"]
    assert reasons(*checks, fail_on="warning") == ["1 blocked behind a check that found nothing"]
    assert reasons(*checks, fail_on="critical") == []


def test_a_cause_may_be_named_without_its_subject() -> None:
    assert gate.orphans([record("a", "UNKNOWN", "blocked", blocked_by="root"), record("root[x]", "CRITICAL")]) == []


@pytest.mark.parametrize(
    "checks",
    [
        [],
        [record("a", None, "not_applicable", reading=None)],
        [record("a", "UNKNOWN", reading=None)],
        [record("a", "UNKNOWN", reading={"value": "nan"})],
        [record("a", "OK", "baseline", reading={"value": None})],
        [record("a", "OK", reading={"value": "nan"}), record("b", "WARNING", reading={"value": None})],
        [record("a", "OK", reading={"value": []})],
        [record("a", "UNKNOWN", "waived", reading=None)],
    ],
    ids=["no check", "not applicable", "unknown", "NaN", "baseline", "no data but declared fine", "empty", "waived"],
)
@pytest.mark.parametrize("fail_on", FAILS)
def test_nothing_measured_fails_whatever_fail_on_says(checks: list[dict[str, Any]], fail_on: str) -> None:
    assert "nothing was measured" in reasons(*checks, fail_on=fail_on)
    assert gate.nagios(build(*checks), 1) == 3


@pytest.mark.parametrize("value", [0, 0.0, False, "", {"a": 1}])
def test_a_reading_of_zero_is_a_reading(value: Any) -> None:
    assert gate.measured([record("a", reading={"value": value})]) == 1


@pytest.mark.parametrize("fail_on", FAILS)
def test_a_selected_check_that_did_not_run_fails_the_gate(fail_on: str) -> None:
    assert reasons(record("a"), fail_on=fail_on, lost=("suites/x.py::lost",)) == ["1 selected and not run"]


def test_a_check_recorded_twice_fails_the_gate() -> None:
    found = results.build([*lines([record("a")]), {"type": "check", **record("a")}])
    assert gate.reasons(found, FAIL_ON["unknown"]) == ["the population does not add up"]


@pytest.mark.parametrize(
    ("checks", "exit_code", "expected"),
    [
        ([record("a")], 0, 0),
        ([record("a", "WARNING")], 0, 1),
        ([record("a", "WARNING")], 1, 1),
        ([record("a", "CRITICAL"), record("b", "UNKNOWN")], 1, 2),
        ([record("a", "UNKNOWN"), record("b", "WARNING")], 1, 3),
        ([record("a", "CRITICAL", "manual")], 1, 2),
        ([record("a", "CRITICAL", "waived")], 0, 0),
        ([record("a", "OK", "baseline")], 0, 0),
        ([record("a"), record("b", None, "not_applicable")], 0, 0),
        ([record("r", "CRITICAL"), record("b", "UNKNOWN", "blocked", blocked_by="r")], 1, 2),
        ([record("a"), record("b", "UNKNOWN", "blocked", blocked_by="r")], 1, 3),
        ([record("a")], 1, 3),  # failed for something that is no check
        ([record("a")], 2, 3),
        ([record("a")], 3, 3),
        ([record("a")], 4, 3),
        ([record("a")], 5, 3),
    ],
)
def test_the_whole_run_in_the_words_of_nagios(checks: list[dict[str, Any]], exit_code: int, expected: int) -> None:
    assert expected == gate.nagios(build(*checks), exit_code)


def test_a_run_without_results_is_unknown_to_nagios() -> None:
    assert [gate.nagios(None, 0), gate.nagios(None, 4)] == [3, 3]


def test_a_check_that_was_not_run_is_unknown_to_nagios() -> None:
    assert gate.nagios(build(record("a"), lost=("suites/x.py::lost",)), 1) == 3
