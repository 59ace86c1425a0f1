"""CHG-6.1: the runbook says what is true, and everything that it says is accounted for."""

import pytest


@pytest.mark.monthly
@pytest.mark.runbook("CHG-6.1")
def test_runbook_traced(runbook_traced, require):
    """Each sentence of the runbook has a check, a manual item or a written reason, in each suite that it names."""
    require(runbook_traced, value="accounted for")


@pytest.mark.monthly
@pytest.mark.runbook("CHG-6.1")
def test_runbook_numbers(runbook_numbers, require):
    """The numbers in the runbook's tables are those that the checks judge by."""
    require(runbook_numbers, value="those of thresholds.yaml")
