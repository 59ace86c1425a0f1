"""The toy project that the tests of the plugin run."""

from pathlib import Path

import pytest

from tests.plugin.project import CHECKOUT, Project


@pytest.fixture
def project(pytester: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with one row, one target and one check that is OK."""
    monkeypatch.delenv("CONFORMANCE_TARGET", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return Project(pytester, tmp_path / "state")
