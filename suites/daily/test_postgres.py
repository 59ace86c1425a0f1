"""OPS-1.6, MON-2.8 and EMG-5.3: PostgreSQL answers, has slots left, and nobody waits."""

import pytest


@pytest.mark.daily
@pytest.mark.weekly
@pytest.mark.monthly
@pytest.mark.predeploy
@pytest.mark.postdeploy
@pytest.mark.runbook("OPS-1.6")
def test_postgres_answer(postgres_answer, require):
    """PostgreSQL accepts a session and answers it."""
    require(postgres_answer, value="accepts sessions")


@pytest.mark.daily
@pytest.mark.weekly
@pytest.mark.monthly
@pytest.mark.predeploy
@pytest.mark.runbook("OPS-1.6")
def test_postgres_role(postgres_role, require):
    """The role that measures sees the sessions of all roles: else every count below would be too small."""
    require(postgres_role, value="pg_monitor")


@pytest.mark.daily
@pytest.mark.predeploy
@pytest.mark.runbook("MON-2.8", row="postgres.connections")
def test_connections(postgres_connections, judge):
    """Connections in use leave room for an administrator to get in."""
    judge(postgres_connections)


@pytest.mark.daily
@pytest.mark.predeploy
@pytest.mark.runbook("MON-2.8", row="postgres.connections.share")
def test_connections_share(postgres_share, judge):
    """Connections in use leave slots free, whatever max_connections is."""
    judge(postgres_share)


@pytest.mark.daily
@pytest.mark.runbook("EMG-5.3", row="postgres.locks.waiting")
def test_locks(postgres_waiting, judge):
    """Nobody waits long for a lock."""
    judge(postgres_waiting)


@pytest.mark.daily
@pytest.mark.weekly
@pytest.mark.runbook("EMG-5.3")
def test_postgres_activities(postgres_activities, require):
    """Every session shows what it does: else one that holds a transaction open would not be seen."""
    require(postgres_activities, value="all")


@pytest.mark.daily
@pytest.mark.weekly
@pytest.mark.runbook("EMG-5.3", row="postgres.idle_in_transaction")
def test_idle_in_transaction(postgres_idle, judge):
    """No session holds a transaction open without working in it."""
    judge(postgres_idle)
