"""The evidence of one check as labelled facts: how it was measured, against what, and what has to be known of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from conformance import page
from conformance.amount import BYTES
from conformance.words import Disposition

Fact = tuple[str, str, str]  # label, text, and how it is set: '' for prose, 'code', or 'pre' for several lines


def facts(check: Mapping[str, Any]) -> list[Fact]:
    """Everything of a check's record that its line in the table has no room for; empty ones are left out."""
    found = [*_said(check), *_measured(check), *_limit(check), *_waiver(check), *_circumstances(check)]
    return [fact for fact in found if fact[1]]


def _said(check: Mapping[str, Any]) -> Iterator[Fact]:
    yield "reason", check["reason"], ""
    if check["verdict"] not in (None, "OK"):
        yield "next step", check["next_step"], ""
    if check["blocked_by"]:
        yield "blocked by", check["blocked_by"], "code"
    if check["caused_by"]:
        yield "follows from", check["caused_by"], "code"


def _measured(check: Mapping[str, Any]) -> Iterator[Fact]:
    reading = check["reading"] or {}
    value = page.shown(reading.get("value"))
    if len(value) > page.CELL:
        yield "measured", value, ""
    if reading.get("unit") == BYTES and value:
        yield "measured", f"{value} B", ""
    how = str(reading.get("how") or "")
    yield "how", how, "pre" if "\n" in how else "code"
    words = [str(reading.get("source") or "")]
    words += [f"read {page.moment(reading['at'])}"] if reading.get("at") else []
    words += [f"{reading['samples']} samples"] if reading.get("samples") is not None else []
    yield "source", ", ".join(filter(None, words)), ""
    yield "excerpt", str(reading.get("excerpt") or "").rstrip("\n"), "pre"
    earlier = [f"{page.shown(value)} ({page.moment(at)})" for at, value in check.get("recent", [])[-3:]]
    yield "before", ", ".join(reversed(earlier)), ""


def _limit(check: Mapping[str, Any]) -> Iterator[Fact]:
    threshold = check["threshold"] or {}
    words = [threshold.get("words") or ""]
    if threshold.get("unit"):
        words.append(f"unit {threshold['unit']}")
    if threshold.get("window"):
        words.append(f"window {threshold['window']}")
    if threshold.get("min_samples") is not None:
        words.append(f"at least {threshold['min_samples']} samples")
    if threshold.get("id"):
        words.append(f"row {threshold['id']}")
    if threshold.get("origin"):
        words.append("from the runbook" if threshold["origin"] == "runbook" else f"origin {threshold['origin']}")
    yield "limit", "; ".join(filter(None, words)), ""
    override = threshold.get("override")
    if override:
        yield "override", changed(override), ""
        yield "without it", before(override), ""


def changed(override: Mapping[str, Any]) -> str:
    """What an override says of itself: reason, approver, review."""
    words = [str(override.get("reason") or "")]
    words += [f"approved by {override['approver']}"] if override.get("approver") else []
    words += [f"to be reviewed on {override['review']}"] if override.get("review") else []
    return ", ".join(words)


def before(override: Mapping[str, Any]) -> str:
    """The limits of thresholds.yaml that an override replaces; empty in a record that does not hold them."""
    row = override.get("runbook") or {}
    words = [row.get("words") or ""]
    words += [f"window {row['window']}"] if row.get("window") else []
    words += [f"at least {row['min_samples']} samples"] if row.get("min_samples") is not None else []
    return "; ".join(filter(None, words))


def _waiver(check: Mapping[str, Any]) -> Iterator[Fact]:
    waiver = check["waiver"]
    if waiver:
        yield "waiver", (
            f"{standing(waiver)}: {waiver['reason']} ({waiver['ticket']}; owner {waiver['owner']}, approved by "
            f"{waiver['approver']}, from {page.day(waiver['created'])} until {page.day(waiver['expires'])})"
        ), ""  # fmt: skip


def standing(waiver: Mapping[str, Any]) -> str:
    """Where a waiver stands: 'in force', 'expired: the check counts again' or 'no longer needed'."""
    if waiver["expired"]:
        return "expired: the check counts again" if waiver["needed"] else "expired, and no longer needed"
    return "in force" if waiver["needed"] else "no longer needed"


def _circumstances(check: Mapping[str, Any]) -> Iterator[Fact]:
    yield "test", check["nodeid"], "code"
    words = [" ".join(check["markers"])]
    if check.get("started"):
        words.append(f"started {page.moment(check['started'])}")
    words.append(f"judged in {page.duration(check.get('duration_s'))}")
    if check["attempts"] != 1:
        words.append(f"{check['attempts']} attempts")
    if check["disposition"] == Disposition.MANUAL:
        words.append("a person's sign-off is the reading")
    yield "run", ", ".join(filter(None, words)), ""
