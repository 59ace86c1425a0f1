"""PERF-3.9 and 3.10: how much the application may do at once, as configured and as seen."""

import pytest


@pytest.mark.weekly
@pytest.mark.runbook("PERF-3.9", row="llm.concurrency")
def test_llm_concurrency(configured, judge):
    """As many LLM calls may run at once as agreed."""
    judge(configured)


@pytest.mark.weekly
@pytest.mark.runbook("PERF-3.9", row="llm.in_flight")
def test_llm_in_flight(prometheus_reading, judge):
    """Never more LLM calls ran at once, in one process, than agreed."""
    judge(prometheus_reading)


@pytest.mark.weekly
@pytest.mark.runbook("PERF-3.10", row="http.pool.connections")
def test_http_connections(configured, judge):
    """The HTTP pool may hold as many connections as agreed."""
    judge(configured)


@pytest.mark.weekly
@pytest.mark.runbook("PERF-3.10", row="http.pool.keepalive")
def test_http_keepalive(configured, judge):
    """The HTTP pool keeps as many idle connections as agreed."""
    judge(configured)


@pytest.mark.weekly
@pytest.mark.runbook("PERF-3.10", row="http.pool.timeout")
def test_http_timeout(configured, judge):
    """A call over the HTTP pool ends after the agreed time."""
    judge(configured)


@pytest.mark.weekly
@pytest.mark.runbook("PERF-3.10", row="http.pool.in_flight")
def test_http_in_flight(prometheus_reading, judge):
    """Never more calls were under way over the HTTP pool, in one process, than it has connections."""
    judge(prometheus_reading)
