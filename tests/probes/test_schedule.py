"""What starts the hourly run: crontabs and timers as they are written, and command lines as people type them."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from conformance.reading import NotMeasured
from fixtures import schedule, timer
from fixtures.crontab import HOURLY, Job, frequency, jobs
from fixtures.schedule import Scheduled, choose, parse, unread
from tests.probes.support import body, fault, measure, probing, unmeasured

COMMAND = "cd /opt/agent-v3-conformance && .venv/bin/pytest -m daily --target toy"
README = f"{COMMAND} --fail-on warning -q >last.log 2>&1 || cat last.log"


@pytest.fixture(autouse=True)
def _parser(pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pytest hands its parser to a plugin at its start; these tests come later."""
    monkeypatch.setattr(schedule, "_PARSERS", [pytestconfig._parser])


# When


@pytest.mark.parametrize(
    "fields",
    ["0 * * * *", "5 0-23 * * *", "*/15 * * * *", "0,30 */1 * * *", "@hourly", "0 * * jan-dec *", "59 * * 1-12 *"],
)
def test_every_hour(fields: str) -> None:
    assert frequency(fields.split()) == HOURLY


@pytest.mark.parametrize(
    "fields",
    ["0 0 * * *", "0 */2 * * *", "0 1-23 * * *", "0 * 1 * *", "0 * * * mon-fri", "0 * * 1-11 *", "@daily", "@reboot"],
)
def test_not_every_hour(fields: str) -> None:
    assert frequency(fields.split()) == fields


@pytest.mark.parametrize(
    "fields",
    [
        "60 * * * *",
        "0 24 * * *",
        "0 * * *",
        "a * * * *",
        "0 5-1 * * *",
        "*/0 * * * *",
        "0 * * foo *",
        "",
        "*-5 * * * *",
    ],
)
def test_fields_that_cron_refuses(fields: str) -> None:
    assert frequency(fields.split()) == f"{fields}, which cron does not understand".strip()


def test_crontab_of_a_user() -> None:
    text = f"# a comment\nMAILTO=ops@x\nPATH = /bin\n\n0 * * * *  {README}\n@daily other --day=$(date +\\%F)\n"
    first, second = jobs(text, system=False)
    assert first == Job("line 5", HOURLY, README, ("MAILTO=ops@x", "PATH=/bin"))
    assert (second.when, second.command) == ("@daily", "other --day=$(date +%F)")


def test_crontab_of_the_system_names_a_user() -> None:
    assert jobs(f"0 * * * * ops  {COMMAND}\n", system=True)[0].command == COMMAND
    assert jobs("0 * * * * ops\n", system=True)[0].command == ""


def test_command_ends_at_the_first_percent_sign() -> None:
    assert jobs(f"0 * * * * {COMMAND} --run-dir=/x/$(date +%F)\n", system=False)[0].command.endswith("$(date +")


@pytest.mark.parametrize(
    ("path", "text", "says"),
    [
        ("/etc/cron.d/agent-v3.conf", "0 * * * * x\n", "letters, digits"),
        ("/etc/cron.d/agent-v3", "0 * * * * x", "no end"),
        ("/etc/cron.d/agent-v3", "0 * * * * x\n", ""),
        ("/opt/crontab.txt", "0 * * * * x\n", ""),
    ],
)
def test_file_that_cron_ignores(path: str, text: str, says: str) -> None:
    found = unread(Path(path), text)
    assert says in found
    assert bool(says) is bool(found)


# The whole crontab


def chosen(text: str) -> Scheduled:
    return choose(jobs(text, system=False), "the crontab", text, "toy", parse)


def test_best_line_of_several_is_judged() -> None:
    weekly = COMMAND.replace("daily", "weekly")
    found = chosen(f"0 3 * * 0 {weekly}\n0 * * * * {COMMAND}\n0 * * * * {COMMAND.replace('toy', 'other')}\n")
    assert found.job is not None
    assert (found.trouble, found.wrong, found.job.place) == ("", (), "line 2")


