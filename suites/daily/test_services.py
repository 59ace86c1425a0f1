"""OPS-1.1: every service is up."""

import pytest


@pytest.mark.daily
@pytest.mark.weekly
@pytest.mark.monthly
@pytest.mark.predeploy
@pytest.mark.postdeploy
@pytest.mark.runbook("OPS-1.1")
def test_engine(engine_answer, require):
    """The Docker engine answers, so that the state of the services can be known."""
    require(engine_answer, value="answers")


@pytest.mark.daily
@pytest.mark.weekly
@pytest.mark.monthly
@pytest.mark.predeploy
@pytest.mark.postdeploy
@pytest.mark.runbook("OPS-1.1")
def test_state(service_state, require):
    """As many containers of the service as declared are running."""
    require(service_state, value="running")


@pytest.mark.daily
@pytest.mark.predeploy
@pytest.mark.postdeploy
@pytest.mark.runbook("OPS-1.1")
def test_container_health(service_health, require):
    """The service's own health check passes; none declared, or none finished yet, is a warning."""
    failed = "unhealthy" in service_health.value
    require(service_health, value="healthy", otherwise="CRITICAL" if failed else "WARNING")


@pytest.mark.daily
@pytest.mark.predeploy
@pytest.mark.postdeploy
@pytest.mark.runbook("OPS-1.1")
def test_job(job_state, require):
    """The one-shot job has ended well, or is still at work."""
    require(job_state, value={"exited (0)", "running"})


@pytest.mark.daily
@pytest.mark.postdeploy
@pytest.mark.runbook("OPS-1.1", row="service.restarts")
def test_restarts(service_restarts, judge):
    """The service has not been restarted by its restart policy since the last run."""
    judge(service_restarts)


@pytest.mark.daily
@pytest.mark.runbook("OPS-1.3")
def test_out_of_memory(service_oom, require):
    """The kernel has not ended the service's container for want of memory."""
    require(service_oom, value=False)


@pytest.mark.daily
@pytest.mark.postdeploy
@pytest.mark.runbook("OPS-1.1")
def test_image(component_image, require):
    """The image that runs is the one that the target pins, by its id or digest."""
    weak = component_image.value in ("tag only", "no pin")
    require(component_image, value="pinned", otherwise="WARNING" if weak else "CRITICAL")


@pytest.mark.daily
@pytest.mark.predeploy
@pytest.mark.postdeploy
@pytest.mark.runbook("OPS-1.1")
def test_undeclared_services(undeclared_services, require):
    """No service of the project runs that the target does not declare."""
    require(undeclared_services, value="none", otherwise="WARNING")
