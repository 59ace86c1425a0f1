"""A check: one pytest item with a `runbook` marker, and what is known of it before anything is measured."""

import inspect
import re
from dataclasses import dataclass
from typing import Any

import pytest

SUITES = ("daily", "weekly", "monthly", "predeploy", "postdeploy", "drill")


@dataclass(frozen=True, slots=True)
class Check:
    """`id` is `row-or-function[subject]`, the same in every run and on every machine."""

    id: str
    nodeid: str
    runbook: tuple[str, ...]
    markers: tuple[str, ...]
    sentence: str
    subject: str | None
    row: str | None

    @property
    def name(self) -> str:
        """The id without its subject."""
        return self.id.partition("[")[0]

    @property
    def page(self) -> str:
        """Where the runbook says what to do about it."""
        return page(self.runbook[0])


KEY: pytest.StashKey[Check] = pytest.StashKey()

_PAGES = {
    "OPS": "operations", "MON": "monitoring", "PERF": "performance",
    "SEC": "security", "EMG": "emergency", "CHG": "changes",
}  # fmt: skip


_ID = re.compile(rf"({'|'.join(_PAGES)})-\d+\.\d+")


def page(runbook_id: str) -> str:
    """'OPS-1.4' -> 'runbook/operations.md#OPS-1.4'."""
    return f"runbook/{_PAGES.get(runbook_id.partition('-')[0], 'README')}.md#{runbook_id}"


def of(item: pytest.Item) -> Check | None:
    """The check that an item is, or None for an ordinary test; raises UsageError for a marker that says too little."""
    marks = list(item.iter_markers("runbook"))
    if not marks:
        return None
    ids, rows = [], []
    for mark in reversed(marks):  # the marker nearest to the function comes first in pytest's order
        ids.append(_runbook_id(item, mark))
        rows += [mark.kwargs["row"]] if mark.kwargs.get("row") else []
    if len(rows) > 1:
        raise pytest.UsageError(f"{item.nodeid}: {len(rows)} markers name a row: at most one may")
    callspec: Any = getattr(item, "callspec", None)
    subject = callspec.id if callspec else None
    row = rows[0] if rows else None
    name = row or getattr(item, "originalname", None) or item.name
    return Check(
        id=f"{name}[{subject}]" if subject is not None else name,
        nodeid=item.nodeid,
        runbook=tuple(dict.fromkeys(ids)),
        markers=tuple(name for name in SUITES if item.get_closest_marker(name)),
        sentence=_sentence(item),
        subject=subject,
        row=row,
    )


def _runbook_id(item: pytest.Item, mark: pytest.Mark) -> str:
    row = mark.kwargs.get("row")
    known = not set(mark.kwargs) - {"row"} and (row is None or isinstance(row, str))
    if not known or len(mark.args) != 1 or not _ID.fullmatch(str(mark.args[0])):
        raise pytest.UsageError(
            f"{item.nodeid}: write @pytest.mark.runbook('OPS-1.1') with an id of the runbook, or "
            "runbook('MON-2.1', row='api.latency.p95') with the name of its row"
        )
    return str(mark.args[0])


def _sentence(item: pytest.Item) -> str:
    function = getattr(item, "function", None)
    text = inspect.getdoc(function) if function else getattr(item, "sentence", "")
    return " ".join((text or "").split())
