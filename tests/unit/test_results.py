"""results.json from the lines of a journal: the population adds up, and findings come root first."""

from typing import Any

import pytest

from conformance import results
from tests.unit.build import record

ALL = [
    record("a"), record("b", "WARNING"), record("c", "CRITICAL"), record("d", "UNKNOWN"),
    record("e", "UNKNOWN", "blocked", blocked_by="c"), record("f", "CRITICAL", "waived"), record("g", "OK", "waived"),
    record("h", None, "not_applicable"), record("i", "OK", "manual"), record("j", "CRITICAL", "manual"),
    record("k", "OK", "baseline"),
]  # fmt: skip


def lines(checks: list[dict[str, Any]], *lost: str, deselected: int = 2, end: bool = True) -> list[dict[str, Any]]:
    nodeids = [check["nodeid"] for check in checks] + list(lost)
    head: list[dict[str, Any]] = [
        {"type": "run", "suite": "daily"},
        {"type": "selected", "nodeids": nodeids, "deselected": deselected},
    ]
    tail = [{"type": "end", "complete": True, "exit_code": 1, "deselected": deselected}] if end else []
    return [*head, *({"type": "check", **check} for check in checks), *tail]


@pytest.mark.parametrize("lost", [(), ("suites/x.py::lost", "suites/x.py::too")], ids=["all ran", "two did not"])
@pytest.mark.parametrize("end", [True, False], ids=["finished", "killed"])
def test_the_population_adds_up(lost: tuple[str, ...], end: bool) -> None:
    run = results.build(lines(ALL, *lost, end=end))["run"]
    found = run["population"]
    assert found["collected"] == found["selected"] + found["deselected"] == len(ALL) + len(lost) + 2
    assert found["selected"] == sum(found[name] for name in ("executed", "blocked", "not_applicable", "not_run"))
    assert {"executed": 9, "blocked": 1, "waived": 2, "not_applicable": 1, "not_run": len(lost)} == {
        name: found[name] for name in ("executed", "blocked", "waived", "not_applicable", "not_run")
    }
    assert run["complete"] is (end and not lost)
    assert list(lost) == run["not_run"]


def test_the_summary_counts_the_dispositions_none_and_manual_and_nothing_else() -> None:
    run = results.build(lines(ALL))["run"]
    assert run["summary"] == {"OK": 2, "WARNING": 1, "UNKNOWN": 1, "CRITICAL": 2}
    assert run["baseline"] == 1


def test_a_killed_run_has_every_key_that_a_finished_one_has() -> None:
    killed = results.build(lines(ALL, end=False))["run"]
    for key in ("finished", "exit_code", "git", "clock", "versions", "cost", "trouble", "slips", "gate"):
        assert key in killed, f"a template that asks for run.{key} breaks on a killed run"
    assert killed["exit_code"] is None


def test_an_empty_journal_is_an_incomplete_run() -> None:
    run = results.build([])["run"]
    assert [run["complete"], run["population"]["selected"]] == [False, 0]


def order(*checks: dict[str, Any]) -> list[str]:
    return [check["id"] for check in results.findings(list(checks))]


def test_findings_come_worst_first() -> None:
    assert order(record("a"), record("b", "WARNING"), record("d", "UNKNOWN"), record("c", "CRITICAL")) == [
        "c",
        "d",
        "b",
    ]


def test_the_root_comes_before_anything_worse_that_it_did_not_cause() -> None:
    checks = [
        record("worse", "CRITICAL"), record("effect", "CRITICAL", caused_by="root"),
        record("blocked", "UNKNOWN", "blocked", blocked_by="root"), record("root", "WARNING"),
        record("mild", "WARNING", caused_by="root"),
    ]  # fmt: skip
    assert order(*checks) == ["root", "worse", "effect", "mild", "blocked"]


def test_what_is_waived_not_applicable_baseline_or_ok_is_no_finding() -> None:
    assert order(*ALL) == ["c", "j", "d", "b", "e"]
