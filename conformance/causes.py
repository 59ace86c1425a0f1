"""Faults that probes saw, so that a finding can name the one that it follows from."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """A part of the deployment is at fault, and `check` is the check that reports it.

    `rank` orders faults of one part: 0 for the state of a container, 1 for a server that does not answer.
    """

    part: str
    check: str
    text: str
    rank: int = 1


class Faults:
    """The ledger that probes write to from their threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def report(self, part: str, check: str, text: str, rank: int = 1) -> None:
        """Record that `part` is at fault; `check` is the id of the check that says so."""
        with self._lock:
            self._faults.append(Fault(part, check, text, rank))

    def cause(self, parts: Iterable[str], of: str, in_run: Callable[[str], bool]) -> Fault | None:
        """The fault behind trouble with `parts` (the likeliest part first), as seen from the check `of`.

        Only faults count whose own check is in this run; a check is never its own cause, nor is a fault that ranks
        behind it: a container that is down explains a refused connection, never the other way round.
        """
        with self._lock:
            faults = sorted(self._faults, key=lambda fault: fault.rank)
        own = next((fault for fault in faults if fault.check == of), None)
        for part in parts:
            for fault in faults:
                if fault.part == part and fault.check != of and in_run(fault.check):
                    if own and own.part == part and own.rank <= fault.rank:
                        continue
                    return fault
        return None
