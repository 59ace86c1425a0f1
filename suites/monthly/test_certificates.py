"""SEC-4.6: certificates are valid as clients see them, in force, and strong enough."""

import pytest


@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.6")
def test_certificate_chain(certificate_verified, certificate_sent, require):
    """Clients trust the certificate by what the server sends, and the chain comes in its order."""
    require(certificate_verified, value="verified")
    require(certificate_sent, value="in order", otherwise="WARNING")


@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.6")
def test_certificate_names(certificate_names, require):
    """The certificate is for every name by which clients come."""
    require(certificate_names, value="matches")


@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.6")
def test_certificate_loaded(certificate_loaded, require):
    """The server serves the certificate that lies in its file: a renewed one was loaded."""
    require(certificate_loaded, value="the one in the file", otherwise="WARNING")


@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.6")
def test_certificate_key_access(key_access, require):
    """Nobody but its owner may read the private key."""
    require(key_access, others="none")
    require(key_access, group="none", otherwise="WARNING")


@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.6", row="certificate.key.strength")
def test_certificate_key_strength(certificate_key_strength, judge):
    """No key of the chain can be broken with today's means."""
    judge(certificate_key_strength)


@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.6", row="certificate.signature.strength")
def test_certificate_signature_strength(certificate_signature_strength, judge):
    """No certificate of the chain is signed over a digest that can be forged."""
    judge(certificate_signature_strength)


@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.6")
def test_tls_versions(tls_versions, require):
    """Old protocol versions are refused."""
    require(tls_versions, broken="none")
    require(tls_versions, old="none", otherwise="WARNING")


@pytest.mark.monthly
@pytest.mark.runbook("SEC-4.6")
def test_tls_ciphers(tls_ciphers, require):
    """Ciphers that protect too little are refused."""
    require(tls_ciphers, broken="none")
    require(tls_ciphers, old="none", otherwise="WARNING")
