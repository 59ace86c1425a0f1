"""What a person sees: a live status on a terminal, plain lines anywhere else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status

_console = Console(highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """One plain line."""
    _console.print(text, markup=False)


class Step:
    """One thing under way; `now` tells what it is doing at this moment."""

    def __init__(self, title: str, status: Status | None) -> None:
        self._title = title
        self._status = status
        self._started = time.monotonic()
        self._told = ""

    @property
    def seconds(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self._started

    def now(self, detail: str) -> None:
        """Show `detail`; where there is no terminal, as a line of its own when it is another than before."""
        if self._status is not None:
            self._status.update(f"{self._title} … {detail} ({self.seconds:.0f} s)")
        elif detail != self._told:
            say(f"  {self.seconds:5.1f} s  {detail}")
        self._told = detail


@contextmanager
def step(title: str) -> Iterator[Step]:
    """Announce one thing, and say how long it took once it is done."""
    if _console.is_terminal:
        with _console.status(title) as status:
            under_way = Step(title, status)
            yield under_way
    else:
        say(f"{title} …")
        under_way = Step(title, None)
        yield under_way
    say(f"✓ {title} ({under_way.seconds:.1f} s)")
