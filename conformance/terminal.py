"""The terminal: live counts from pytest, and a last screen that a person can act on at 3 a.m."""

from typing import Any

import pytest

from conformance import gate, results
from conformance.outcome import finding_line
from conformance.run import Run
from conformance.words import Disposition

_COLOUR = {"CRITICAL": {"red": True, "bold": True}, "UNKNOWN": {"purple": True}, "WARNING": {"yellow": True}}


def only_ours(config: pytest.Config, *, everything: bool) -> None:
    """Switch off pytest's own failure sections where every item is a check: the last screen says it better."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if everything and reporter is not None:
        config.option.tbstyle = "no"
        reporter.reportchars = ""


def summary(reporter: Any, run: Run) -> None:
    """Print findings, the root first, then the tally and where the evidence lies."""
    assert run.results is not None  # noqa: S101  the caller looked
    checks, header = run.results["checks"], run.results["run"]
    shown = results.findings(checks)
    roots = [check for check in shown if not (check["caused_by"] or check["blocked_by"])]
    reporter.section(f"{header['suite']} checks of {header['target']} ({header['environment']})", sep="=")
    for check in roots:
        reporter.write_line(finding_line(check), **_COLOUR.get(check["verdict"], {}))
    _consequences(reporter, [check for check in shown if check not in roots])
    for check in gate.orphans(checks):
        reporter.write_line(
            f"UNKNOWN {check['id']}: blocked by {check['blocked_by']}, which found nothing", purple=True
        )
    _waivers(reporter, checks)
    for text in [*header["slips"], *run.trouble]:
        reporter.write_line(text, yellow=True)
    reporter.write_line(tally(run.results))
    if header.get("gate"):
        reporter.write_line(f"gate: failed ({'; '.join(header['gate'])}), exit {header['exit_code']}", red=True)
    reporter.write_line(f"evidence: {run.folder / 'report.html'}{f' ({run.moved})' if run.moved else ''}")


def _consequences(reporter: Any, checks: list[dict[str, Any]]) -> None:
    if not checks:
        return
    reporter.write_line("")
    reporter.write_line(f"follow from it ({len(checks)}):")
    for check in checks:
        if check["disposition"] == Disposition.BLOCKED:
            continue
        reporter.write_line(f"  {check['verdict']:<8} {check['id']}: {check['reason']} <- {check['caused_by']}")
    blocked: dict[str, list[str]] = {}
    for check in checks:
        if check["disposition"] == Disposition.BLOCKED:
            blocked.setdefault(check["blocked_by"], []).append(check["id"])
    for cause, ids in sorted(blocked.items()):
        reporter.write_line(f"  blocked  {', '.join(ids)} <- {cause}")
    reporter.write_line("")


def _waivers(reporter: Any, checks: list[dict[str, Any]]) -> None:
    for check in checks:
        waiver = check["waiver"]
        if waiver is None:
            continue
        words = f"{check['id']}, {waiver['ticket']}, owner {waiver['owner']}, until {waiver['expires']}"
        if waiver["expired"]:
            reporter.write_line(f"waiver expired, the check counts again: {words}", yellow=True)
        elif not waiver["needed"]:
            reporter.write_line(f"waiver no longer needed: {words}", yellow=True)
        else:
            reporter.write_line(f"waived: {words}: {check['reason']}")


def tally(found: dict[str, Any]) -> str:
    """'62 OK, 1 WARNING, 0 CRITICAL, 0 UNKNOWN; 3 blocked, 0 waived, ...'."""
    run = found["run"]
    verdicts = ", ".join(f"{run['summary'][name]} {name}" for name in ("OK", "WARNING", "CRITICAL", "UNKNOWN"))
    people = run["population"]
    aside = ", ".join(f"{people[name]} {name.replace('_', ' ')}" for name in ("blocked", "waived", "not_applicable"))
    rest = f"{run['baseline']} baseline, {people['not_run']} not run, {people['deselected']} deselected"
    complete = "" if run["complete"] else " (INCOMPLETE RUN)"
    return f"{verdicts}; {aside}, {rest}{complete}"
