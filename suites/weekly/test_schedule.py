"""OPS-1.8: the daily suite runs every hour, and its record shows it."""

import pytest


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.8")
def test_schedule_installed(schedule_installed, require):
    """Something starts the suite: a line of a crontab, or a systemd timer."""
    require(schedule_installed, value="installed")


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.8")
def test_schedule_hours(schedule_hours, require):
    """It is started every hour."""
    require(schedule_hours, value="every hour")


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.8")
def test_schedule_command(schedule_command, require):
    """What is started is the whole daily suite against this target: markers, target and options are spelt right."""
    require(schedule_command, value="understood")


@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.8", row="schedule.gap")
def test_schedule_gap(schedule_gap, judge):
    """The record of daily runs has no gap: none of them was missed."""
    judge(schedule_gap)
