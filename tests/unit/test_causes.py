"""Causes: which fault stands behind trouble with a part."""

import pytest

from conformance.causes import Faults


def faults(*known: tuple[str, str, int]) -> Faults:
    ledger = Faults()
    for part, check, rank in known:
        ledger.report(part, check, "seen", rank)
    return ledger


def cause(ledger: Faults, parts: tuple[str, ...], of: str = "test_health", absent: tuple[str, ...] = ()) -> str | None:
    found = ledger.cause(parts, of, lambda check: check not in absent)
    return found.check if found else None


STOPPED = ("redis", "test_state[redis]", 0)
REFUSED = ("redis", "test_answers[redis]", 1)


def test_nothing_known_is_no_cause() -> None:
    assert cause(faults(), ("redis",)) is None


def test_a_fault_of_another_part_is_no_cause() -> None:
    assert cause(faults(STOPPED), ("postgres",)) is None
    assert cause(faults(STOPPED), ()) is None


@pytest.mark.parametrize("known", [(STOPPED, REFUSED), (REFUSED, STOPPED)], ids=["in order", "the other way round"])
def test_the_fault_of_the_lowest_rank_is_the_cause(known: tuple[tuple[str, str, int], ...]) -> None:
    assert cause(faults(*known), ("redis",)) == "test_state[redis]"


def test_the_likeliest_part_comes_before_a_better_rank() -> None:
    ledger = faults(STOPPED, ("app", "test_answers[app]", 1))
    assert cause(ledger, ("app", "redis")) == "test_answers[app]"
    assert cause(ledger, ("redis", "app")) == "test_state[redis]"


def test_a_check_is_never_its_own_cause() -> None:
    assert cause(faults(STOPPED), ("redis",), of="test_state[redis]") is None


def test_a_refused_connection_follows_from_the_stopped_container_and_never_the_other_way_round() -> None:
    ledger = faults(STOPPED, REFUSED)
    assert cause(ledger, ("redis",), of="test_answers[redis]") == "test_state[redis]"
    assert cause(ledger, ("redis",), of="test_state[redis]") is None


def test_two_faults_of_one_rank_do_not_explain_each_other() -> None:
    ledger = faults(REFUSED, ("redis", "test_ping[redis]", 1))
    assert cause(ledger, ("redis",), of="test_answers[redis]") is None
    assert cause(ledger, ("redis",), of="test_ping[redis]") is None


def test_a_chain_leads_through_the_parts_that_something_depends_on() -> None:
    """Nginx depends on app, app on redis: each names the nearest fault, so the chain ends at the root."""
    ledger = faults(("nginx", "test_health[nginx]", 1), ("app", "test_health[app]", 1), STOPPED)
    assert cause(ledger, ("nginx", "app", "redis"), of="test_health[nginx]") == "test_health[app]"
    assert cause(ledger, ("app", "redis"), of="test_health[app]") == "test_state[redis]"
    assert cause(ledger, ("redis",), of="test_state[redis]") is None


def test_a_cause_whose_check_is_not_in_this_run_is_none() -> None:
    assert cause(faults(STOPPED, REFUSED), ("redis",), absent=("test_state[redis]",)) == "test_answers[redis]"
    assert cause(faults(STOPPED), ("redis",), absent=("test_state[redis]",)) is None
