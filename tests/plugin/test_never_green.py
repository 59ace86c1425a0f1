"""Never green on nothing: every way in which a run could pass without having measured anything."""

import pytest

from tests.plugin.project import DAILY, JUDGED, TARGET, Project

SUBJECT = """
    @subject("services")
    def service(target):
        return target.services
    """
BY_SUBJECT = """
    @daily
    @runbook("OPS-1.1")
    def test_state(service, require):
        "Every service runs."
        require(take("running"), value="running")
    """
GOOD = """
    @daily
    @runbook("OPS-1.2")
    def test_good(require):
        "It is good."
        require(take(True))
    """
EXEMPT = "not_applicable:\n- {check: test_state, reason: no services here, approver: ops, review: 2999-01-01}\n"


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_no_subject_gives_one_placeholder(project: Project, workers: tuple[str, ...]) -> None:
    project.write("targets/toy.yaml", TARGET.replace("{redis: {}}", "{}"))
    project.probes(SUBJECT)
    project.checks(BY_SUBJECT, "suites/daily/test_state.py")
    ran = project.run(*DAILY, *workers)
    assert ran.said("test_state[nothing-declared]") == ("UNKNOWN", "none")
    check = ran.check("test_state[nothing-declared]")
    assert check["reason"] == "the target declares no service"
    assert "list them under `services` in toy.yaml, or declare test_state not_applicable" in check["next_step"]
    assert [ran.exit_code, len(ran.checks)] == [1, 2]


def test_no_subject_may_be_declared(project: Project) -> None:
    project.write("targets/toy.yaml", TARGET.replace("{redis: {}}", "{}") + EXEMPT)
    project.probes(SUBJECT)
    project.checks(BY_SUBJECT, "suites/daily/test_state.py")
    ran = project.run()
    assert ran.said("test_state[nothing-declared]") == (None, "not_applicable")
    assert ran.exit_code == 0, ran.output


def test_every_subject_is_a_case_with_a_readable_id(project: Project) -> None:
    project.write("targets/toy.yaml", TARGET.replace("{redis: {}}", "{redis: {}, agent-v3: {}, 'a b/[c]': {}}"))
    project.probes(SUBJECT)
    project.checks(BY_SUBJECT, "suites/daily/test_state.py")
    expected = {"test_state[a b/[c]]", "test_state[agent-v3]", "test_state[redis]", "toy.value"}
    ran = project.run()
    assert expected == set(ran.checks)
    assert ran.check("test_state[agent-v3]")["subject"] == "agent-v3"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import nosuchlibrary\n", "No module named 'nosuchlibrary'"),
        ("def test_x(:\n", "SyntaxError: invalid syntax"),
        ("raise SystemError('first\\nlast')\n", "last"),
        ("raise SystemExit(0)\n", "SystemExit"),
        ("import pytest\npytest.skip('not today', allow_module_level=True)\n", "not today"),
        ("import pytest\npytest.importorskip('nosuchlibrary')\n", "nosuchlibrary"),
    ],
    ids=["import", "syntax", "error", "exit", "skip", "importorskip"],
)
def test_a_check_file_that_does_not_import_is_one_unknown(project: Project, text: str, words: str) -> None:
    marks = "# the file marks with mark.daily and runbook('OPS-1.7')\n"
    project.write("suites/daily/test_broken.py", text + marks)
    ran = project.run()
    assert ran.exit_code == 1, ran.output
    assert ran.said("import_daily_test_broken") == ("UNKNOWN", "none")
    check = ran.check("import_daily_test_broken")
    assert words in check["reason"]
    assert check["runbook"] == ["OPS-1.7"]
    assert ran.said("toy.value") == ("OK", "none"), "the others run"
    assert "Traceback" not in ran.output


def test_two_broken_files_of_one_name_blind_nothing(project: Project) -> None:
    for cadence in ("daily", "weekly"):
        project.write(f"suites/{cadence}/test_same.py", f"import nosuchlibrary  # mark.{cadence}\n")
    ran = project.run()
    assert {"toy.value", "import_daily_test_same"} == set(ran.checks)


@pytest.mark.parametrize(("text", "selected"), [("mark.weekly", False), ("mark.daily", True), ("", True)])
def test_a_broken_file_counts_in_the_cadences_that_it_names(project: Project, text: str, selected: bool) -> None:
    project.write("suites/daily/test_broken.py", f"import nosuchlibrary  # {text}\n")
    assert selected is ("import_daily_test_broken" in project.run().checks)


