"""Evidence: kept line by line, whole after an interruption, rendered again after a kill."""

import json
import re
import signal
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from conformance.cli import app
from tests.plugin.project import DAILY, JUDGED, TARGET, Project

# The third of five checks waits for ever, or until the file `go` is there.
SLOW = """
    @daily
    @runbook("OPS-1.1")
    @parametrize("number", [1, 2, 3, 4, 5])
    def test_steps(number, require):
        "One after the other."
        while number == 3 and not os.path.exists("go"):
            time.sleep(0.02)
        require(take(True))
    """
FILES = {"journal.jsonl", "results.json", "report.html", "pytest.html", "junit.xml"}


def until_two_are_done(project: Project) -> Path:
    """The folder of the run that is under way, once two checks stand in its journal."""
    ends = time.monotonic() + 30
    while time.monotonic() < ends:
        for run in project.runs():
            if (run / "journal.jsonl").exists():
                lines = project.journal(run)
                if sum(line["type"] == "check" for line in lines) == 2:
                    time.sleep(0.1)
                    return run
        time.sleep(0.02)
    raise AssertionError(f"no run got as far as the third check: {project.runs()}")


@pytest.fixture
def slow(project: Project) -> Project:
    project.checks(SLOW)
    project.write("thresholds.yaml", "toy.value: {runbook: MON-2.1, unit: s, warning: {above: 2}}\n")
    project.checks("@weekly\n@runbook('MON-2.1', row='toy.value')\ndef test_w(judge): ...\n", "suites/weekly/test_w.py")
    return project


def test_a_run_leaves_one_folder_with_everything_and_latest_points_to_it(project: Project) -> None:
    first, second = project.run(), project.run()
    assert second.folder is not None
    assert {path.name for path in second.folder.iterdir()} == FILES
    assert re.fullmatch(r"\d{8}T\d{6}\.\d{6}Z-daily-toy", second.folder.name)
    assert second.folder == (project.path / "reports" / "latest").resolve()
    assert first.folder != second.folder
    assert second.output.index(f"evidence: {second.folder}/report.html")
    assert second.folder.name == second.run["id"]


def test_the_record_says_who_when_where_and_with_what(project: Project) -> None:
    run = project.run().run
    assert {"daily", "toy", "test", "unknown"} == {
        run[key] for key in ("suite", "target", "environment", "marker_expr", "fail_on")
    }
    assert run["command"] == "pytest -m daily --target=toy"
    assert [run["complete"], run["exit_code"], run["gate"]] == [True, 0, []]
    assert run["started"] < run["finished"]
    assert run["started"].endswith("+00:00")
    assert {"thresholds", "target", "waivers", "runbook"} == set(run["hashes"])
    assert {"synchronised", "max_error_s"} == set(run["clock"])


def test_the_journal_is_written_line_by_line(slow: Project) -> None:
    process = slow.start()
    run = until_two_are_done(slow)
    assert [line["type"] for line in slow.journal(run)] == ["run", "selected", "check", "check"]
    assert not (run / "results.json").exists()
    (slow.path / "go").touch()
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 0, output
    assert [line["type"] for line in slow.journal(run)][2:] == ["check"] * 5 + ["end"]


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_a_run_that_is_told_to_end_keeps_what_it_did(slow: Project, workers: tuple[str, ...]) -> None:
    process = slow.start(*DAILY, *workers)
    run = until_two_are_done(slow)
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 2, output
    assert FILES >= {path.name for path in run.iterdir()} >= FILES - {"pytest.html"}
    found = json.loads((run / "results.json").read_text())
    assert [found["run"]["complete"], found["run"]["exit_code"]] == [False, 2]
    people = found["run"]["population"]
    assert [people[key] for key in ("collected", "selected", "deselected", "executed", "not_run")] == [6, 5, 1, 2, 3]
    assert "INCOMPLETE RUN" in output
    assert "3 selected and not run" in output
    assert "by SIGTERM: what was done until now is kept" in output


