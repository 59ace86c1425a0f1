"""A row of thresholds.yaml, and the comparison of a reading with it."""

import math
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from conformance import duration
from conformance.reading import Reading
from conformance.words import Verdict

Unit = Literal["1", "s", "%", "B", "1/min", "days", "hours", "lines", "connections", "bits"]
NoData = Literal["unknown", "ok", "warning", "critical"]


def _duration(text: str) -> str:
    duration.seconds(text)
    return text


Duration = Annotated[str, AfterValidator(_duration)]
RunbookId = Annotated[str, Field(pattern=r"^(OPS|MON|PERF|SEC|EMG|CHG)-\d+\.\d+$")]


class Strict(BaseModel):
    """Unknown keys are slips, text is never taken for a number, nothing changes after the load."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, protected_namespaces=())


class Limit(Strict):
    """One side of a row: `{above: 2}` alarms at 2.0001 and not at 2; `not` names the one good value."""

    above: float | None = None
    below: float | None = None
    not_: float | str | None = Field(None, alias="not")

    @field_validator("above", "below", "not_")
    @classmethod
    def _finite(cls, value: float | str | None) -> float | str | None:
        if isinstance(value, float | int) and not math.isfinite(value):
            raise ValueError(f"{value} is no limit: write a finite number")
        return value

    @model_validator(mode="after")
    def _one_direction(self) -> Self:
        if len(self.model_fields_set) != 1 or self.value is None:
            raise ValueError("write exactly one of {above: x}, {below: x} or {not: x}")
        return self

    @property
    def direction(self) -> str:
        """'above', 'below' or 'not'."""
        return next(iter(self.model_fields_set)).removesuffix("_")

    @property
    def value(self) -> float | str | None:
        """The number (or, for `not`, the one good value)."""
        return getattr(self, next(iter(self.model_fields_set), "above"))  # type: ignore[no-any-return]

    def is_past(self, value: float | str) -> bool:
        """True where `value` lies on the alarming side; the limit itself is still good."""
        if self.not_ is not None:
            return value != self.not_
        if not isinstance(value, int | float):
            raise TypeError(f"{value!r} is compared with a number")
        return value > self.above if self.above is not None else value < self._below

    @property
    def _below(self) -> float:
        assert self.below is not None  # noqa: S101  the validator left exactly one
        return self.below

    def __str__(self) -> str:
        return f"{self.direction} {plain(self.value)}"

    def as_json(self) -> dict[str, float | str | None]:
        """The form in which YAML and results.json write it."""
        return {self.direction: self.value}


class Limits(Strict):
    """A warning, a critical limit, or both, in one direction and in order."""

    warning: Limit | None = None
    critical: Limit | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        warning, critical = self.warning, self.critical
        if warning is None or critical is None:
            return self
        if warning.direction != critical.direction:
            raise ValueError(f"warning says {warning.direction} and critical {critical.direction}: use one direction")
        low, high = (warning, critical) if warning.direction == "above" else (critical, warning)
        numbers = isinstance(low.value, int | float) and isinstance(high.value, int | float)
        if warning.direction == "not" or (numbers and not low.value < high.value):  # type: ignore[operator]
            raise ValueError(f"warning ({warning}) must be reached before critical ({critical}): exchange or part them")
        return self

    @property
    def judges(self) -> bool:
        """False where there is no limit at all: nothing can be OK by it."""
        return self.warning is not None or self.critical is not None

    def verdict(self, value: float | str) -> Verdict:
        """Judge a value that is known to be data."""
        if self.critical is not None and self.critical.is_past(value):
            return Verdict.CRITICAL
        if self.warning is not None and self.warning.is_past(value):
            return Verdict.WARNING
        return Verdict.OK


class Row(Limits):
    """One number of the runbook, or one of ours (`origin: ours`)."""

    runbook: RunbookId
    origin: Literal["runbook", "ours"] = "runbook"
    unit: Unit
    of: str | None = None
    window: Duration | None = None
    min_samples: int | None = Field(None, ge=1)
    on_no_data: NoData = "unknown"
    baseline_max_age: Duration | None = None
    promql: str | None = None
    for_: Duration | None = Field(None, alias="for")
    subjects: dict[str, Limits] = {}

    @model_validator(mode="after")
    def _judges_something(self) -> Self:
        if not self.judges and not self.subjects:
            raise ValueError("a row without warning, critical or subjects judges nothing: write a limit")
        idle = [name for name, limits in self.subjects.items() if not limits.judges]
        if idle:
            raise ValueError(f"subjects.{idle[0]} has neither warning nor critical and judges nothing: write a limit")
        if self.promql is not None and "$window" in self.promql and self.window is None:
            raise ValueError("promql names $window: write a window such as 5m")
        if self.min_samples is not None and self.window is None:
            raise ValueError("min_samples counts samples in a window: write a window such as 5m")
        return self

    def limits(self, subject: str | None) -> Limits:
        """The limits for a subject: its own where the row has some, else the row's."""
        return self.subjects.get(subject or "", self)


