"""One command at a time."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from . import paths
from .console import say
from .trouble import Trouble


@contextmanager
def alone() -> Iterator[None]:
    """Hold the stack's lock; waits for another command to end, and says that it waits.

    The kernel drops the lock with the process, so a killed command leaves none behind. Raises Trouble where
    run/ is not this user's.
    """
    try:
        paths.RUN.mkdir(mode=0o700, exist_ok=True)
        file = paths.LOCK.open("w")
    except OSError as error:
        raise Trouble(
            f"{paths.RUN} cannot be written ({error.strerror}): give it to this user, or remove it."
        ) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another stack command is running; waiting for it to end")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
