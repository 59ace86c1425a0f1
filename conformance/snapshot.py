"""What a run leaves for the next one of the same target and suite: counters, recent readings, baselines."""

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any


def load(state: Path, target: str, suite: str) -> dict[str, Any]:
    """The snapshot of the newest complete run; empty before the first, and where the file cannot be read."""
    try:
        data = json.loads(_path(state, target, suite).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def save(state: Path, target: str, suite: str, snapshot: dict[str, Any]) -> None:
    """Replace the snapshot in one step, so that a second run at the same time reads a whole one. Raises OSError."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=state, prefix=".snapshot-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(snapshot, file, ensure_ascii=False, allow_nan=False)
        Path(name).replace(_path(state, target, suite))
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _path(state: Path, target: str, suite: str) -> Path:
    return state / f"snapshot-{target}-{suite}.json"
