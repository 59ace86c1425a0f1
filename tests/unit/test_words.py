"""Verdicts and dispositions: every pair, and the order in which verdicts are merged."""

import itertools

import pytest

from conformance.words import Disposition, Verdict, pair, worst

VERDICTS = (*Verdict, None)
ONLY: dict[Disposition, set[Verdict | None]] = {
    Disposition.BLOCKED: {Verdict.UNKNOWN},
    Disposition.BASELINE: {Verdict.OK},
    Disposition.NOT_APPLICABLE: {None},
    Disposition.NONE: {*Verdict},
    Disposition.WAIVED: {*Verdict},
    Disposition.MANUAL: {*Verdict},
}


@pytest.mark.parametrize(("verdict", "disposition"), list(itertools.product(VERDICTS, Disposition)))
def test_a_pair_stands_or_is_refused(verdict: Verdict | None, disposition: Disposition) -> None:
    if verdict in ONLY[disposition]:
        assert (verdict, disposition) == pair(verdict, disposition)
    else:
        with pytest.raises(ValueError, match="cannot stand with disposition"):
            pair(verdict, disposition)


@pytest.mark.parametrize(("one", "other"), list(itertools.product(Verdict, Verdict)))
def test_the_worse_of_two_verdicts_wins_whatever_their_order(one: Verdict, other: Verdict) -> None:
    order = [Verdict.OK, Verdict.WARNING, Verdict.UNKNOWN, Verdict.CRITICAL]
    assert order[max(order.index(one), order.index(other))] == worst([one, other])


def test_nothing_merged_is_no_verdict() -> None:
    assert worst([]) is None


def test_anything_but_ok_is_a_finding() -> None:
    assert {Verdict.WARNING, Verdict.CRITICAL, Verdict.UNKNOWN} == {one for one in Verdict if one.is_finding}
