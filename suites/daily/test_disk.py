"""OPS-1.4 and MON-2.6: disk space."""

import pytest


@pytest.mark.daily
@pytest.mark.predeploy
@pytest.mark.runbook("OPS-1.4")
@pytest.mark.runbook("MON-2.6", row="disk.free")
def test_disk_free(disk_free, judge):
    """The mount has space left."""
    judge(disk_free)


@pytest.mark.daily
@pytest.mark.predeploy
@pytest.mark.runbook("OPS-1.4", row="disk.inodes")
def test_disk_inodes(disk_inodes, judge):
    """The mount has inodes left: without one no file can be made, however much space is free."""
    judge(disk_inodes)


@pytest.mark.daily
@pytest.mark.runbook("OPS-1.4")
def test_undeclared_mounts(undeclared_mounts, require):
    """No file system is mounted whose space nobody watches."""
    require(undeclared_mounts, value="none", otherwise="WARNING")
