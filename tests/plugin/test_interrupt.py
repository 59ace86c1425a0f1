"""Ctrl-C, once or impatiently often, at any moment: exit 2, what was done is kept, and never a traceback."""

import json
import signal
import subprocess
import sys
import time

import pytest

from tests.plugin.project import DAILY, JUDGED, Project
from tests.plugin.test_evidence import FILES, slow, until_two_are_done

__all__ = ["slow"]

WAITS = "open('here', 'w').close(); time.sleep(60)"


def until_here(project: Project) -> None:
    """Until the child has come to what waits for ever."""
    ends = time.monotonic() + 15
    while not (project.path / "here").exists():
        assert time.monotonic() < ends, "the run did not come to the place where it waits"
        time.sleep(0.02)
    time.sleep(0.1)


def ended(process: "subprocess.Popen[str]", *, every: float = 0.02, times: int = 200) -> str:
    """What a run printed that is sent SIGINT again and again until it has ended."""
    for _ in range(times):
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGINT)
        time.sleep(every)
    output, _ = process.communicate(timeout=30)
    assert "Traceback" not in output, output
    assert process.returncode == 2, output
    return output


@pytest.mark.parametrize(
    ("every", "times", "workers"),
    [(0.0, 2, ()), (0.02, 200, ()), (0.3, 20, ()), (0.02, 200, ("-n", "1"))],
    ids=["twice", "often", "slowly", "xdist"],
)
def test_impatience_loses_nothing_of_a_run(slow: Project, every: float, times: int, workers: tuple[str, ...]) -> None:
    process = slow.start(*DAILY, *workers)
    run = until_two_are_done(slow)
    output = ended(process, every=every, times=times)
    assert FILES >= {path.name for path in run.iterdir()} >= FILES - {"pytest.html"}
    found = json.loads((run / "results.json").read_text())["run"]
    assert [found["complete"], found["exit_code"], found["population"]["executed"]] == [False, 2, 2]
    assert "INCOMPLETE RUN" in output


def test_interrupted_while_the_checks_are_imported(project: Project) -> None:
    project.checks(f"{WAITS}\n{JUDGED.format(value=1)}")
    process = project.start()
    until_here(project)
    assert "by SIGINT: what was done until now is kept" in ended(process)
    assert [json.loads((run / "results.json").read_text())["run"]["exit_code"] for run in project.runs()] == [2]


def test_interrupted_while_the_plugins_are_imported(project: Project) -> None:
    project.probes(f"{WAITS}\n")
    process = project.start()
    until_here(project)
    assert ended(process) == "interrupted before anything was measured\n"
    assert project.runs() == []


def test_tests_that_are_no_checks_are_interrupted_as_ever(project: Project) -> None:
    project.write("tests/test_plain.py", f"import time\ndef test_plain():\n    {WAITS}\n")
    process = project.start("tests")
    until_here(project)
    assert "KeyboardInterrupt" in ended(process, times=1)


def test_run_that_was_started_to_ignore_ctrl_c_goes_on(slow: Project) -> None:
    command = f"trap '' INT; exec {sys.executable} -m pytest {' '.join(DAILY)}"
    process = subprocess.Popen(
        ["sh", "-c", command], cwd=slow.path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )  # fmt: skip
    until_two_are_done(slow)
    process.send_signal(signal.SIGINT)
    (slow.path / "go").touch()
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 0, output
