"""SEC-4.9: strangers get 403 on the admin path, and those who are listed get in."""

import pytest


@pytest.mark.monthly
@pytest.mark.postdeploy
@pytest.mark.runbook("SEC-4.9")
def test_admin_lets_in(admin_admits, require):
    """Whoever is listed reaches the application: without this control a dead server would look like a strict list."""
    require(admin_admits, value="let in")


@pytest.mark.monthly
@pytest.mark.postdeploy
@pytest.mark.runbook("SEC-4.9")
def test_admin_refuses(admin_refuses, require):
    """Whoever is not listed, the next-door addresses of each range among them, is refused by nginx itself."""
    require(admin_refuses, value="refused by nginx")


@pytest.mark.monthly
@pytest.mark.postdeploy
@pytest.mark.runbook("SEC-4.9")
def test_admin_spelling(admin_spelled, require):
    """No spelling of the path, and nothing below it, lets a stranger in."""
    require(admin_spelled, value={"refused by nginx", "not there"})


@pytest.mark.monthly
@pytest.mark.postdeploy
@pytest.mark.runbook("SEC-4.9")
def test_admin_header(admin_forged, require):
    """No header in which a stranger names a listed address lets him in."""
    require(admin_forged, value="refused by nginx")


@pytest.mark.monthly
@pytest.mark.postdeploy
@pytest.mark.runbook("SEC-4.9")
def test_admin_doors(admin_doors, require):
    """No other server name and no other port lets a stranger in."""
    require(admin_doors, value="none")


@pytest.mark.monthly
@pytest.mark.postdeploy
@pytest.mark.runbook("SEC-4.9")
def test_admin_public(admin_public, require):
    """A stranger still sees what is for everybody: refusing all is an outage."""
    require(admin_public, value="200")


@pytest.mark.monthly
@pytest.mark.postdeploy
@pytest.mark.runbook("SEC-4.9")
def test_admin_source(admin_source, require):
    """nginx sees who asks under his own address; a gateway that stands for everybody can be neither listed nor not."""
    require(admin_source, value="its own")


@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.9")
def test_nginx_trusted(nginx_trusted, require):
    """nginx takes nobody's word on addresses but that of the declared load balancers."""
    require(nginx_trusted, value="declared proxies only")


@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.9")
def test_nginx_listed(nginx_listed, require):
    """The configuration lists the declared ranges, no more and no fewer."""
    require(nginx_listed, value="as declared")


@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.9")
def test_nginx_guards(nginx_unguarded, require):
    """Every location that could answer for the admin path asks the whitelist first."""
    require(nginx_unguarded, value="none")