class Override(Strict):
    """What one target changes in a row, and why; what loosens needs an approver and a review date."""

    reason: Annotated[str, Field(min_length=3)]
    approver: str | None = None
    review: date | None = None
    warning: Limit | None = None
    critical: Limit | None = None
    window: Duration | None = None
    min_samples: int | None = Field(None, ge=1)
    on_no_data: NoData | None = None
    subjects: dict[str, Limits] = {}

    @field_validator("review", mode="before")
    @classmethod
    def _iso(cls, value: object) -> object:
        return iso_date(value)

    @property
    def is_due(self) -> bool:
        """Past its review date: the row itself holds again until somebody renews the override."""
        return self.review is not None and date.today() > self.review


def iso_date(value: object) -> object:
    """A date that YAML left as text, in ISO form; raises ValueError for any other form."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError(f"{value!r} is no date: write it as 2027-01-31") from None
    return value


def applied(row: Row, override: Override) -> Row:
    """The row as one target has it; a new window scales min_samples unless that is given too."""
    changes: dict[str, object] = {
        name: getattr(override, name)
        for name in ("warning", "critical", "window", "min_samples", "on_no_data")
        if getattr(override, name) is not None
    }
    if override.window and row.window and row.min_samples and override.min_samples is None:
        share = duration.seconds(override.window) / duration.seconds(row.window)
        changes["min_samples"] = max(1, math.ceil(row.min_samples * share))
    if override.subjects:
        changes["subjects"] = {**row.subjects, **override.subjects}
    # model_copy does not validate; the order of the limits has to hold for the merged row as well.
    merged = row.model_copy(update=changes)
    Limits(warning=merged.warning, critical=merged.critical)
    return merged


def loosens(row: Row, override: Override) -> list[str]:
    """The keys of an override that let more pass than the row does."""
    merged = applied(row, override)
    keys = [name for name in ("warning", "critical") if _looser(getattr(row, name), getattr(merged, name))]
    for subject, limits in override.subjects.items():
        before = row.limits(subject)
        if any(_looser(getattr(before, side), getattr(limits, side)) for side in ("warning", "critical")):
            keys.append(f"subjects.{subject}")
    counts = row.unit in ("lines", "1")  # fewer come together in a shorter time
    if counts and override.window and row.window and duration.seconds(override.window) < duration.seconds(row.window):
        keys.append("window")
    order: list[NoData] = ["ok", "warning", "unknown", "critical"]
    if override.on_no_data and order.index(override.on_no_data) < order.index(row.on_no_data):
        keys.append("on_no_data")
    if override.min_samples and row.min_samples:
        scaled = applied(row, override.model_copy(update={"min_samples": None})).min_samples
        if scaled and override.min_samples < scaled:
            keys.append("min_samples")
    return keys


def _looser(before: Limit | None, after: Limit | None) -> bool:
    if before is None or before == after:
        return False
    if after is None or after.direction != before.direction:
        return True
    old, new = before.value, after.value
    if isinstance(old, int | float) and isinstance(new, int | float) and before.direction != "not":
        return new > old if before.direction == "above" else new < old
    return True


def no_data(row: Row, reading: Reading) -> str:
    """Why a reading cannot be judged by a row; empty where it can."""
    if not reading.has_data:
        return f"no data: {reading.missing or f'{reading.source} answered {plain(reading.value)}'}"
    if row.min_samples is not None and reading.samples is not None and reading.samples < row.min_samples:
        return f"no data: {reading.samples} samples in {row.window}, at least {row.min_samples} are needed"
    return ""


def plain(value: object) -> str:
    """A value as a person writes it: at most four digits after the point, no trailing zeros, no exponent."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "nothing" if value is None else ", ".join(value) if isinstance(value, tuple) else str(value)
    if isinstance(value, int) or not math.isfinite(value):
        return str(value)
    return f"{value:.4f}".rstrip("0").rstrip(".") if abs(value) < 1000 else f"{value:.0f}"
