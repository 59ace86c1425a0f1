"""Incident records as people write them: whole, half-filled, without a cause, and with actions that nobody did."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from conformance.probes import Probing
from conformance.reading import Reading, now
from fixtures import incidents
from fixtures.incidents import Incident
from tests.probes.support import body, fault, measure, probing, unmeasured

TODAY = now().date()
TEMPLATE = Path(__file__).parents[2] / "runbook" / "incident-template.md"


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def record(found: date, cause: str = "A key without a TTL.", actions: str = "") -> str:
    done = f"- [x] Give it one (owner: Tech Lead, done: {found})"
    return f"""## Incident #{found:%Y%m%d}-001

- **Found**: {found} 09:12 UTC, by the daily run
- **Assessed**: severity low; nobody noticed
- **Notified**: On-Call at 09:14
- **Handled**: restarted at 09:20

### Root cause

{cause}

### Actions

{actions or done}
"""


def run(folder: Path, *texts: str) -> Probing:
    (folder / "incidents").mkdir(exist_ok=True)
    for number, text in enumerate(texts, start=1):
        (folder / "incidents" / f"20260101-{number:03}.md").write_text(text, encoding="utf-8")
    found = probing()
    found.folder = folder
    return found


def readings(found: list[Incident]) -> tuple[Reading, Reading, Reading]:
    names = ("incident_records", "incident_cause", "incident_actions")
    records, cause, actions = (body(getattr(incidents, name))(found, "there") for name in names)
    return records, cause, actions


@pytest.mark.parametrize("word", ["TBD", "todo", "n/a", "_unknown_", "To be determined."])
def test_word_for_nothing_is_nothing(tmp_path: Path, word: str) -> None:
    found = measure("incidents_read", run(tmp_path, record(ago(60), cause=word)))
    assert not found[0].has_cause


@pytest.mark.parametrize(
    "line", ["  - [ ] Ask (owner: Desk, due: 2026-02-01)", "* [ ] Ask (owner: Desk, due: 2026-02-01)"]
)
def test_action_in_another_form_is_not_lost(tmp_path: Path, line: str) -> None:
    good = f"- [x] Give it one (owner: Tech Lead, done: {ago(3)})"
    found = measure("incidents_read", run(tmp_path, record(ago(60), actions=f"{good}\n{line}")))
    assert "is no action as the template has it" in found[0].slips[0]


def test_whole_records(tmp_path: Path) -> None:
    (tmp_path / "incidents").mkdir()
    (tmp_path / "incidents" / "README.md").write_text("no record")
    asked = run(tmp_path, record(ago(300)), record(ago(3)))
    found = measure("incidents_read", asked)
    records, cause, actions = readings(found)
    assert (records.value, records.samples, cause.value, actions.value) == ("complete", 2, 0, 0)
    assert actions.samples == 2
    assert fault(asked, "incidents") is None


def test_no_record_is_no_measurement(tmp_path: Path) -> None:
    asked = probing()
    asked.folder = tmp_path
    assert unmeasured("incidents_read", asked).reason == f"there is no {tmp_path}/incidents"
    empty = unmeasured("incidents_read", run(tmp_path))
    assert empty.reason == f"{tmp_path}/incidents holds no record"
    assert "not_applicable until a date" in empty.next_step


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("- **Notified**: On-Call at 09:14\n", "", "Notified is not filled"),
        ("On-Call at 09:14", "", "Notified is not filled"),
        ("On-Call at 09:14", "-", "Notified is not filled"),
        ("On-Call at 09:14", "{{who}}", "Notified is not filled"),
        ("2026", "on 2026", "Found does not begin with a day"),
        ("### Root cause", "### Why", "there is no section Root cause"),
        ("### Actions", "### Later", "there is no section Actions"),
        ("- [x] Give", "Give", "it has no action, and does not say 'None, because ...'"),
        (" (owner: Tech Lead, done: ", " (Tech Lead, ", "does not end with (owner: WHO, due: YYYY-MM-DD)"),
        (f"done: {ago(3)}", "due: 2026-02-31", "does not end with (owner"),
    ],
)
def test_what_the_template_has_and_the_record_has_not(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = record(ago(3)).replace(str(ago(3).year), "2026")
    old = old.replace(str(ago(3).year), "2026")
    assert old in text
    asked = run(tmp_path, text.replace(old, new))
    [found] = measure("incidents_read", asked)
    assert any(says in slip for slip in found.slips), found.slips
    assert says in str(readings([found])[0].value)
    said = fault(asked, "incidents")
    assert said is not None
    assert said.check == "test_incident_records"


def test_name_that_is_no_number_of_an_incident() -> None:
    assert "its name is not YYYYMMDD-NNN.md" in incidents.parse("redis.md", record(ago(3))).slips
    assert "its name is not YYYYMMDD-NNN.md" in incidents.parse("20261301-001.md", record(ago(3))).slips


def test_day_to_come() -> None:
    found = incidents.parse("20260101-001.md", record(TODAY + timedelta(days=2)))
    assert any("a day to come" in slip for slip in found.slips)


def test_template_itself_is_no_record() -> None:
    found = incidents.parse("20260101-001.md", TEMPLATE.read_text(encoding="utf-8"))
    assert len(found.slips) == 5
    assert not found.has_cause


@pytest.mark.parametrize("cause", ["", "-", "{{why}}", "?"])
def test_incident_without_a_root_cause_grows_old(tmp_path: Path, cause: str) -> None:
    found = measure("incidents_read", run(tmp_path, record(ago(40), cause), record(ago(15), cause), record(ago(90))))
    cause_reading = readings(found)[1]
    assert (cause_reading.value, cause_reading.unit) == (40, "days")
    assert "20260101-001.md" in cause_reading.next_step
    assert "20260101-003" not in cause_reading.excerpt


@pytest.mark.parametrize(
    ("mark", "day", "late"),
    [(" ", ago(8), 8), (" ", TODAY, 0), (" ", TODAY + timedelta(days=9), 0), ("x", ago(8), 0), ("X", ago(8), 0)],
)
def test_action_past_its_date(tmp_path: Path, mark: str, day: date, late: int) -> None:
    actions = f"- [{mark}] Bound it (owner: DBA, due: {day})\n- [ ] Later (owner: CTO, due: {TODAY})"
    found = measure("incidents_read", run(tmp_path, record(ago(60), actions=actions)))
    assert readings(found)[2].value == late
    assert ("Bound it (DBA" in readings(found)[2].next_step) is bool(late)


def test_none_with_a_reason_is_an_answer(tmp_path: Path) -> None:
    text = record(ago(60), actions="None, because the machine is gone.")
    [found] = measure("incidents_read", run(tmp_path, text))
    assert found.slips == ()


def test_record_without_any_day_is_as_old_as_can_be() -> None:
    found = incidents.parse("x.md", "nothing")
    assert not found.has_cause
    assert readings([found])[1].value > 10_000  # type: ignore[operator]


def test_bytes_that_are_no_text_are_read(tmp_path: Path) -> None:
    path = tmp_path / "20260101-001.md"
    path.write_bytes(b"\xff" + record(ago(3)).replace("\n", "\r\n").encode())
    assert incidents.read(path).slips == ()
