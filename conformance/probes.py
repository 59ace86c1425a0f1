"""Probes: the functions that measure, each run once in a daemon thread of its own.

A probe is a pytest fixture to the checks that ask for it. The probes that the selected checks need start together
right after collection; a check that asks for one gets what it returned, or its NotMeasured.
"""

import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from conformance.causes import Faults
from conformance.reading import NotMeasured
from conformance.target import Target

# Daemon threads, not a pool: a pool joins its threads at exit, and would hang with the server that hangs a probe.


@dataclass(frozen=True, slots=True)
class Query:
    """A PromQL expression of a row that applies, its `$window` filled in, and that window in seconds."""

    row: str
    promql: str
    window: int


@dataclass(slots=True)
class Probing:
    """What a probe may know: where to look, what was seen before, and how long it has. It knows no limit."""

    target: Target
    faults: Faults
    queries: Mapping[str, Query]
    windows: Mapping[str, int]
    previous: Mapping[str, Any]
    probe: Callable[[str], Any]
    timeout: float = 0.0
    kept: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    cost: dict[str, Any] = field(default_factory=dict)
    checkout: Path = Path()
    folder: Path = Path()  # beside the target's file: waivers, contacts, sign-offs, incidents
    told: dict[str, Any] = field(default_factory=dict)

    def tell(self, name: str, value: Any) -> None:
        """A JSON value for the record of the run, where the report has a place for it."""
        self.told[name] = value

    def keep(self, key: str, value: Any) -> None:
        """Keep a JSON value for the next run; it is stored when this run turns out complete."""
        self.kept[key] = value


@dataclass(frozen=True, slots=True)
class Probe:
    """A measuring function, its time-out in seconds, and its lane."""

    name: str
    function: Callable[[Probing], Any]
    timeout: float
    quiet: bool
    part: str
    check: str


REGISTRY: dict[str, Probe] = {}
RESULT: pytest.StashKey[Callable[[str], Any]] = pytest.StashKey()


def probe(
    *, timeout: float, quiet: bool = False, part: str = "", check: str = ""
) -> Callable[[Callable[[Probing], Any]], Any]:
    """Make a probe, and the session fixture of the same name, of a function.

    `timeout` is in seconds; past it, `part` is at fault and `check` reports it. A `quiet` probe measures latency:
    it waits until the others are done (or have had their time), because threads of one process slow one another down.
    """

    def register(function: Callable[[Probing], Any]) -> Any:
        name = function.__name__
        REGISTRY[name] = Probe(name, function, timeout, quiet, part, check)

        def result(request: pytest.FixtureRequest) -> Any:
            return request.config.stash[RESULT](name)

        result.__doc__ = function.__doc__
        return pytest.fixture(scope="session", name=name)(result)

    return register


class Running:
    """The threads of one run and what they returned."""

    def __init__(self, probing: Probing, deadline: float) -> None:
        self._probing = probing
        self._lock = threading.Lock()
        self._ends = time.monotonic() + deadline
        self._deadline = deadline
        self._cells: dict[str, _Cell] = {}

    def start(self, names: Iterable[str]) -> None:
        """Start the named probes at the same moment; what is no probe, or runs already, is left alone."""
        wanted = [REGISTRY[name] for name in names if name in REGISTRY]
        for one in sorted(wanted, key=lambda one: one.quiet):
            self._cell(one)

    def result(self, name: str) -> Any:
        """Wait for a probe and give what it returned; raises its NotMeasured, or one for its time-out."""
        return self._cell(REGISTRY[name]).wait(self._ends, self._deadline, self._probing.faults)

    def settle(self) -> None:
        """Wait until every probe has returned or had its time, so that all faults are known."""
        for cell in list(self._cells.values()):
            with suppress(NotMeasured):
                cell.wait(self._ends, self._deadline, self._probing.faults)

    def durations(self) -> dict[str, float]:
        """Seconds that each finished probe took."""
        return {name: round(cell.seconds, 4) for name, cell in self._cells.items() if cell.done.is_set()}

    def _cell(self, one: Probe) -> "_Cell":
        with self._lock:
            if one.name in self._cells:
                return self._cells[one.name]
            before = [cell for cell in self._cells.values() if not cell.probe.quiet] if one.quiet else []
            cell = self._cells[one.name] = _Cell(one, before)
        threading.Thread(target=cell.run, args=(self._probing,), name=f"probe-{one.name}", daemon=True).start()
        return cell


class _Cell:
    """One probe under way."""

    def __init__(self, one: Probe, before: "list[_Cell]") -> None:
        self.probe = one
        self.before = before
        self.done = threading.Event()
        self.ends: float = max([time.monotonic(), *(cell.ends for cell in before)]) + one.timeout
        self.seconds = 0.0
        self.late = False
        self._value: Any = None
        self._error: NotMeasured | None = None

    def run(self, probing: Probing) -> None:
        for cell in self.before:
            cell.done.wait(max(0.0, cell.ends - time.monotonic()))
        start = time.monotonic()
        try:
            self._value = self.probe.function(probing)
        except NotMeasured as error:
            self._error = error
        except BaseException as error:  # noqa: BLE001  whatever breaks in a probe, a skip included, is no measurement
            self._error = NotMeasured(
                f"the probe {self.probe.name} broke: {type(error).__name__}: {error}",
                next_step=f"report it with these lines: {_place(error)}",
            )
        finally:
            self.seconds = time.monotonic() - start
            self.done.set()

    def wait(self, ends: float, deadline: float, faults: Faults) -> Any:
        limit = min(self.ends, ends)
        if not self.done.wait(max(0.0, limit - time.monotonic())):
            late = (
                f"within {self.probe.timeout:g} s" if limit == self.ends else f"before the run's {deadline:g} s ended"
            )
            reason = f"the probe {self.probe.name} got no answer {late}"
            if self.probe.part and not self.late:
                self.late = True
                faults.report(self.probe.part, self.probe.check, reason)
            raise NotMeasured(
                reason,
                next_step="look whether the server hangs; --deadline=SECONDS gives the whole run more time",
                parts=(self.probe.part,) if self.probe.part else (),
            )
        if self._error is not None:
            raise self._error
        return self._value


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return "; ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames[-3:])
