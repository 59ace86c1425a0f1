"""What a page says of a run and of its checks, as plain values: the templates only lay it out."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from conformance import check as checks
from conformance import results
from conformance.amount import BYTES, amount
from conformance.threshold import plain
from conformance.words import Disposition

ALIGNED = 24  # up to this length a value stands at the right, under the numbers
CELL = 200  # characters of a value in a table; the whole of it stands in the evidence

# The groups into which every check of a run falls exactly once, worst first: class in css, word on the page.
KINDS = {
    "critical": "CRITICAL", "unknown": "UNKNOWN", "warning": "WARNING", "ok": "OK", "blocked": "blocked",
    "waived": "waived", "baseline": "baseline", "not-applicable": "not applicable",
}  # fmt: skip

CHAPTERS = {
    "OPS": "Daily operations", "MON": "Monitoring and alerting", "PERF": "Performance", "SEC": "Security",
    "EMG": "Emergencies", "CHG": "Changes", "": "No chapter of the runbook",
}  # fmt: skip

EXITS = {
    0: "the gate passed", 1: "the gate failed", 2: "interrupted", 3: "internal error", 4: "bad configuration",
    5: "no check was selected",
}  # fmt: skip

# Controls would break the page, and marks that turn the direction of text would let a log line forge a verdict.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]")


def seen(value: Any) -> Any:
    """The same with every invisible character of its texts spelt out, however deep they lie."""
    if isinstance(value, str):
        return _UNSEEN.sub(_spelt, value.replace("\r\n", "\n")) if not value.isprintable() else value
    if isinstance(value, dict):
        # Earlier readings are numbers and times of our own: the last are all that is shown.
        return {str(seen(key)): item[-3:] if key == "recent" else seen(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [seen(item) for item in value]
    return value


def _spelt(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}"


def kind(check: Mapping[str, Any]) -> str:
    """The group of a check: its disposition where that keeps it out of the counts, else its verdict."""
    if check["disposition"] in (Disposition.NONE, Disposition.MANUAL):
        return str(check["verdict"] or "not-applicable").lower()
    return str(check["disposition"]).replace("_", "-")


def headline(run: Mapping[str, Any]) -> tuple[str, str]:
    """How the run ended: a class for css and one sentence."""
    people = run["population"]
    why = "; ".join(map(_counted, run.get("gate") or []))
    if not run["complete"]:
        ended = "interrupted" if run["finished"] else "ended before it could close its journal"
        lost = f"{people['not_run']} of {people['selected']} selected checks were not run"
        return "incomplete", f"Incomplete: the run was {ended}; {lost}." if run["finished"] else (
            f"Incomplete: the run {ended}; {lost}."
        )
    if run["exit_code"] == 0:
        return "passed", f"Passed: no check is at or past {run.get('fail_on', 'unknown').upper()}."
    if why:
        return "failed", f"Failed: {why}."
    return "failed", f"Failed: {EXITS.get(run['exit_code'], 'the run did not end')} (exit {run['exit_code']})."


def _counted(reason: str) -> str:
    """'4 checks at or past UNKNOWN' of the gate's '4 at or past UNKNOWN'."""
    return re.sub(r"^(\d+) (?=at |blocked |selected )", lambda n: f"{n[1]} check{'s' * (n[1] != '1')} ", reason)


def sums(run: Mapping[str, Any]) -> list[tuple[str, int, list[tuple[str, int]], bool]]:
    """The population as three sums: name, total, parts, and whether the parts add up to the total."""
    people = run["population"]
    executed = [*((word, run["summary"][word]) for word in ("OK", "WARNING", "CRITICAL", "UNKNOWN"))]
    executed += [("waived", people["waived"]), ("baseline", run["baseline"])]
    lines = [
        ("collected", ["selected", "deselected"]),
        ("selected", ["executed", "blocked", "not_applicable", "not_run"]),
    ]
    found = [(name, people[name], [(part.replace("_", " "), people[part]) for part in parts]) for name, parts in lines]
    found.append(("executed", people["executed"], executed))
    return [(name, total, parts, total == sum(number for _, number in parts)) for name, total, parts in found]


def row(check: Mapping[str, Any]) -> dict[str, Any]:
    """One check as the page shows it."""
    reading, threshold = check["reading"] or {}, check["threshold"] or {}
    value = reading.get("value")
    group = kind(check)
    text, measure = shown(value), unit(reading.get("unit"))
    if measure == BYTES and isinstance(value, int | float):
        sides = [threshold.get(name) or {} for name in ("warning", "critical")]
        text, measure = amount(value, BYTES, [one for side in sides for one in side.values()])
    return {
        "check": check, "id": check["id"], "anchor": anchor(check["id"]), "sentence": check["sentence"],
        "kind": group, "word": check["verdict"] or "not applicable",
        "aside": "" if check["disposition"] in (Disposition.NONE, Disposition.NOT_APPLICABLE) else check["disposition"],
        "aligned": len(text) <= ALIGNED,
        "measured": clipped(text), "value": text, "unit": measure,
        "limit": clipped(limit(check)), "origin": origin(check), "override": bool(threshold.get("override")),
        "runbook": [(one, f"../../{checks.page(one)}") for one in check["runbook"]],
        "chapter": chapter(check), "read": moment(reading.get("at"))[11:19],
        "cause": check["blocked_by"] or check["caused_by"], "threshold": threshold,
    }  # fmt: skip


