"""OPS-1.11: there is a fresh backup (that it restores is proved in suites/weekly)."""

import pytest


@pytest.mark.daily
@pytest.mark.weekly
@pytest.mark.monthly
@pytest.mark.predeploy
@pytest.mark.runbook("OPS-1.11")
def test_backup_exists(backup_count, require):
    """There is a backup of the set."""
    require(backup_count)


@pytest.mark.daily
@pytest.mark.weekly
@pytest.mark.predeploy
@pytest.mark.runbook("OPS-1.11", row="backup.age")
def test_backup_age(backup_age, judge):
    """The newest backup is no older than the recovery point allows."""
    judge(backup_age)


@pytest.mark.daily
@pytest.mark.weekly
@pytest.mark.predeploy
@pytest.mark.runbook("OPS-1.11", row="backup.size")
def test_backup_size(backup_size, judge):
    """The newest backup is more than the frame of an empty one."""
    judge(backup_size)


@pytest.mark.daily
@pytest.mark.weekly
@pytest.mark.predeploy
@pytest.mark.runbook("OPS-1.11", row="backup.size.share")
def test_backup_share(backup_share, judge):
    """The newest backup is no mere part of the one before."""
    judge(backup_share)


@pytest.mark.daily
@pytest.mark.weekly
@pytest.mark.predeploy
@pytest.mark.runbook("OPS-1.11")
def test_backup_format(backup_format, require):
    """The newest backup begins as an archive of its name does."""
    require(backup_format, value="as named")
