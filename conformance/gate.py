"""The gate: does a run pass, and with what exit code."""

from collections.abc import Sequence
from typing import Any

from conformance.words import SEVERITY, Disposition, Verdict

FAIL_ON = {"warning": Verdict.WARNING, "unknown": Verdict.UNKNOWN, "critical": Verdict.CRITICAL}
_COUNTED = (Disposition.NONE, Disposition.MANUAL)
_NO_DATA: tuple[object, ...] = (None, "nan", "inf", "-inf", [])  # the forms that the record has for it


def counts(check: dict[str, Any], fail_on: Verdict) -> bool:
    """True where this check fails the gate. Order: CRITICAL > UNKNOWN > WARNING."""
    verdict = check["verdict"]
    return (
        check["disposition"] in _COUNTED
        and verdict is not None
        and SEVERITY.index(Verdict(verdict)) >= SEVERITY.index(fail_on)
    )


def orphans(checks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Blocked checks whose cause did not end as a finding after all: they count as UNKNOWN, never as nothing."""
    found = {check["id"] for check in checks if check["verdict"] not in (None, Verdict.OK)}
    found |= {one.partition("[")[0] for one in found}
    return [c for c in checks if c["disposition"] == Disposition.BLOCKED and c["blocked_by"] not in found]


def measured(checks: Sequence[dict[str, Any]]) -> int:
    """How many checks judged a reading with data in it."""
    return sum(
        check["verdict"] not in (None, Verdict.UNKNOWN) and (check["reading"] or {}).get("value") not in _NO_DATA
        for check in checks
    )


def reasons(results: dict[str, Any], fail_on: Verdict) -> list[str]:
    """Why the gate fails, one sentence each; empty where it passes."""
    checks, run = results["checks"], results["run"]
    failing = [check for check in checks if counts(check, fail_on)]
    words = [f"{len(failing)} at or past {fail_on.value}"] if failing else []
    if not measured(checks):
        words.append("nothing was measured")
    lost = orphans(checks)
    if lost and SEVERITY.index(Verdict.UNKNOWN) >= SEVERITY.index(fail_on):
        words.append(f"{len(lost)} blocked behind a check that found nothing")
    missing = run["population"]["not_run"]
    if missing:
        words.append(f"{missing} selected and not run")
    total = run["population"]
    if total["selected"] != total["executed"] + total["blocked"] + total["not_applicable"] + total["not_run"]:
        words.append("the population does not add up")
    return words


def nagios(results: dict[str, Any] | None, exit_code: int) -> int:
    """The exit code of a Nagios plugin: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN."""
    if results is None or exit_code not in (0, 1):
        return 3
    verdicts = [Verdict(check["verdict"]) for check in results["checks"] if counts(check, Verdict.WARNING)]
    if orphans(results["checks"]) or not measured(results["checks"]) or results["run"]["population"]["not_run"]:
        verdicts.append(Verdict.UNKNOWN)
    if exit_code == 1 and not verdicts:
        verdicts.append(Verdict.UNKNOWN)  # it failed for something that is no check, such as a lost journal
    codes = {Verdict.CRITICAL: 2, Verdict.UNKNOWN: 3, Verdict.WARNING: 1}
    worst = max(verdicts, key=SEVERITY.index, default=Verdict.OK)
    return codes.get(worst, 0)
