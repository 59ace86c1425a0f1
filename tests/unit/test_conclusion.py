"""From what a check judged to its record: causes, waivers, baselines, and what JSON cannot hold."""

import math
from datetime import timedelta
from typing import Any

import pytest

from conformance import conclusion
from conformance.causes import Faults
from conformance.conclusion import Concluding, Record
from conformance.judging import Bench
from conformance.reading import NotMeasured, now
from conformance.target import NotApplicable
from tests.unit.build import CHECK, bench, concluding, reading, row, waiver

CAUSE = "test_state[redis]"


def stopped() -> Faults:
    faults = Faults()
    faults.report("redis", CAUSE, "exited", 0)
    return faults


def judged(value: Any, run: Concluding | None = None, **more: Any) -> Record:
    one = bench(row())
    one.judge(reading(value, **more))
    return conclusion.judged(CHECK, one, run or concluding())


def unmeasured(run: Concluding | None = None, **more: Any) -> Record:
    return conclusion.unmeasured(CHECK, NotMeasured("connection refused", **more), run or concluding())


def said(record: Record) -> tuple[Any, ...]:
    return record["verdict"], record["disposition"], record["caused_by"], record["blocked_by"]


@pytest.mark.parametrize(("value", "verdict"), [(1, "OK"), (3, "WARNING"), (9, "CRITICAL"), (math.nan, "UNKNOWN")])
def test_a_reading_becomes_its_verdict(value: float, verdict: str) -> None:
    assert (verdict, "none", None, None) == said(judged(value))


def test_a_finding_says_reading_limit_and_next_step() -> None:
    found = judged(3, next_step="look at the slow queries")
    assert found["reason"] == "toy value of a is 3 s (warning above 2, critical above 5)"
    assert found["next_step"] == "look at the slow queries; see runbook/monitoring.md#MON-2.1"


def test_ok_says_nothing_and_has_reading_and_threshold_all_the_same() -> None:
    found = judged(1, samples=7, excerpt="1 row")
    assert found["reason"] == ""
    assert {key: value for key, value in found["reading"].items() if key != "at"} == {
        "value": 1,
        "unit": "s",
        "how": "select 1",
        "source": "toy",
        "samples": 7,
        "excerpt": "1 row",
    }
    limits = {"id": "toy.value", "warning": {"above": 2}, "critical": {"above": 5}, "unit": "s", "origin": "runbook"}
    assert limits == {key: found["threshold"][key] for key in limits}


def test_a_check_that_judged_nothing_is_unknown() -> None:
    found = conclusion.judged(CHECK, bench(row()), concluding())
    assert said(found) == ("UNKNOWN", "none", None, None)
    assert found["reason"] == "the check judged nothing"


@pytest.mark.parametrize("value", [3, 9])
def test_what_follows_from_a_fault_carries_its_cause(value: float) -> None:
    found = judged(value, concluding(faults=stopped()), parts=("app", "redis"))
    assert found["caused_by"] == CAUSE
    assert found["disposition"] == "none", "it is measured: only what cannot be measured is blocked"


def test_ok_has_no_cause() -> None:
    assert judged(1, concluding(faults=stopped()), parts=("redis",))["caused_by"] is None


def test_what_cannot_be_measured_is_blocked_by_its_cause() -> None:
    assert said(unmeasured(concluding(faults=stopped()), parts=("redis",))) == ("UNKNOWN", "blocked", None, CAUSE)
    assert said(judged(math.nan, concluding(faults=stopped()), parts=("redis",))) == (
        "UNKNOWN",
        "blocked",
        None,
        CAUSE,
    ), "no data from a part at fault"


def test_what_is_only_partly_seen_is_blocked_by_what_hides_the_rest_and_a_finding_does_not_follow_from_it() -> None:
    hidden = {"at_least": True, "hidden_by": ("redis",), "parts": ("app",)}
    assert said(judged(1, concluding(faults=stopped()), **hidden)) == ("UNKNOWN", "blocked", None, CAUSE)
    assert said(judged(3, concluding(faults=stopped()), **hidden)) == ("WARNING", "none", None, None)


