"""The conclusion of a check: from what was judged, or what kept it from judging, to its record."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from conformance import duration
from conformance.amount import amount, in_words
from conformance.causes import Faults
from conformance.check import Check
from conformance.judging import Bench, Judgement, worst_of
from conformance.reading import NotMeasured, Reading, now
from conformance.redact import Redactor
from conformance.target import NotApplicable
from conformance.threshold import Override, Row, plain
from conformance.waivers import Waiver
from conformance.words import Disposition, Verdict, pair

EXCERPT = 4000  # characters of evidence kept of one reading
REASON = 500  # characters of the sentence that says what was found
RECENT = 30  # earlier readings kept of one check

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Concluding:
    """What a conclusion has to know of the run around the check."""

    rows: Mapping[str, Row]
    overrides: Mapping[str, Override]
    waivers: list[Waiver]
    not_applicable: list[NotApplicable]
    previous: Mapping[str, Any]
    faults: Faults
    settle: Callable[[], None]
    in_run: Callable[[str], bool]
    redact: Redactor
    originals: Mapping[str, Row] = field(default_factory=dict)  # the rows without this target's overrides

    def exempt(self, check: Check) -> NotApplicable | None:
        """The entry of the target that declares this check not applicable."""
        return next((entry for entry in self.not_applicable if entry.covers(check.id)), None)

    def waiver(self, check_id: str) -> Waiver | None:
        """The waiver that names this check; one in force before one that has expired."""
        found = [waiver for waiver in self.waivers if waiver.covers(check_id)]
        return max(found, key=lambda waiver: waiver.expires, default=None)


def judged(check: Check, bench: Bench, run: Concluding) -> Record:
    """The record of a check whose body ran to its end."""
    entry = worst_of(bench.judgements)
    if entry is None:
        return unmeasured(check, NotMeasured("the check judged nothing", next_step=f"mend {check.nodeid}"), run)
    if entry.reading.baseline and entry.verdict is Verdict.OK:
        return _baseline(check, entry, run)
    if entry.verdict is Verdict.UNKNOWN and entry.starved_by and run.in_run(entry.starved_by):
        record = _record(check, run, Verdict.UNKNOWN, entry=entry, reason=entry.reason)
        return _blocked(record, entry.starved_by, run)
    if entry.verdict is Verdict.UNKNOWN:
        error = NotMeasured(
            entry.reason or _says(check, entry),
            next_step=entry.reading.next_step,
            parts=entry.reading.hidden_by or entry.reading.parts,
        )
        return unmeasured(check, error, run, entry)
    disposition = Disposition.MANUAL if entry.reading.manual else Disposition.NONE
    record = _record(check, run, entry.verdict, disposition, entry=entry)
    if entry.verdict.is_finding:
        record["reason"] = _line(entry.reason or _says(check, entry), run.redact)
        record["caused_by"] = _cause(check, entry.reading.parts, run)
    return _waived(record, run)


def unmeasured(check: Check, error: BaseException, run: Concluding, entry: Judgement | None = None) -> Record:
    """The record of a check that could not measure: UNKNOWN, or blocked behind a fault that this run reports."""
    if not isinstance(error, NotMeasured):
        where = f"{type(error).__name__}: {error}".splitlines()[0]
        error = NotMeasured(f"the check itself broke: {where}", next_step=f"mend {check.nodeid}")
    disposition = Disposition.MANUAL if entry and entry.reading.manual else Disposition.NONE
    record = _record(
        check, run, Verdict.UNKNOWN, disposition, entry=entry, reason=error.reason, next_step=error.next_step
    )
    if entry is None and error.source:
        record["reading"] = {"value": None, "source": run.redact(error.source)}
    cause = _cause(check, error.parts, run)
    return _blocked(record, cause, run) if cause else _waived(record, run)


def exempt(check: Check, entry: NotApplicable, run: Concluding) -> Record:
    """The record of a check that the target declares not applicable."""
    reason = f"{entry.reason} (approved by {entry.approver}, to be reviewed on {entry.review})"
    return _record(check, run, None, Disposition.NOT_APPLICABLE, reason=reason)


def _record(
    check: Check,
    run: Concluding,
    verdict: Verdict | None,
    disposition: Disposition = Disposition.NONE,
    *,
    entry: Judgement | None = None,
    reason: str = "",
    next_step: str = "",
) -> Record:
    verdict, disposition = pair(verdict, disposition)
    step = next_step or (entry.reading.next_step if entry else "")
    return {
        "id": check.id,
        "nodeid": check.nodeid,
        "runbook": list(check.runbook),
        "markers": list(check.markers),
        "sentence": check.sentence,
        "subject": check.subject,
        "verdict": verdict,
        "disposition": disposition,
        "blocked_by": None,
        "caused_by": None,
        "reason": _line(reason, run.redact),
        "next_step": run.redact(f"{step}; see {check.page}" if step else f"see {check.page}"),
        "reading": _reading(entry.reading, run.redact) if entry else None,
        "threshold": _threshold(check, entry, run),
        "waiver": None,
        "recent": list(run.previous.get("recent", {}).get(check.id, []))[-RECENT:],
        "attempts": 1,
    }


def _reading(reading: Reading, redact: Redactor) -> dict[str, Any]:
    return {
        "value": _json(reading.value, redact),
        "unit": reading.unit,
        "at": reading.at.isoformat(),
        "how": redact(reading.how),
        "source": redact(reading.source),
        "samples": reading.samples,
        "excerpt": _capped(redact(reading.excerpt)),
    }


def _json(value: object, redact: Redactor) -> Any:
    """JSON knows neither NaN nor tuples; a value may hold text from the target."""
    match value:
        case float() if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124  NaN
            return str(value)
        case bool() | int() | float() | None:
            return value
        case Mapping():
            return {redact(str(key)): _json(item, redact) for key, item in value.items()}
        case tuple() | list() | set() | frozenset():
            return [_json(item, redact) for item in value]
        case _:
            return _capped(redact(str(value)))


def _line(text: str, redact: Redactor) -> str:
    """A reason as one line that a person reads; whatever is longer stands in the evidence."""
    words = " ".join(redact(text).split())
    return words if len(words) <= REASON else f"{words[:REASON]}..."


def _capped(text: str) -> str:
    return text if len(text) <= EXCERPT else f"{text[:EXCERPT]}\n[{len(text) - EXCERPT} more characters]"


def _threshold(check: Check, entry: Judgement | None, run: Concluding) -> dict[str, Any] | None:
    row = run.rows.get(check.row) if check.row else None
    if row is None:
        return {"id": None, **entry.limits, "words": entry.limit} if entry else None
    limits = row.limits(check.subject)
    override = run.overrides.get(check.row or "")
    return {
        "id": check.row,
        "warning": limits.warning.as_json() if limits.warning else None,
        "critical": limits.critical.as_json() if limits.critical else None,
        "words": in_words(limits, row.unit),
        "unit": row.unit,
        "window": row.window,
        "min_samples": row.min_samples,
        "origin": row.origin,
        "override": _override(override, run.originals.get(check.row or ""), check.subject) if override else None,
    }


def _override(override: Override, original: Row | None, subject: str | None) -> dict[str, Any]:
    """What the target changes, and under `runbook` what the row says without it."""
    changed = override.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    if original is None:
        return changed
    before = {
        "words": in_words(original.limits(subject), original.unit), "window": original.window,
        "min_samples": original.min_samples, "on_no_data": original.on_no_data,
    }  # fmt: skip
    return {**changed, "runbook": before}


def _says(check: Check, entry: Judgement) -> str:
    """'disk free of /data is 7.4 % (warning below 20, critical below 10)'."""
    value = entry.reading.value
    beside = [limit for side in entry.limits.values() if isinstance(side, Mapping) for limit in side.values()]
    said, unit = (_shown(value), "") if isinstance(value, Mapping) else amount(value, entry.reading.unit, beside)
    return f"{phrase(check.id)} is {f'{said} {unit}'.strip()} ({entry.limit})"


def phrase(check_id: str) -> str:
    """'disk.free[/data]' -> 'disk free of /data'; 'test_state[redis]' -> 'state of redis'."""
    name, _, subject = check_id.partition("[")
    words = name.removeprefix("test_").replace(".", " ").replace("_", " ")
    return f"{words} of {subject.removesuffix(']')}" if subject else words


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_shown(item)}" for key, item in value.items())
    return plain(value)


def _cause(check: Check, parts: tuple[str, ...], run: Concluding) -> str | None:
    if not parts:
        return None
    run.settle()
    fault = run.faults.cause(parts, check.id, run.in_run)
    return fault.check if fault else None


def _blocked(record: Record, cause: str, run: Concluding) -> Record:
    """Blocked behind its cause; where the cause is waived, UNKNOWN unless a waiver names this check too."""
    waiver = run.waiver(cause)
    if waiver and not waiver.is_expired(now()):
        record["caused_by"] = cause
        return _waived(record, run)
    record["verdict"], record["disposition"] = pair(Verdict.UNKNOWN, Disposition.BLOCKED)
    record["blocked_by"] = cause
    return record


def _waived(record: Record, run: Concluding) -> Record:
    waiver = run.waiver(record["id"])
    if waiver is None:
        return record
    expired = waiver.is_expired(now())
    record["waiver"] = {**waiver.as_json(), "expired": expired, "needed": record["verdict"].is_finding}
    if record["verdict"].is_finding and not expired:
        record["verdict"], record["disposition"] = pair(record["verdict"], Disposition.WAIVED)
    return record


def _baseline(check: Check, entry: Judgement, run: Concluding) -> Record:
    """OK for want of an earlier run, until that has lasted longer than the row allows."""
    row = run.rows.get(check.row) if check.row else None
    since = run.previous.get("baselines", {}).get(check.id)
    if row and row.baseline_max_age and since:
        age = (now() - datetime.fromisoformat(since)).total_seconds()
        if age > duration.seconds(row.baseline_max_age):
            reason = f"still nothing to compare with after {row.baseline_max_age}: {entry.reason}"
            return unmeasured(check, NotMeasured(reason, next_step=entry.reading.next_step), run, entry)
    return _record(check, run, Verdict.OK, Disposition.BASELINE, entry=entry, reason=entry.reason)
