"""The runbook itself, in copies of this checkout in which something no longer fits."""

import shutil
from pathlib import Path

import pytest

from conformance import thresholds
from conformance.matrix import Matrix
from conformance.probes import Probing
from conformance.reading import Reading
from fixtures import runbook
from tests.probes.support import body, measure, probing, unmeasured

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def run(tmp_path: Path) -> Probing:
    """A run in a copy of the checkout."""
    for name in ("runbook", "suites"):
        shutil.copytree(CHECKOUT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CHECKOUT / "thresholds.yaml", tmp_path)
    found = probing()
    found.checkout = tmp_path
    return found


def edit(run: Probing, name: str, old: str, new: str) -> None:
    path = run.checkout / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def matrix(run: Probing) -> Matrix:
    found: Matrix = measure("runbook_matrix", run)
    run.probe = {"runbook_matrix": found}.__getitem__
    return found


def traced(run: Probing) -> Reading:
    found: Reading = body(runbook.runbook_traced)(matrix(run), measure("runbook_anchors", run))
    return found


def numbers(run: Probing) -> Reading:
    rows, _ = thresholds.load(run.checkout / "thresholds.yaml")
    found: Reading = body(runbook.runbook_numbers)(measure("runbook_lines", run), matrix(run), rows)
    return found


def test_matrix_is_told_to_the_report(run: Probing) -> None:
    found = matrix(run)
    assert len(run.told["matrix"]) == len(found.sentences)
    assert measure("runbook_anchors", run) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("suites/daily/test_disk.py", 'runbook("OPS-1.4', 'runbook("OPS-1.5', "OPS-1.4 has neither a daily check"),
        ("suites/daily/test_disk.py", 'runbook("OPS-1.4', 'runbook("OPS-9.9', "proves OPS-9.9, which is no sentence"),
        (
            "suites/daily/test_disk.py",
            "import pytest",
            "import (",
            "suites/daily/test_disk.py cannot be read as Python",
        ),
        ("runbook/README.md", "| CHG-6.2  |", "| CHG-9.2  |", "CHG-6.2 has neither a predeploy check nor a reason"),
        (
            "runbook/README.md",
            "| CHG-6.2  | predeploy ",
            "| OPS-1.4  | predeploy ",
            "OPS-1.4 has a predeploy check, and",
        ),
        ("runbook/changes.md", '<a id="CHG-6.2"></a>', "", "changes.md has no section CHG-6.2"),
        ("runbook/changes.md", "Suite: predeploy. Original: 6.2", "Suite: drill. Original: 6.2",
         "changes.md names drill for CHG-6.2, the README predeploy"),
        ("runbook/README.md", "| [CHG-6.2](changes.md#CHG-6.2)", "| CHG-6.2", "a section CHG-6.2, which the README"),
    ],
)  # fmt: skip
def test_sentence_that_is_not_accounted_for(run: Probing, name: str, old: str, new: str, says: str) -> None:
    edit(run, name, old, new)
    assert says in str(traced(run).value)


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("thresholds.yaml", "{above: 80}\n\npostgres.connections.share", "{above: 81}\n\npostgres.connections.share",
         "postgres.connections of thresholds.yaml stands in no table of MON-2.8"),
        ("runbook/monitoring.md", "| above 2 s | above 5 s |", "| above 2 s | above 6 s |",
         "response time, P95 (warning above 2 s, critical above 6 s): no row of thresholds.yaml says so"),
        ("runbook/performance.md", "| 86400 s (1 day)", "| 86401 s (1 day)", "llm_response (86401 s (1 day)): no row"),
        ("runbook/security.md", "| below 30 | below 7   |", "| below 30 | below 14  |", "critical below 14): no row"),
    ],
)  # fmt: skip
def test_number_that_is_not_the_rows(run: Probing, name: str, old: str, new: str, says: str) -> None:
    assert numbers(run).value == "those of thresholds.yaml"
    edit(run, name, old, new)
    assert says in str(numbers(run).value)


def test_checkout_without_its_runbook_says_nothing(run: Probing) -> None:
    (run.checkout / "runbook" / "README.md").write_text("empty")
    assert "has no table of sentences" in unmeasured("runbook_matrix", run).reason
    for page in (run.checkout / "runbook").glob("*.md"):
        page.unlink()
    assert "README.md: No such file" in unmeasured("runbook_matrix", run).reason
    assert "states a number" in unmeasured("runbook_lines", run).reason