def test_nagios_knows_nothing_of_a_run_that_was_told_to_end(slow: Project) -> None:
    process = slow.start(*DAILY, "--nagios")
    until_two_are_done(slow)
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 3, output
    assert [line[:28] for line in output.splitlines()] == ["UNKNOWN - daily of toy: 2 OK"]


def test_a_run_that_was_killed_can_be_rendered_from_its_journal(slow: Project) -> None:
    process = slow.start()
    run = until_two_are_done(slow)
    process.kill()
    process.communicate(timeout=30)
    assert run == (slow.path / "reports" / "latest").resolve()
    assert not (run / "results.json").exists()
    with (run / "journal.jsonl").open("a") as file:
        file.write('{"type": "check", "id": "cut in the mid')
    done = CliRunner().invoke(app, ["render", str(run)])
    assert done.exit_code == 0, done.output
    assert "(INCOMPLETE RUN)" in done.output
    found = json.loads((run / "results.json").read_text())
    assert [found["run"]["complete"], found["run"]["exit_code"]] == [False, None]
    assert [found["run"]["population"][key] for key in ("selected", "deselected", "executed", "not_run")] == [
        5,
        1,
        2,
        3,
    ]
    assert {"report.html", "junit.xml"} <= {path.name for path in run.iterdir()}
    junit = (run / "junit.xml").read_text()
    assert "<error" in junit, "a CI system that reads only this file must not see a green run"
    assert "test_steps[5]" in junit


def test_rendering_again_changes_nothing(project: Project) -> None:
    project.checks(JUDGED.format(value=9))
    ran = project.run()
    assert ran.folder is not None
    before = {name: (ran.folder / name).read_bytes() for name in ("results.json", "report.html", "junit.xml")}
    for name in before:
        (ran.folder / name).unlink()
    done = CliRunner().invoke(app, ["render", str(ran.folder)])
    assert done.exit_code == 0, done.output
    assert before == {name: (ran.folder / name).read_bytes() for name in before}


def test_a_damaged_line_is_named_and_not_only_a_check_that_is_missing(project: Project) -> None:
    project.checks(JUDGED.format(value=1))
    ran = project.run()
    assert ran.folder is not None
    path = ran.folder / "journal.jsonl"
    lines = path.read_text().splitlines()
    number = next(n for n, line in enumerate(lines, start=1) if '"type": "check"' in line)
    path.write_text("\n".join(["garbage{" if n == number else line for n, line in enumerate(lines, start=1)]))
    done = CliRunner().invoke(app, ["render", str(ran.folder)])
    words = f"journal.jsonl:{number} cannot be read: what it recorded is missing here"
    assert words in done.output
    assert words in (ran.folder / "report.html").read_text()


@pytest.mark.parametrize("content", [None, "words\n", "5\n", '{"no": "type"}\n'], ids=["none", "words", "5", "no type"])
def test_what_is_no_journal_cannot_be_rendered(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "journal.jsonl").write_text(content)
    done = CliRunner().invoke(app, ["render", str(tmp_path)])
    assert done.exit_code == 4, done.output
    assert "journal.jsonl is" in done.output
    assert ["journal.jsonl"] * (content is not None) == [path.name for path in tmp_path.iterdir()]


def test_where_reports_cannot_be_written_the_run_lies_under_the_state_folder(project: Project) -> None:
    """Root may write into a read-only folder, so a file stands in for one."""
    project.write("reports", "a file, no folder")
    ran = project.run()
    assert ran.exit_code == 0, ran.output
    assert ran.folder is not None
    assert project.state / "runs" == ran.folder.parent
    assert {path.name for path in ran.folder.iterdir()} == FILES
    ours = [line for line in ran.output.splitlines() if not line.startswith(("=", "-"))]
    assert f"evidence: {ran.folder}/report.html ({project.path}/reports" in ours[-1]
    assert "cannot be written" in ours[-1]
    assert ran.folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_of_ones_own(project: Project) -> None:
    (project.path / "out").mkdir()
    (project.path / "out" / "note.txt").write_text("mine")
    ran = project.run(*DAILY, "--run-dir=out")
    assert ran.exit_code == 0, ran.output
    assert FILES | {"note.txt"} == {path.name for path in (project.path / "out").iterdir()}
    assert project.runs() == []
    found = json.loads((project.path / "out" / "results.json").read_text())
    assert found["run"]["id"].endswith("Z-daily-toy"), "the id is the run's, wherever its folder lies"


