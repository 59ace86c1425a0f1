"""Runs of a suite against the stack that `make stack-up` started, as a person would start them."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.stack import stack

SECONDS = 180  # a run that takes longer hangs


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

    def open(self) -> list[dict[str, Any]]:
        """Every check that is not OK."""
        return [check for check in self.results["checks"] if check["verdict"] not in (None, "OK")]

    def findings(self) -> list[str]:
        """The same, each in a line."""
        return [f"{check['verdict']} {check['id']}: {check['reason']}" for check in self.open()]

    def roots(self) -> list[str]:
        """Those of them that follow from nothing else."""
        return [check["id"] for check in self.open() if not (check["caused_by"] or check["blocked_by"])]


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs one suite in a process of its own; its state is the tests' own, its evidence in a new folder each time."""

    suite: str
    state: Path
    folder: Callable[[], Path]

    def __call__(
        self, *words: str, checkout: Path = stack.CHECKOUT, target: str = "demo", prefix: tuple[str, ...] = (),
        environ: dict[str, str] | None = None,
    ) -> Finished:  # fmt: skip
        """Run it; `words` are further options, or the files to look at."""
        folder = self.folder()
        command = [*prefix, sys.executable, "-m", "pytest", "-m", self.suite, "--target", target]
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "PYTHON"))}
        done = subprocess.run(
            [*command, f"--run-dir={folder}", *words], cwd=checkout, capture_output=True, text=True, timeout=SECONDS,
            check=False, env={**clean, "XDG_STATE_HOME": str(self.state), **(environ or {})},
        )  # fmt: skip
        results = folder / "results.json"
        found = json.loads(results.read_text(encoding="utf-8")) if results.is_file() else {"checks": [], "run": {}}
        return Finished(found, done.returncode, done.stdout + done.stderr, folder)

    def aside(self, checkout: Path = stack.CHECKOUT) -> Finished:
        """A run that no later one knows of: it counts from where the last one did, and leaves that as it was."""
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(self.state, folder, dirs_exist_ok=True)
            return self(checkout=checkout, environ={"XDG_STATE_HOME": folder})
