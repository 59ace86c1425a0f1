"""thresholds.yaml as a whole: every row valid, and each with a check that uses it."""

import ast
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import ConfigDict, RootModel

from conformance import document
from conformance.document import BadFile, Document, Key, Slip
from conformance.threshold import Row

_NAMES = re.compile(r'^def (test_\w+)|\brow="([^"]+)"', re.MULTILINE)
_ROW_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")


class Rows(RootModel[dict[str, Row]]):
    """All rows by name."""

    model_config = ConfigDict(strict=True, frozen=True)


def load(path: Path) -> tuple[dict[str, Row], Document]:
    """Read and validate the file; raises BadFile."""
    source = document.load(path)
    rows = document.validate(source, Rows, _known_keys).root
    slips = [
        source.slip((name,), f"{name}: a row is named in lower case with dots, such as api.latency.p95")
        for name in rows
        if not _ROW_NAME.fullmatch(name)
    ]
    if slips:
        raise BadFile(slips)
    return rows, source


def _known_keys(key: Key) -> str:
    if len(key) == 2:
        return f": a row has {', '.join(sorted(f.alias or name for name, f in Row.model_fields.items()))}"
    return ""


def users(suites: Path) -> dict[str, dict[Path, int]]:
    """The check files below `suites` that name each row, and in which line."""
    used: dict[str, dict[Path, int]] = {}
    for path in sorted(suites.rglob("test_*.py")):
        for name, line in rows_named(path).items():
            used.setdefault(name, {})[path] = line
    return used


def unused(source: Document, rows: Iterable[str], suites: Path, used: Mapping[str, Mapping[Path, int]]) -> list[Slip]:
    """A slip for every row that no check below `suites` names, and for every row named that is not there."""
    known = set(rows)
    slips = [
        source.slip((name,), f"{name}: no check below {suites.name}/ uses this row: add one or remove the row")
        for name in sorted(known - set(used))
    ]
    for name in sorted(set(used) - known):
        path, line = next(iter(used[name].items()))
        slips.append(Slip(path, line, f"row={name!r}: {source.path.name} has no such row: add it or mend the name"))
    return slips


def check_names(suites: Path) -> frozenset[str]:
    """The names that checks below `suites` can have in their ids: every row and every function named there."""
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in suites.rglob("test_*.py")]
    return frozenset(name for text in texts for pair in _NAMES.findall(text) for name in pair if name)


def rows_named(path: Path) -> Mapping[str, int]:
    """Every `row="..."` of a check file with its line, read as text so that a file that does not import counts."""
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return {m[1]: text[: m.start()].count("\n") + 1 for m in re.finditer(r'\brow="([^"]+)"', text)}
    return {
        word.value.value: word.value.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for word in node.keywords
        if word.arg == "row" and isinstance(word.value, ast.Constant) and isinstance(word.value.value, str)
    }
