"""What goes into the record of a check: every value in JSON, evidence capped, secrets hidden."""

import json
import math
from datetime import timedelta
from typing import Any

import pytest

from conformance import conclusion
from conformance.conclusion import Concluding, Record
from conformance.reading import NotMeasured, Reading
from conformance.redact import Redactor
from conformance.threshold import Override
from tests.unit.build import CHECK, bench, concluding, reading, row


def judged(value: Any, run: Concluding | None = None, **more: Any) -> Record:
    one = bench(row())
    one.judge(reading(value, **more))
    return conclusion.judged(CHECK, one, run or concluding())


def unmeasured(run: Concluding | None = None, **more: Any) -> Record:
    return conclusion.unmeasured(CHECK, NotMeasured("connection refused", **more), run or concluding())


@pytest.mark.parametrize(
    ("value", "expected"),
    [(math.nan, "nan"), (math.inf, "inf"), (-math.inf, "-inf"), (None, None), (True, True), (7, 7),
     (("a", "b"), ["a", "b"]), ({"a": math.nan, "b": {"c"}}, {"a": "nan", "b": ["c"]}),
     ({"at": timedelta(days=1)}, {"at": "1 day, 0:00:00"})],
)  # fmt: skip
def test_every_value_has_a_form_in_json(value: Any, expected: Any) -> None:
    one = bench(None)
    one.require(Reading(value=value, how="GET", source="toy"))
    found = conclusion.judged(CHECK, one, concluding())
    assert expected == found["reading"]["value"]
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize("length", [conclusion.EXCERPT, conclusion.EXCERPT + 1, 10**6])
def test_evidence_is_capped_and_says_what_is_left_out(length: int) -> None:
    excerpt = judged(1, excerpt="x" * length)["reading"]["excerpt"]
    more = length - conclusion.EXCERPT
    assert "x" * conclusion.EXCERPT + (f"\n[{more} more characters]" if more else "") == excerpt


def test_earlier_readings_are_kept_up_to_a_number() -> None:
    recent = [["2026-01-01T00:00:00+00:00", number] for number in range(99)]
    found = judged(1, concluding(previous={"recent": {CHECK.id: recent}}))
    assert recent[-conclusion.RECENT :] == found["recent"]


def test_a_secret_is_nowhere_in_the_record() -> None:
    run = concluding(redact=Redactor(["canary77"]))
    found = judged(
        math.nan, run, how="psql canary77", source="canary77", excerpt="log canary77", next_step="try canary77"
    )
    broken = conclusion.unmeasured(CHECK, RuntimeError("login canary77 failed"), run)
    one = bench()
    one.require(Reading(value={"canary77": "canary77", "status": 500}, how="GET", source="toy"), status=200)
    assert "canary77" not in json.dumps([found, broken, conclusion.judged(CHECK, one, run)])
    assert "canary77" not in json.dumps(unmeasured(run, source="redis://canary77", next_step="canary77"))


def test_an_override_stands_in_the_record_beside_what_the_runbook_says() -> None:
    override = Override.model_validate({"reason": "small machine", "warning": {"above": 1}})
    overridden = row(warning={"above": 1}, critical={"above": 5})
    run = concluding(rows={"toy.value": overridden}, overrides={"toy.value": override}, originals={"toy.value": row()})
    threshold = judged(1, run)["threshold"]
    assert threshold["warning"] == {"above": 1}
    assert threshold["override"]["reason"] == "small machine"
    assert threshold["override"]["runbook"]["words"] == "warning above 2, critical above 5"


def test_a_reason_is_one_line_of_bounded_length() -> None:
    found = unmeasured()
    assert found["reason"] == "connection refused"
    run = concluding()
    long = conclusion.unmeasured(CHECK, NotMeasured("first\n  second\t" + "x" * 9999), run)["reason"]
    assert long.startswith("first second xxx")
    assert len(long) < conclusion.REASON + 10
    one = bench()
    one.require(Reading(value="y" * 9999, how="GET", source="toy"), value="short")
    assert len(conclusion.judged(CHECK, one, run)["reason"]) < conclusion.REASON + 10
