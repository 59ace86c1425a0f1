"""The journal of a run: one JSON object on a line, written as it happens, so that a killed run keeps what it did."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

NAME = "journal.jsonl"


class Journal:
    """Appends lines to `folder/journal.jsonl`; every line has reached the system before `write` returns."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._file = self.path.open("a", encoding="utf-8")

    def write(self, kind: str, body: dict[str, Any]) -> None:
        """Append one line; raises OSError where it cannot be kept."""
        self._file.write(json.dumps({"type": kind, **body}, ensure_ascii=False, allow_nan=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read(folder: Path) -> Iterator[dict[str, Any]]:
    """The lines of a journal; a line cut by a kill or a full disk is left out."""
    with (folder / NAME).open(encoding="utf-8", errors="replace") as file:
        for line in file:
            with suppress(json.JSONDecodeError):
                yield json.loads(line)
