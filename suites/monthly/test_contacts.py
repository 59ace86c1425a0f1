"""EMG-5.5: whoever is to be called can be reached, and somebody is on call."""

import pytest


@pytest.mark.monthly
@pytest.mark.runbook("EMG-5.5")
def test_roster(roster_file, require):
    """The roster of contacts is there, and every entry of it is whole."""
    require(roster_file, value="whole")


@pytest.mark.monthly
@pytest.mark.runbook("EMG-5.5")
def test_role_filled(role_filled, require):
    """The role is filled by somebody with a duty, and no placeholder of a template is left in the entry."""
    require(role_filled, value="filled")


@pytest.mark.monthly
@pytest.mark.runbook("EMG-5.5")
def test_role_phone(role_phone, require):
    """The role's telephone number can be dialled as it stands, from anywhere."""
    require(role_phone, value="E.164")


@pytest.mark.monthly
@pytest.mark.runbook("EMG-5.5")
def test_role_email(role_email, require):
    """The role's e-mail address is well formed and lies in a domain of the organisation."""
    require(role_email, value="good")


@pytest.mark.monthly
@pytest.mark.runbook("EMG-5.5")
def test_roles_shared(roles_shared, require):
    """Nobody stands for two roles without a reason: one telephone that is not answered must not silence both."""
    require(roles_shared, value="none", otherwise="WARNING")


@pytest.mark.monthly
@pytest.mark.runbook("EMG-5.5", row="contacts.confirmed")
def test_role_confirmed(role_confirmed, judge):
    """Somebody tried not long ago whether the role is reached this way."""
    judge(role_confirmed)


@pytest.mark.monthly
@pytest.mark.runbook("EMG-5.5")
def test_on_call(on_call_today, require):
    """Somebody is on call today."""
    require(on_call_today, value="somebody")


@pytest.mark.monthly
@pytest.mark.runbook("EMG-5.5", row="contacts.on_call")
def test_on_call_ahead(on_call_ahead, judge):
    """The next days have somebody on call too, without a gap."""
    judge(on_call_ahead)


@pytest.mark.monthly
@pytest.mark.runbook("EMG-5.5")
def test_receivers(receivers_agree, require):
    """Alertmanager mails those whom the roster names for each receiver, and nobody else."""
    require(receivers_agree, value="the same")
