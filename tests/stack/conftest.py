"""Runs of the suites against the stack that `make stack-up` started."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.stack import stack


@dataclass(frozen=True, slots=True)
class Finished:
    """A run that ended: its results, exit code, and what it printed."""

    results: dict[str, Any]
    exit_code: int
    output: str
    folder: Path

    def check(self, check_id: str) -> dict[str, Any]:
        """The record of one check."""
        found = [check for check in self.results["checks"] if check["id"] == check_id]
        assert found, f"no check {check_id} in:\n{self.output}"
        return dict(found[0])

    def findings(self) -> list[str]:
        """Every check that is not OK, in a line."""
        return [
            f"{check['verdict']} {check['id']}: {check['reason']}"
            for check in self.results["checks"]
            if check["verdict"] not in (None, "OK")
        ]


Runner = Callable[..., Finished]


@pytest.fixture(scope="session", autouse=True)
def _running_stack() -> None:
    """Fails, never skips: tests of faults that do not run prove nothing."""
    names = subprocess.run(
        ["docker", "ps", "-q", "--filter", f"label=com.docker.compose.project={stack.PROJECT}"],
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    if names.returncode or not names.stdout.strip():
        pytest.fail(f"the stack does not run: make stack-up {names.stderr.strip()}", pytrace=False)


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder of the tests' own, so that they neither see nor leave anything of other runs."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="session")
def daily(tmp_path_factory: pytest.TempPathFactory, state: Path) -> Runner:
    """Run the daily suite as a person would, in a process of its own."""
    return _runner("daily", tmp_path_factory, state)


@pytest.fixture(scope="session")
def weekly(tmp_path_factory: pytest.TempPathFactory, state: Path) -> Runner:
    """Run the weekly suite the same way."""
    return _runner("weekly", tmp_path_factory, state)


@pytest.fixture(scope="session")
def monthly(tmp_path_factory: pytest.TempPathFactory, state: Path) -> Runner:
    """Run the monthly suite the same way."""
    return _runner("monthly", tmp_path_factory, state)


def _runner(suite: str, tmp_path_factory: pytest.TempPathFactory, state: Path) -> Runner:
    def run(*words: str, checkout: Path = stack.CHECKOUT, target: str = "demo", prefix: tuple[str, ...] = (),
            environ: dict[str, str] | None = None) -> Finished:  # fmt: skip
        folder = tmp_path_factory.mktemp("run")
        command = [
            *prefix,
            sys.executable,
            "-m",
            "pytest",
            "-m",
            suite,
            "--target",
            target,
            f"--run-dir={folder}",
            *words,
        ]
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "PYTHON"))}
        done = subprocess.run(
            command, cwd=checkout, capture_output=True, text=True, timeout=120, check=False,
            env={**clean, "XDG_STATE_HOME": str(state), **(environ or {})},
        )  # fmt: skip
        results = folder / "results.json"
        found = json.loads(results.read_text(encoding="utf-8")) if results.is_file() else {"checks": [], "run": {}}
        return Finished(found, done.returncode, done.stdout + done.stderr, folder)

    return run


@pytest.fixture(scope="session")
def green(daily: Runner) -> Finished:
    """The healthy stack, and the run that later ones compare with."""
    first = daily()
    assert first.findings() == [], first.output
    return first


@pytest.fixture(scope="session")
def weekly_green(weekly: Runner) -> Finished:
    """The healthy stack in a weekly run that has an earlier one to count from."""
    weekly()
    second = weekly()
    assert second.findings() == [], second.output
    return second


@pytest.fixture
def variant(tmp_path: Path) -> Callable[..., Path]:
    """A copy of the checkout in which files may be edited: `variant({'thresholds.yaml': (old, new)})`."""

    def copy(edits: dict[str, tuple[str, str]]) -> Path:
        place = tmp_path / "checkout"
        for name in ("conformance", "fixtures", "suites", "targets", "runbook"):
            shutil.copytree(stack.CHECKOUT / name, place / name)
        for name in ("conftest.py", "pyproject.toml", "thresholds.yaml"):
            shutil.copy(stack.CHECKOUT / name, place / name)
        (place / "reports").mkdir()
        (place / "stack").symlink_to(stack.CHECKOUT / "stack")
        for name, (old, new) in edits.items():
            text = (place / name).read_text(encoding="utf-8")
            assert old in text, f"{name} no longer holds {old!r}"
            (place / name).write_text(text.replace(old, new), encoding="utf-8")
        return place

    return copy
