"""One run: from the settings and the selected checks to a folder of evidence and an exit code."""

import os
import re
import shlex
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from conformance import conclusion, duration, facts, gate, journal, results, snapshot
from conformance.causes import Faults
from conformance.check import Check
from conformance.conclusion import Concluding
from conformance.journal import Journal
from conformance.judging import Bench
from conformance.probes import Probing, Query, Running
from conformance.reading import now
from conformance.redact import Redactor
from conformance.settings import Settings
from conformance.words import Disposition, Verdict


class Measuring:
    """The half of a run that measures and concludes; under xdist it lives in the one worker that runs checks."""

    def __init__(self, settings: Settings, suite: str, deadline: float) -> None:
        self.settings = settings
        self.redact = Redactor(settings.secrets)
        self.previous = snapshot.load(settings.state, settings.target.name, suite)
        self.started = False
        self.selected: frozenset[str] = frozenset()
        self.benches: dict[str, Bench] = {}
        self._faults = Faults()
        self._probing = Probing(
            target=settings.target, faults=self._faults, queries={}, previous=self.previous.get("kept", {}),
            windows={name: duration.seconds(row.window) for name, row in settings.rows.items() if row.window},
            probe=self._result, timeout=deadline, checkout=settings.checkout, folder=settings.folder,
        )  # fmt: skip
        self._running = Running(self._probing, deadline)
        self.concluding = Concluding(
            rows=settings.rows, overrides=settings.target.overrides_in_force, waivers=settings.waivers,
            not_applicable=settings.target.not_applicable, previous=self.previous, faults=self._faults,
            settle=self._running.settle, in_run=self._in_run, redact=self.redact, originals=settings.thresholds,
        )  # fmt: skip

    def start(self, checks: Sequence[Check], probes: Iterable[str]) -> None:
        """Start the probes that the selected checks need, all at once."""
        self.started = True
        self.selected = frozenset(c.id for c in checks if not self.concluding.exempt(c))
        # A row whose check file has no selected check is not asked: the hourly run does not pay for the weekly one.
        files = {self.settings.checkout / c.nodeid.partition("::")[0] for c in checks}
        self._probing.queries = {
            name: Query(name, row.promql.replace("$window", row.window or ""), duration.seconds(row.window or "1m"))
            for name, row in self.settings.rows.items()
            if row.promql
            and not files.isdisjoint(self.settings.users.get(name, ()))
            and not any(entry.covers(name) for entry in self.settings.target.not_applicable)
        }
        self._running.start(probes)

    def bench(self, check: Check) -> Bench:
        """The bench on which the body of a check judges."""
        row = self.settings.rows.get(check.row) if check.row else None
        bench = Bench(check.name, check.subject, row, check.row, self.settings.rows)
        return self.benches.setdefault(check.id, bench)

    def conclude(self, check: Check, error: BaseException | None) -> conclusion.Record:
        """The record of a check, after its body or instead of it."""
        if error is not None:
            return conclusion.unmeasured(check, error, self.concluding)
        return conclusion.judged(check, self.bench(check), self.concluding)

    def leavings(self) -> dict[str, Any]:
        """What the other half needs at the end: kept values, versions of servers, cost."""
        return {
            "kept": self._probing.kept,
            "versions": self._probing.versions,
            "cost": {"probes_s": self._running.durations(), **self._probing.cost},
            "told": self._probing.told,
        }

    def result(self, name: str) -> Any:
        """What a probe returned; raises its NotMeasured."""
        return self._running.result(name)

    def _result(self, name: str) -> Any:
        return self._running.result(name)

    def _in_run(self, check_id: str) -> bool:
        return any(check_id == one or one.partition("[")[0] == check_id for one in self.selected)


