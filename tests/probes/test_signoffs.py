"""Sign-offs in real repositories: signed by the commit that adds them, and by nothing else."""

import os
import subprocess
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance import contacts
from conformance.probes import Probing
from conformance.reading import Reading, now
from conformance.threshold import Row
from fixtures import signoffs
from fixtures.signoffs import Found
from tests.probes.support import body, fault, measure, probing, unmeasured
from tests.unit.build import row

TODAY = now().date()
SIGNER = "desk@toy.example"
ROWS: Mapping[str, Row] = {"signoff.toy": row(runbook="SEC-4.7", unit="days")}


class Repository:
    """A checkout with a roster, in which people commit sign-offs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder = path / "targets" / "toy"
        (self.folder / "signoffs").mkdir(parents=True)
        self.roster("Desk")
        self.git("init", "-q", "-b", "main")
        self.commit("The roster")

    def git(self, *words: str, author: str = SIGNER, when: str = "") -> str:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        who = {"GIT_AUTHOR_NAME": "Somebody", "GIT_AUTHOR_EMAIL": author, "GIT_COMMITTER_NAME": "Somebody",
               "GIT_COMMITTER_EMAIL": author, "GIT_CONFIG_GLOBAL": "/dev/null"}  # fmt: skip
        who |= {"GIT_COMMITTER_DATE": when} if when else {}
        done = subprocess.run(
            ["git", "-C", str(self.path), *words], capture_output=True, text=True, check=True, env={**clean, **who}
        )
        return done.stdout

    def commit(self, subject: str = "Sign", author: str = SIGNER, when: str = "") -> None:
        self.git("add", "-A")
        self.git("-c", "commit.gpgsign=false", "commit", "-q", "-m", subject, author=author, when=when)

    def roster(self, name: str, email: str = SIGNER) -> None:
        entry = {"name": name, "duty": "all", "phone": "+12025550100", "email": email, "confirmed": str(TODAY)}
        found = {"domains": ["toy.example"], "roles": {"tech-lead": entry}, "on_call": []}
        (self.folder / contacts.NAME).write_text(yaml.safe_dump(found), encoding="utf-8")

    def sign(self, day: date = TODAY, **more: Any) -> Path:
        record = {"id": "SEC-4.7", "signer": "Desk", "role": "tech-lead", "date": str(day),
                  "statement": "looked at every role, and took one away", **more}  # fmt: skip
        path = self.folder / "signoffs" / f"{day}-{record['id']}.yaml"
        path.write_text(yaml.safe_dump(record, sort_keys=False), encoding="utf-8")
        return path

    def run(self) -> Probing:
        run = probing(results={})
        run.folder = self.folder
        run.probe = {"roster_read": contacts.load(self.folder / contacts.NAME)}.__getitem__
        return run

    def found(self) -> Found:
        found: Found = measure("signoffs_read", self.run())
        return found


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "checkout")


def age(found: Found) -> Reading:
    reading: Reading = body(signoffs.signoff_age)(found, "signoff.toy", ROWS, "there")
    return reading


def trouble(found: Found) -> str:
    return str(body(signoffs.signoff_records)(found, "there").value)


def test_committed_record_counts_and_is_manual(repository: Repository) -> None:
    repository.sign(TODAY - timedelta(days=40))
    repository.commit()
    repository.sign(TODAY - timedelta(days=2))
    repository.commit()
    found = repository.found()
    assert trouble(found) == "in order"
    reading = age(found)
    assert (reading.value, reading.unit, reading.manual, reading.samples) == (2, "days", True, 2)
    assert "Desk (tech-lead): looked at every role, and took one away" in reading.excerpt
    assert f"by Somebody <{SIGNER}>, not signed by a key" in reading.excerpt


def test_record_that_nobody_committed(repository: Repository) -> None:
    repository.sign()
    found = repository.found()
    assert "is not committed: the commit that adds it is its signature" in trouble(found)
    reading = age(found)
    assert (reading.value, reading.missing) == (None, "no sign-off of SEC-4.7 counts")
    assert "is not committed" in reading.excerpt


def test_older_record_counts_where_the_newest_does_not(repository: Repository) -> None:
    repository.sign(TODAY - timedelta(days=40))
    repository.commit()
    repository.sign()
    assert age(repository.found()).value == 40


@pytest.mark.parametrize("committed", [True, False])
def test_record_that_was_changed_afterwards(repository: Repository, committed: bool) -> None:
    path = repository.sign()
    repository.commit()
    assert trouble(repository.found()) == "in order"
    path.write_text(path.read_text().replace("took one away", "took none away"))
    if committed:
        repository.commit("A better word")
    assert trouble(repository.found()) == f"{path.name} was changed after it was signed"
    assert age(repository.found()).value is None


def test_record_that_a_merge_changed(repository: Repository) -> None:
    path = repository.sign()
    repository.commit()
    repository.git("checkout", "-q", "-b", "side", "HEAD~1")
    (repository.path / "other").write_text("x")
    repository.commit("Something else")
    repository.git("checkout", "-q", "main")
    repository.git("merge", "-q", "--no-ff", "--no-commit", "side")
    path.write_text(path.read_text().replace("took one away", "took none away"))
    repository.commit("Merge")
    assert trouble(repository.found()) == f"{path.name} was changed after it was signed"


def test_record_that_came_by_a_merge(repository: Repository) -> None:
    repository.git("checkout", "-q", "-b", "side")
    repository.sign()
    repository.commit()
    repository.git("checkout", "-q", "main")
    (repository.path / "other").write_text("x")
    repository.commit("Something else", author="helper@toy.example")
    repository.git("merge", "-q", "--no-ff", "-m", "Merge", "side", author="helper@toy.example")
    assert trouble(repository.found()) == "in order"


def test_record_that_somebody_else_committed(repository: Repository) -> None:
    repository.sign()
    repository.commit(author="helper@toy.example")
    assert "is signed by Desk and was committed by helper@toy.example" in trouble(repository.found())


def test_signer_whose_address_changed_since(repository: Repository) -> None:
    repository.sign()
    repository.commit()
    repository.roster("Desk", "new@toy.example")
    repository.commit("Another address")
    assert trouble(repository.found()) == "in order"
    repository.sign(TODAY - timedelta(days=1))
    repository.commit()
    assert f"is signed by Desk and was committed by {SIGNER}" in trouble(repository.found())


@pytest.mark.parametrize("change", [{"signer": "Stranger"}, {"role": "cto"}])
def test_signer_who_is_not_in_the_roster(repository: Repository, change: dict[str, Any]) -> None:
    repository.sign(**change)
    repository.commit()
    assert "which the roster does not have" in trouble(repository.found())


def test_signer_who_has_left_was_in_the_roster_when_signing(repository: Repository) -> None:
    repository.sign()
    repository.commit()
    repository.roster("Successor")
    repository.commit("Another desk")
    found = repository.found()
    assert trouble(found) == "in order"
    repository.sign(TODAY - timedelta(days=1))
    repository.commit()
    assert "is signed by Desk as tech-lead, which the roster does not have" in trouble(repository.found())


def test_days_that_cannot_be(repository: Repository) -> None:
    repository.sign(TODAY + timedelta(days=9))
    repository.commit()
    assert "a day to come" in trouble(repository.found())


def test_record_that_was_committed_before_its_day(repository: Repository) -> None:
    repository.sign()
    repository.commit(when="2020-01-01T12:00:00Z")
    assert f"is dated {TODAY} and was committed before that, on 2020-01-01" in trouble(repository.found())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"statement": "looked"}, "statement: string should have at least 20 characters"),
        ({"statement": "{{what was looked at, and what came of it}}"}, "statement: holds text of a template"),
        ({"colour": "red"}, "colour: is no key that is known here"),
        ({"date": "soon"}, "date: 'soon' is no date"),
        ({"date": str(TODAY - timedelta(days=1))}, "is named otherwise than what it holds: call it"),
    ],
)
def test_file_that_is_no_record(repository: Repository, change: dict[str, Any], says: str) -> None:
    repository.sign(**change)
    repository.commit()
    found = repository.found()
    assert found.standings == ()
    assert says in trouble(found)
    assert age(found).missing == "nobody has signed SEC-4.7 off"


def test_no_record_at_all_is_no_measurement(repository: Repository) -> None:
    (repository.folder / "signoffs").rmdir()
    found = repository.found()
    assert age(found).value is None
    with pytest.raises(Exception, match="holds no record"):
        trouble(found)


def test_checkout_without_git_says_nothing(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "checkout")
    repository.sign()
    (tmp_path / "checkout" / ".git").rename(tmp_path / "away")
    run = repository.run()
    error = unmeasured("signoffs_read", run)
    assert "git cannot say who signed: fatal: not a git repository" in error.reason
    found = fault(run, "signoffs")
    assert found is not None
    assert found.check == "test_signoffs"


def test_machine_without_git_says_nothing(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.sign()
    run = repository.run()
    monkeypatch.setenv("PATH", "/nonexistent")
    assert "git cannot say who signed" in unmeasured("signoffs_read", run).reason


def test_variables_of_a_hook_lead_nowhere_else(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.sign()
    repository.commit()
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    assert trouble(repository.found()) == "in order"


def test_bad_signature_of_a_key(repository: Repository) -> None:
    repository.sign()
    repository.commit()
    [one] = repository.found().standings
    assert one.commit is not None
    bad = signoffs.Commit(one.commit.hash, "S", SIGNER, TODAY, "B", one.commit.blob)
    roster = contacts.load(repository.folder / contacts.NAME)
    assert "has a bad signature: commit" in next(signoffs._signer(one.signed, bad, roster))
