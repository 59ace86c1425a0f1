"""waivers.yaml: ISO times with a zone, the very moment of expiry, and slips that waive nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from conformance import waivers
from tests.unit.build import waiver

WHO = "owner: on call, approver: release manager, reason: known fault, ticket: OPS-7, created: 2026-01-01"
GOOD = f"- {{check: toy.value, {WHO}, expires: 2027-01-31}}\n"


def loaded(tmp_path: Path, text: str | bytes) -> tuple[list[str], list[str]]:
    path = tmp_path / "waivers.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    found, slips = waivers.load(path)
    return [one.check for one in found], [slip.removeprefix(f"{tmp_path}/") for slip in slips]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2027-01-31", datetime(2027, 1, 31, tzinfo=UTC)),
        ("2027-01-31T12:00:00Z", datetime(2027, 1, 31, 12, tzinfo=UTC)),
        ("2027-01-31T12:00:00+02:00", datetime(2027, 1, 31, 10, tzinfo=UTC)),
        ("2027-07-07", datetime(2027, 7, 7, tzinfo=UTC)),
    ],
)
def test_a_time_is_iso_and_a_date_begins_at_midnight_utc(tmp_path: Path, text: str, expected: datetime) -> None:
    assert expected == waiver(expires=text).expires
    path = tmp_path / "waivers.yaml"
    for form in (text, f"'{text}'"):  # YAML makes a date of it, or leaves it as text
        path.write_text(f"- {{check: toy.value, {WHO}, expires: {form}}}\n")
        assert [expected] == [one.expires for one in waivers.load(path)[0]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2027/01/31", "is no ISO time"), ("31.01.2027", "is no ISO time"), ("2027-02-30", "is no ISO time"),
        ("YYYY-07-07", "is no ISO time"), ("never", "is no ISO time"), ("", "is no ISO time"),
        ("2027-01-31T12:00:00", "has no zone: write it as"), ("2027-01-31 12:00", "has no zone: write it as"),
    ],
)  # fmt: skip
def test_any_other_time_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        waiver(expires=text)


@pytest.mark.parametrize(
    ("offset", "expired"), [(timedelta(microseconds=-1), False), (timedelta(), True), (timedelta(microseconds=1), True)]
)
def test_a_waiver_holds_until_the_moment_it_expires_and_not_at_it(offset: timedelta, expired: bool) -> None:
    one = waiver(expires="2027-01-31T12:00:00+02:00")
    assert expired is one.is_expired(datetime(2027, 1, 31, 10, tzinfo=UTC) + offset)


def test_a_waiver_names_a_check_by_id_glob_or_subject() -> None:
    assert waiver("disk.*").covers("disk.free[/data]")
    assert waiver("disk.free[/data]").covers("disk.free[/data]")
    assert waiver("disk.free", subject="/data").covers("disk.free[/data]")
    assert not waiver("disk.free", subject="/data").covers("disk.free[/]")


def test_no_file_and_an_empty_file_waive_nothing_and_are_no_slip(tmp_path: Path) -> None:
    assert waivers.load(tmp_path / "waivers.yaml") == ([], [])
    assert loaded(tmp_path, "# none at the moment\n") == ([], [])
    assert loaded(tmp_path, "[]\n") == ([], [])


@pytest.mark.parametrize(
    ("entry", "line", "words"),
    [
        (f"- {{check: other, {WHO}, expires: 2027-01-31, colour: red}}\n", 2, "colour: is no key that is known here"),
        (f"- check: other\n  {WHO.replace(', ', chr(10) + '  ')}\n", 2, "expires: is missing"),
        (f"- {{check: other, {WHO}, expires: 2027/01/31}}\n", 2, "expires: '2027/01/31' is no ISO time: write"),
        (f"- {{check: other, {WHO}, expires: 2027-01-31 12:00:00}}\n", 2, "has no zone"),
        (f"- {{check: other, {WHO}, expires: }}\n", 2, "expires: 'None' is no ISO time"),
        (f"- {{check: '*[*]', {WHO}, expires: 2027-01-31}}\n", 2, "waives every check: name the ones that are meant"),
        (f"- {{check: 5, {WHO}, expires: 2027-01-31}}\n", 2, "check: input should be a valid string, not 5"),
        (f"- {{check: other, {WHO.replace('OPS-7', 'a')}, expires: 2027-01-31}}\n", 2, "ticket: string should have"),
        ("- other\n", 2, "holds a str: write keys and values"),
        ("-\n", 2, "is empty: write keys and values"),
    ],
)
def test_a_slip_is_told_with_its_line_and_the_others_still_waive(
    tmp_path: Path, entry: str, line: int, words: str
) -> None:
    checks, slips = loaded(tmp_path, GOOD + entry + GOOD.replace("toy.value", "toy.last"))
    assert checks == ["toy.value", "toy.last"]
    assert any(slip.startswith(f"waivers.yaml:{line}: ") and words in slip for slip in slips), slips


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- check: [\n", "waivers.yaml:2: is no YAML"),
        (b"- \xff\n", "waivers.yaml:1: cannot be read"),
        ("check: toy.value\n", "waivers.yaml:1: holds no list: write one '- check: ...' for each waiver"),
        (GOOD.replace("{", "{check: a, "), "waivers.yaml:1: check: is written twice"),
    ],
)
def test_a_file_that_is_no_list_of_waivers_waives_nothing(tmp_path: Path, text: Any, words: str) -> None:
    checks, slips = loaded(tmp_path, text)
    assert checks == []
    assert slips[0].startswith(words), slips
