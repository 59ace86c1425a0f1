"""The two closed vocabularies of every result: verdicts and dispositions."""

from collections.abc import Iterable
from enum import StrEnum


class Verdict(StrEnum):
    """What a check found, in the words of the Monitoring Plugins guidelines."""

    OK = "OK"
    WARNING = "WARNING"
    CRITICAL = "CRITICAL"
    UNKNOWN = "UNKNOWN"

    @property
    def is_finding(self) -> bool:
        """Anything but OK is something that a person has to look at."""
        return self is not Verdict.OK


class Disposition(StrEnum):
    """What else is to be known of a verdict."""

    NONE = "none"
    BLOCKED = "blocked"
    WAIVED = "waived"
    NOT_APPLICABLE = "not_applicable"
    MANUAL = "manual"
    BASELINE = "baseline"


SEVERITY = (Verdict.OK, Verdict.WARNING, Verdict.UNKNOWN, Verdict.CRITICAL)

# A disposition that is not listed stands beside any verdict.
_ALLOWED: dict[Disposition, tuple[Verdict | None, ...]] = {
    Disposition.BLOCKED: (Verdict.UNKNOWN,),
    Disposition.BASELINE: (Verdict.OK,),
    Disposition.NOT_APPLICABLE: (None,),
}


def worst(verdicts: Iterable[Verdict]) -> Verdict | None:
    """Merge verdicts: CRITICAL > UNKNOWN > WARNING > OK; None when there was nothing to merge."""
    return max(verdicts, key=SEVERITY.index, default=None)


def pair(verdict: Verdict | None, disposition: Disposition) -> tuple[Verdict | None, Disposition]:
    """Give the pair back, or raise ValueError where the two contradict each other."""
    allowed = _ALLOWED.get(disposition, SEVERITY)
    if verdict not in allowed:
        raise ValueError(f"verdict {verdict} cannot stand with disposition {disposition}")
    return verdict, disposition
