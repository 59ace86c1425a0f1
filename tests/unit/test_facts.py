"""Facts about the run itself hold on any machine, also where there is nothing to be known."""

import hashlib
from pathlib import Path

import pytest

from conformance import facts


def test_outside_of_a_repository_there_is_no_commit(tmp_path: Path) -> None:
    assert facts.git(tmp_path) == {"commit": None, "dirty": None}


def test_without_git_there_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert facts.git(tmp_path) == {"commit": None, "dirty": None}


def test_a_user_without_an_account_has_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr("getpass.getuser", nobody)
    monkeypatch.setattr("os.getuid", lambda: 4711)
    assert facts.identity()["user"] == "uid 4711"


def test_the_files_that_decide_a_run_are_hashed(tmp_path: Path) -> None:
    (tmp_path / "thresholds.yaml").write_bytes(b"rows")
    (tmp_path / "targets").mkdir()
    before = facts.hashes(tmp_path, tmp_path / "targets" / "toy.yaml")
    assert before["thresholds"] == hashlib.sha256(b"rows").hexdigest()
    assert [before["target"], before["waivers"]] == [None, None]
    (tmp_path / "runbook").mkdir()
    (tmp_path / "runbook" / "a.md").write_text("a page")
    assert before["runbook"] != facts.hashes(tmp_path, tmp_path / "targets" / "toy.yaml")["runbook"]


def test_versions_name_what_measures() -> None:
    assert {"conformance", "python", "pytest", "docker", "psycopg", "redis"} <= set(facts.versions())


def test_the_clock_is_known_or_says_that_it_is_not() -> None:
    found = facts.clock()
    assert {"synchronised", "max_error_s"} == set(found)
    assert found["synchronised"] in (True, False, None)
