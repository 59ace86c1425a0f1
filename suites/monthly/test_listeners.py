"""SEC-4.9: what listens is what was declared, and what is private cannot be reached from outside."""

import pytest


@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.9")
def test_host_listeners(host_undeclared, host_missing, require):
    """On the host listens what was declared, and nothing else that others can reach."""
    require(host_undeclared, value="none", otherwise="WARNING")
    require(host_missing, value="none", otherwise="WARNING")


@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.9")
def test_service_listeners(service_undeclared, service_missing, require):
    """In the containers listens what was declared, and nothing else that others can reach."""
    require(service_undeclared, value="none", otherwise="WARNING")
    require(service_missing, value="none", otherwise="WARNING")


@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.9")
def test_published_ports(published_undeclared, published_missing, require):
    """The ports that the engine has published on the host are those that were declared."""
    require(published_undeclared, value="none", otherwise="WARNING")
    require(published_missing, value="none", otherwise="WARNING")


@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.9")
def test_private_published(private_published, require):
    """A private service is published to the host itself at most."""
    require(private_published, value="none")


@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.9")
def test_private_reached(private_reached, require):
    """Who comes from outside finds no door of a private service open."""
    require(private_reached, value="none")