BODIES = {
    "nothing": "pass",
    "skip": "pytest.skip('not today')",
    "fail": "pytest.fail('on purpose')",
    "xfail": "pytest.xfail('some day')",
    "assert": "assert 1 == 2",
    "raise": "raise RuntimeError('broken')",
    "exit": "raise SystemExit(0)",
    "None": "judge(take(None))",
    "NaN": "judge(take(float('nan')))",
    "Inf": "judge(take(float('inf')))",
    "empty": "judge(take(()))",
    "text": "judge(take('3'))",
    "bool": "judge(take(True))",
    "unit": "judge(take(1, unit='ms'))",
}


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_what_judges_nothing_is_unknown(project: Project, workers: tuple[str, ...]) -> None:
    bodies = "".join(f"    if body == {name!r}:\n        {code}\n" for name, code in BODIES.items())
    head = f"@daily\n@runbook('MON-2.1', row='toy.value')\n@parametrize('body', {list(BODIES)})\n"
    project.checks(f"{head}def test_toy(body, judge):\n{bodies}")
    project.checks(
        """
        @daily
        @runbook("OPS-1.1")
        @pytest.mark.skip(reason="not today")
        def test_skip(require): require(take(True))

        @daily
        @runbook("OPS-1.1")
        @pytest.mark.xfail(reason="some day")
        def test_xfail(require): require(take(False))

        @daily
        @runbook("OPS-1.1")
        @pytest.mark.skipif(True, reason="not here")
        def test_skipif(require): require(take(True))

        @daily
        @runbook("OPS-1.1")
        @parametrize("nobody", [])
        def test_nobody(nobody, require): require(take(True))

        @daily
        @runbook("OPS-1.1")
        def test_fixture(nosuchfixture, require): require(take(True))
        """,
        "suites/daily/test_marks.py",
    )
    ran = project.run(*DAILY, *workers)
    silent = {key: check for key, check in ran.checks.items() if key not in ("test_xfail",)}
    assert {("UNKNOWN", "none")} == {(check["verdict"], check["disposition"]) for check in silent.values()}
    assert len(BODIES) + 5 == len(ran.checks), sorted(ran.checks)
    assert ran.said("test_xfail") == ("CRITICAL", "none"), "a mark of pytest waives nothing: a waiver does"
    assert all(check["reason"] for check in ran.checks.values())
    assert ran.exit_code == 1


def test_all_not_applicable_is_exit_1(project: Project) -> None:
    exempt = "not_applicable:\n- {check: '*', reason: nothing here, approver: ops, review: 2999-01-01}\n"
    project.write("targets/toy.yaml", TARGET + exempt)
    ran = project.run(*DAILY, "--fail-on=critical")
    assert ran.exit_code == 1, ran.output
    assert ran.run["gate"] == ["nothing was measured"]
    assert project.run(*DAILY, "--nagios").exit_code == 3


@pytest.mark.parametrize("value", ["None", "float('nan')", "float('inf')", "()"])
@pytest.mark.parametrize("on_no_data", ["unknown", "ok", "warning"])
def test_no_reading_at_all_is_exit_1_whatever_fail_on_and_the_row_say(
    project: Project, value: str, on_no_data: str
) -> None:
    project.write(
        "thresholds.yaml", f"toy.value: {{runbook: MON-2.1, unit: s, warning: {{above: 2}}, on_no_data: {on_no_data}}}"
    )
    project.checks(JUDGED.format(value=value))
    ran = project.run(*DAILY, "--fail-on=critical")
    assert (on_no_data.upper(), "none") == ran.said("toy.value")
    assert (ran.exit_code, ran.run["gate"]) == (1, ["nothing was measured"])


def test_no_check_selected_is_exit_5_and_forgets_nothing(project: Project) -> None:
    assert project.run().exit_code == 0
    kept = [path.read_bytes() for path in project.state.iterdir()]
    for arguments in (("-m", "weekly"), ("-k", "nosuchword"), (*DAILY[:2], "-k", "nosuchword")):
        ran = project.run(*arguments, "--target=toy")
        assert ran.exit_code == 5, ran.output
        assert ran.run["population"]["deselected"] == ran.run["population"]["collected"] > 0
    assert kept == [path.read_bytes() for path in project.state.iterdir() if "daily" in path.name]


def test_no_check_selected_is_unknown_to_nagios(project: Project) -> None:
    ran = project.run("-m", "weekly", "--target=toy", "--nagios")
    assert ran.exit_code == 3
    assert ran.output.startswith("UNKNOWN - ")


def test_a_fixture_that_breaks_on_its_way_out_fails_the_run_and_says_so(project: Project) -> None:
    project.checks(
        """
        @pytest.fixture
        def untidy():
            yield
            raise RuntimeError("left a container behind")

        @daily
        @runbook("OPS-1.1")
        def test_good(untidy, require): require(take(True))
        """,
        "suites/daily/test_untidy.py",
    )
    ran = project.run()
    assert ran.exit_code == 1
    assert ran.said("test_good") == ("OK", "none")
    assert "suites/daily/test_untidy.py::test_good broke in teardown" in ran.output
    assert project.run(*DAILY, "--nagios").exit_code == 3


def test_a_worker_that_dies_is_not_green(project: Project) -> None:
    project.checks(
        GOOD + "\n    @daily\n    @runbook('OPS-1.3')\n    def test_dies(require): os._exit(0)\n",
        "suites/daily/test_a.py",
    )
    ran = project.run(*DAILY, "-n", "2", "--fail-on=critical")
    assert ran.exit_code in (1, 2, 3), ran.output
    assert False is ran.run["complete"]
    assert ran.run["population"]["not_run"] > 0
