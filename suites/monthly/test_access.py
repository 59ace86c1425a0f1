"""SEC-4.4: the access log of the whole month was read, and says nothing that nobody can explain."""

import pytest


@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.4", row="access.admin.strangers")
def test_admin_strangers(admin_strangers, judge):
    """Nobody from outside the whitelist was answered on admin."""
    judge(admin_strangers)


@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.4", row="access.denied")
def test_access_denied(access_denied, judge):
    """No source was refused so often, so fast, that it must have been guessing."""
    judge(access_denied)


@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.4", row="access.errors")
def test_access_errors(access_errors, judge):
    """Few requests failed with 5xx."""
    judge(access_errors)


@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.4", row="access.scans")
def test_access_scans(access_scans, judge):
    """Scanners came no more often than they come to everybody."""
    judge(access_scans)


@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.4", row="access.scans.answered")
def test_access_scans_answered(access_scans_answered, judge):
    """No scanner found what it was looking for."""
    judge(access_scans_answered)


@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.4", row="access.unparsed")
def test_access_unparsed(access_unparsed, judge):
    """The lines of the log are understood: one that is not may be the one that matters."""
    judge(access_unparsed)


@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.4", row="access.reach")
def test_access_reach(access_reach, judge):
    """The log holds the whole month."""
    judge(access_reach)


@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.9", row="access.gateway")
def test_access_gateway(access_gateway, judge):
    """nginx sees the addresses of its clients, and not one gateway that stands for all of them."""
    judge(access_gateway)
