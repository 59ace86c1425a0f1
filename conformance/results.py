"""results.json: the one source of every report, built from a journal, of a killed run as well."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from conformance.words import SEVERITY, Disposition

SCHEMA = "agent-v3-conformance/results/1"
NAME = "results.json"

# What a killed run leaves unsaid, in the form that it would have had.
_UNFINISHED: dict[str, Any] = {
    "finished": None, "exit_code": None, "git": {"commit": None, "dirty": None}, "versions": {}, "cost": {},
    "clock": {"synchronised": None, "max_error_s": None}, "trouble": [], "slips": [], "gate": [],
}  # fmt: skip


def build(lines: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The results of the run with these journal lines; a journal without an end gives `complete: false`."""
    run: dict[str, Any] = {}
    checks: list[dict[str, Any]] = []
    selected: list[str] = []
    end: dict[str, Any] = {}
    damaged: list[str] = []
    for line in lines:
        body = {key: value for key, value in line.items() if key != "type"}
        match line["type"]:
            case "run":
                run = body
            case "selected":
                selected = body["nodeids"]
                run["deselected"] = body.get("deselected", 0)
            case "check":
                checks.append(body)
            case "end":
                end = body
            case "damaged":
                damaged.append(f"journal.jsonl:{body['line']} cannot be read: what it recorded is missing here")
    run = {**_UNFINISHED, **run, **end}
    run["trouble"] = [*run["trouble"], *damaged]
    run["population"] = population(checks, selected, run.pop("deselected", 0))
    done = {check["nodeid"] for check in checks}
    run["not_run"] = [nodeid for nodeid in selected if nodeid not in done]
    run["complete"] = end.get("complete", False) and run["population"]["not_run"] == 0
    run["summary"] = summary(checks)
    run["baseline"] = sum(check["disposition"] == Disposition.BASELINE for check in checks)
    return {"schema": SCHEMA, "run": run, "checks": checks}


def write(folder: Path, results: dict[str, Any]) -> Path:
    """Write results.json beside the journal: a check on a line, which diffs well and encodes ten times faster."""
    path = folder / NAME
    checks = ",\n".join(map(_json, results["checks"]))
    head = f'"schema": {_json(results["schema"])},\n"run": {_json(results["run"])}'
    path.write_text(f'{{{head},\n"checks": [\n{checks}\n]}}\n', encoding="utf-8")
    return path


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def population(checks: list[dict[str, Any]], selected: list[str], deselected: int) -> dict[str, int]:
    """collected = selected + deselected; selected = executed + blocked + not_applicable + not_run."""
    count = Counter(check["disposition"] for check in checks)
    aside = count[Disposition.BLOCKED] + count[Disposition.NOT_APPLICABLE]
    return {
        "collected": len(selected) + deselected,
        "selected": len(selected),
        "deselected": deselected,
        "executed": len(checks) - aside,
        "blocked": count[Disposition.BLOCKED],
        "waived": count[Disposition.WAIVED],
        "not_applicable": count[Disposition.NOT_APPLICABLE],
        "not_run": len(set(selected) - {check["nodeid"] for check in checks}),
    }


def summary(checks: list[dict[str, Any]]) -> dict[str, int]:
    """How often each verdict was given, of the dispositions none and manual."""
    counted = (Disposition.NONE, Disposition.MANUAL)
    count = Counter(check["verdict"] for check in checks if check["disposition"] in counted)
    return {verdict.value: count[verdict] for verdict in SEVERITY}


def findings(checks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Everything that a person has to look at: roots first, each followed by what it caused, blocked checks last."""
    order = {verdict.value: -number for number, verdict in enumerate(SEVERITY)}
    open_ones = (Disposition.NONE, Disposition.MANUAL, Disposition.BLOCKED)
    shown = [c for c in checks if c["verdict"] not in (None, "OK") and c["disposition"] in open_ones]

    def effects(check: dict[str, Any]) -> int:
        return sum(check["id"] in (other["caused_by"], other["blocked_by"]) for other in shown)

    roots = sorted(
        (check for check in shown if not (check["caused_by"] or check["blocked_by"])),
        key=lambda check: (-effects(check), order[check["verdict"]], check["id"]),
    )
    rest = sorted(
        (check for check in shown if check["caused_by"] or check["blocked_by"]),
        key=lambda check: (check["disposition"] == Disposition.BLOCKED, order[check["verdict"]], check["id"]),
    )
    return roots + rest
