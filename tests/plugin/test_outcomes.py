"""The outcome table of the design, every cell: in pytest, in JUnit, as exit code and to Nagios."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.plugin.project import DAILY, TARGET, Project, Ran

FILE = "suites/daily/test_toy.py"
CASES = """
    VALUES = {"OK": 1, "WARNING": 3, "CRITICAL": 9, "UNKNOWN": float("nan")}
    CASES = [f"{verdict}-{kind}" for verdict in VALUES for kind in ("none", "waived", "manual")]
    @daily
    @runbook("MON-2.1", row="toy.value")
    @parametrize("case", [*CASES, "UNKNOWN-blocked", "OK-baseline", "None-not_applicable"])
    def test_toy(case, judge):
        "The value is low."
        verdict, kind = case.split("-")
        if kind == "blocked":
            raise NotMeasured("connection refused", parts=("redis",))
        more = {"manual": {"manual": True}, "baseline": {"baseline": "no earlier run"}}.get(kind, {})
        judge(take(VALUES[verdict], **more))

    @daily
    @runbook("OPS-1.1")
    def test_state(redis_state, require):
        "Redis runs."
        require(redis_state, otherwise="WARNING", value="running")
    """
PROBES = """
    @probe(timeout=5)
    def redis_state(run):
        run.faults.report("redis", "test_state", "exited", 0)
        return Reading(value="exited", how="inspect", source="docker")
    """
ABSENT = """
not_applicable:
- {check: 'toy.value[None-not_applicable]', reason: absent here, approver: release manager, review: 2999-01-01}
"""

# cell: pytest's outcome, the element in JUnit, the verdicts of --fail-on that fail, the exit code under --nagios
ALWAYS = {"warning", "unknown", "critical"}
TABLE: dict[str, tuple[str, str, set[str], int]] = {
    "OK-none": ("passed", "", set(), 0),
    "WARNING-none": ("warned", "", {"warning"}, 1),
    "CRITICAL-none": ("failed", "failure", ALWAYS, 2),
    "UNKNOWN-none": ("errors", "error", {"warning", "unknown"}, 3),
    "OK-waived": ("passed", "", set(), 0),  # back to OK: the waiver is no longer needed
    "WARNING-waived": ("xfailed", "skipped", set(), 0),
    "CRITICAL-waived": ("xfailed", "skipped", set(), 0),
    "UNKNOWN-waived": ("xfailed", "skipped", set(), 0),
    "OK-manual": ("passed", "", set(), 0),
    "WARNING-manual": ("warned", "", {"warning"}, 1),
    "CRITICAL-manual": ("failed", "failure", ALWAYS, 2),
    "UNKNOWN-manual": ("errors", "error", {"warning", "unknown"}, 3),
    "UNKNOWN-blocked": ("skipped", "skipped", {"warning"}, 1),  # as its cause, a WARNING
    "OK-baseline": ("baseline", "", set(), 0),
    "None-not_applicable": ("skipped", "skipped", set(), 0),
}


@pytest.fixture
def table(project: Project) -> Project:
    project.write("targets/toy.yaml", TARGET + ABSENT)
    project.waive("toy.value[*-waived]")
    project.probes(PROBES)
    project.checks(CASES)
    return project


def elements(path: Path) -> dict[str, str]:
    """The element of every case of a JUnit file, by the case's verdict and disposition."""
    found = {}
    for case in ET.parse(path).iter("testcase"):
        name = str(case.get("name")).partition("[")[2].removesuffix("]") or str(case.get("name"))
        kinds = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
        found[name] = kinds[0] if kinds else ""
    return found


def assert_the_table_holds(ran: Ran, own: Path) -> None:
    expected_counts: dict[str, int] = {"warned": 1}  # the root
    for outcome, *_ in TABLE.values():
        expected_counts[outcome] = expected_counts.get(outcome, 0) + 1
    assert expected_counts == ran.counts, ran.output
    for cell in TABLE:
        verdict, disposition = cell.split("-")
        expected = (None if verdict == "None" else verdict, "none" if cell == "OK-waived" else disposition)
        assert expected == ran.said(f"toy.value[{cell}]")
    in_junit = {cell: row[1] for cell, row in TABLE.items()} | {"test_state": ""}
    assert ran.folder is not None
    assert in_junit == elements(own), "pytest's own --junitxml"
    assert in_junit == elements(ran.folder / "junit.xml"), "our junit.xml"
    suite = next(ET.parse(ran.folder / "junit.xml").iter("testsuite"))
    kinds = list(in_junit.values())
    expected_sums = (len(kinds), kinds.count("failure"), kinds.count("error"), kinds.count("skipped"))
    assert expected_sums == tuple(int(suite.get(name, "-1")) for name in ("tests", "failures", "errors", "skipped"))
    people = ran.run["population"]
    assert people["selected"] == people["executed"] + people["blocked"] + people["not_applicable"] + people["not_run"]
    assert ran.run["summary"] == {"OK": 3, "WARNING": 3, "CRITICAL": 2, "UNKNOWN": 2}


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_every_cell_has_its_outcome_and_its_elements(table: Project, workers: tuple[str, ...]) -> None:
    ran = table.run(*DAILY, *workers, "--junitxml=own.xml")
    assert ran.exit_code == 1
    assert_the_table_holds(ran, table.path / "own.xml")


@pytest.mark.parametrize("fail_on", ["warning", "unknown", "critical"])
@pytest.mark.parametrize("cell", TABLE)
def test_the_exit_code_of_every_cell(table: Project, cell: str, fail_on: str) -> None:
    ran = table.run(*ask(cell), f"--fail-on={fail_on}")
    assert (1 if fail_on in TABLE[cell][2] else 0) == ran.exit_code, ran.output


@pytest.mark.parametrize("cell", TABLE)
def test_the_whole_run_to_nagios(table: Project, cell: str) -> None:
    ran = table.run(*ask(cell), "--nagios")
    expected = TABLE[cell][3]
    assert expected == ran.exit_code, ran.output
    word = ("OK", "WARNING", "CRITICAL", "UNKNOWN")[expected]
    [line] = ran.output.splitlines()
    assert line.startswith(f"{word} - daily of toy: ")
    assert line.count("|") == 1
    assert "'toy.value[OK-none]'=1s;2;5" in line


@pytest.mark.parametrize(("cell", "arguments", "expected"), [
    ("CRITICAL-none", ("--fail-on=warning",), 1), ("UNKNOWN-none", ("--fail-on=critical",), 0),
    ("UNKNOWN-blocked", ("--fail-on=unknown",), 0), ("CRITICAL-waived", ("--fail-on=warning",), 0),
    ("UNKNOWN-none", ("--nagios",), 3), ("OK-none", ("--nagios",), 0),
])  # fmt: skip
def test_workers_change_no_exit_code(table: Project, cell: str, arguments: tuple[str, ...], expected: int) -> None:
    ran = table.run(*ask(cell), *arguments, "-n", "2")
    assert expected == ran.exit_code, ran.output


def ask(cell: str) -> list[str]:
    """The command line for one cell, beside a check that is measured and, for a blocked one, its cause."""
    cases = dict.fromkeys(["OK-none", cell])
    root = [f"{FILE}::test_state"] if cell == "UNKNOWN-blocked" else []
    return [*root, *(f"{FILE}::test_toy[{case}]" for case in cases), *DAILY]
