"""What only a person can look at: a dated, named record says who did, and when."""

import pytest


@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.7")
def test_signoffs(signoff_records, require):
    """Each sign-off is a record of somebody in the roster, committed by that person and unchanged since."""
    require(signoff_records, value="in order", otherwise="WARNING")


@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.7", row="signoff.privileges")
def test_privileges_reviewed(signoff_age, judge):
    """A person has reviewed who may do what, within the quarter."""
    judge(signoff_age)


@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.3", row="signoff.scans")
def test_scans_looked_at(signoff_age, judge):
    """A person has looked at what the vulnerability scans say, within the month."""
    judge(signoff_age)


@pytest.mark.monthly
@pytest.mark.runbook("EMG-5.5", row="signoff.calls")
def test_numbers_called(signoff_age, judge):
    """A person has called each number of the roster, within the quarter."""
    judge(signoff_age)


@pytest.mark.monthly
@pytest.mark.runbook("CHG-6.1", row="signoff.runbook")
def test_runbook_reviewed(signoff_age, judge):
    """A person has read the runbook through, and it says what is true."""
    judge(signoff_age)