def test_mistyped_marker_is_that_of_the_hourly_line() -> None:
    found = chosen(f"0 3 * * 0 {COMMAND.replace('daily', 'weekly')}\n0 * * * * {COMMAND.replace('daily', 'dayli')}\n")
    assert found.job is not None
    assert found.job.when == HOURLY
    assert "dayli is no marker" in found.wrong[0]


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("", "nothing in the crontab starts pytest"),
        (f"# 0 * * * * {COMMAND}\n", "nothing in the crontab starts pytest"),
        ("0 * * * * 'pytest -m daily\n", "line 1 of the crontab starts nothing: ' is never closed"),
        (
            "0 * * * * true || .venv/bin/pytest -m daily\n",
            "line 1 of the crontab starts nothing: `.venv/bin/pytest -m daily` is never reached: `true` goes before it",
        ),
        (f"0 * * * * echo {COMMAND.partition('&& ')[2]}\n", "nothing in the crontab starts pytest"),
        ("0 * * * * find /opt/agent-v3-conformance/reports -mtime +90\n", "nothing in the crontab starts pytest"),
        ("0 * * * * certbot renew 'x\n", "nothing in the crontab starts pytest"),
        ("0 * * * * /opt/scripts/health_check.sh\n", "nothing in the crontab starts pytest"),
    ],
)
def test_crontab_that_starts_nothing(text: str, trouble: str) -> None:
    assert chosen(text).trouble == trouble


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"0 * * * * test -e /run/off || {COMMAND}\n", "whether pytest is started depends on `test -e /run/off`"),
        ("0 * * * * make -C /opt/agent-v3-conformance daily\n", "it does not start pytest itself"),
        ("0 * * * * /opt/agent-v3-conformance/hourly.sh\n", "it does not start pytest itself"),
        (f"0 3 * * 0 {COMMAND.replace('daily', 'weekly')}\n0 * * * * make daily\n", "line 2 of the crontab"),
    ],
)
def test_line_that_cannot_be_read_as_a_run_is_unknown_and_says_what_to_write(text: str, why: str) -> None:
    found = chosen(text)
    assert (found.trouble, found.job) == ("", None)
    with pytest.raises(NotMeasured, match="cannot be read as a run") as caught:
        body(schedule.schedule_installed)(found)
    assert why in caught.value.reason
    assert "cd CHECKOUT && .venv/bin/pytest -m daily --target NAME" in caught.value.next_step
    with pytest.raises(NotMeasured) as blocked:
        body(schedule.scheduled_job)(found)
    assert blocked.value.parts == ("schedule",)


def test_good_line_needs_no_other_to_be_read() -> None:
    assert chosen(f"0 2 * * * make -C /opt/agent-v3-conformance prune\n0 * * * * {COMMAND}\n").wrong == ()


# The probe


def test_file_of_the_target(tmp_path: Path) -> None:
    path = tmp_path / "crontab"
    run = probing(schedule={"crontab": str(path)})
    assert measure("schedule_found", run).trouble == f"there is no {path}"
    reported = fault(run, "schedule")
    assert reported is not None
    assert reported.check == "test_schedule_installed"

    path.write_text(f"30 2 * * * {README}\n")
    found = measure("schedule_found", probing(schedule={"crontab": str(path)}))
    job = body(schedule.scheduled_job)(found)
    assert body(schedule.schedule_installed)(found).value == "installed"
    assert body(schedule.schedule_hours)(found, job).value == "30 2 * * *"
    assert body(schedule.schedule_command)(found, job).value == "understood"


def test_target_that_says_nothing_is_not_measured() -> None:
    assert "add schedule:" in unmeasured("schedule_found", probing()).next_step


def test_job_of_no_schedule_names_its_cause() -> None:
    with pytest.raises(NotMeasured, match="why") as caught:
        body(schedule.scheduled_job)(Scheduled("why", "", ""))
    assert caught.value.parts == ("schedule",)


def answers(monkeypatch: pytest.MonkeyPatch, *said: tuple[int, str, str]) -> None:
    left = list(said)

    def ask(*command: str) -> Any:
        code, out, err = left.pop(0)
        return subprocess.CompletedProcess(command, code, out, err)

    monkeypatch.setattr(schedule, "ask", ask)


@pytest.mark.parametrize(
    ("said", "trouble"),
    [
        ((0, f"0 * * * * {COMMAND}\n", ""), ""),
        ((1, "", "no crontab for conformance\n"), "nothing in crontab -l starts pytest"),
    ],
)
def test_crontab_of_the_user_of_the_suite(
    monkeypatch: pytest.MonkeyPatch, said: tuple[int, str, str], trouble: str
) -> None:
    answers(monkeypatch, said)
    assert measure("schedule_found", probing(schedule={"crontab": "user"})).trouble == trouble


