"""contacts.yaml: a slip has its line, costs the entry that it stands in, and leaves the others alone."""

from datetime import date
from pathlib import Path

import pytest

from conformance import contacts
from conformance.contacts import Roster
from conformance.document import BadFile

DESK = "name: Desk, duty: first responder, phone: '+12025550100', email: a@toy.example, confirmed: 2026-11-20"
OTHER = "name: Other, duty: databases, phone: '+12025550101', email: b@toy.example, confirmed: 2026-11-20"
GOOD = f"""domains: [toy.example]
roles:
  on-call: {{{DESK}}}
  dba: {{{OTHER}}}
on_call:
- {{from: 2026-11-01, until: 2026-11-30, name: desk}}
"""


def loaded(tmp_path: Path, text: str) -> Roster:
    path = tmp_path / "contacts.yaml"
    path.write_text(text, encoding="utf-8")
    return contacts.load(path)


def test_a_whole_roster_has_no_slip(tmp_path: Path) -> None:
    found = loaded(tmp_path, GOOD)
    assert found.slips == ()
    assert list(found.roles) == ["on-call", "dba"]
    assert found.roles_of(" other ") == ["dba"]
    assert (found.on_call_on(date(2026, 11, 30)), found.on_call_on(date(2026, 12, 1))) == (["desk"], [])


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("duty: databases, ", "", 4, "duty: is missing (dba)"),
        ("'+12025550101'", "+12025550101", 4, "phone: input should be a valid string, not 12025550101 (dba)"),
        ("name: Other", "name: ''", 4, "name: string should have at least 1 character"),
        ("confirmed: 2026-11-20}\non", "confirmed: soon}\non", 4, "'soon' is no date: write it as 2027-01-31 (dba)"),
        ("name: Other", "name: Other, mobile: x", 4, "mobile: is no key that is known here (dba)"),
        (f"{{{OTHER}}}", "", 4, "is empty: write keys and values"),
        ("name: desk}", "name: stranger}", 6, "on_call: 'stranger' is nobody of this roster"),
        ("until: 2026-11-30", "until: 2026-10-30", 6, "until (2026-10-30) lies before from (2026-11-01)"),
        ("until: 2026-11-30, ", "", 6, "until: is missing (on_call)"),
    ],
)
def test_a_slip_in_one_entry_costs_only_that_entry(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    assert old in GOOD
    found = loaded(tmp_path, GOOD.replace(old, new))
    assert any(one.startswith(f"{tmp_path}/contacts.yaml:{line}: ") and words in one for one in found.slips), (
        found.slips
    )
    assert "on-call" in found.roles


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("- a\n", "holds a list"),
        ("roles: [\n", "is no YAML"),
        (GOOD.replace("domains: [toy.example]\n", ""), "domains: is missing: it has timezone, domains, lists, roles"),
        (GOOD.replace("[toy.example]", "[]"), "domains: list should have at least 1 item"),
        (GOOD.replace("dba:", "dbadmin:"), "dbadmin: no such role; there is on-call, dba, devops"),
        (GOOD + "timezone: Europe/Nowhere\n", "'Europe/Nowhere' is no time zone"),
        (GOOD + "colour: red\n", "colour: is no key that is known here: it has timezone"),
        (GOOD + "roles: {}\n", "roles: is written twice"),
    ],
)
def test_a_file_without_its_frame_cannot_be_used(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BadFile) as caught:
        loaded(tmp_path, text)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("more", "address", "commits"),
    [
        ("", "A@Toy.example", True),
        ("", "b@toy.example", False),
        (", commits_as: [a@home.example]", "a@home.example", True),
        (", commits_as: [a@home.example]", "a@toy.example", False),
        (", commits_as: ['*']", "anybody@x.example", True),
        (", commits_as: ['*@users.example']", "7+a@users.example", True),
    ],
)
def test_whose_commits_count(tmp_path: Path, more: str, address: str, commits: bool) -> None:
    found = loaded(tmp_path, GOOD.replace(DESK, DESK + more))
    assert commits is found.roles["on-call"].commits(address)


def test_the_example_is_whole() -> None:
    found = contacts.load(Path(__file__).parents[2] / "docs" / "contacts.example.yaml")
    assert found.slips == ()


def test_the_roster_of_the_demo_is_whole() -> None:
    found = contacts.load(Path(__file__).parents[2] / "targets" / "demo" / "contacts.yaml")
    assert (found.slips, set(found.roles)) == ((), set(contacts.ROLES))
