"""The tables of the runbook's pages, whose numbers are those of thresholds.yaml.

A table that has the columns warning and critical, or a column value, limit or TTL, states limits. Its numbers are
compared with the rows of the ids of its section, side by side: "above 2 s" is `{above: 2}` of a row in seconds.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from conformance.threshold import Limit, Limits, Row

_ANCHORS = re.compile(r'<a id="((?:OPS|MON|PERF|SEC|EMG|CHG)-\d+\.\d+)"></a>')
_CELL = re.compile(
    r"(?:(?P<direction>above|below|not) )?(?P<number>\d+(?:\.\d+)?)"
    r"(?: (?P<unit>%|s|h|hours|days|B|kB|MB|GB|a minute))?(?: \(.*\))?"
)
# What a unit of the pages is in the unit of the row.
_FACTORS = {"kB": 1e3, "MB": 1e6, "GB": 1e9}
_UNITS = {"s": "s", "h": "hours", "hours": "hours", "days": "days", "%": "%", "a minute": "1/min",
          "B": "B", "kB": "B", "MB": "B", "GB": "B"}  # fmt: skip
SEE = "see row"  # the number stands in thresholds.yaml only
_VALUES = ("value", "limit", "TTL at most")

Stated = tuple[str, float]  # direction ('' where the cell has none) and number


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table that states limits: what it is about, and each side as the cell says it."""

    page: str
    ids: tuple[str, ...]
    about: str
    cells: tuple[tuple[str, str], ...]  # side ('warning', 'critical', or '' for a value) and cell

    @property
    def numbers(self) -> dict[str, re.Match[str]]:
        """The sides whose cell is a number."""
        found = ((side, _CELL.fullmatch(cell)) for side, cell in self.cells)
        return {side: match for side, match in found if match}

    def fits(self, limits: Limits, unit: str) -> bool:
        """Whether these are the limits of a row: each number its own, and no side that has none here."""
        numbers = self.numbers
        if "" in numbers:
            one = limits.critical or limits.warning
            return one is not None and _is(numbers[""], one, unit)
        sides = {"warning": limits.warning, "critical": limits.critical}
        said = dict(self.cells)
        return all(
            _is(numbers[side], limit, unit) if side in numbers and limit else (limit is None) == (side not in numbers)
            for side, limit in sides.items()
            if said.get(side) != SEE
        )

    def __str__(self) -> str:
        said = ", ".join(f"{side} {cell}".strip() for side, cell in self.cells)
        return f"{self.page} {'/'.join(self.ids)}: {self.about} ({said})"


def _is(said: re.Match[str], limit: Limit, unit: str) -> bool:
    """Whether a cell says this limit."""
    if said["unit"] and _UNITS[said["unit"]] != unit:
        return False
    if said["direction"] and said["direction"] != limit.direction:
        return False
    return limit.value == float(said["number"]) * _FACTORS.get(said["unit"] or "", 1)


def lines(page: Path) -> Iterator[Line]:
    """Every line of a page that states limits; raises OSError."""
    ids: tuple[str, ...] = ()
    columns: list[str] = []
    for text in page.read_text(encoding="utf-8").splitlines():
        anchors = _ANCHORS.findall(text)
        if anchors:
            ids = tuple(anchors)
        if not text.startswith("|"):
            columns = []
            continue
        cells = [cell.strip() for cell in text.strip().strip("|").split("|")]
        if not columns:
            columns = cells
        elif not set(text) <= set("|-: ") and ids:
            sides = [(_side(name), cell) for name, cell in zip(columns, cells, strict=False)]
            stated = tuple((side, cell) for side, cell in sides if side is not None)
            if stated:
                yield Line(page.name, ids, cells[0].strip("`"), stated)


def _side(column: str) -> str | None:
    """The side that a column is of; None for a column that states no limit."""
    return "" if column in _VALUES else column if column in ("warning", "critical") else None


def differences(found: Iterable[Line], rows: Mapping[str, Row], also: Mapping[str, Iterable[str]]) -> list[str]:
    """Every number of a table that is no row's, and every row of the runbook that stands in no table.

    `also` names the rows that checks of an id use and that are filed under another id.
    """
    wrong, stated = [], set[str]()
    for line in found:
        names = [
            name for name, row in rows.items()
            if row.runbook in line.ids or any(name in also.get(one, ()) for one in line.ids)
        ]  # fmt: skip
        fitting = [name for name in names if _fits(line, rows[name])]
        stated.update(fitting)
        # Settings of which no row speaks are those of a suite that is not built yet.
        if line.numbers and not fitting and names:
            wrong.append(f"{line}: no row of thresholds.yaml says so")
    missing = [name for name, row in rows.items() if row.origin == "runbook" and name not in stated]
    wrong += [f"{name} of thresholds.yaml stands in no table of {rows[name].runbook}" for name in missing]
    return wrong


def _fits(line: Line, row: Row) -> bool:
    """Whether a line states the limits of a row, or of the one of its subjects that the line is about."""
    if row.subjects and line.about in row.subjects:
        return line.fits(row.subjects[line.about], row.unit)
    return bool(line.numbers) and row.judges and line.fits(row, row.unit)
