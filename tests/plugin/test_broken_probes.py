"""A probe that breaks or hangs costs the checks that need it, and nothing else."""

import time

import pytest

from tests.plugin.project import DAILY, Project

BROKEN = {
    "RuntimeError": ("raise RuntimeError('socket closed')", "the probe toy_probe broke: RuntimeError: socket closed"),
    "two lines": ("raise RuntimeError('first\\nsecond')", "the probe toy_probe broke: RuntimeError: first second"),
    "skip": ("pytest.skip('not today')", "the probe toy_probe broke: Skipped: not today"),
    "exit": ("sys.exit(3)", "the probe toy_probe broke: SystemExit: 3"),
    "not measured": ("raise NotMeasured('no permission', next_step='grant it')", "no permission"),
    "time-out": ("time.sleep(9)", "the probe toy_probe got no answer within 0.2 s"),
    "warning": ("import warnings; warnings.warn('old', DeprecationWarning); raise OSError('x')", "the probe toy_probe"),
}


@pytest.mark.parametrize("body", BROKEN)
def test_a_broken_probe_is_unknown_without_a_traceback(project: Project, body: str) -> None:
    code, reason = BROKEN[body]
    project.probes(f"@probe(timeout=0.2)\ndef toy_probe(run):\n    {code}\n")
    project.checks(
        """
        @daily
        @runbook("OPS-1.1")
        @parametrize("number", [1, 2])
        def test_asks(toy_probe, number, require): require(take(toy_probe))
        """,
        "suites/daily/test_asks.py",
    )
    ran = project.run()
    for check_id in ("test_asks[1]", "test_asks[2]"):
        assert ran.said(check_id) == ("UNKNOWN", "none")
        assert reason in ran.check(check_id)["reason"]
    assert ran.said("toy.value") == ("OK", "none")
    for sign in ("Traceback", "INTERNALERROR", "Exception in thread"):
        assert sign not in ran.output
    assert ran.check("test_asks[1]")["next_step"]


def test_the_deadline_of_the_run_ends_a_probe_before_its_own_time(project: Project) -> None:
    project.probes("@probe(timeout=60)\ndef toy_probe(run):\n    time.sleep(9)\n")
    project.checks("@daily\n@runbook('OPS-1.1')\ndef test_asks(toy_probe, require): ...\n", "suites/daily/test_asks.py")
    begin = time.monotonic()
    ran = project.run(*DAILY, "--deadline=0.5")
    assert "got no answer before the run's 0.5 s ended" in ran.check("test_asks")["reason"]
    assert time.monotonic() - begin < 5


def test_a_probe_that_hangs_does_not_hold_the_process(project: Project) -> None:
    """A stopped server answers nothing for ever; the thread that waits for it must not be joined at exit."""
    project.probes(
        """
        @probe(timeout=0.5)
        def toy_probe(run):
            time.sleep(600)
        """
    )
    project.checks("@daily\n@runbook('OPS-1.1')\ndef test_asks(toy_probe, require): ...\n", "suites/daily/test_asks.py")
    begin = time.monotonic()
    ran = project.run(apart=True)
    assert time.monotonic() - begin < 15, "the process waited for its probe"
    assert ran.said("test_asks") == ("UNKNOWN", "none")
    assert ran.exit_code == 1


def test_a_time_out_of_a_part_is_its_fault_and_the_cause_of_what_follows(project: Project) -> None:
    project.probes(
        """
        @probe(timeout=0.2, part="redis", check="test_answers")
        def toy_probe(run):
            time.sleep(9)
        """
    )
    project.checks(
        """
        @daily
        @runbook("OPS-1.1")
        def test_answers(toy_probe, require): ...
        @daily
        @runbook("OPS-1.1")
        def test_follows(require): raise NotMeasured("no answer", parts=("redis",))
        """,
        "suites/daily/test_asks.py",
    )
    ran = project.run()
    assert ran.said("test_answers") == ("UNKNOWN", "none")
    assert ran.said("test_follows") == ("UNKNOWN", "blocked")
    assert ran.check("test_follows")["blocked_by"] == "test_answers"
