"""The journal of a run: one JSON object on a line, written as it happens, so that a killed run keeps what it did."""

import json
from collections.abc import Iterator
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
    """The lines of a journal; one that cannot be read, cut by a kill or damaged, is of the type `damaged`."""
    with (folder / NAME).open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield json.loads(line)
            except json.JSONDecodeError:
                yield {"type": "damaged", "line": number}
