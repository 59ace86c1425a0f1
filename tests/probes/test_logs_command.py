"""`conformance logs` as a person runs it: on files of this machine, in bounded memory, without a secret."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess

import docker
import pytest

from conformance.cli import logs
from fixtures.stream import Line

CHECKOUT = Path(__file__).parents[2]
CANARY = "correct-horse-battery"
PROGRAM = "from conformance.cli import app; app(prog_name='conformance')"
# The most memory that this program ever had; getrusage would count that of its parent before the exec.
MEASURED = "import atexit, sys; atexit.register(lambda: sys.stderr.write(open('/proc/self/status').read())); " + PROGRAM
Command = Callable[..., "CompletedProcess[str]"]


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Run it against a target whose one log is of files below logs/."""
    (tmp_path / "targets").mkdir()
    (tmp_path / "suites").mkdir()
    (tmp_path / "logs").mkdir()
    (tmp_path / "thresholds.yaml").write_text("{}\n")
    (tmp_path / "targets" / "toy.yaml").write_text(
        "name: toy\nenvironment: test\nhost: local://\ncompose: {project: toy}\nservices: {api: {}}\n"
        f"redis: {{host: r, password: {CANARY}}}\n"
        f"logs:\n  app: {{service: api, files: '{tmp_path}/logs/*.log'}}\n"
    )

    def run(*words: str, program: str = PROGRAM) -> CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", program, "logs", "--target=toy", f"--checkout={tmp_path}", *words], cwd=CHECKOUT,
            capture_output=True, text=True, timeout=300, check=False, env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        )  # fmt: skip

    return run


def line(minutes_ago: float, text: str) -> str:
    return f"{(datetime.now(UTC) - timedelta(minutes=minutes_ago)).isoformat()} {text}\n"


def test_lines_of_the_last_hour_by_level_and_word(command: Command, tmp_path: Path) -> None:
    (tmp_path / "logs" / "a.log").write_text(
        line(90, "ERROR old") + line(50, "INFO young") + line(40, "ERROR boom") + line(30, "ERROR bang")
    )
    assert command().stdout.count("\n") == 3
    assert command("--since=2h").stdout.count("\n") == 4
    assert command("--until=35m", "--level=ERROR").stdout.endswith("ERROR boom\n")
    found = command("--service=app", "--grep=b[a-z]+g$")
    assert (found.returncode, found.stdout.endswith("ERROR bang\n"), found.stderr) == (0, True, "")


def test_no_such_line_is_exit_1(command: Command, tmp_path: Path) -> None:
    (tmp_path / "logs" / "a.log").write_text(line(1, "INFO x"))
    found = command("--grep=nothing")
    assert (found.returncode, found.stdout, found.stderr) == (1, "", "no such line in app\n")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--since=yesterday"], "'yesterday' is no time: write 30m, 2h, 1d, or 2026-01-31T10:00:00Z"),
        (["--level=loud"], "--level loud: write one of debug, info"),
        (["--grep=("], "--grep (: missing )"),
        (["--service=nosuch"], "--service nosuch: toy has app, api"),
        (["--follow", "--until=1m"], "leave --until out"),
        (["--since=1h", "--until=2h"], "is not before --until 2h ("),
        (["--since=2999-01-01"], "--since 2999-01-01 is yet to come (2999-01-01T00:00:00Z): write 30m, 2h, 1d"),
        (["--since=2999-01-01", "--until=2999-01-02"], "is yet to come"),
        (
            ["--since=2026-01-02T00:00:00Z", "--until=2026-01-01T00:00:00+01:00"],
            "T23:00:00Z): exchange them",
        ),
    ],
)
def test_slip_is_exit_4_and_says_what_to_write(command: Command, words: list[str], says: str) -> None:
    found = command(*words)
    assert (found.returncode, says in found.stderr, found.stdout) == (4, True, ""), found.stderr


