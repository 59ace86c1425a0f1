"""OPS-1.11: the files of each set of backups, and whether the newest is whole to its last byte."""

import pytest


@pytest.mark.weekly
@pytest.mark.monthly
@pytest.mark.runbook("OPS-1.11")
def test_backup_growth(backup_growth, require):
    """The newest backup is not half-written under the name of a finished one."""
    require(backup_growth, value="settled")


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.11")
def test_backup_mode(backup_mode, require):
    """No backup is readable by everybody on the host."""
    require(backup_mode, value="none", otherwise="WARNING")


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.11", row="backup.stamp")
def test_backup_stamp(backup_stamp, judge):
    """What the newest backup's name says of its time agrees with the time of the file."""
    judge(backup_stamp)


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.11", row="backup.gap")
def test_backup_gap(backup_gap, judge):
    """The schedule of the backups has no gap."""
    judge(backup_gap)


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.11", row="backup.kept")
def test_backup_kept(backup_kept, judge):
    """As many backups are there as are to be kept."""
    judge(backup_kept)


@pytest.mark.weekly
@pytest.mark.monthly
@pytest.mark.runbook("OPS-1.11")
def test_backup_archive(archive_end, archive_trailing, require):
    """The newest backup's archive is intact to its last byte, and nothing follows it."""
    require(archive_end, value="intact")
    require(archive_trailing, value="nothing", otherwise="WARNING")


@pytest.mark.weekly
@pytest.mark.monthly
@pytest.mark.runbook("OPS-1.11")
def test_backup_complete(dump_end, require):
    """The newest backup ends with the dump's own end mark: without it a dump that was cut restores without an error."""
    require(dump_end, value="complete")