class Run:
    """The half of a run that keeps evidence and decides; under xdist it lives in the controller."""

    def __init__(self, settings: Settings, suite: str, options: "RunOptions") -> None:
        self.settings = settings
        self.suite = suite
        self.options = options
        self.started = now()
        self.records: list[dict[str, Any]] = []
        self.lines: list[dict[str, Any]] = []
        self.trouble: list[str] = []
        self.broken: list[str] = []  # what failed and is no check, such as the teardown of a fixture
        self.deselected = 0
        self.leavings: dict[str, Any] = {}
        self.results: dict[str, Any] | None = None
        self._previous = snapshot.load(settings.state, settings.target.name, suite)
        self.id = f"{self.started.strftime('%Y%m%dT%H%M%S.%fZ')}-{suite}-{settings.target.name}"
        self.folder, self.moved = self._make_folder()
        self.journal = Journal(self.folder)
        self._git: dict[str, Any] = {}
        self._git_thread = threading.Thread(target=self._ask_git, daemon=True)
        self._git_thread.start()
        self._write("run", self._header())

    def _ask_git(self) -> None:
        self._git = facts.git(self.settings.checkout)

    def select(self, nodeids: Sequence[str]) -> None:
        """Note the selected checks before the first of them runs."""
        self._write("selected", {"nodeids": list(nodeids), "deselected": self.deselected})
        if not self.options.run_dir and not self.moved:
            _point(self.folder.with_name("latest"), self.folder.name)

    def discard(self) -> None:
        """Remove the folder of a run that was refused before any check was selected."""
        self.journal.close()
        if not any(line["type"] == "selected" for line in self.lines):
            for name in (self.journal.path.name, "pytest.html"):
                (self.folder / name).unlink(missing_ok=True)
            with suppress(OSError):  # a folder that was given by --run-dir may hold other files
                self.folder.rmdir()

    def add(self, record: dict[str, Any]) -> None:
        """Keep the record of one check."""
        self.records.append(record)
        self._write("check", record)

    def finish(self, exit_code: int, interrupted: bool) -> int:
        """Close the journal, decide the exit code; the results are in `results` afterwards."""
        self._git_thread.join(timeout=5)
        end: dict[str, Any] = {
            "finished": now().isoformat(), "complete": not interrupted, "deselected": self.deselected,
            "git": self._git or {"commit": None, "dirty": None}, "clock": facts.clock(),
            "versions": {**facts.versions(), **self.leavings.get("versions", {})},
            "cost": self.leavings.get("cost", {}), "slips": self.settings.slips, **self.leavings.get("told", {}),
        }  # fmt: skip
        so_far = results.build([*self.lines, {"type": "end", **end}])
        end["gate"] = gate.reasons(so_far, gate.FAIL_ON[self.options.fail_on]) + self.broken + self.trouble
        if exit_code in (0, 1):
            exit_code = 1 if end["gate"] else 0
        end["exit_code"] = exit_code
        whole = so_far["run"]["complete"] and so_far["checks"] and not self.options.partial
        if whole and self.options.marker_expr:
            self._remember(so_far)
        self._write("end", {**end, "trouble": list(self.trouble)})
        self.journal.close()
        self.results = results.build(self.lines)
        return exit_code

    def _remember(self, found: dict[str, Any]) -> None:
        recent: dict[str, list[Any]] = {}
        for record in found["checks"]:
            value = (record["reading"] or {}).get("value")
            if isinstance(value, int | float) and not isinstance(value, bool):
                recent[record["id"]] = [*record["recent"], [record["reading"]["at"], value]][-conclusion.RECENT :]
        before = self._previous.get("baselines", {})
        baselines = {
            record["id"]: before.get(record["id"], self.started.isoformat())
            for record in found["checks"]
            # One that has waited too long, or could not be measured this time, has waited since the first time.
            if record["disposition"] == Disposition.BASELINE
            or (record["verdict"] == Verdict.UNKNOWN and record["id"] in before)
        }
        body = {
            "run": self.id, "finished": found["run"]["finished"],
            # What could not be read this time is still to be compared with the time before.
            "kept": {**self._previous.get("kept", {}), **self.leavings.get("kept", {})},
            "recent": recent, "baselines": baselines,
        }  # fmt: skip
        try:
            snapshot.save(self.settings.state, self.settings.target.name, self.suite, body)
        except OSError as error:
            self.trouble.append(f"{self.settings.state} cannot keep what the next run compares with: {error.strerror}")

    def _write(self, kind: str, body: dict[str, Any]) -> None:
        self.lines.append({"type": kind, **body})
        try:
            self.journal.write(kind, body)
        except OSError as error:
            text = f"evidence incomplete: {self.journal.path}: {error.strerror}"
            if text not in self.trouble:
                self.trouble.append(text)

    def _header(self) -> dict[str, Any]:
        target = self.settings.target
        return {
            "id": self.id, "suite": self.suite, "target": target.name, "environment": target.environment,
            **facts.identity(), "started": self.started.isoformat(),
            "utc_offset": datetime.now().astimezone().strftime("%z"), "command": self._command(),
            "marker_expr": self.options.marker_expr, "previous": self._previous.get("run"),
            "hashes": facts.hashes(self.settings.checkout, self.settings.target_path),
            "fail_on": self.options.fail_on, "partial": self.options.partial,
        }  # fmt: skip

    def _command(self) -> str:
        return Redactor(self.settings.secrets)(shlex.join(["pytest", *self.options.arguments]))

    def _make_folder(self) -> tuple[Path, str]:
        """The run's folder, and a sentence where it could not be made in the place it belongs to."""
        name = self.id
        if self.options.run_dir:
            return _given(Path(self.options.run_dir)), ""
        reports = self.settings.checkout / "reports"
        try:
            (reports / name).mkdir(parents=True)
        except OSError as error:
            folder = self.settings.state / "runs" / name
            try:
                self.settings.state.mkdir(parents=True, exist_ok=True, mode=0o700)
                folder.mkdir(parents=True, mode=0o700)
            except OSError as also:
                raise pytest.UsageError(
                    f"the run has no place: {reports} ({error.strerror}) and {self.settings.state} ({also.strerror}) "
                    "cannot be written: give it one by --run-dir=DIR"
                ) from None
            return folder, f"{reports} cannot be written: {error.strerror}"
        return reports / name, ""


