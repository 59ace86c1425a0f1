"""SEC-4.6: certificates are valid, and for long enough."""

import pytest


@pytest.mark.daily
@pytest.mark.monthly
@pytest.mark.predeploy
@pytest.mark.runbook("SEC-4.6", row="certificate.days")
def test_certificate_days(certificate_days, judge):
    """The certificate does not expire soon."""
    judge(certificate_days)