@pytest.mark.parametrize(
    "run",
    [concluding(), concluding(faults=stopped(), in_run=lambda check: check != CAUSE)],
    ids=["no fault", "its check is not in the run"],
)
def test_without_a_cause_in_this_run_it_is_unknown_itself(run: Concluding) -> None:
    assert said(unmeasured(run, parts=("redis",))) == ("UNKNOWN", "none", None, None)


def test_causes_are_looked_for_only_once_all_probes_are_done() -> None:
    ledger = Faults()
    run = concluding(faults=ledger, settle=lambda: ledger.report("redis", CAUSE, "exited", 0))
    assert unmeasured(run, parts=("redis",))["blocked_by"] == CAUSE


def test_a_healthy_run_waits_for_nobody() -> None:
    def settle() -> None:
        raise AssertionError("an OK check must not wait for other probes")

    assert judged(1, concluding(settle=settle), parts=("redis",))["verdict"] == "OK"
    assert unmeasured(concluding(settle=settle))["verdict"] == "UNKNOWN", "no part, no cause to look for"


def test_a_check_that_breaks_is_unknown_and_told_in_one_line() -> None:
    error = ValueError("first line\nsecond line")
    found = conclusion.unmeasured(CHECK, error, concluding())
    assert said(found) == ("UNKNOWN", "none", None, None)
    assert found["reason"] == "the check itself broke: ValueError: first line"
    assert CHECK.nodeid in found["next_step"]


def test_an_exception_without_words_is_told_too() -> None:
    assert conclusion.unmeasured(CHECK, KeyError(), concluding())["reason"] == "the check itself broke: KeyError:"


# waivers


@pytest.mark.parametrize(("value", "verdict"), [(3, "WARNING"), (9, "CRITICAL"), (math.nan, "UNKNOWN")])
def test_a_waived_finding_is_measured_and_keeps_its_verdict(value: float, verdict: str) -> None:
    found = judged(value, concluding(waivers=[waiver()]))
    assert (verdict, "waived") == (found["verdict"], found["disposition"])
    assert tuple(found["waiver"][key] for key in ("expired", "needed", "ticket")) == (False, True, "OPS-7")
    assert found["reading"] is not None


def test_back_to_ok_the_waiver_is_no_longer_needed() -> None:
    found = judged(1, concluding(waivers=[waiver()]))
    assert (found["verdict"], found["disposition"], found["waiver"]["needed"]) == ("OK", "none", False)


def test_an_expired_waiver_is_listed_and_waives_nothing() -> None:
    found = judged(9, concluding(waivers=[waiver(expires="2026-01-02")]))
    assert (found["verdict"], found["disposition"], found["waiver"]["expired"]) == ("CRITICAL", "none", True)


def test_a_waiver_in_force_comes_before_one_that_expired() -> None:
    run = concluding(waivers=[waiver(expires="2026-01-02"), waiver(), waiver(expires="2026-01-03")])
    assert judged(9, run)["disposition"] == "waived"


def test_a_waiver_of_another_check_waives_nothing() -> None:
    assert judged(9, concluding(waivers=[waiver("toy.other"), waiver(subject="b")]))["waiver"] is None


def test_a_blocked_check_stays_blocked_though_a_waiver_names_it() -> None:
    run = concluding(faults=stopped(), waivers=[waiver()])
    assert said(unmeasured(run, parts=("redis",))) == ("UNKNOWN", "blocked", None, CAUSE)


