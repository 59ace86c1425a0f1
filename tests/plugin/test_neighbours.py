"""Ordinary tests beside the checks are left alone, and workers change nothing of what is recorded."""

from pathlib import Path

import pytest

from tests.plugin.project import DAILY, TARGET, Project

PLAIN = """
    import pytest

    def test_passes():
        pass

    def test_fails():
        assert 1 == 2

    @pytest.mark.xfail(reason="some day")
    def test_expected():
        raise ValueError

    @pytest.mark.parametrize("service", ["a"])
    def test_of_a_name_that_is_a_subject(service):
        assert service == "a"

    def test_skips():
        pytest.skip("not today")
    """


def test_plain_tests_need_no_target_and_leave_no_run(project: Project) -> None:
    project.write("tests/test_plain.py", PLAIN)
    ran = project.run("tests")
    assert ran.counts == {"passed": 2, "failed": 1, "xfailed": 1, "skipped": 1}
    assert ran.exit_code == 1
    assert "assert 1 == 2" in ran.output, "pytest's own report of a failure"
    assert project.runs() == []
    assert "evidence" not in ran.output


def test_plain_tests_are_run_beside_a_broken_target(project: Project) -> None:
    project.write("targets/toy.yaml", "")
    project.write("tests/test_plain.py", "def test_passes():\n    pass\n")
    assert project.run("tests", "--target=toy").exit_code == 0


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_plain_tests_and_checks_in_one_run(project: Project, workers: tuple[str, ...]) -> None:
    project.write("tests/test_plain.py", PLAIN)
    ran = project.run("suites", "tests", "-k", "toy or passes or fails", "--target=toy", *workers)
    assert {key: ran.counts[key] for key in ("passed", "failed")} == {"passed": 2, "failed": 1}
    assert list(ran.checks) == ["toy.value"]
    assert ran.run["population"]["selected"] == 1
    assert ran.exit_code == 1
    assert "assert 1 == 2" in ran.output


def test_plain_tests_of_a_marked_run_pass_unseen(project: Project) -> None:
    project.write("tests/test_plain.py", "import pytest\n@pytest.mark.daily\ndef test_passes():\n    pass\n")
    ran = project.run("suites", "tests", *DAILY)
    assert (ran.counts, ran.exit_code) == ({"passed": 2}, 0)
    assert ran.run["population"]["collected"] == 1


SUBJECTS = """
    @subject("services")
    def service(target):
        return target.services
    @probe(timeout=5)
    def toy_values(run):
        return {"redis": 1, "agent-v3": 3, "web": 9}
    """
CHECKS = """
    @daily
    @runbook("MON-2.1", row="toy.value")
    def test_toy(toy_values, service, judge): judge(take(toy_values[service]))
    @daily
    @runbook("OPS-1.1")
    @runbook("OPS-1.2")
    @parametrize("second", ["a", "b"])
    def test_two(service, second, require):
        "A check of two dimensions."
        require(take(True))
    @weekly
    @runbook("OPS-1.3")
    def test_weekly(require): require(take(True))
    """


def test_ids_population_and_records_are_the_same_with_workers(project: Project) -> None:
    project.write("targets/toy.yaml", TARGET.replace("{redis: {}}", "{redis: {}, agent-v3: {}, web: {}}"))
    project.probes(SUBJECTS)
    project.checks(CHECKS)
    alone, spread = project.run(), project.run(*DAILY, "-n", "2")
    changing = ("started", "duration_s", "reading", "recent")
    expected = {key: {k: v for k, v in check.items() if k not in changing} for key, check in alone.checks.items()}
    assert expected == {
        key: {k: v for k, v in check.items() if k not in changing} for key, check in spread.checks.items()
    }
    assert alone.run["population"] == spread.run["population"]
    assert {key: alone.run["population"][key] for key in ("collected", "selected", "deselected")} == {
        "collected": 10,
        "selected": 9,
        "deselected": 1,
    }
    assert alone.run["summary"] == spread.run["summary"]
    assert {"toy.value[agent-v3]", "toy.value[redis]", "toy.value[web]"} < set(alone.checks)
    two = [key for key in alone.checks if key.startswith("test_two")]
    assert len(two) == 6, two
    assert alone.check(two[0])["runbook"] == ["OPS-1.1", "OPS-1.2"]


def test_a_checkout_behind_a_link_is_the_same_checkout(project: Project, tmp_path: Path) -> None:
    """Deployments often run from /srv/current: the checks below it must not pass for ordinary tests."""
    link = tmp_path / "current"
    link.symlink_to(project.path)
    ran = project.run(f"--rootdir={link}", f"{link}/suites/daily", *DAILY)
    assert ran.exit_code == 0, ran.output
    assert list(ran.checks) == ["toy.value"]


def test_files_of_another_cadence_are_not_imported(project: Project) -> None:
    project.write("suites/monthly/test_other.py", "import pytest\nimport nothing_like_it\npytest.mark.monthly\n")
    project.write("suites/monthly/test_mixed.py", "import pytest\nimport nothing_either\npytest.mark.daily\n")
    ran = project.run(*DAILY)

    assert "import_monthly_test_mixed" in str(ran.checks)
    assert "test_other" not in ran.output
    assert "test_other" not in str(ran.checks)


def test_files_of_every_cadence_are_imported_by_a_wider_expression(project: Project) -> None:
    project.write("suites/monthly/test_other.py", "import pytest\nimport nothing_like_it\npytest.mark.monthly\n")
    ran = project.run("-m", "daily or monthly", "--target=toy")

    assert "import_monthly_test_other" in str(ran.checks)
