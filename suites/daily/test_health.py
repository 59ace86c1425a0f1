"""OPS-1.2: the health endpoint answers."""

import pytest


@pytest.mark.daily
@pytest.mark.predeploy
@pytest.mark.postdeploy
@pytest.mark.runbook("OPS-1.2")
def test_health(health_status, require):
    """The health endpoint answers 200 itself, whole, without a redirect."""
    require(health_status, value="200")


@pytest.mark.daily
@pytest.mark.predeploy
@pytest.mark.postdeploy
@pytest.mark.runbook("OPS-1.2")
def test_health_dependencies(health_dependencies, require):
    """The health endpoint calls every dependency of the service well."""
    require(health_dependencies, value="none")


@pytest.mark.daily
@pytest.mark.predeploy
@pytest.mark.postdeploy
@pytest.mark.runbook("OPS-1.2", row="health.time")
def test_health_time(health_time, judge):
    """The health endpoint answers in good time."""
    judge(health_time)
