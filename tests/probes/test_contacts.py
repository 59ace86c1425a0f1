"""The roster: roles that nobody can be reached by, days on which nobody is on call, and receivers that mail others."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.contacts import ROLES, Contact, Roster
from conformance.probes import Probing
from conformance.reading import NotMeasured, now
from fixtures import contacts, receivers
from tests.probes.support import body, fault, measure, probing, target, unmeasured

TODAY = now().date()
Write = Callable[..., Probing]


def entry(number: int, **more: Any) -> dict[str, Any]:
    return {
        "name": f"Desk {number}", "duty": "one of them", "phone": f"+1202555010{number}",
        "email": f"desk{number}@toy.example", "confirmed": TODAY.isoformat(), **more,
    }  # fmt: skip


def everybody(**changes: dict[str, Any]) -> dict[str, Any]:
    roles = {role: entry(number) for number, role in enumerate(ROLES)}
    for role, change in changes.items():
        roles[role.replace("_", "-")].update(change)
    turn = {"from": (TODAY - timedelta(days=3)).isoformat(), "until": (TODAY + timedelta(days=30)).isoformat()}
    return {"domains": ["toy.example"], "roles": roles, "on_call": [{**turn, "name": "Desk 0"}]}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A run beside whose target such a roster lies."""

    def written(found: Any) -> Probing:
        text = found if isinstance(found, str) else yaml.safe_dump(found, sort_keys=False)
        (tmp_path / "contacts.yaml").write_text(text, encoding="utf-8")
        run = probing()
        run.folder = tmp_path
        return run

    return written


def roster(run: Probing) -> Roster:
    found: Roster = measure("roster_read", run)
    return found


def test_whole_roster(write: Write) -> None:
    run = write(everybody())
    found = roster(run)
    assert (found.slips, list(found.roles)) == ((), list(ROLES))
    assert fault(run, "roster") is None


def test_roster_that_is_not_there_is_a_fault_of_its_own_check(tmp_path: Path) -> None:
    run = probing()
    run.folder = tmp_path
    error = unmeasured("roster_read", run)
    assert isinstance(error, contacts.Unusable)
    assert error.reason == f"there is no {tmp_path}/contacts.yaml"
    found = fault(run, "roster")
    assert found is not None
    assert found.check == "test_roster"


@pytest.mark.parametrize("text", ["", "- a\n", "roles: [\n", "roles: {}\n"])
def test_roster_that_cannot_be_used(write: Write, text: str) -> None:
    run = write(text)
    assert unmeasured("roster_read", run).parts == ("roster",)
    assert fault(run, "roster") is not None


def test_slip_in_an_entry_is_told_and_leaves_the_others(write: Write) -> None:
    found = everybody()
    del found["roles"]["dba"]["duty"]
    run = write(found)
    read = roster(run)
    assert "dba" not in read.roles
    assert "duty: is missing (dba)" in read.slips[0]
    assert fault(run, "roster") is not None
    reading = body(contacts.role_filled)(read, "dba", target(), "there")
    assert (reading.value, reading.parts) == ("nobody", ("roster",))
    with pytest.raises(NotMeasured, match="no whole entry for dba"):
        body(contacts.roster_entry)(read, "dba", "there")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, "filled"),
        ({"name": "值班"}, "the name '值班' is nobody's"),
        ({"name": "On-Call"}, "the name 'On-Call' is nobody's"),
        ({"name": "{{who}}"}, "nobody's"),
        ({"duty": "TBD"}, "the duty 'TBD' is none"),
        ({"phone": "13800138000"}, "the number 13800…00 is the original's"),
        ({"phone": "+86 138 0013 8003"}, "is the original's"),
        ({"email": "oncall@company.com"}, "the domain company.com is the original's"),
        ({"email": "ops@your-company.com"}, "is the original's"),
    ],
)
def test_placeholder_of_a_template(write: Write, change: dict[str, Any], says: str) -> None:
    read = roster(write(everybody(on_call=change)))
    assert says in body(contacts.role_filled)(read, "on-call", target(disposable=True), "there").value


