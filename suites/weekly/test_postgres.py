"""OPS-1.6: what would stop PostgreSQL slowly. The runbook does not ask for it; the checks are ours."""

import pytest


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.6", row="postgres.xid.age")
def test_xid_age(postgres_xid_age, judge):
    """Transaction ids are far from running out."""
    judge(postgres_xid_age)


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.6")
def test_archiver(postgres_archiver, require):
    """Where WAL is archived, the last try succeeded."""
    require(postgres_archiver, value={"archives", "off"}, otherwise="WARNING")


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.6")
def test_slots_active(postgres_slots_inactive, require):
    """Every replication slot has a reader: without one the server keeps WAL until its disk is full."""
    require(postgres_slots_inactive, value="none", otherwise="WARNING")


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.6", row="postgres.slots.retained")
def test_slots_retained(postgres_slots_retained, judge):
    """No replication slot makes the server keep much WAL."""
    judge(postgres_slots_retained)


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.6", row="postgres.replication.lag")
def test_replication_lag(postgres_replication_lag, judge):
    """Every standby is close behind."""
    judge(postgres_replication_lag)


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.6", row="postgres.sequences.used")
def test_sequences(postgres_sequences, judge):
    """No sequence, nor the column that it fills, is near its end."""
    judge(postgres_sequences)


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.6")
def test_checksums_on(postgres_checksums_on, require):
    """PostgreSQL checks its pages, so that damage is noticed."""
    require(postgres_checksums_on, value="on", otherwise="WARNING")


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.6", row="postgres.checksum.failures")
def test_checksum_failures(postgres_checksum_failures, judge):
    """No page was found damaged."""
    judge(postgres_checksum_failures)


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.6")
def test_pending_restart(postgres_pending_restart, require):
    """No setting that was changed and reloaded waits for a restart; where the files can be read, none for a reload."""
    require(postgres_pending_restart, value="none", otherwise="WARNING")


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.6")
def test_autovacuum(postgres_autovacuum, require):
    """The server clears dead rows away by itself, before tables grow and transaction ids run out."""
    require(postgres_autovacuum, value="on", otherwise="WARNING")


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.6", row="postgres.tables.unvacuumed")
def test_unvacuumed_tables(postgres_unvacuumed, judge):
    """No large table is left out of that."""
    judge(postgres_unvacuumed)
