"""The last messages that arrived, by whatever way."""

from __future__ import annotations

import threading
from collections import deque
from datetime import UTC, datetime
from typing import Any

KEPT = 500


class Mailbox:
    """A bounded list of messages, safe between threads; each has a number that only grows."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._messages: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._number = 0

    def add(self, channel: str, **content: Any) -> int:
        """Keep one message of `channel` (such as smtp or slack/ops); its number."""
        with self._lock:
            self._number += 1
            arrived = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            self._messages.append({"number": self._number, "arrived": arrived, "channel": channel, **content})
            return self._number

    def after(self, number: int) -> list[dict[str, Any]]:
        """The messages that arrived after the one of that number, oldest first."""
        with self._lock:
            return [message for message in self._messages if message["number"] > number]

    def clear(self) -> None:
        """Forget every message; numbers go on growing."""
        with self._lock:
            self._messages.clear()
