"""Prometheus and Alertmanager are up and see what they watch: the measurements of MON-2.1 to 2.3 rest on them."""

import pytest


@pytest.mark.daily
@pytest.mark.weekly
@pytest.mark.predeploy
@pytest.mark.postdeploy
@pytest.mark.runbook("MON-2.1")
def test_prometheus_ready(prometheus_ready, require):
    """Prometheus is ready and answers queries."""
    require(prometheus_ready, value="ready")


@pytest.mark.daily
@pytest.mark.monthly
@pytest.mark.runbook("MON-2.12")
def test_alertmanager_ready(alertmanager_answer, require):
    """Alertmanager is ready to pass alerts on."""
    require(alertmanager_answer, value="ready")


@pytest.mark.daily
@pytest.mark.runbook("MON-2.1")
def test_scrape_job(job_health, require):
    """Prometheus reaches every target of the scrape job."""
    require(job_health, value="up")
