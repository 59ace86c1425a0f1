"""OPS-1.9 and OPS-1.10: logs can be read, are kept within bounds and long enough, and really rotate."""

import pytest


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.9")
def test_log_readable(log_readable, require):
    """The engine gives the log of the service back, so that it can be followed, filtered and searched."""
    require(log_readable, value="readable")


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.9")
def test_log_limit(log_limit, require):
    """The log of the service has a size limit, so that it cannot fill the disk."""
    require(log_limit, value="limited", otherwise="WARNING")


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.9", row="log.reach")
def test_log_reach(container_reach, judge):
    """The log that the engine keeps reaches back far enough to look into yesterday's trouble."""
    judge(container_reach)


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.10")
def test_collector(collector_answer, require):
    """The facts that only root may read can be read on the host, by the one script that sudo allows."""
    require(collector_answer, value="root", otherwise="UNKNOWN")


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.10")
def test_rotation_accepted(rotation_accepted, require):
    """logrotate takes the rule of the log as it stands."""
    require(rotation_accepted, value="accepted")


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.10")
def test_rotation_rule(rotation_meaning, require):
    """The rule says what the runbook says, whatever words it uses."""
    require(
        rotation_meaning,
        period="daily",
        compress=True,
        delaycompress=True,
        notifempty=True,
        create="create 0640 agent-v3 agent-v3",
        sharedscripts=True,
        names="one for each day",
        scripts="none that stops it",
        user="may rotate",
    )


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.10", row="rotation.count")
def test_rotation_count(rotation_count, judge):
    """The rule keeps as many rotated files as the runbook says."""
    judge(rotation_count)


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.10", row="rotation.age")
def test_rotation_age(rotation_age, judge):
    """logrotate has rotated the log when it was due: its state file says so."""
    judge(rotation_age)


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.10", row="rotated.age")
def test_rotated_age(rotated_age, judge):
    """There is a rotated file of yesterday or today."""
    judge(rotated_age)


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.10", row="rotated.number")
def test_rotated_number(rotated_number, judge):
    """Rotated files that are too old are removed."""
    judge(rotated_number)


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.10", row="rotated.plain")
def test_rotated_plain(rotated_plain, judge):
    """Rotated files are compressed, all but the newest."""
    judge(rotated_plain)


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.10", row="rotation.reach")
def test_rotation_reach(rotation_reach, judge):
    """Rotated files are kept as long as the rule promises."""
    judge(rotation_reach)


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.10", row="rotation.size")
def test_rotation_size(rotation_size, judge):
    """No file of the log has grown past its size."""
    judge(rotation_size)


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.10")
def test_rotation_access(rotation_access, require):
    """The live file is the service's own: it may write, its group may read, and nobody else."""
    require(rotation_access, value="0640 agent-v3 agent-v3")


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.10")
def test_rotation_open(rotation_open, require):
    """The service writes to the live file, by device and inode, and to none that was moved away."""
    require(rotation_open, value="the live file")