def test_a_refused_run_leaves_the_folder_of_ones_own_as_it_was(project: Project) -> None:
    project.write("out/note.txt", "mine")
    assert project.run("-m", "dialy", "--target=toy", "--run-dir=out").exit_code == 4
    assert [path.name for path in (project.path / "out").iterdir()] == ["note.txt"]


@pytest.mark.parametrize("name", ["results.json", "report.html", "junit.xml"])
def test_a_report_that_cannot_be_written_is_told_and_fails_the_run(project: Project, name: str) -> None:
    (project.path / "out" / name).mkdir(parents=True)
    ran = project.run(*DAILY, "--run-dir=out")
    assert ran.exit_code == 1, ran.output
    assert f"evidence incomplete: out/{name}" in ran.output
    assert "Traceback" not in ran.output
    assert project.journal(project.path / "out")[-1]["type"] == "end"


def test_two_runs_at_the_same_time(slow: Project) -> None:
    processes = [slow.start() for _ in range(2)]
    time.sleep(1)
    (slow.path / "go").touch()
    outputs = [process.communicate(timeout=40)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    runs = slow.runs()
    assert len(runs) == 2
    for run in runs:
        found = json.loads((run / "results.json").read_text())
        assert [found["run"]["complete"], len(found["checks"])] == [True, 5]
    assert (slow.path / "reports" / "latest").resolve() in runs
    assert [path.name for path in (slow.path / "reports").iterdir() if path.name.startswith(".")] == []


def test_values_that_json_xml_and_utf_8_do_not_know(project: Project) -> None:
    r"""Bell, a lone surrogate, a NUL and markup: what a log of the target may hold must not cost the record."""
    project.checks(JUDGED.format(value="9, excerpt='\\x07\\x00 \\udcff <b>&amp;</b> \\u202e ä', how='\\x1b[31m'"))
    ran = project.run()
    assert ran.said("toy.value") == ("CRITICAL", "none")
    assert ran.folder is not None
    assert {path.name for path in ran.folder.iterdir()} == FILES
    assert "<b>&amp;</b>" not in (ran.folder / "report.html").read_text()


def test_odd_values_in_a_requirement(project: Project) -> None:
    project.checks(
        """
        @daily
        @runbook("OPS-1.1")
        @parametrize("number", [1, 2, 3])
        def test_odd(number, require):
            import datetime
            if number == 1:
                require(take({"at": datetime.datetime(2026, 1, 1)}), at={datetime.datetime(2026, 1, 1)})
            if number == 2:
                require(take({"n": 10**30, "s": b"bytes"}), n=10**30, s=b"bytes")
            if number == 3:
                require(take({"a": {"b": {1}}}), a={"b": {1}})
        """,
        "suites/daily/test_odd.py",
    )
    ran = project.run()
    assert [ran.said(f"test_odd[{number}]") for number in (1, 2, 3)] == [("OK", "none")] * 3, ran.output


def test_overrides_stand_in_the_record_beside_the_runbook(project: Project) -> None:
    override = (
        "overrides: {toy.value: {reason: small machine, approver: ops, review: 2999-01-01, warning: {above: 4}}}\n"
    )
    project.write("targets/toy.yaml", TARGET + override)
    project.checks(JUDGED.format(value=3))
    threshold = project.run().check("toy.value")["threshold"]
    assert threshold["warning"] == {"above": 4}
    assert [threshold["override"][key] for key in ("reason", "approver", "review")] == [
        "small machine",
        "ops",
        "2999-01-01",
    ]
    assert threshold["override"]["runbook"]["words"] == "warning above 2, critical above 5"