class RunOptions:
    """What the command line says about a run."""

    def __init__(self, arguments: Sequence[str], marker_expr: str, fail_on: str, run_dir: str | None) -> None:
        self.arguments = list(arguments)
        self.marker_expr = marker_expr
        self.fail_on = fail_on
        self.run_dir = run_dir
        self.partial = False


def suite_of(marker_expr: str) -> str:
    """'daily' for `-m daily`; a slug of the expression for any other; 'partial' without one."""
    slug = re.sub(r"[^a-z0-9]+", "-", marker_expr.lower()).strip("-")
    return slug[:40] or "partial"


def deadline_of(marker_expr: str) -> float:
    """The default deadline in seconds: 30 minutes for weekly, monthly and drill checks, 5 for postdeploy, else 30 s."""
    if re.search(r"weekly|monthly|drill", marker_expr):
        return 1800.0
    return 300.0 if "postdeploy" in marker_expr else 30.0


def _given(folder: Path) -> Path:
    """The folder of --run-dir; refused where it cannot be written or where another run lies in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / journal.NAME).open("x", encoding="utf-8"):
            pass
    except FileExistsError:
        raise pytest.UsageError(f"--run-dir={folder} holds a run already, or is a file: name another folder") from None
    except OSError as error:
        raise pytest.UsageError(f"--run-dir={folder} cannot be written: {error.strerror}") from None
    return folder


def _point(link: Path, name: str) -> None:
    """Point `reports/latest` at the newest run, in one step."""
    with suppress(OSError):
        fresh = link.with_name(f".latest-{os.getpid()}")
        fresh.symlink_to(name)
        fresh.replace(link)


MEASURING: pytest.StashKey[Measuring] = pytest.StashKey()
RUN: pytest.StashKey[Run] = pytest.StashKey()