@pytest.mark.parametrize(
    "change",
    [{"phone": "+12025550199"}, {"phone": "+442079460123"}, {"email": "a@toy.example"}, {"email": "a@example.com"}],
)
def test_reserved_numbers_and_domains_are_for_disposable_targets(change: dict[str, Any]) -> None:
    real = entry(0, phone="+493012345678", email="a@toy.org") | change
    one = Contact.model_validate(real)
    assert contacts.leftovers(one, disposable=True) == []
    [said] = contacts.leftovers(one, disposable=False)
    assert "is reserved and reaches nobody" in said


@pytest.mark.parametrize("text", ["+12025550100", "+442079460123", "+8613912345678", "+436641234567"])
def test_number_that_can_be_dialled(text: str) -> None:
    assert contacts.phone_slip(text) == ""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("13912345678", "is not + and at most 15 digits"),
        ("+1 202 555 0100", "is not +"),
        ("+1-202-555-0100", "is not +"),
        ("+0123456789", "is not +"),
        ("+1234567890123456", "is not +"),
        ("+999123456789", "no country code that is given out"),
        ("+1202555010", "too long or too short for +1"),
        ("+15550100123", "given to nobody"),
    ],
)
def test_number_that_cannot_be_dialled(text: str, says: str) -> None:
    said = contacts.phone_slip(text)
    assert says in said
    assert text not in said, "a report is no list of telephone numbers"


@pytest.mark.parametrize("text", ["a@toy.example", "A.b+c@mail.toy.example", "a@other.org"])
def test_address_that_is_good(text: str) -> None:
    assert contacts.email_slip(text, ["Toy.example", "other.org"]) == ""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a", "must have an @-sign"),
        ("a b@toy.example", "invalid characters"),
        ("a@toy", "should have a period"),
        ("a@tyo.example", "is in none of the domains toy.example"),
        ("a@nottoy.example", "is in none of the domains toy.example"),
        ("a..b@toy.example", "two periods"),
    ],
)
def test_address_that_is_not(text: str, says: str) -> None:
    assert says in contacts.email_slip(text, ["toy.example"])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, "none"),
        ({"name": "desk  0"}, "on-call and cto have one name"),
        ({"phone": "+12025550100"}, "on-call and cto have one telephone"),
        ({"email": "DESK0@toy.example", "phone": "+12025550100"}, "one telephone and address"),
        ({"name": "Desk 0", "shared": "a small team, agreed on 2026-11-01"}, "none"),
    ],
)
def test_one_person_for_two_roles(write: Write, change: dict[str, Any], says: str) -> None:
    found = body(contacts.roles_shared)(roster(write(everybody(cto=change))), "there")
    assert says in found.value
    assert (found.value == "none") is (says == "none")


def test_days_since_an_entry_was_confirmed() -> None:
    days = [90, 0]
    for number in days:
        one = Contact.model_validate(entry(0, confirmed=TODAY - timedelta(days=number)))
        assert number == body(contacts.role_confirmed)(one, "dba", "there").value


def test_entry_that_was_confirmed_on_a_day_to_come() -> None:
    one = Contact.model_validate(entry(0, confirmed=TODAY + timedelta(days=9)))
    with pytest.raises(NotMeasured, match="a day to come"):
        body(contacts.role_confirmed)(one, "dba", "there")


def turns(*days: tuple[int, int]) -> dict[str, Any]:
    plan = [
        {"from": TODAY + timedelta(days=first), "until": TODAY + timedelta(days=last), "name": "Desk 0"}
        for first, last in days
    ]
    return {**everybody(), "on_call": plan}


