"""Judging: the `judge` and `require` that a check calls on its readings."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.amount import in_words
from conformance.reading import NotMeasured, Reading, is_data
from conformance.threshold import Limits, Row, no_data, plain
from conformance.words import SEVERITY, Verdict


@dataclass(frozen=True, slots=True)
class Judgement:
    """One reading judged. `limit` is the limit in words, `limits` the same for the record."""

    verdict: Verdict
    reading: Reading
    limit: str
    limits: dict[str, Any]
    reason: str = ""
    starved_by: str = ""


@dataclass(slots=True)
class Bench:
    """What one check judges by, and what it has judged so far; `judge` and `require` are its two methods."""

    name: str
    subject: str | None
    row: Row | None
    row_name: str | None
    rows: Mapping[str, Row] = field(default_factory=dict)
    judgements: list[Judgement] = field(default_factory=list)

    def judge(self, reading: Reading, *, starved_by: Reading | None = None, buckets: Sequence[float] = ()) -> None:
        """Compare a number with the check's row.

        `starved_by` is the reading (with its `row`) that explains too few samples where it warns itself. `buckets`
        are the upper bounds of the histogram behind a quantile: it never exceeds the highest finite one, so a limit
        that is not below that bound can never be seen passed, and the reading is no data.
        """
        if self.row is None:
            raise NotMeasured("the check judges a number but its marker names no row", next_step="add row=... to it")
        limits = self.row.limits(self.subject)
        if not limits.judges:
            raise NotMeasured(
                f"the row {self.row_name} has no limit for {self.subject or 'a check without a subject'}",
                next_step=f"add one below {self.row_name}.subjects",
            )
        entry = Judgement(Verdict.OK, reading, in_words(limits, self.row.unit), _sides(limits))
        if reading.baseline:
            self._add(entry, reason=reading.baseline)
            return
        empty = no_data(self.row, reading) or capped(limits, buckets)
        if empty:
            self._add(entry, Verdict[self.row.on_no_data.upper()], empty, self._starving(starved_by))
            return
        if reading.unit != self.row.unit:
            raise NotMeasured(
                f"the reading is in {reading.unit or 'no unit'}, the row {self.row_name} in {self.row.unit}"
            )
        if isinstance(reading.value, bool) or not isinstance(reading.value, int | float):
            raise NotMeasured(f"the reading is {plain(reading.value)}, no number")
        verdict = limits.verdict(reading.value)
        if reading.at_least and verdict is Verdict.OK:
            self._add(entry, Verdict.UNKNOWN, f"only a part could be read, and that holds {plain(reading.value)}")
            return
        self._add(entry, verdict)

    def require(self, reading: Reading, *, otherwise: str = "CRITICAL", **expected: Any) -> None:
        """Hold a reading to what must be so.

        Each keyword names a key of the reading's value (or `value` for the value itself) and what it must equal, or
        a set of which it must be one. Without keywords the value must be True. `otherwise` is the verdict if not.
        """
        verdict = Verdict[otherwise]
        wanted = expected or {"value": True}
        entry = Judgement(Verdict.OK, reading, must(wanted), {verdict.value.lower(): {"not": _plain(wanted)}})
        if reading.baseline:
            self._add(entry, reason=reading.baseline)
            return
        if not reading.has_data:
            words = reading.missing or f"{reading.source} answered {plain(reading.value)}"
            self._add(entry, Verdict.UNKNOWN, f"no data: {words}")
            return
        found = reading.value if isinstance(reading.value, Mapping) else {"value": reading.value}
        absent = [key for key in wanted if not is_data(found.get(key))]
        if absent:
            self._add(entry, Verdict.UNKNOWN, f"no data: {reading.source} says nothing of {', '.join(absent)}")
            return
        met = all(_is(found[key], want) for key, want in wanted.items())
        self._add(entry, Verdict.OK if met else verdict)

    def _starving(self, reading: Reading | None) -> str:
        if reading is None or reading.row is None or reading.row not in self.rows or not reading.has_data:
            return ""
        verdict = self.rows[reading.row].limits(None).verdict(reading.value)  # type: ignore[arg-type]
        return reading.row if verdict.is_finding else ""

    def _add(self, entry: Judgement, verdict: Verdict = Verdict.OK, reason: str = "", starved_by: str = "") -> None:
        self.judgements.append(Judgement(verdict, entry.reading, entry.limit, entry.limits, reason, starved_by))


def capped(limits: Limits, buckets: Sequence[float]) -> str:
    """Why a quantile of this histogram cannot pass a limit; empty where it can, or where there is no histogram."""
    highest = max((bound for bound in buckets if math.isfinite(bound)), default=None)
    sides = [limit for limit in (limits.warning, limits.critical) if limit is not None]
    for limit in sides:
        if highest is not None and limit.above is not None and limit.above >= highest:
            return f"the histogram ends at {highest:g}, so no value above {limit.above:g} can ever be seen"
    return ""


def must(wanted: Mapping[str, Any]) -> str:
    """'must be running', or 'status must be 200, body must be ok'."""
    words = []
    for key, want in wanted.items():
        text = " or ".join(sorted(map(str, _options(want)))) or "nothing"
        words.append(f"must be {text}" if key == "value" else f"{key} must be {text}")
    return ", ".join(words)


def _options(want: Any) -> list[Any]:
    if isinstance(want, set | frozenset):
        return list(want)
    return [", ".join(map(str, want)) if isinstance(want, tuple | list) else want]


def _is(found: Any, want: Any) -> bool:
    """Equality in which 1 is not True: a count of one must not meet a requirement that wants a yes."""
    options = want if isinstance(want, set | frozenset) else (want,)
    return any(isinstance(found, bool) is isinstance(one, bool) and bool(found == one) for one in options)


def _plain(wanted: Mapping[str, Any]) -> Any:
    plain_words = {
        key: sorted(map(str, want)) if isinstance(want, set | frozenset) else want for key, want in wanted.items()
    }
    return plain_words["value"] if list(plain_words) == ["value"] else plain_words


def _sides(limits: Limits) -> dict[str, Any]:
    return {name: limit.as_json() for name in ("warning", "critical") if (limit := getattr(limits, name)) is not None}


def worst_of(judgements: Sequence[Judgement]) -> Judgement | None:
    """The judgement that decides the check: the worst; of equals one that has no baseline yet, then the first."""
    return max(judgements, key=lambda one: (SEVERITY.index(one.verdict), bool(one.reading.baseline)), default=None)
