"""Patterns over check ids, in which only `*` is special: ids hold brackets, which fnmatch would take for a class."""

import difflib
import re
from collections.abc import Iterable
from functools import cache


def matches(pattern: str, check_id: str, subject: str | None = None) -> bool:
    """True where `pattern` (and `subject`, a pattern too) names the check `name[subject]`.

    A pattern without a bracket names the check with every one of its subjects.
    """
    name, bracket, rest = check_id.partition("[")
    whole = check_id if "[" in pattern else name
    if not glob(pattern, whole):
        return False
    return subject is None or (bool(bracket) and glob(subject, rest.removesuffix("]")))


def names_any(pattern: str, names: Iterable[str]) -> bool:
    """True where a pattern over check ids, its subject left aside, fits one of these names."""
    return any(glob(pattern.partition("[")[0], name) for name in names)


def nearest(pattern: str, names: Iterable[str]) -> str:
    """What to write instead of a pattern that fits no name."""
    found = difflib.get_close_matches(pattern.partition("[")[0], sorted(names), n=1)
    return f"did you mean {found[0]}? else remove it" if found else "mend the name or remove it"


def glob(pattern: str, text: str) -> bool:
    """True where the whole text matches a pattern in which `*` stands for any characters."""
    return _expression(pattern).fullmatch(text) is not None


@cache  # each is asked of every check
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
