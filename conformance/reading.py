"""What a probe returns: a reading, or the reason why there is none."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Value = bool | int | float | str | tuple[str, ...] | Mapping[str, Any] | None


def now() -> datetime:
    """The current time in UTC; every time of a record is in UTC."""
    return datetime.now(UTC)


def is_data(value: object) -> bool:
    """False for None, NaN and an infinity."""
    return math.isfinite(value) if isinstance(value, float) else value is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One measurement, with what a stranger needs to repeat it.

    `value` is a number for a threshold, anything else for a requirement; None, NaN and infinities are "no data".
    `unit` is that of the row in thresholds.yaml. `how` is the query or command, `source` what was asked.
    `at_least` marks a lower bound: only a part could be read. `missing` says why there is no value. `parts` names
    the parts of the deployment whose trouble explains a bad value, the likeliest first; `hidden_by` those whose trouble
    explains that only a part could be read.
    `baseline` says why there is nothing to compare with yet; `manual` marks a person's sign-off.
    """

    value: Value
    how: str
    source: str
    unit: str = ""
    at: datetime = field(default_factory=now)
    samples: int | None = None
    excerpt: str = ""
    missing: str = ""
    parts: tuple[str, ...] = ()
    next_step: str = ""
    row: str | None = None
    baseline: str = ""
    at_least: bool = False
    hidden_by: tuple[str, ...] = ()
    manual: bool = False

    @property
    def has_data(self) -> bool:
        """False for None, NaN, an infinity and an empty tuple: these never compare, so they must not pass."""
        return is_data(self.value) and self.value != ()


class NotMeasured(Exception):
    """A probe could not measure: the check is UNKNOWN, or blocked where `parts` names a part known to be at fault.

    `reason` says what is missing, `next_step` the command or edit that mends it.
    """

    def __init__(self, reason: str, *, next_step: str = "", parts: tuple[str, ...] = (), source: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.next_step = next_step
        self.parts = parts
        self.source = source
