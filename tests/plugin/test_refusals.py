"""What a run refuses: exit 4, file and line, what to write instead; no traceback, nothing run, no folder left."""

from pathlib import Path

import pytest

from tests.plugin.project import DAILY, JUDGED, ROWS, TARGET, Project, Ran

# Leaves a file when it is started, so that "nothing ran" can be seen.
STARTED = """
    @probe(timeout=5)
    def toy_probe(run):
        open("started", "w").close()
        return 1
    """
ASKS = """
    @daily
    @runbook("MON-2.1", row="toy.value")
    def test_toy(toy_probe, judge):
        "The value is low."
        judge(take(toy_probe))
    """


@pytest.fixture
def watched(project: Project) -> Project:
    project.probes(STARTED)
    project.checks(ASKS)
    return project


def assert_refused(project: Project, ran: Ran, *words: str) -> None:
    assert ran.exit_code == 4, ran.output
    for word in words:
        assert word in ran.output
    for sign in ("Traceback", "INTERNALERROR", "\nE  ", "conformance/"):
        assert sign not in ran.output, f"{sign!r} is no answer to a person"
    assert not (project.path / "started").exists(), "a probe was started"
    assert project.runs() == [], "a refused run leaves no folder"
    assert not (project.path / "reports" / "latest").is_symlink()


@pytest.mark.parametrize(
    ("rows", "place", "words"),
    [
        ("toy.value: [\n", 2, "is no YAML"),
        (ROWS + "  colour: red\n", 7, "toy.value.colour: is no key that is known here: a row has"),
        (ROWS + "  unit: s\n", 7, "unit: is written twice, first in line 3: keep one"),
        (ROWS.replace("unit: s", "unit: seconds"), 3, "toy.value.unit: input should be '1', 's', '%'"),
        (ROWS.replace("above: 2", "above: .nan"), 4, "nan is no limit: write a finite number"),
        (ROWS.replace("above: 2", "above: two"), 4, "input should be a valid number"),
        (ROWS.replace("above: 2", "above: 6"), 1, "warning (above 6) must be reached before critical (above 5)"),
        ("", 1, "is empty: write keys and values"),
        ("- toy.value\n", 1, "holds a list: write keys and values"),
        (ROWS + ROWS.replace("toy.value", "toy.idle"), 7, "toy.idle: no check below suites/ uses this row"),
    ],
    ids=["syntax", "unknown key", "duplicate key", "unit", "nan", "text", "order", "empty", "a list", "no check"],
)
def test_bad_thresholds(watched: Project, rows: str, place: int, words: str) -> None:
    watched.write("thresholds.yaml", rows)
    assert_refused(watched, watched.run(), f"thresholds.yaml:{place}: ", words)


@pytest.mark.parametrize(
    ("target", "place", "words"),
    [
        (TARGET + "mounts: ]\n", 5, "is no YAML"),
        (TARGET + "colour: red\n", 5, "colour: is no key that is known here: a target has"),
        (TARGET + "name: toy\n", 5, "name: is written twice, first in line 1: keep one"),
        (TARGET + "redis: {host: '${TOY_HOST}'}\n", 5, "redis.host: ${TOY_HOST} is not set: export it or add it"),
        (TARGET + "redis: {host: h, port: many}\n", 5, "redis.port: input should be a valid integer"),
        (TARGET + "overrides: {toy.other: {reason: demo}}\n", 5, "overrides.toy.other: thresholds.yaml has no"),
        (TARGET + "overrides: {toy.value: {reason: demo, warning: {above: 3}}}\n", 5, "loosens warning: add approver"),
        ("", 1, "is empty: write keys and values"),
        ("- toy\n", 1, "holds a list: write keys and values"),
    ],
    ids=["syntax", "unknown key", "duplicate key", "not set", "text", "no such row", "unapproved", "empty", "a list"],
)  # fmt: skip
def test_bad_targets(watched: Project, target: str, place: int, words: str) -> None:
    watched.write("targets/toy.yaml", target)
    assert_refused(watched, watched.run(), f"toy.yaml:{place}: ", words)


def test_every_slip_of_both_files_is_told_at_once(watched: Project) -> None:
    watched.write("thresholds.yaml", ROWS + "  colour: red\n  shape: round\n")
    watched.write("targets/toy.yaml", TARGET + "colour: red\n")
    assert_refused(watched, watched.run(), "thresholds.yaml:7: ", "thresholds.yaml:8: ", "toy.yaml:5: ")


def test_a_check_whose_row_is_missing(watched: Project) -> None:
    watched.checks(JUDGED.replace("toy.value", "toy.gone").format(value=1), "suites/weekly/test_other.py")
    lines = (watched.path / "suites/weekly/test_other.py").read_text().splitlines()
    place = next(number for number, line in enumerate(lines, start=1) if "toy.gone" in line)
    words = f"test_other.py:{place}: row='toy.gone': thresholds.yaml has no such row"
    assert_refused(watched, watched.run(), words)


def test_bad_files_under_xdist(watched: Project) -> None:
    watched.write("thresholds.yaml", "")
    assert_refused(watched, watched.run(*DAILY, "-n", "2"), "thresholds.yaml:1: is empty")


def test_no_target_lists_what_there_is(watched: Project) -> None:
    watched.write("targets/other.yaml", TARGET)
    assert_refused(watched, watched.run("-m", "daily"), "write --target=NAME or set CONFORMANCE_TARGET", "other, toy")