@pytest.mark.parametrize(
    ("days", "covered"),
    [
        ([(0, 0)], 1), ([(-3, 9)], 10), ([(-3, 2), (3, 6)], 7), ([(3, 6), (-3, 2)], 7), ([(-3, 2), (4, 9)], 3),
        ([(-3, -1)], 0), ([(1, 9)], 0), ([], 0), ([(0, 999)], contacts.AHEAD), ([(0, 5), (2, 9)], 10),
    ],
)  # fmt: skip
def test_days_on_which_somebody_is_on_call(write: Write, days: list[tuple[int, int]], covered: int) -> None:
    run = write(turns(*days))
    read = roster(run)
    run.probe = {"roster_read": read}.__getitem__
    found = measure("on_call_cover", run)
    assert found[0] == covered
    today = body(contacts.on_call_today)(found, read, "there")
    assert today.value == ("somebody" if covered else "nobody")
    assert (fault(run, "on-call") is None) is bool(covered)
    assert body(contacts.on_call_ahead)(found, "there").value == covered


def test_day_begins_where_the_turns_are_written(write: Write) -> None:
    far = [roster(write({**everybody(), "timezone": zone})).today() for zone in ("Pacific/Kiritimati", "Etc/GMT+12")]
    assert far[0] - far[1] == timedelta(days=1) or far[0] - far[1] == timedelta(days=2)
    assert isinstance(far[0], date)


MAILS = """
receivers:
  - name: team
    email_configs: [{to: "Desk0@toy.example, desk1@toy.example"}]
  - name: watchdog
    webhook_configs: [{url: "http://x"}]
"""


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"on_call": {"receivers": ["team"]}, "dba": {"receivers": ["team"]}}, "the same"),
        ({"on_call": {"receivers": ["team"]}}, "team mails desk1@toy.example, whom the roster has not for it"),
        ({"dba": {"receivers": ["team"]}}, "no receiver is named that mails on-call"),
        ({"on_call": {"receivers": ["team"]}, "dba": {"receivers": ["team", "pager"]}}, "pager does not mail desk1@"),
        (
            {"on_call": {"receivers": ["team"]}, "dba": {"receivers": ["team"]}, "cto": {"receivers": ["team"]}},
            "team does not mail desk5@toy.example",
        ),
    ],
)
def test_receivers_against_the_roster(write: Write, change: dict[str, Any], says: str) -> None:
    mailed = receivers.addresses(yaml.safe_load(MAILS))
    assert mailed == {"team": {"desk0@toy.example", "desk1@toy.example"}}
    read = roster(write(everybody(**change)))
    found = body(receivers.receivers_agree)(mailed, read, target(alertmanager={"url": "http://a"}), "there")
    assert says in found.value


def test_address_of_a_list_may_be_mailed(write: Write) -> None:
    read = roster(write({**everybody(on_call={"receivers": ["team"]}), "lists": ["desk1@toy.example"]}))
    assert receivers.differences(receivers.addresses(yaml.safe_load(MAILS)), read) == []


def answer(status: int, text: str) -> bytes:
    return f"HTTP/1.1 {status} x\r\nContent-Length: {len(text)}\r\nConnection: close\r\n\r\n{text}".encode()


def test_configuration_of_a_running_alertmanager(serve: Callable[..., int]) -> None:
    text = json.dumps({"config": {"original": MAILS}})
    port = serve(lambda connection: (connection.recv(4096), connection.sendall(answer(200, text))))
    run = probing(alertmanager={"url": f"http://127.0.0.1:{port}"})
    assert measure("mailed_addresses", run)["team"] == {"desk0@toy.example", "desk1@toy.example"}


@pytest.mark.parametrize(
    ("status", "text"),
    [(500, "{}"), (200, "{}"), (200, "<html>"), (200, json.dumps({"config": {"original": "receivers: ["}})),
     (200, json.dumps({"config": {"original": "receivers: 5"}}))],
)  # fmt: skip
def test_alertmanager_that_does_not_say(serve: Callable[..., int], status: int, text: str) -> None:
    port = serve(lambda connection: (connection.recv(4096), connection.sendall(answer(status, text))))
    error = unmeasured("mailed_addresses", probing(alertmanager={"url": f"http://127.0.0.1:{port}"}))
    assert "does not give its configuration" in error.reason
    assert error.parts == ("alertmanager",)


def test_target_without_alertmanager() -> None:
    assert "declares no alertmanager" in unmeasured("mailed_addresses", probing()).reason
