"""`conformance signoff`: writes what a person vouches for, and refuses what could not count."""

import subprocess

import pytest
import yaml
from typer.testing import CliRunner

from conformance import signoffs
from conformance.cli import app
from conformance.reading import now
from tests.plugin.project import JUDGED, ROWS, Project

TODAY = now().date()
SIGNED = ROWS + "signoff.toy:\n  runbook: SEC-4.7\n  origin: ours\n  unit: days\n  warning: {above: 92}\n"
ROSTER = """domains: [toy.example]
roles:
  tech-lead: {name: A Desk, duty: all, phone: '+12025550100', email: desk@toy.example, confirmed: 2026-11-20}
  cto: {name: B Desk, duty: more, phone: '+12025550101', email: b@toy.example, confirmed: 2026-11-20}
on_call: []
"""
WORDS = "looked at every role, and took one away"


@pytest.fixture
def signing(project: Project) -> Project:
    """A project with a manual item and a roster."""
    project.write("thresholds.yaml", SIGNED)
    project.checks(
        JUDGED.format(value=1)
        + '\n@daily\n@runbook("SEC-4.7", row="signoff.toy")\ndef test_signed(judge): judge(take(1, unit="days"))\n'
    )
    project.write("targets/toy/contacts.yaml", ROSTER)
    return project


def signoff(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["signoff", "--target=toy", f"--statement={WORDS}", *words])
    return done.exit_code, done.output


@pytest.mark.parametrize("item", ["SEC-4.7", "signoff.toy"])
@pytest.mark.parametrize("signer", ["tech-lead", "a desk"])
def test_record_is_written_for_the_person_to_commit(signing: Project, item: str, signer: str) -> None:
    exit_code, output = signoff(item, f"--signer={signer}")
    path = signing.path / "targets" / "toy" / "signoffs" / f"{TODAY}-SEC-4.7.yaml"
    assert exit_code == 0, output
    assert yaml.safe_load(path.read_text(encoding="utf-8")) == {
        "id": "SEC-4.7", "signer": "A Desk", "role": "tech-lead", "date": str(TODAY), "statement": WORDS,
    }  # fmt: skip
    assert f"git add {path} && git commit -S -m 'Sign off SEC-4.7 of toy'" in output.replace("\n", "")
    [one], slips = signoffs.load(path.parent)
    assert (one.record.date, slips) == (TODAY, [])


def test_whoever_git_knows_signs(signing: Project) -> None:
    subprocess.run(["git", "init", "-q", str(signing.path)], check=True)
    subprocess.run(["git", "-C", str(signing.path), "config", "user.email", "B@toy.example"], check=True)
    assert signoff("SEC-4.7")[0] == 0
    [one], _ = signoffs.load(signing.path / "targets" / "toy" / "signoffs")
    assert one.record.role == "cto"


def test_address_that_does_not_sign_for_the_signer_is_told(signing: Project) -> None:
    subprocess.run(["git", "init", "-q", str(signing.path)], check=True)
    subprocess.run(["git", "-C", str(signing.path), "config", "user.email", "x@toy.example"], check=True)
    exit_code, output = signoff("SEC-4.7", "--signer=cto")
    assert exit_code == 0
    assert "git commits here as x@toy.example, who does not sign for B Desk" in output


def test_day_of_the_look(signing: Project) -> None:
    assert signoff("SEC-4.7", "--signer=cto", "--date=2026-11-02")[0] == 0
    assert (signing.path / "targets" / "toy" / "signoffs" / "2026-11-02-SEC-4.7.yaml").is_file()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("SEC-4.1", "--signer=cto"), "SEC-4.1 is no manual item; there is: SEC-4.7 (signoff.toy)"),
        (("SEC-4.7", "--signer=nobody"), "--signer nobody: the roster has A Desk (tech-lead), B Desk (cto)"),
        (("SEC-4.7", "--signer=cto", "--date=2999-01-01"), "a day to come: nobody can have looked"),
        (("SEC-4.7", "--signer=cto", "--date=soon"), "soon"),
        (("SEC-4.7", "--signer=cto", "--statement=looked"), "statement: String should have at least 20 characters"),
        (("SEC-4.7", "--signer=cto", "--target=other"), "there is no target 'other'"),
    ],
)
def test_what_could_not_count_is_refused(signing: Project, words: tuple[str, ...], says: str) -> None:
    exit_code, output = signoff(*words)
    assert exit_code == 4
    assert says in output
    assert "Traceback" not in output
    assert not (signing.path / "targets" / "toy" / "signoffs").exists()


def test_record_is_never_written_over(signing: Project) -> None:
    assert signoff("SEC-4.7", "--signer=cto")[0] == 0
    exit_code, output = signoff("SEC-4.7", "--signer=tech-lead")
    assert exit_code == 4
    assert "is there already: a sign-off is never changed" in output


@pytest.mark.parametrize(("text", "says"), [(None, "contacts.yaml:1: cannot be read"), ("- a\n", "holds a list")])
def test_without_a_roster_nobody_can_sign(signing: Project, text: str | None, says: str) -> None:
    path = signing.path / "targets" / "toy" / "contacts.yaml"
    path.unlink() if text is None else path.write_text(text)
    exit_code, output = signoff("SEC-4.7", "--signer=cto")
    assert exit_code == 4
    assert says in output


def test_what_a_probe_tells_stands_in_the_record_of_the_run(project: Project) -> None:
    check = '{"name": "toy.value", "suites": ["daily"], "manual": False}'
    entry = f'{{"id": "MON-2.1", "sentence": "Fast", "suites": ["daily"], "checks": [{check}], "reasons": {{}}}}'
    project.probes(f"@probe(timeout=5)\ndef told(run):\n    run.tell('matrix', [{entry}])\n    return take(1)\n")
    project.checks('@daily\n@runbook("MON-2.1", row="toy.value")\ndef test_toy(told, judge): judge(told)\n')
    ran = project.run()
    assert ran.run["matrix"][0]["id"] == "MON-2.1"
    assert ran.folder is not None
    page = (ran.folder / "report.html").read_text(encoding="utf-8")
    assert 'id="m-MON-2.1"' in page
    assert "1 OK" in page
