"""OPS-1.11, SEC-4.5: the newest backup restores in a throw-away server, level by level."""

import pytest


@pytest.mark.weekly
@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.5")
@pytest.mark.runbook("OPS-1.11")
def test_dump_kind(dump_kind, dump_reaching, dump_noise, require):
    """The newest backup holds one database, its schema and its data, and nothing else."""
    require(dump_kind, value="a database")
    require(dump_reaching, value="none")
    require(dump_noise, value="nothing", otherwise="WARNING")


@pytest.mark.weekly
@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.5")
@pytest.mark.runbook("OPS-1.11")
def test_dump_tables(dump_tables, require):
    """Every table that the application needs is in the newest backup."""
    require(dump_tables, value="none")


@pytest.mark.weekly
@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.5")
@pytest.mark.runbook("OPS-1.11")
def test_dump_roles(dump_roles, require):
    """The roles that the newest backup names are in a backup too, with what they may."""
    require(dump_roles, value="none", otherwise="WARNING")


@pytest.mark.weekly
@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.5")
@pytest.mark.runbook("OPS-1.11")
def test_dump_manifest(dump_manifest, require):
    """The rows of the newest backup were counted while it was written, and the count is of this file."""
    require(dump_manifest, value="written", otherwise="WARNING")


@pytest.mark.weekly
@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.5")
@pytest.mark.runbook("OPS-1.11", row="backup.manifest")
def test_dump_manifest_time(dump_manifest_time, judge):
    """The manifest of the newest backup was written with it, neither before nor after."""
    judge(dump_manifest_time)


@pytest.mark.weekly
@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.5")
@pytest.mark.runbook("OPS-1.11")
def test_dump_counted(dump_counted, require):
    """The newest backup holds what was counted while it was written; without a manifest only the floors say."""
    require(dump_counted, value={"as written", "no manifest"})


@pytest.mark.weekly
@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.5")
@pytest.mark.runbook("OPS-1.11")
def test_restore_preflight(restore_preflight, require):
    """There is a throw-away server with room for the newest backup, no older than it, with its extensions."""
    require(restore_preflight, value="fit")


@pytest.mark.weekly
@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.5")
@pytest.mark.runbook("OPS-1.11")
def test_restore(restore_result, require):
    """The newest backup restores without a single error."""
    require(restore_result, value="restored")


@pytest.mark.weekly
@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.5")
@pytest.mark.runbook("OPS-1.11")
def test_restored_schema(restored_schema, require):
    """The schema came back as production has it: columns, keys, code, policies, owners, grants and all."""
    require(restored_schema, value="as in production", otherwise="WARNING")


@pytest.mark.weekly
@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.5")
@pytest.mark.runbook("OPS-1.11")
def test_restored_rows(restored_rows, restored_floors, require):
    """Every row of the dump was restored, and no table has fewer than it must."""
    require(restored_rows, value="all")
    require(restored_floors, value="none")


@pytest.mark.weekly
@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.5")
@pytest.mark.runbook("OPS-1.11")
def test_restored_empty(restored_empty, require):
    """No restored table is empty, and no large object is lost, that production has, as its catalogue tells."""
    require(restored_empty, value="none", otherwise="WARNING")


@pytest.mark.weekly
@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.5")
@pytest.mark.runbook("OPS-1.11")
def test_restored_sequences(restored_sequences, require):
    """No restored sequence gives a value that its column has already: the next INSERT would fail."""
    require(restored_sequences, value={"none", "no sequences"})


@pytest.mark.weekly
@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.5")
@pytest.mark.runbook("OPS-1.11", row="restore.loss")
def test_restored_loss(restored_loss, judge):
    """No table lost much of what it held when it was restored the last time."""
    judge(restored_loss)


@pytest.mark.weekly
@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.5")
@pytest.mark.runbook("OPS-1.11", row="restore.erosion")
def test_restored_erosion(restored_erosion, judge):
    """No table lost much of the most that it ever held in months: a little each week adds up."""
    judge(restored_erosion)


@pytest.mark.weekly
@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.5")
@pytest.mark.runbook("OPS-1.11", row="restore.age")
def test_restored_age(restored_age, judge):
    """The newest row in the newest backup is no older than the recovery point allows."""
    judge(restored_age)


@pytest.mark.weekly
@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.5")
@pytest.mark.runbook("OPS-1.11")
def test_restored_damage(restored_damage, require):
    """Heap and indexes of the restored database are sound."""
    require(restored_damage, value="none")


@pytest.mark.weekly
@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.5")
@pytest.mark.runbook("OPS-1.11")
def test_restored_smoke(smoke_answer, require):
    """The application's own question is answered by the restored database."""
    require(smoke_answer, value="t")


@pytest.mark.weekly
@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.5")
@pytest.mark.runbook("OPS-1.11", row="restore.time")
def test_restore_time(restore_time, judge):
    """The newest backup is restored and looked at within the time that a recovery may take."""
    judge(restore_time)


@pytest.mark.weekly
@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.5")
@pytest.mark.runbook("OPS-1.11")
def test_restore_leftovers(restore_leftovers, restore_stayed, require):
    """No earlier run that was killed has left a throw-away server with production data, and this one left none."""
    require(restore_leftovers, value="none", otherwise="WARNING")
    require(restore_stayed, value="nothing", otherwise="WARNING")
