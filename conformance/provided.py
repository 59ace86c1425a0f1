"""What the machinery provides to checks and fixtures, as pytest fixtures: judge, require, target, rows and row."""

from collections.abc import Callable
from typing import Any

import pytest

from conformance import check as checks
from conformance import duration
from conformance.judging import Bench
from conformance.run import MEASURING


@pytest.fixture
def judge(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Compare a reading with the row that the check's marker names: `judge(reading)`."""
    return _bench(request).judge


@pytest.fixture
def require(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Hold a reading to what must be so: `require(reading, status=403)`."""
    return _bench(request).require


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest) -> Any:
    """The deployment under examination."""
    return request.config.stash[MEASURING].settings.target


@pytest.fixture(scope="session")
def rows(request: pytest.FixtureRequest) -> Any:
    """All rows in force, by name, for a check that judges whether another row can be judged."""
    return request.config.stash[MEASURING].settings.rows


@pytest.fixture
def row(request: pytest.FixtureRequest) -> str:
    """The name of the check's own row."""
    return request.node.stash[checks.KEY].row or ""


@pytest.fixture
def row_window(row: str, rows: Any) -> int:
    """The window of the check's own row, in seconds; a day where it has none."""
    return duration.seconds(rows[row].window or "1d")


def _bench(request: pytest.FixtureRequest) -> Bench:
    return request.config.stash[MEASURING].bench(request.node.stash[checks.KEY])
