"""junit.xml: for CI systems; CRITICAL is a failure, UNKNOWN an error, blocked and not applicable are skipped."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from conformance import gate
from conformance.outcome import finding_line
from conformance.words import Disposition, Verdict

NAME = "junit.xml"


def write(folder: Path, found: dict[str, Any]) -> Path:
    """Write junit.xml into the folder of a run."""
    path = folder / NAME
    ET.ElementTree(suite(found)).write(path, encoding="utf-8", xml_declaration=True)
    return path


def suite(found: dict[str, Any]) -> ET.Element:
    """The <testsuites> element of a run; a case more, an error, says of an incomplete run what was not run."""
    run, checks = found["run"], found["checks"]
    lost = {check["id"] for check in gate.orphans(checks)}
    outcomes = ["error" if check["id"] in lost else outcome(check) for check in checks]
    missing = run["population"]["not_run"]
    counts = {
        "tests": str(len(checks) + bool(missing)), "failures": str(outcomes.count("failure")),
        "errors": str(outcomes.count("error") + bool(missing)), "skipped": str(outcomes.count("skipped")),
        "time": f"{sum(check['duration_s'] for check in checks):.3f}",
    }  # fmt: skip
    above = {name: number for name, number in counts.items() if name != "skipped"}  # the schema has no place for it
    top = ET.Element("testsuites", {"name": _clean(f"{run['suite']} of {run['target']}"), **above})
    one = ET.SubElement(
        top, "testsuite", {"name": _clean(f"{run['suite']}-{run['target']}"), **counts},
        hostname=_clean(run["host"]), timestamp=_clean(run["started"]),
    )  # fmt: skip
    _properties(one, _header(run))
    for check, kind in zip(checks, outcomes, strict=True):
        _case(one, check, kind)
    if missing:
        case = ET.SubElement(one, "testcase", classname="conformance", name="complete", time="0.000")
        error = ET.SubElement(
            case, "error", type="incomplete", message=f"{missing} selected checks were not run: the run is incomplete"
        )
        error.text = _clean("\n".join(run.get("not_run", [])))
    return top


def _header(run: dict[str, Any]) -> dict[str, Any]:
    """What CI systems show beside a suite; a gate that fails on a WARNING alone is said nowhere else in this file."""
    return {
        "run": run["id"], "target": run["target"], "environment": run["environment"],
        "complete": str(run["complete"]).lower(), "exit_code": run["exit_code"], "fail_on": run.get("fail_on"),
        "gate": "; ".join(run.get("gate") or []) or None, "commit": (run.get("git") or {}).get("commit"),
    }  # fmt: skip


def outcome(check: dict[str, Any]) -> str:
    """'failure', 'error', 'skipped', or '' for a pass."""
    if check["disposition"] in (Disposition.BLOCKED, Disposition.NOT_APPLICABLE, Disposition.WAIVED):
        return "skipped"
    return {Verdict.CRITICAL: "failure", Verdict.UNKNOWN: "error"}.get(check["verdict"], "")


def _properties(parent: ET.Element, pairs: dict[str, Any]) -> None:
    found = {name: value for name, value in pairs.items() if value not in (None, "")}
    if found:
        properties = ET.SubElement(parent, "properties")
        for name, value in found.items():
            ET.SubElement(properties, "property", name=name, value=_clean(str(value)))


def _case(parent: ET.Element, check: dict[str, Any], kind: str) -> None:
    module = check["nodeid"].partition("::")[0].removesuffix(".py").replace("/", ".")
    case = ET.SubElement(
        parent, "testcase", classname=_clean(module), name=_clean(check["id"]), time=f"{check['duration_s']:.3f}"
    )
    reading = check["reading"] or {}
    if kind:
        attributes = {"type": check["disposition"] if kind == "skipped" else check["verdict"]}
        found = ET.SubElement(case, kind, {**attributes, "message": _clean(finding_line(check))})
        found.text = _clean(str(reading.get("excerpt") or ""))
    ET.SubElement(case, "system-out").text = _clean("\n".join(_said(check)))


def _said(check: dict[str, Any]) -> Iterator[str]:
    """The record in lines: the schema allows a test case no properties."""
    if check["verdict"] == Verdict.WARNING:
        yield finding_line(check)
    reading = check["reading"] or {}
    pairs = {
        "verdict": check["verdict"], "disposition": check["disposition"], "runbook": " ".join(check["runbook"]),
        "sentence": check["sentence"], "measured": reading.get("value"), "unit": reading.get("unit"),
        "limit": (check["threshold"] or {}).get("words"), "test": check["nodeid"],
    }  # fmt: skip
    yield from (f"{name}: {value}" for name, value in pairs.items() if value not in (None, ""))


def _clean(text: str) -> str:
    """XML 1.0 has no place for most control characters, whatever a log line holds."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)
