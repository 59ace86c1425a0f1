"""The table of the design: verdict and disposition -> pytest's outcome, in a report that xdist can carry."""

import json
from typing import Any

import pytest

from conformance import conclusion
from conformance.check import Check
from conformance.reading import now
from conformance.run import Measuring
from conformance.words import Disposition, Verdict


def conclude(
    item: pytest.Item, check: Check, call: pytest.CallInfo[None], report: pytest.TestReport, measuring: Measuring
) -> None:
    """Attach the record of the check to its report as plain data, and set the report's outcome by it."""
    entry = measuring.concluding.exempt(check)
    if entry is not None:
        record = conclusion.exempt(check, entry, measuring.concluding)
    else:
        record = measuring.conclude(check, call.excinfo.value if call.excinfo else None)
    record["started"] = _started(call)
    record["duration_s"] = round(max(call.duration, 0.0), 6)
    # Plain JSON types only: xdist sends a report through a serialiser that knows no other.
    record = json.loads(json.dumps(record, default=str))
    report.__dict__["check"] = record
    report.user_properties += _properties(record)
    _mark(item, record, report)


def _started(call: pytest.CallInfo[None]) -> str:
    return now().fromtimestamp(call.start, tz=now().tzinfo).isoformat()


def _properties(record: dict[str, Any]) -> list[tuple[str, object]]:
    reading = record["reading"] or {}
    return [
        ("check", record["id"]), ("runbook", " ".join(record["runbook"])), ("verdict", str(record["verdict"] or "")),
        ("disposition", str(record["disposition"])), ("measured", f"{reading.get('value', '')}"),
    ]  # fmt: skip


def _mark(item: pytest.Item, record: dict[str, Any], report: pytest.TestReport) -> None:
    verdict, disposition = record["verdict"], record["disposition"]
    line = finding_line(record)
    if disposition in (Disposition.BLOCKED, Disposition.NOT_APPLICABLE):
        report.outcome = "skipped"
        report.longrepr = (str(item.path), 0, f"Skipped: {line}")
    elif disposition == Disposition.WAIVED:
        waiver = record["waiver"]
        report.outcome = "skipped"
        report.wasxfail = f"waived until {waiver['expires']} ({waiver['ticket']}): {record['reason']}"
        report.longrepr = line
    elif verdict == Verdict.UNKNOWN:
        # pytest says "error", not "failed", of what breaks before the body.
        report.when = "setup"
        report.outcome = "failed"
        report.longrepr = line
    elif verdict == Verdict.CRITICAL:
        report.outcome = "failed"
        report.longrepr = line
    else:
        report.outcome = "passed"
        report.longrepr = None


def finding_line(record: dict[str, Any]) -> str:
    """'CRITICAL disk free of /data is 7.4 % (critical below 10), MON-2.6: see runbook/...'."""
    if record["disposition"] == Disposition.NOT_APPLICABLE:
        return f"not applicable: {record['reason']}"
    cause = record["blocked_by"] or record["caused_by"]
    why = f" [{'blocked by' if record['blocked_by'] else 'caused by'} {cause}]" if cause else ""
    said = record["reason"]
    if not said.startswith(conclusion.phrase(record["id"])):
        said = f"{record['id']}: {said}"
    return f"{record['verdict']} {said}{why}, {' '.join(record['runbook'])}: {record['next_step']}"


def status(report: pytest.TestReport) -> tuple[str, str, Any] | None:
    """What the terminal prints of a check; None leaves it to pytest."""
    record = getattr(report, "check", None)
    if record is None or report.when == "teardown" or report.outcome != "passed":
        return None
    if record["verdict"] == Verdict.WARNING:
        return "warned", "W", ("WARNING", {"yellow": True})
    if record["disposition"] == Disposition.BASELINE:
        return "baseline", "b", "BASELINE"
    return None
