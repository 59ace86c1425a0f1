"""Ctrl-C and SIGTERM: whoever is told to end says so in a line, and a run keeps what it did, however often it is told.

Listed before every other plugin, because most of a start is spent on importing the others.
"""

import os
import signal
import time
from dataclasses import dataclass
from types import FrameType

QUICK = 1.0  # seconds within which a second signal is the first one once more
PATIENCE = 10.0  # seconds that a run has to write down what it did before a further signal ends that too
_INTERRUPTED = 2  # pytest's exit code


class Terminated(KeyboardInterrupt):
    """The run was ended from outside."""


@dataclass(slots=True)
class _State:
    """When the run was told to end, and whether it does so already."""

    told: float = float("-inf")
    ends: bool = False


_STATE = _State()


def watch(checks: bool) -> None:
    """A run of checks begins: the first signal interrupts it, and what comes while it ends changes nothing."""
    if not checks:
        _forget()
        return
    _STATE.told, _STATE.ends = float("-inf"), False
    # Ignored from the start, as in the background of a script, it stays so.
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        signal.signal(signal.SIGINT, _told)
    # cron's and systemd's way to end a run.
    signal.signal(signal.SIGTERM, _told)


def end() -> None:
    """The run ends, told or not: it has the time that it needs to keep its evidence."""
    if not _STATE.ends:
        _STATE.told, _STATE.ends = time.monotonic(), True


def over() -> None:
    """All is written: nothing may end the last moments of the process as a kill, which python by itself would allow."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is _told:
            signal.signal(number, signal.SIG_IGN)


def _forget() -> None:
    """What runs here are no checks: Ctrl-C is pytest's own again."""
    if signal.getsignal(signal.SIGINT) is _early:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _told(number: int, _frame: FrameType | None) -> None:
    now = time.monotonic()
    if now - _STATE.told < (PATIENCE if _STATE.ends else QUICK):
        return
    _STATE.told = now
    kind = Terminated if number == signal.SIGTERM else KeyboardInterrupt
    raise kind(f"by {signal.Signals(number).name}: what was done until now is kept")


def _early(_number: int, _frame: FrameType | None) -> None:
    """Nothing was begun yet; an exception would end as a traceback of whatever is imported just now."""
    os.write(2, b"interrupted before anything was measured\n")  # sys.stderr is pytest's by now
    os._exit(_INTERRUPTED)


if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, _early)
