"""OPS-1.5: errors in the recent log lines."""

import pytest


@pytest.mark.daily
@pytest.mark.postdeploy
@pytest.mark.runbook("OPS-1.5", row="log.errors")
def test_log_errors(log_errors, log_feed, judge):
    """The log shows few lines of level ERROR in its window."""
    judge(log_errors, starved_by=log_feed)


@pytest.mark.daily
@pytest.mark.postdeploy
@pytest.mark.runbook("OPS-1.5", row="log.criticals")
def test_log_criticals(log_criticals, log_feed, judge):
    """The log shows no line of level CRITICAL in its window."""
    judge(log_criticals, starved_by=log_feed)