def anchor(check_id: str) -> str:
    """The id of a check's place on the page; whitespace cannot stand in one."""
    return "c:" + re.sub(r"\s", "_", check_id)


def link(name: str) -> str:
    """The address of an anchor on the page."""
    return "#" + quote(name)


def chapter(check: Mapping[str, Any]) -> str:
    """The chapter of the runbook under which a check stands: 'OPS' of 'OPS-1.4'."""
    letters = str(next(iter(check["runbook"]), "")).partition("-")[0]
    return letters if letters in CHAPTERS else ""


def limit(check: Mapping[str, Any]) -> str:
    """The limit in words with its unit: 'warning above 2, critical above 5'."""
    return str((check["threshold"] or {}).get("words") or "")


def origin(check: Mapping[str, Any]) -> str:
    """Who asks for the limit: 'runbook' or 'ours'; empty for a requirement without a row."""
    return str((check["threshold"] or {}).get("origin") or "")


def shown(value: Any) -> str:
    """A value as a person writes it; a mapping as 'status 200, body ok'."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_inner(item)}" for key, item in value.items()) or "nothing"
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value)) or "none"
    return plain(value)


def _inner(value: Any) -> str:
    return f"({shown(value)})" if isinstance(value, Mapping | list | tuple) else shown(value) or "nothing"


def unit(name: str | None) -> str:
    """The unit as it is written behind a number; a plain count has none."""
    return "" if name in (None, "", "1") else str(name)


def clipped(text: str, room: int = CELL) -> str:
    """The text, cut between two words where a table has no room for more."""
    if len(text) <= room:
        return text
    head = text[: room - 1]
    return f"{head.rsplit(' ', 1)[0] if ' ' in head[room // 2 :] else head}…"


def duration(seconds: float | None) -> str:
    """'0.3 ms', '12 ms', '1.25 s'."""
    if seconds is None:
        return ""
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.01 else f"{seconds * 1000:.1f} ms"


def moment(text: str | None) -> str:
    """'2026-11-23 06:33:35.951 UTC' of the ISO form in which a record keeps a time."""
    if not text:
        return ""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d{1,3})?\d*\+00:00", text)
    return f"{found[1]} {found[2]}{found[3] or ''} UTC" if found else text


def day(text: str | None) -> str:
    """'2027-01-31' of a moment at midnight UTC, which is how a plain date is kept; else the moment."""
    return re.sub(r" 00:00:00 UTC$", "", moment(text))


def tree(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The findings as the page nests them: {row, follow}, the roots in the order of the terminal.

    A finding whose cause is no finding of this run stands at the top: nothing may be lost for want of a parent.
    """
    shown_ones = results.findings(found)
    by_name: dict[str, list[str]] = {}
    for check in shown_ones:
        for name in {check["id"], check["id"].partition("[")[0]}:
            by_name.setdefault(name, []).append(check["id"])
    children: dict[str, list[dict[str, Any]]] = {}
    tops: list[dict[str, Any]] = []
    for check in shown_ones:
        cause = check["blocked_by"] or check["caused_by"]
        parent = next((one for one in by_name.get(cause or "", []) if one != check["id"]), None)
        (children.setdefault(parent, []) if parent else tops).append(check)
    placed: set[str] = set()

    def node(check: dict[str, Any]) -> dict[str, Any]:
        placed.add(check["id"])
        follow = [node(child) for child in children.get(check["id"], []) if child["id"] not in placed]
        return {"row": row(check), "follow": follow}

    nodes = [node(check) for check in tops]
    # Two findings that name each other hang from no root.
    nodes += [node(check) for check in shown_ones if check["id"] not in placed]
    return nodes


def by_chapter(found: Iterable[dict[str, Any]]) -> list[tuple[str, str, list[dict[str, Any]]]]:
    """Letters, title and rows of each chapter that has checks, in the order of the runbook."""
    order = list(KINDS)
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in found:
        groups.setdefault(one["chapter"], []).append(one)
    for group in groups.values():
        group.sort(key=lambda one: (order.index(one["kind"]), _number(one["check"]), one["id"]))
    return [(letters, title, groups[letters]) for letters, title in CHAPTERS.items() if letters in groups]


def _number(check: Mapping[str, Any]) -> tuple[int, ...]:
    """OPS-1.10 comes after OPS-1.9."""
    return tuple(int(part) for part in re.findall(r"\d{1,9}", str(next(iter(check["runbook"]), ""))))


def tally(found: Iterable[dict[str, Any]]) -> dict[str, int]:
    """How many rows each group has, the empty ones left out."""
    count = Counter(one["kind"] for one in found)
    return {name: count[name] for name in KINDS if count[name]}


def overrides(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows that this target changed, each once, with the limits before and after."""
    seen_ones: dict[tuple[str, str], dict[str, Any]] = {}
    for one in found:
        if one["override"]:
            seen_ones.setdefault((str(one["threshold"].get("id")), one["limit"]), one)
    return [seen_ones[key] for key in sorted(seen_ones)]