def test_crontab_that_may_not_be_listed_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, (1, "", "You (x) are not allowed to use this program"))
    assert "not allowed" in unmeasured("schedule_found", probing(schedule={"crontab": "user"})).reason


def test_program_that_is_not_there_is_not_measured() -> None:
    with pytest.raises(NotMeasured, match="nosuch-program"):
        schedule.ask("nosuch-program")


TIMER = """LoadState=loaded
ActiveState=active
UnitFileState=enabled
Unit=agent-v3-conformance.service
TimersCalendar={ OnCalendar=*-*-* *:00:00 ; next_elapse=Mon 2026-11-23 11:00:00 UTC }
"""
SERVICE = """ExecStart={ path=/opt/c/.venv/bin/pytest ; argv[]=/opt/c/.venv/bin/pytest -m daily --target toy ; \
ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
WorkingDirectory=/opt/c
Environment=LANG=C CONFORMANCE_TARGET=other
"""
DECLARED = {"timer": "agent-v3-conformance.timer"}


def test_timer_of_systemd(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, (0, TIMER, ""), (0, SERVICE, ""))
    found = measure("schedule_found", probing(schedule=DECLARED))
    assert found.job is not None
    assert (found.trouble, found.wrong, found.job.when) == ("", (), HOURLY)


@pytest.mark.parametrize(
    ("old", "new", "trouble"),
    [
        ("LoadState=loaded", "LoadState=not-found", "the timer is not-found"),
        ("ActiveState=active", "ActiveState=inactive", "the timer is inactive"),
        ("UnitFileState=enabled", "UnitFileState=disabled", "the timer is not enabled: gone after a boot"),
        (TIMER, "", "the timer is unknown to systemd"),
    ],
)
def test_timer_that_starts_nothing(monkeypatch: pytest.MonkeyPatch, old: str, new: str, trouble: str) -> None:
    answers(monkeypatch, (0, TIMER.replace(old, new), ""), (0, SERVICE, ""))
    assert measure("schedule_found", probing(schedule=DECLARED)).trouble == trouble


@pytest.mark.parametrize(
    ("line", "when"),
    [
        ("TimersCalendar={ OnCalendar=hourly ; next_elapse=x }", HOURLY),
        ("TimersCalendar={ OnCalendar=*:0/15 ; next_elapse=x }", HOURLY),
        ("TimersMonotonic={ OnUnitActiveUSec=1h ; next_elapse=x }", HOURLY),
        ("TimersMonotonic={ OnUnitActiveUSec=30min ; next_elapse=x }", HOURLY),
        ("TimersMonotonic={ OnUnitActiveUSec=1h 30min ; next_elapse=x }", "1h 30min"),
        ("TimersCalendar={ OnCalendar=*-*-* 00:00:00 ; next_elapse=x }", "*-*-* 00:00:00"),
        ("TimersCalendar={ OnCalendar=Mon *-*-* *:00:00 ; next_elapse=x }", "Mon *-*-* *:00:00"),
        ("TimersMonotonic={ OnBootUSec=1min ; next_elapse=x }", "never"),
    ],
)
def test_hours_of_a_timer(line: str, when: str) -> None:
    assert timer.jobs_of(timer.properties(line), timer.properties(SERVICE), "x.timer")[0].when == when


def test_script_of_a_service_is_printed_without_its_quotation_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = "argv[]=/opt/c/.venv/bin/pytest -m daily --target toy ;"
    script = "argv[]=/bin/sh -c cd /opt/c && .venv/bin/pytest -m daily --target toy ;"
    assert plain in SERVICE
    answers(monkeypatch, (0, TIMER, ""), (0, SERVICE.replace(plain, script), ""))
    assert measure("schedule_found", probing(schedule=DECLARED)).wrong == ()


def test_service_of_several_commands_is_judged_by_its_best(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, (0, TIMER, ""), (0, "ExecStart={ path=/bin/true ; argv[]=/bin/true ; }\n" + SERVICE, ""))
    assert measure("schedule_found", probing(schedule=DECLARED)).wrong == ()
