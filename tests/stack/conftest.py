"""The running stack, the suites that look at it, and copies of the checkout in which files may be edited."""

import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.stack import stack, turning
from tests.stack.running import Finished, Runner

__all__ = ["Finished", "Runner"]


@pytest.fixture(scope="session", autouse=True)
def _running_stack() -> None:
    """Fails, never skips: tests of faults that do not run prove nothing."""
    names = subprocess.run(
        ["docker", "ps", "-q", "--filter", f"label=com.docker.compose.project={stack.PROJECT}"],
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    if names.returncode or not names.stdout.strip():
        pytest.fail(f"the stack does not run: make stack-up {names.stderr.strip()}", pytrace=False)


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder of the tests' own, so that they neither see nor leave anything of other runs."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="session")
def runner(tmp_path_factory: pytest.TempPathFactory, state: Path) -> Callable[[str], Runner]:
    """The runner of a suite."""
    return lambda suite: Runner(suite, state, lambda: tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="session")
def seen_green(runner: Callable[[str], Runner]) -> Callable[[str], Finished]:
    """A suite's run on the healthy stack that has an earlier one to count from; later ones count from it."""

    @cache
    def look(suite: str) -> Finished:
        runner(suite)()
        return turning.green(runner(suite))

    return look


@pytest.fixture(scope="session")
def daily(runner: Callable[[str], Runner]) -> Runner:
    """Run the daily suite."""
    return runner("daily")


@pytest.fixture(scope="session")
def monthly(runner: Callable[[str], Runner]) -> Runner:
    """Run the monthly suite."""
    return runner("monthly")


@pytest.fixture(scope="session")
def weekly(runner: Callable[[str], Runner]) -> Runner:
    """Run the weekly suite."""
    return runner("weekly")


@pytest.fixture(scope="session")
def green(seen_green: Callable[[str], Finished]) -> Finished:
    """The healthy stack as the daily suite sees it."""
    return seen_green("daily")


@pytest.fixture(scope="session")
def weekly_green(seen_green: Callable[[str], Finished]) -> Finished:
    """The healthy stack as the weekly suite sees it."""
    return seen_green("weekly")


@pytest.fixture
def variant(tmp_path: Path) -> Callable[..., Path]:
    """A copy of the checkout in which files may be edited: `variant({'thresholds.yaml': (old, new)})`."""

    def copy(edits: dict[str, tuple[str, str]]) -> Path:
        place = tmp_path / "checkout"
        for name in ("conformance", "fixtures", "suites", "targets", "runbook"):
            shutil.copytree(stack.CHECKOUT / name, place / name)
        for name in ("conftest.py", "pyproject.toml", "thresholds.yaml"):
            shutil.copy(stack.CHECKOUT / name, place / name)
        (place / "reports").mkdir()
        (place / "stack").symlink_to(stack.CHECKOUT / "stack")
        for name, (old, new) in edits.items():
            text = (place / name).read_text(encoding="utf-8")
            assert old in text, f"{name} no longer holds {old!r}"
            (place / name).write_text(text.replace(old, new), encoding="utf-8")
        return place

    return copy
