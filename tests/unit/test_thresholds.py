"""thresholds.yaml as a whole: lines of slips, and rows that no check uses or that are not there."""

from pathlib import Path

import pytest

from conformance import thresholds
from conformance.document import BadFile, Slip

GOOD = "toy.value:\n  runbook: MON-2.1\n  unit: s\n  warning: {above: 2}\n"


def loaded(tmp_path: Path, text: str) -> list[Slip]:
    path = tmp_path / "thresholds.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadFile) as caught:
        thresholds.load(path)
    return list(caught.value.slips)


def unused(tmp_path: Path, suites: dict[str, str], rows: str = GOOD) -> list[str]:
    path = tmp_path / "thresholds.yaml"
    path.write_text(rows, encoding="utf-8")
    for name, text in suites.items():
        file = tmp_path / "suites" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode("utf-8", "surrogateescape"))
    found, source = thresholds.load(path)
    suites_path = tmp_path / "suites"
    slips = thresholds.unused(source, found, suites_path, thresholds.users(suites_path))
    return [str(slip).removeprefix(f"{tmp_path}/") for slip in slips]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (GOOD + "  window: 5min\n", 5, "toy.value.window: '5min' is no duration: write a whole number"),
        (GOOD + "  colour: red\n", 5, "toy.value.colour: is no key that is known here: a row has baseline_max_age"),
        (GOOD + "  critical: {above: 1}\n", 1, "toy.value: warning (above 2) must be reached before critical"),
        (GOOD + "  critical: {above: .nan}\n", 5, "toy.value.critical.above: nan is no limit"),
        (GOOD + "  critical: {above: .inf}\n", 5, "toy.value.critical.above: inf is no limit"),
        (GOOD + "  critical: {above: many}\n", 5, "toy.value.critical.above: input should be a valid number"),
        (GOOD + "  unit: s\n", 5, "unit: is written twice, first in line 3"),
        (GOOD + GOOD, 5, "toy.value: is written twice, first in line 1"),
        (GOOD.replace("unit: s", "unit: sec"), 3, "toy.value.unit: input should be '1', 's', '%'"),
        (GOOD.replace("  unit: s\n", ""), 1, "toy.value.unit: is missing: a row has"),
        (GOOD.replace("above: 2", "not: [2]"), 4, "toy.value.warning.not: input should be a valid"),
        (GOOD.replace("toy.value", "Toy Value"), 1, "Toy Value: a row is named in lower case with dots"),
        ("toy.value: 5\n", 1, "toy.value: input should be a valid dictionary"),
        ("toy.value:\n", 1, "toy.value: input should be a valid dictionary"),
    ],
)
def test_a_slip_in_a_row_has_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    found = loaded(tmp_path, text)
    assert words in found[0].text
    assert line == found[0].line


def test_a_row_that_a_check_uses_is_good(tmp_path: Path) -> None:
    assert unused(tmp_path, {"daily/test_a.py": "@runbook('MON-2.1', row='toy.value')\ndef test_a(): ...\n"}) == []


def test_a_row_without_a_check_is_a_slip_at_the_row(tmp_path: Path) -> None:
    found = unused(tmp_path, {"daily/test_a.py": "# row='toy.value' in a comment is no use of it\n"})
    assert found == ["thresholds.yaml:1: toy.value: no check below suites/ uses this row: add one or remove the row"]


def test_a_row_that_only_another_cadence_uses_is_used(tmp_path: Path) -> None:
    assert unused(tmp_path, {"weekly/deep/test_a.py": "runbook('MON-2.1', row='toy.value')\n"}) == []


def test_a_check_whose_row_is_missing_is_a_slip_at_the_check(tmp_path: Path) -> None:
    text = "runbook('MON-2.1', row='toy.value')\nrunbook(\n  'MON-2.1',\n  row='toy.other',\n)\n"
    expected = "suites/daily/test_a.py:4: row='toy.other': thresholds.yaml has no such row: add it or mend the name"
    assert [expected] == unused(tmp_path, {"daily/test_a.py": text})


@pytest.mark.parametrize(
    "text",
    ['import (\nrunbook("MON-2.1", row="toy.value")\n', '# \udcff\nrunbook("MON-2.1", row="toy.value")\n',
     'x = "\x00"\nrunbook("MON-2.1", row="toy.value")\n'],
    ids=["syntax", "no UTF-8", "NUL"],
)  # fmt: skip
def test_a_check_file_that_python_refuses_still_uses_its_rows(tmp_path: Path, text: str) -> None:
    assert unused(tmp_path, {"daily/test_a.py": text}) == []
