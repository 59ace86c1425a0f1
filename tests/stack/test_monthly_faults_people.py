"""Roster, incidents, sign-offs and runbook are files of the checkout: faults of them are edits in a copy of it."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stack.running import Finished, Runner

Variant = Callable[..., Path]
OURS = "contacts or incidents or signoffs or numbers or alertmanager"
CONTACTS = "targets/demo/contacts.yaml"
INCIDENT = "targets/demo/incidents/20261110-001.md"
SIGNED = "targets/demo/signoffs/2026-11-26-SEC-4.7.yaml"

Edit = tuple[str, str, str]  # file, what it says, what it says instead
Turned = dict[str, tuple[str, str, str]]  # check: verdict, cause, words of the reason

EDITS: dict[str, tuple[list[Edit], Turned]] = {
    "everything that people forget": (
        [
            (CONTACTS, "until: 2027-12-31", "until: 2026-11-01"),
            (CONTACTS, "name: Database duty desk", "name: 数据库管理员"),
            (CONTACTS, '"+12025550102"', '"+1202555010"'),
            (CONTACTS, "engineering@agent-v3.example", "engineering@agent-v4.example"),
            (CONTACTS, "+12025550104", "+12025550105"),
            (CONTACTS, "agement@agent-v3.example\n    confirmed: 20", "agement@agent-v3.example\n    confirmed: 19"),
            (INCIDENT, "- **Found**: 2026", "- **Found**: 2024"),
            (INCIDENT, "- **Notified**: On-Call", "- **Told**: On-Call"),
            (INCIDENT, "### Root cause\n", "### Root cause\n\n### What was thought\n"),
            (INCIDENT, "- [x] Ask", "- [ ] Bound it (owner: Tech Lead, due: 2026-01-31)\n- [x] Ask"),
            ("runbook/monitoring.md", "| above 2 s | above 5 s |", "| above 2 s | above 9 s |"),
            ("runbook/README.md", "| CHG-6.2  |", "| CHG-6.9  |"),
        ],
        {
            "test_on_call": ("CRITICAL", "", "nobody"),
            "contacts.on_call": ("WARNING", "test_on_call", "0 days"),
            "test_role_filled[dba]": ("CRITICAL", "", "is nobody's"),
            "test_role_phone[devops]": ("CRITICAL", "", "too long or too short"),
            "test_role_email[tech-lead]": ("CRITICAL", "", "in none of the domains agent-v3.example"),
            "test_roles_shared": ("WARNING", "", "team-lead and cto have one telephone"),
            "contacts.confirmed[cto]": ("CRITICAL", "", "days"),
            "test_incident_records": ("CRITICAL", "", "Notified is not filled"),
            "incident.cause": ("CRITICAL", "", "days"),
            "incident.actions": ("CRITICAL", "test_incident_records", "days"),
            "test_runbook_numbers": ("CRITICAL", "", "no row of thresholds.yaml says so"),
            "test_runbook_traced": ("CRITICAL", "", ""),
        },
    ),
    "an entry that lacks its duty": (
        [(CONTACTS, "    duty: database problems\n", "")],
        {
            "test_roster": ("CRITICAL", "", "duty: is missing (dba)"),
            "test_role_filled[dba]": ("CRITICAL", "test_roster", "nobody"),
            "test_role_phone[dba]": ("UNKNOWN", "test_roster", ""),
            "test_role_email[dba]": ("UNKNOWN", "test_roster", ""),
            "contacts.confirmed[dba]": ("UNKNOWN", "test_roster", ""),
        },
    ),
    "a roster of which nothing can be used": (
        [(CONTACTS, "domains: [agent-v3.example]\n", "")],
        {
            "test_roster": ("CRITICAL", "", "domains: is missing"),
            "test_role_filled[dba]": ("UNKNOWN", "test_roster", ""),
            "test_roles_shared": ("UNKNOWN", "test_roster", ""),
            "test_on_call": ("UNKNOWN", "test_roster", ""),
            "test_receivers": ("UNKNOWN", "test_roster", ""),
        },
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def people_green(monthly: Runner) -> Finished:
    """The untouched checkout, on the healthy stack."""
    found = monthly("-k", OURS)
    assert found.findings() == [], found.output
    return found


@pytest.mark.parametrize("name", EDITS)
def test_files_that_say_something_else(name: str, variant: Variant, monthly: Runner, people_green: Finished) -> None:
    edits, expected = EDITS[name]
    checkout = variant({})
    for file, old, new in edits:
        text = (checkout / file).read_text(encoding="utf-8")
        assert old in text, f"{file} no longer holds {old!r}"
        (checkout / file).write_text(text.replace(old, new), encoding="utf-8")
    found = monthly("-k", "contacts or incidents or traced or runbook_numbers", checkout=checkout)

    for check_id, (verdict, cause, says) in expected.items():
        check = found.check(check_id)
        assert (check["verdict"], check["caused_by"] or check["blocked_by"] or "") == (verdict, cause), found.output
        assert says in check["reason"]
    findings = [check for check in found.results["checks"] if check["verdict"] not in (None, "OK")]
    roots = {check["id"] for check in findings if not (check["caused_by"] or check["blocked_by"])}
    assert roots - expected.keys() - {"test_runbook_traced"} == set(), found.output


def test_roster_that_is_gone(variant: Variant, monthly: Runner) -> None:
    checkout = variant({})
    (checkout / CONTACTS).unlink()
    found = monthly("-k", "contacts or signoffs", checkout=checkout)

    roster = found.check("test_roster")
    assert (roster["verdict"], "there is no" in roster["reason"]) == ("CRITICAL", True)
    rest = [check for check in found.results["checks"] if check["id"] != "test_roster"]
    assert {check["blocked_by"] for check in rest} == {"test_roster"}, found.output


def _repository(checkout: Path) -> None:
    """A copy of the checkout becomes one that git knows."""
    for words in (("init", "-q"), ("add", "targets"), ("commit", "-q", "-m", "Sign")):
        _git(checkout, *words)


def _git(checkout: Path, *words: str) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    who = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@agent-v3.example", "GIT_COMMITTER_NAME": "A",
           "GIT_COMMITTER_EMAIL": "a@agent-v3.example"}  # fmt: skip
    subprocess.run(["git", "-C", str(checkout), "-c", "commit.gpgsign=false", *words], check=True, env={**clean, **who})


def _signed(variant: Variant, monthly: Runner, spoil: Callable[[Path], object]) -> Finished:
    checkout = variant({})
    _repository(checkout)
    spoil(checkout)
    return monthly("-k", "signoffs", checkout=checkout)


def _said(found: Finished, check_id: str) -> tuple[str, str]:
    check = found.check(check_id)
    return check["verdict"], check["disposition"]


def test_signoffs_that_are_committed(variant: Variant, monthly: Runner) -> None:
    found = _signed(variant, monthly, lambda checkout: None)
    assert found.findings() == [], found.output
    assert _said(found, "signoff.privileges") == ("OK", "manual")


def test_signoff_that_was_changed_afterwards(variant: Variant, monthly: Runner) -> None:
    def change(checkout: Path) -> None:
        path = checkout / SIGNED
        path.write_text(path.read_text(encoding="utf-8").replace("none has more", "one has more"), encoding="utf-8")

    found = _signed(variant, monthly, change)
    assert _said(found, "test_signoffs") == ("WARNING", "none")
    assert "was changed after it was signed" in found.check("test_signoffs")["reason"]
    assert _said(found, "signoff.privileges") == ("UNKNOWN", "manual")
    assert _said(found, "signoff.calls") == ("OK", "manual")


@pytest.mark.parametrize(
    ("runbook_id", "row"),
    [("SEC-4.7", "signoff.privileges"), ("SEC-4.3", "signoff.scans"), ("EMG-5.5", "signoff.calls"),
     ("CHG-6.1", "signoff.runbook")],
)  # fmt: skip
def test_signoff_of_long_ago(variant: Variant, monthly: Runner, runbook_id: str, row: str) -> None:

    def grow_old(checkout: Path) -> None:
        path = checkout / "targets" / "demo" / "signoffs" / f"2026-11-26-{runbook_id}.yaml"
        old = path.with_name(f"2024-11-26-{runbook_id}.yaml")
        old.write_text(path.read_text(encoding="utf-8").replace("2026-11-26", "2024-11-26"), encoding="utf-8")
        path.unlink()
        _git(checkout, "add", "-A", "targets")
        _git(checkout, "commit", "-q", "-m", "Sign")

    found = _signed(variant, monthly, grow_old)
    verdict = "WARNING" if row == "signoff.calls" else "CRITICAL"
    assert _said(found, row) == (verdict, "manual"), found.output
    assert len(found.findings()) == 1, found.output


def test_checkout_without_git_proves_no_signature(variant: Variant, monthly: Runner) -> None:
    found = monthly("-k", "signoffs", checkout=variant({}))
    assert _said(found, "test_signoffs") == ("UNKNOWN", "none")
    assert found.check("signoff.calls")["blocked_by"] == "test_signoffs"
    assert found.exit_code == 1


def test_matrix_stands_in_the_report(monthly: Runner) -> None:
    found = monthly("-k", "traced")
    assert len(found.results["run"]["matrix"]) >= 51
    assert 'id="m-EMG-5.5"' in (found.folder / "report.html").read_text(encoding="utf-8")
