"""EMG-5.1: each incident left a record, and what it taught was done."""

import pytest


@pytest.mark.monthly
@pytest.mark.runbook("EMG-5.1")
def test_incident_records(incident_records, require):
    """Each incident has a record of all six steps, from who found it to what is done about it."""
    require(incident_records, value="complete")


@pytest.mark.monthly
@pytest.mark.runbook("EMG-5.1", row="incident.cause")
def test_incident_cause(incident_cause, judge):
    """No incident stays without a root cause."""
    judge(incident_cause)


@pytest.mark.monthly
@pytest.mark.runbook("EMG-5.1", row="incident.actions")
def test_incident_actions(incident_actions, judge):
    """What was to be done so that an incident does not come again is done in time."""
    judge(incident_actions)
