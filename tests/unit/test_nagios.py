"""The status line: its words, and perfdata that a parser of the Monitoring Plugins reads."""

import re
from typing import Any

import pytest

from conformance import nagios, results
from tests.unit.build import record
from tests.unit.test_results import lines

PERFDATA = re.compile(r"'((?:[^'=|]|'')+)'=(U|-?\d+(?:\.\d+)?)(s|%|B)?;(-?[\d.]+:?)?;(-?[\d.]+:?)?")


def limits(
    unit: str = "s", warning: Any = None, critical: Any = None, name: str | None = "toy.value"
) -> dict[str, Any]:
    return {"id": name, "unit": unit, "warning": warning, "critical": critical}


def line(*checks: dict[str, Any], code: int = 0) -> str:
    found = results.build(lines(list(checks)))
    found["run"]["target"] = "toy"
    return nagios.line(found, code)


def perfdata(*checks: dict[str, Any]) -> list[tuple[str, ...]]:
    words = line(*checks).split(" | ", 1)[1]
    found = PERFDATA.findall(words)
    assert len(found) == words.count("'=")
    return found


@pytest.mark.parametrize(
    ("value", "threshold", "expected"),
    [
        (1.5, limits("s", {"above": 2}, {"above": 5}), ("1.5", "s", "2", "5")),
        (7, limits("%", {"below": 20}, {"below": 10}), ("7", "%", "20:", "10:")),
        (7, limits("B", {"above": 2.5}), ("7", "B", "2.5", "")),
        (7, limits("connections", None, {"above": 80}), ("7", "", "", "80")),
        (7, limits("1", {"not": 20}), ("7", "", "", "")),
        (0, limits("s", {"above": 0}), ("0", "s", "0", "")),
        (-3.0, limits("s", {"above": 2}), ("-3", "s", "2", "")),
        (1e-7, limits("s", {"above": 2}), ("0.0000001", "s", "2", "")),
        (1e22, limits("B", {"above": 2}), ("10000000000000000000000", "B", "2", "")),
        ("nan", limits("s", {"above": 2}), ("U", "", "2", "")),
        (None, limits("s", {"above": 2}), ("U", "", "2", "")),
        ("noeviction", limits("1", {"not": "volatile-lru"}), ("U", "", "", "")),
        (True, limits("s", {"above": 2}), ("U", "", "2", "")),
    ],
)
def test_a_value_with_its_unit_and_ranges(value: Any, threshold: dict[str, Any], expected: tuple[str, ...]) -> None:
    check = record("toy.value", reading={"value": value}, threshold=threshold)
    assert [("toy.value", *expected)] == perfdata(check)


def test_an_unmeasured_check_is_undetermined() -> None:
    check = record("toy.value", "UNKNOWN", reading=None, threshold=limits("s", {"above": 2}))
    assert perfdata(check) == [("toy.value", "U", "", "2", "")]


def test_only_what_a_row_judges_has_perfdata() -> None:
    yes_or_no = record("a", threshold=limits(name=None))
    absent = record("b", None, "not_applicable", reading=None, threshold=limits("s", {"above": 2}))
    assert line(yes_or_no, absent, record("c")).endswith(" | ")


def test_labels_hold_no_sign_that_ends_them() -> None:
    check = record("toy.value[it's a=b|c]", reading={"value": 1}, threshold=limits())
    assert perfdata(check) == [("toy.value[it''s a_b/c]", "1", "s", "", "")]


def test_labels_are_unique_because_ids_are() -> None:
    """The guidelines wish the first 19 characters unique for old RRD files; ids are whole, as in every report."""
    checks = [record(f"host.disk.free[/var/lib/{name}]", reading={"value": 1}, threshold=limits()) for name in "ab"]
    assert len({found[0] for found in perfdata(*checks)}) == 2


def test_the_line_names_the_root_and_is_one_line_with_one_bar() -> None:
    checks = (record("a"), record("b", "CRITICAL", reason="two\nlines | and a bar"))
    found = line(*checks, code=2)
    assert found.startswith("CRITICAL - daily of toy: 1 OK, 0 WARNING, 1 CRITICAL, 0 UNKNOWN: b: two lines / and a bar")
    assert [found.count("\n"), found.count("|")] == [0, 1]


def test_a_run_that_did_not_come_about_says_why_in_one_line() -> None:
    assert nagios.line(None, 3, "which target?\nwrite a|b") == "UNKNOWN - which target? write a/b"
    assert nagios.line(None, 3) == "UNKNOWN - the run did not finish"
