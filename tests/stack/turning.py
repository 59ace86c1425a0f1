"""Turning a suite red with a batch of faults, and green again: the one way in which every fault is proved.

Faults on separate parts are injected together. What moves beside them must name one of them as its cause.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.stack.fault import Fault, differences, injected
from tests.stack.running import Finished, Runner

PATIENCE = 60  # seconds until what a fault left in windows and counters is over


def turn(faults: tuple[Fault, ...], run: Runner) -> None:
    """Each fault turns its checks to their named verdicts, nothing moves without a cause, and all of it goes back."""
    try:
        red = redden(faults, run)
    finally:
        # Before anything is asserted: what one batch left would be held against the next.
        with _timed("green again"):
            back = settled(run) if any(one.echo for one in faults) else None
    found = differences(red.results, faults)
    assert found == [], "\n".join([*found, red.output])
    verdicts = {want.verdict for fault in faults for want in fault.expect.values() if not want.blocked_by}
    assert red.exit_code == (0 if verdicts == {"WARNING"} else 1), red.output
    if back is not None:
        _assert_green(back)


def redden(faults: tuple[Fault, ...], run: Runner) -> Finished:
    """What the suite says while the faults are there, compared with the healthy stack before them.

    A fault stays, so a second look sees it too; what was only passing by in the first one is gone.
    """
    begun = time.monotonic()
    with injected(*faults):
        sys.stderr.write(f"injected: {time.monotonic() - begun:.1f} s\n")
        with _timed("red"):
            red = run.aside()
        if differences(red.results, faults):
            sys.stderr.write(f"{red.output}\nA second look:\n")
            red = run.aside()
        begun = time.monotonic()
    sys.stderr.write(f"removed: {time.monotonic() - begun:.1f} s\n")
    return red


def settled(run: Runner) -> Finished:
    """The first run without a finding; where none comes in time the last one."""
    ends = time.monotonic() + PATIENCE
    while (last := run()).findings() and time.monotonic() < ends:
        sys.stderr.write("\n".join(["not green yet:", *last.findings(), ""]))
    return last


def green(run: Runner) -> Finished:
    """A run without a finding, waited for: the echo of an earlier test is over within the demo's short windows."""
    last = settled(run)
    _assert_green(last)
    return last


def _assert_green(last: Finished) -> None:
    assert last.findings() == [], "\n".join([*last.findings(), last.output])


@contextmanager
def _timed(what: str) -> Iterator[None]:
    begun = time.monotonic()
    yield
    sys.stderr.write(f"{what}: {time.monotonic() - begun:.1f} s\n")
