"""Renders what people and other systems read from results.json: report.html and junit.xml."""

from pathlib import Path
from typing import Any

from conformance import html, journal, junit, results


def all_formats(folder: Path, found: dict[str, Any]) -> list[Path]:
    """Write results.json, report.html and junit.xml into a run's folder."""
    return [results.write(folder, found), html.write(folder, found), junit.write(folder, found)]


def again(folder: Path) -> dict[str, Any]:
    """Render a run again from its journal, also one that was killed. Raises FileNotFoundError without a journal,
    and ValueError where it is none."""
    found = results.build(journal.read(folder))
    if "id" not in found["run"]:
        raise ValueError("it has no line that begins a run")
    all_formats(folder, found)
    return found
