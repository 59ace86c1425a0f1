"""JSON log lines, to standard output and to a file that SIGHUP reopens."""

from __future__ import annotations

import json
import logging
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

# What every LogRecord has anyway; whatever else it carries came in by `extra=` and belongs in the line.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}


class JsonLine(logging.Formatter):
    """One record as one JSON object: ts (ISO 8601, UTC), level, service, msg, then what `extra=` brought."""

    def format(self, record: logging.LogRecord) -> str:
        """Render `record`; a traceback becomes one field, never further lines."""
        when = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, object] = {
            "ts": when.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "service": "agent-v3",
            "msg": record.getMessage(),
        }
        line.update((key, value) for key, value in vars(record).items() if key not in _STANDARD)
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class ReopenedFile(logging.FileHandler):
    """A log file that can be opened again under its name after logrotate has moved it away."""

    def reopen(self) -> None:
        """Close the file and open the one that now bears the name."""
        self.acquire()
        try:
            if self.stream is not None:
                self.stream.close()
            self.stream = self._open()
        finally:
            self.release()


class Budget(logging.Filter):
    """Lets at most `per_second` records of WARNING and above through, so that an outage is no flood."""

    def __init__(self, per_second: int) -> None:
        super().__init__()
        self._per_second = per_second
        self._second = 0
        self._spent = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """True while this second's budget lasts, and for everything below WARNING."""
        if record.levelno < logging.WARNING:
            return True
        now = int(time.monotonic())
        if now != self._second:
            self._second, self._spent = now, 0
        self._spent += 1
        return self._spent <= self._per_second


def start(path: Path) -> ReopenedFile:
    """Send every logger's records to standard output and to `path`; returns the file, for SIGHUP."""
    file = ReopenedFile(path, encoding="utf-8")
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    # The budget sits in front of one queue of handlers, or it would be spent twice for each record.
    fan = _Fan([logging.StreamHandler(sys.stdout), file])
    fan.addFilter(Budget(per_second=2))
    root.handlers = [fan]
    # httpx and uvicorn tell of every request; the service has its own line for that.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)
    return file


class _Fan(logging.Handler):
    """Hands each record to several handlers, all with the JSON format."""

    def __init__(self, handlers: list[logging.Handler]) -> None:
        super().__init__()
        self._handlers = handlers
        for handler in handlers:
            handler.setFormatter(JsonLine())

    def emit(self, record: logging.LogRecord) -> None:
        for handler in self._handlers:
            handler.handle(record)
