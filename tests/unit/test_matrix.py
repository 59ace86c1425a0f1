"""The traceability matrix: sentences on one side, markers on the other, and every way in which they do not fit."""

from pathlib import Path
from textwrap import dedent

import pytest

from conformance import html, matrix, tracing
from conformance.matrix import Matrix
from tests.browser import records

README = """
| id | sentence | suite |
| --- | --- | --- |
| [OPS-1.1](operations.md#OPS-1.1)      | Every service is up         | daily, predeploy |
| [SEC-4.7](security.md#SEC-4.7)        | Privileges are reviewed     | monthly          |

| id      | suite     | why           |
| ------- | --------- | ------------- |
| OPS-1.1 | predeploy | not built yet |
"""
CHECKS = '''
import pytest

@pytest.mark.daily
@pytest.mark.runbook("OPS-1.1", row="toy.value")
def test_up(reading, judge):
    """It is up."""

@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.7", row="signoff.toy")
@pytest.mark.parametrize("a", [1])
def test_reviewed(reading, judge, a):
    """It was reviewed."""

def helper():
    """No check."""
'''


def build(tmp_path: Path, readme: str = README, checks: str = CHECKS) -> Matrix:
    (tmp_path / "runbook").mkdir()
    (tmp_path / "suites" / "daily").mkdir(parents=True)
    (tmp_path / "runbook" / "README.md").write_text(readme, encoding="utf-8")
    (tmp_path / "suites" / "daily" / "test_toy.py").write_text(dedent(checks), encoding="utf-8")
    return matrix.build(tmp_path / "runbook", tmp_path / "suites")


def test_both_sides_are_read_as_text(tmp_path: Path) -> None:
    found = build(tmp_path)
    assert [(one.id, one.suites) for one in found.sentences] == [
        ("OPS-1.1", ("daily", "predeploy")), ("SEC-4.7", ("monthly",)),
    ]  # fmt: skip
    assert [(one.name, one.ids, one.suites, one.is_manual) for one in found.proofs] == [
        ("toy.value", ("OPS-1.1",), ("daily",), False), ("signoff.toy", ("SEC-4.7",), ("monthly",), True),
    ]  # fmt: skip
    assert found.gaps() == []


@pytest.mark.parametrize(
    ("readme", "checks", "gap"),
    [
        (README, CHECKS.replace("mark.monthly", "mark.weekly"), "SEC-4.7 has neither a monthly check nor a reason"),
        (README.replace("| OPS-1.1 | predeploy |", "| OPS-1.1 | postdeploy |"), CHECKS, "neither a predeploy check"),
        (
            README,
            CHECKS.replace("mark.daily", "mark.daily\n@pytest.mark.predeploy"),
            "OPS-1.1 has a predeploy check, and",
        ),
        (README, CHECKS.replace('"SEC-4.7"', '"SEC-4.70"'), "signoff.toy proves SEC-4.70, which is no sentence"),
        (README.replace("| OPS-1.1 |", "| OPS-1.9 |"), CHECKS, "a reason is given for OPS-1.9, which is no sentence"),
        (README, "def (", "suites/daily/test_toy.py cannot be read as Python"),
    ],
)
def test_what_does_not_fit_is_said(tmp_path: Path, readme: str, checks: str, gap: str) -> None:
    gaps = build(tmp_path, readme, checks).gaps()
    assert any(gap in one for one in gaps), gaps


def test_page_shows_each_sentence_with_its_proof_and_what_the_run_found(tmp_path: Path) -> None:
    entries = build(tmp_path).as_json()
    found = records.run([records.check("toy.value[a]"), records.check("toy.value[b]", "WARNING")], matrix=entries)
    context = html.context(found["run"], found["checks"])
    first, second = context["matrix"]

    assert (first["kind"], first["tally"]) == ("warning", "1 WARNING, 1 OK")
    assert [(one["suite"], one["names"], one["reason"]) for one in first["suites"]] == [
        ("daily", "toy.value", ""), ("predeploy", "", "not built yet"),
    ]  # fmt: skip
    assert (second["kind"], second["suites"][0]["names"]) == ("", "signoff.toy (manual)")
    page = html.render(found)
    assert 'id="m-SEC-4.7"' in page
    assert "not built yet" in page


def test_sentence_without_proof_or_reason_is_marked(tmp_path: Path) -> None:
    entries = build(tmp_path, checks="").as_json()
    [_, row] = tracing.rows(entries, [])
    assert row["suites"][0]["gap"]
    assert "no check and no reason" in html.render(records.run([records.check("a")], matrix=entries))


def test_run_that_looked_at_no_matrix_shows_none() -> None:
    assert 'id="matrix"' not in html.render(records.run([records.check("a")]))


def test_the_table_of_this_checkout_is_read_whole() -> None:
    checkout = Path(__file__).parents[2]
    found = matrix.build(checkout / "runbook", checkout / "suites")
    readme = (checkout / "runbook" / "README.md").read_text(encoding="utf-8")
    assert len(found.sentences) == readme.count("| [") >= 51
    assert found.broken == ()
