"""PERF-3.4: the pool of connections has the agreed size, and all pools together fit into the server."""

import pytest


@pytest.mark.weekly
@pytest.mark.predeploy
@pytest.mark.runbook("PERF-3.4", row="postgres.pool.size")
def test_pool_size(pool_settings, judge):
    """The pool keeps the agreed number of connections."""
    judge(pool_settings["pool_size"])


@pytest.mark.weekly
@pytest.mark.predeploy
@pytest.mark.runbook("PERF-3.4", row="postgres.pool.overflow")
def test_pool_overflow(pool_settings, judge):
    """The pool opens at most the agreed number of connections beyond those that it keeps."""
    judge(pool_settings["max_overflow"])


@pytest.mark.weekly
@pytest.mark.predeploy
@pytest.mark.runbook("PERF-3.4", row="postgres.pool.timeout")
def test_pool_timeout(pool_settings, judge):
    """A request waits the agreed time for a connection."""
    judge(pool_settings["pool_timeout"])


@pytest.mark.weekly
@pytest.mark.predeploy
@pytest.mark.runbook("PERF-3.4", row="postgres.pool.recycle")
def test_pool_recycle(pool_settings, judge):
    """A connection is replaced at the agreed age."""
    judge(pool_settings["pool_recycle"])


@pytest.mark.weekly
@pytest.mark.runbook("PERF-3.4")
def test_pool_file(pool_file, require):
    """The file that these numbers were read from is the one that the service's containers have."""
    require(pool_file, value="the same numbers")


@pytest.mark.weekly
@pytest.mark.predeploy
@pytest.mark.runbook("PERF-3.4", row="postgres.pool.demand")
def test_pool_demand(pool_demand, judge):
    """What all processes of all services may open together fits into the slots of the server."""
    judge(pool_demand)


@pytest.mark.weekly
@pytest.mark.runbook("PERF-3.4", row="postgres.pool.used")
def test_pool_used(pool_used, judge):
    """The sessions that are open are no more than the declared pools may open."""
    judge(pool_used)