def test_what_a_waived_cause_blocks_is_unknown_unless_a_waiver_names_it_too() -> None:
    one = concluding(faults=stopped(), waivers=[waiver("test_state", subject="redis")])
    assert said(unmeasured(one, parts=("redis",))) == ("UNKNOWN", "none", CAUSE, None)
    both = concluding(faults=stopped(), waivers=[waiver("test_state[redis]"), waiver()])
    assert said(unmeasured(both, parts=("redis",))) == ("UNKNOWN", "waived", CAUSE, None)


def test_a_cause_whose_waiver_expired_blocks_as_ever() -> None:
    run = concluding(faults=stopped(), waivers=[waiver(CAUSE, expires="2026-01-02")])
    assert said(unmeasured(run, parts=("redis",))) == ("UNKNOWN", "blocked", None, CAUSE)


# starved of traffic


def starved(run: Concluding, on_no_data: str = "unknown") -> Record:
    rate = row(unit="1/min", warning={"below": 10})
    floor = row(window="5m", min_samples=30, on_no_data=on_no_data)
    one = Bench("toy.value", "a", floor, "toy.value", {"api.rate": rate})
    one.judge(reading(1, samples=2), starved_by=reading(3, row="api.rate", unit="1/min"))
    return conclusion.judged(CHECK, one, run)


def test_too_little_traffic_blocks_behind_the_request_rate() -> None:
    found = starved(concluding())
    assert said(found) == ("UNKNOWN", "blocked", None, "api.rate")
    assert found["reason"] == "no data: 2 samples in 5m, at least 30 are needed"


def test_where_the_rate_is_not_in_this_run_it_is_unknown() -> None:
    assert said(starved(concluding(in_run=lambda _: False))) == ("UNKNOWN", "none", None, None)


@pytest.mark.parametrize("on_no_data", ["ok", "warning", "critical"])
def test_what_the_row_says_of_no_data_comes_before_its_cause(on_no_data: str) -> None:
    assert (on_no_data.upper(), "none", None, None) == said(starved(concluding(), on_no_data))


# baseline and manual


def baseline(days: float | None, max_age: str | None = "7d", value: float | None = None) -> Record:
    since = {} if days is None else {CHECK.id: (now() - timedelta(days=days)).isoformat()}
    keys = {"baseline_max_age": max_age} if max_age else {}
    run = concluding(rows={"toy.value": row(**keys)}, previous={"baselines": since})
    return judged(value, run, baseline="no earlier run")


@pytest.mark.parametrize(
    ("days", "max_age", "expected"),
    [
        (None, "7d", ("OK", "baseline", None, None)),
        (6.99, "7d", ("OK", "baseline", None, None)),
        (7.01, "7d", ("UNKNOWN", "none", None, None)),
        (999, None, ("OK", "baseline", None, None)),
    ],
)
def test_a_baseline_is_ok_until_it_is_too_old(days: float | None, max_age: str | None, expected: Any) -> None:
    found = baseline(days, max_age)
    assert expected == said(found)
    assert "no earlier run" in found["reason"]


@pytest.mark.parametrize(("value", "verdict"), [(1, "OK"), (3, "WARNING"), (9, "CRITICAL"), (None, "UNKNOWN")])
def test_a_sign_off_is_manual_by_its_verdict(value: float | None, verdict: str) -> None:
    assert (verdict, "manual", None, None) == said(judged(value, manual=True))


def test_a_sign_off_can_be_waived() -> None:
    assert said(judged(9, concluding(waivers=[waiver()]), manual=True)) == ("CRITICAL", "waived", None, None)


def test_not_applicable_has_no_verdict_and_says_who_approved_it() -> None:
    entry = NotApplicable.model_validate(
        {"check": "toy.*", "reason": "no toy here", "approver": "release manager", "review": "2027-01-31"}
    )
    run = concluding(not_applicable=[entry])
    found = run.exempt(CHECK)
    assert found is entry
    record = conclusion.exempt(CHECK, entry, run)
    assert said(record) == (None, "not_applicable", None, None)
    assert record["reason"] == "no toy here (approved by release manager, to be reviewed on 2027-01-31)"
