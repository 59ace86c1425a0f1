"""Short ways to make the records, readings and rows that many unit tests need."""

from collections.abc import Mapping
from typing import Any

from conformance.causes import Faults
from conformance.check import Check
from conformance.conclusion import Concluding, Record
from conformance.judging import Bench
from conformance.reading import Reading, Value
from conformance.redact import Redactor
from conformance.threshold import Row
from conformance.waivers import Waiver
from conformance.words import Disposition, Verdict

CHECK = Check(
    id="toy.value[a]", nodeid="suites/daily/test_toy.py::test_toy[a]", runbook=("MON-2.1",), markers=("daily",),
    sentence="The value is low.", subject="a", row="toy.value",
)  # fmt: skip


def row(**keys: Any) -> Row:
    """A row that warns above 2 and is critical above 5, unless told otherwise."""
    plain: dict[str, Any] = {"runbook": "MON-2.1", "unit": "s"}
    if not {"warning", "critical", "subjects"} & set(keys):
        plain |= {"warning": {"above": 2}, "critical": {"above": 5}}
    return Row.model_validate(plain | keys)


def reading(value: Value, **more: Any) -> Reading:
    """A reading in the unit of `row`."""
    return Reading(value=value, **{"unit": "s", "how": "select 1", "source": "toy", **more})


def bench(judged_by: Row | None = None, subject: str | None = "a", rows: Mapping[str, Row] | None = None) -> Bench:
    """The bench of CHECK."""
    return Bench("toy.value", subject, judged_by, "toy.value" if judged_by else None, rows or {})


def concluding(**more: Any) -> Concluding:
    """A run in which everything is selected, nothing waived and no fault known."""
    plain: dict[str, Any] = {
        "rows": {"toy.value": row()}, "overrides": {}, "waivers": [], "not_applicable": [], "previous": {},
        "faults": Faults(), "settle": lambda: None, "in_run": lambda _: True, "redact": Redactor(()),
    }  # fmt: skip
    return Concluding(**plain | more)


def waiver(check: str = "toy.value", expires: str = "2999-01-01", **more: Any) -> Waiver:
    """A waiver in force."""
    plain = {
        "check": check, "owner": "on call", "approver": "release manager", "reason": "known, mended next week",
        "ticket": "OPS-7", "created": "2026-01-01", "expires": expires,
    }  # fmt: skip
    return Waiver.model_validate(plain | more)


def record(name: str, verdict: str | None = "OK", disposition: str = "none", **more: Any) -> Record:
    """One check as results.json has it."""
    Verdict(verdict or "OK")
    Disposition(disposition)
    plain = {
        "id": name, "nodeid": f"suites/daily/test_toy.py::{name}", "runbook": ["MON-2.1"], "markers": ["daily"],
        "sentence": "", "subject": None, "verdict": verdict, "disposition": disposition, "blocked_by": None,
        "caused_by": None, "reason": f"{name} is so", "next_step": "see runbook/monitoring.md#MON-2.1",
        "reading": {"value": 1, "unit": "s"}, "threshold": None, "waiver": None, "recent": [], "attempts": 1,
        "started": "2026-01-01T00:00:00+00:00", "duration_s": 0.1,
    }  # fmt: skip
    return plain | more
