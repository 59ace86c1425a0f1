"""A small project with the real settings, in which a test lays out checks, probes, rows and a target and runs them."""

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from conformance import journal, probes, results, subjects

CHECKOUT = Path(__file__).parents[2]
DAILY = ("-m", "daily", "--target=toy")
TARGET = "name: toy\nenvironment: test\ncompose: {project: toy}\nservices: {redis: {}}\n"
ROWS = (
    "toy.value:\n  runbook: MON-2.1\n  unit: s\n  warning: {above: 2}\n  critical: {above: 5}\n  baseline_max_age: 7d\n"
)
OURS = ["conformance.interrupt", "conformance.plugin", "conformance.pytest_html", "toyprobes"]
PLUGINS = f'"""Plugins."""\npytest_plugins = {OURS}\n'
HEAD = """
import os, signal, sys, time
import pytest
from conformance.probes import probe
from conformance.reading import NotMeasured, Reading
from conformance.subjects import subject
daily, weekly = pytest.mark.daily, pytest.mark.weekly
runbook, parametrize = pytest.mark.runbook, pytest.mark.parametrize
def take(value, **more):
    return Reading(value=value, **{"unit": "s", "how": "select 1", "source": "toy", **more})
"""
JUDGED = """
@daily
@runbook("MON-2.1", row="toy.value")
def test_toy(judge):
    "The value is low."
    judge(take({value}))
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """A run that ended."""

    exit_code: int
    output: str
    counts: dict[str, int]
    folder: Path | None

    @property
    def results(self) -> dict[str, Any]:
        """What results.json holds."""
        assert self.folder is not None, f"the run left no folder:\n{self.output}"
        found: dict[str, Any] = json.loads((self.folder / results.NAME).read_text(encoding="utf-8"))
        return found

    @property
    def run(self) -> dict[str, Any]:
        """What results.json says of the run."""
        return dict(self.results["run"])

    @property
    def checks(self) -> dict[str, dict[str, Any]]:
        """All records by their id."""
        return {check["id"]: check for check in self.results["checks"]}

    def check(self, check_id: str) -> dict[str, Any]:
        """The record of one check."""
        assert check_id in self.checks, f"no {check_id} among {sorted(self.checks)}:\n{self.output}"
        return self.checks[check_id]

    def said(self, check_id: str) -> tuple[str | None, str]:
        """Verdict and disposition of one check."""
        check = self.check(check_id)
        return check["verdict"], check["disposition"]


class Project:
    """Writes the files of a toy checkout and runs pytest in it."""

    def __init__(self, pytester: pytest.Pytester, state: Path) -> None:
        self.pytester = pytester
        self.path = pytester.path
        self.state = state / "agent-v3-conformance" / "toy"
        settings = (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
        section = re.search(r"^\[tool\.pytest\]\n.*?(?=^\[)", settings, re.MULTILINE | re.DOTALL)
        assert section is not None, "pyproject.toml has no [tool.pytest] followed by another table"
        self.write("pyproject.toml", section[0])
        self.write("conftest.py", PLUGINS)
        self.write("thresholds.yaml", ROWS)
        self.write("targets/toy.yaml", TARGET)
        self.probes("")
        self.checks(JUDGED.format(value=1))

    def write(self, name: str, text: str) -> Path:
        """A file of the project."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # The host comes last, so that what a test adds to TARGET begins at a line that it knows.
        host = "\nhost: local://\n" if name.startswith("targets/") and text.startswith("name:") else ""
        path.write_text(dedent(text) + (host if "\nhost:" not in text else ""), encoding="utf-8")
        return path

    def probes(self, text: str) -> None:
        """The probes of the project."""
        self.write("toyprobes.py", HEAD + dedent(text))

    def checks(self, text: str, name: str = "suites/daily/test_toy.py") -> None:
        """A file of checks."""
        self.write(name, HEAD + dedent(text))

    def waive(self, check: str, expires: str = "2999-01-01", more: str = "") -> None:
        """Waivers for the target: this one, and what `more` says."""
        who = "owner: on call, approver: release manager, reason: known fault, ticket: OPS-7, created: 2026-01-01"
        self.write("targets/toy/waivers.yaml", f"- {{check: '{check}', {who}, expires: {expires}}}\n{dedent(more)}")

    def run(self, *arguments: str, apart: bool = False) -> Ran:
        """Run pytest in this process, or `apart` from it; the daily checks unless told otherwise."""
        words = arguments or DAILY
        before = set(self.runs())
        done = self.pytester.runpytest_subprocess(*words, timeout=60) if apart else self._inside(*words)
        output = "\n".join([*done.outlines, *done.errlines])
        try:
            counts = done.parseoutcomes()
        except ValueError:
            counts = {}
        fresh = [run for run in self.runs() if run not in before]
        return Ran(int(done.ret), output, counts, fresh[-1] if fresh else None)

    def _inside(self, *words: str) -> pytest.RunResult:
        """What a run leaves in the process is put back: registered probes and subjects, and handlers of signals."""
        kept = dict(probes.REGISTRY), dict(subjects.REGISTRY)
        handlers = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            return self.pytester.runpytest_inprocess(*words)
        finally:
            for registry, before in ((probes.REGISTRY, kept[0]), (subjects.REGISTRY, kept[1])):
                registry.clear()
                registry.update(before)  # type: ignore[arg-type]
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start pytest in a process of its own and leave it running."""
        # Tests that were started in the background ignore SIGINT, and so would their children.
        hears = (
            "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
        )
        return subprocess.Popen(
            [sys.executable, "-S", "-c", hears, sys.executable, "-m", "pytest", *(arguments or DAILY)], cwd=self.path,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=os.environ.copy(), text=True,
        )  # fmt: skip

    def runs(self) -> list[Path]:
        """The folders of all runs, oldest first."""
        places = (self.path / "reports", self.state / "runs")
        found = [run for place in places if place.is_dir() for run in place.iterdir()]
        return sorted((run for run in found if not run.is_symlink()), key=lambda run: run.name)

    def journal(self, run: Path) -> list[dict[str, Any]]:
        """The lines of a run's journal."""
        return list(journal.read(run))