def test_engine_that_does_not_answer_is_exit_3_and_no_traceback(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "targets" / "toy.yaml"
    path.write_text(path.read_text() + "docker: unix:///run/nosuch.sock\n")
    found = command("--service=api")
    assert (found.returncode, "Traceback" in found.stderr) == (3, False)
    assert "a log cannot be read" in found.stderr


def test_engine_that_fails_hides_no_files(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "targets" / "toy.yaml"
    path.write_text(path.read_text() + "docker: unix:///run/nosuch.sock\n")
    (tmp_path / "logs" / "a.log").write_text(line(1, "INFO x"))
    found = command("--service=api", "--service=app")
    assert (found.returncode, found.stdout[-2:]) == (3, "x\n")
    assert found.stderr.count("a log cannot be read") == 1


def test_container_that_goes_away_meanwhile_is_said_and_its_lines_are_kept() -> None:
    def gone() -> Iterator[Line]:
        yield Line(datetime.now(UTC), "toy_api_1", "INFO x")
        raise docker.errors.NotFound("404", explanation="No such container: 1")

    troubles: list[str] = []
    assert [one.text for one in logs._safely(gone(), troubles)] == ["INFO x"]
    assert troubles == ["No such container: 1: it is gone since it was listed, so ask again"]


def test_files_that_are_not_there_are_exit_3_and_say_where_they_should_be(command: Command, tmp_path: Path) -> None:
    found = command()
    assert (found.returncode, found.stdout) == (3, "")
    assert found.stderr.startswith(f"a log cannot be read: there is no file {tmp_path}/logs/*.log")


def test_log_is_followed_until_ctrl_c_which_was_ignored_at_the_start(command: Command, tmp_path: Path) -> None:
    (tmp_path / "logs" / "a.log").write_text(line(1, "INFO x"))
    words = f'exec {sys.executable} -u -c "{PROGRAM}" logs --target=toy --checkout={tmp_path} --follow'
    with subprocess.Popen(
        ["sh", "-c", f"trap '' INT; {words}"], cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
    ) as reader:  # fmt: skip
        assert reader.stdout is not None
        assert reader.stdout.readline().endswith("x\n")
        reader.send_signal(signal.SIGINT)
        _, said = reader.communicate(timeout=20)
    assert (reader.returncode, said) == (0, "")


def test_secret_is_not_shown(command: Command, tmp_path: Path) -> None:
    (tmp_path / "logs" / "a.log").write_text(line(1, f"ERROR AUTH {CANARY} failed") + line(1, "INFO api_key=abcdef123"))
    found = command()
    assert CANARY not in found.stdout + found.stderr
    assert "abcdef123" not in found.stdout
    assert found.stdout.count("***") == 2


@pytest.mark.usefixtures("command")
def test_reader_who_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "logs" / "a.log").write_text(line(1, "INFO x") * 200_000)
    command = f'{sys.executable} -c "{PROGRAM}" logs --target=toy --checkout={tmp_path} | head -n 2'
    done = subprocess.run(
        ["sh", "-c", command], cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
    )  # fmt: skip
    assert (done.stdout.count("\n"), done.stderr) == (2, "")


def test_memory_is_bounded_whatever_the_size(command: Command, tmp_path: Path) -> None:
    """400 MB, of which nearly all is older than what is asked for, and one line of 50 MB."""
    with (tmp_path / "logs" / "a.log").open("w") as file:
        old = line(60 * 24, "INFO an old line of a busy service, with a little text behind it") * 1_000
        for _ in range(4_000):
            file.write(old)
        file.write(line(2, f"ERROR {'x' * 50_000_000}"))
        file.write(line(1, "ERROR the one that is looked for"))
    assert (tmp_path / "logs" / "a.log").stat().st_size > 400_000_000
    found = command("--level=error", "--grep=looked for", program=MEASURED)
    peak = int(found.stderr.partition("VmHWM:")[2].split()[0])
    assert found.stdout.endswith("looked for\n")
    assert found.stdout.count("\n") == 1
    assert peak < 200_000, f"{peak} KiB"