def test_an_unknown_target_lists_what_there_is(watched: Project) -> None:
    assert_refused(watched, watched.run("-m", "daily", "--target=live"), "there is no target 'live'", "there is: toy")


def test_the_target_may_come_from_the_environment(watched: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONFORMANCE_TARGET", "toy")
    assert watched.run("-m", "daily").exit_code == 0


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_a_mistyped_marker(watched: Project, workers: tuple[str, ...]) -> None:
    ran = watched.run("-m", "dialy", "--target=toy", *workers)
    assert_refused(watched, ran, "dialy")


@pytest.mark.parametrize("arguments", [(), ("suites",), (".",)], ids=["bare", "suites", "here"])
def test_a_bare_run_says_what_to_write(watched: Project, arguments: tuple[str, ...]) -> None:
    assert_refused(watched, watched.run(*arguments, "--target=toy"), "which checks? write a cadence: pytest -m daily")


@pytest.mark.parametrize("deadline", ["0", "-1", "nan"])
def test_a_deadline_is_above_zero(watched: Project, deadline: str) -> None:
    assert_refused(watched, watched.run(*DAILY, f"--deadline={deadline}"), "--deadline is a number of seconds above 0")


def test_a_mistyped_verdict_of_fail_on(watched: Project) -> None:
    assert_refused(watched, watched.run(*DAILY, "--fail-on=fatal"), "invalid choice: 'fatal'")


def test_a_path_after_a_space_moves_the_root_and_is_refused(watched: Project, tmp_path: Path) -> None:
    """Pytest takes the path for one of tests, and its parent for the root: no check of this checkout may run there."""
    ran = watched.run(*DAILY, "--run-dir", str(tmp_path), apart=True)
    assert ran.exit_code == 4, ran.output
    assert watched.runs() == []
    assert not (watched.path / "started").exists()


def test_another_root_is_refused_with_what_to_write(watched: Project) -> None:
    (watched.path / "thresholds.yaml").unlink()
    assert_refused(watched, watched.run(), "run it in the checkout and write options that take a path with =")


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_a_test_in_suites_that_is_no_check(watched: Project, workers: tuple[str, ...]) -> None:
    watched.checks("@daily\ndef test_plain():\n    pass\n", "suites/daily/test_plain.py")
    ran = watched.run(*DAILY, *workers)
    assert_refused(
        watched, ran, "test_plain.py::test_plain: a test in suites/ is a check: add @pytest.mark.runbook(ID)"
    )


def test_two_checks_of_one_id(watched: Project) -> None:
    watched.checks(ASKS.replace("test_toy", "test_again"), "suites/daily/test_again.py")
    words = "both have the id toy.value: rename one"
    assert_refused(watched, watched.run(), "test_again.py::test_again", "test_toy.py::test_toy", words)


@pytest.mark.parametrize(
    "marker",
    ["runbook()", "runbook('MON2.1')", "runbook('FOO-2.1')", "runbook(21)", "runbook('MON-2.1', 'toy.value')",
     "runbook('MON-2.1', rwo='toy.value')", "runbook('MON-2.1', row=5)"],
)  # fmt: skip
def test_a_runbook_marker_that_says_too_little(watched: Project, marker: str) -> None:
    watched.checks(f"@daily\n@{marker}\ndef test_b(require):\n    pass\n", "suites/daily/test_b.py")
    assert_refused(watched, watched.run(), "test_b.py::test_b: write @pytest.mark.runbook('OPS-1.1') with an id")


def test_two_rows_on_one_check(watched: Project) -> None:
    both = (
        "@daily\n@runbook('MON-2.1', row='toy.value')\n@runbook('MON-2.2', row='toy.value')\ndef test_b(judge): ...\n"
    )
    watched.checks(both, "suites/daily/test_b.py")
    assert_refused(watched, watched.run(), "2 markers name a row: at most one may")


def test_a_refused_run_is_one_unknown_line_to_nagios(watched: Project) -> None:
    watched.write("thresholds.yaml", "")
    for arguments, words in ((DAILY, "thresholds.yaml:1: is empty"), (("-m", "daily"), "which target?")):
        ran = watched.run(*arguments, "--nagios")
        assert ran.exit_code == 3, ran.output
        [line] = ran.output.splitlines()
        assert line.startswith("UNKNOWN - ")
        assert words in line
    assert watched.runs() == []


def test_a_folder_of_another_run_is_refused_and_kept(watched: Project) -> None:
    assert watched.run(*DAILY, "--run-dir=out").exit_code == 0
    before = {path.name: path.read_bytes() for path in (watched.path / "out").iterdir()}
    (watched.path / "started").unlink()
    assert_refused(watched, watched.run(*DAILY, "--run-dir=out"), "--run-dir=out holds a run already")
    assert before == {path.name: path.read_bytes() for path in (watched.path / "out").iterdir()}


def test_no_place_for_the_run_at_all(watched: Project) -> None:
    watched.write("reports", "a file")
    watched.write("elsewhere", "a file")
    watched.write("targets/toy.yaml", TARGET + "state_dir: elsewhere\n")
    ran = watched.run()
    assert ran.exit_code == 4, ran.output
    assert "the run has no place" in ran.output
    assert "Traceback" not in ran.output
