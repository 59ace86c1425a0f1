"""What a client would believe of a server on loopback: chain, order and names, each apart from the others."""

import ssl
from pathlib import Path
from typing import Any

import pytest

from conformance.reading import NotMeasured, Reading
from fixtures import tls, tls_trust
from fixtures.tls_trust import Trust
from tests.probes.conftest import Serve
from tests.probes.issuing import Issued, issue, server
from tests.probes.support import body, closed_port, hang, measure, probing

ROOT = issue("Root", ca=True)
MIDDLE = issue("Middle", ROOT, ca=True)
LEAF = issue("localhost", MIDDLE, names=["localhost", "api.test"])


@pytest.fixture
def ca(tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    path.write_bytes(ROOT.pem)
    return str(path)


def look(port: int, ca: str | None, **keys: Any) -> Any:
    declared = {"web": {"endpoint": f"localhost:{port}", "service": "nginx", "ca": ca, **keys}}
    run = probing(certificates=declared, services={"nginx": {}})
    return run, measure("tls_trust", run)["web"]


def reading(fixture: Any, run: Any, found: Trust) -> Reading:
    value: Reading = body(fixture)(found, "web", run.target)
    return value


def test_complete_chain_of_a_trusted_authority(serve: Serve, tmp_path: Path, ca: str) -> None:
    run, found = look(serve(hang, server(tmp_path, LEAF, MIDDLE)), ca, names=["localhost", "api.test"])
    assert reading(tls_trust.certificate_verified, run, found).value == "verified"
    assert reading(tls_trust.certificate_sent, run, found).value == "in order"
    names = reading(tls_trust.certificate_names, run, found)
    assert (names.value, names.samples, names.parts) == ("matches", 2, ("nginx",))
    assert len(found.chain) == 2


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ([LEAF], "unable to get local issuer certificate"),
        ([issue("localhost")], "self-signed certificate"),
        ([issue("localhost", issue("Stranger", ca=True))], "unable to get local issuer certificate"),
        ([issue("localhost", issue("No authority", ROOT))], "unable to get local issuer certificate"),
    ],
    ids=["without its intermediate", "self-signed", "of a stranger", "of no authority"],
)
def test_chain_that_no_client_trusts(serve: Serve, tmp_path: Path, ca: str, sent: list[Issued], says: str) -> None:
    run, found = look(serve(hang, server(tmp_path, *sent)), ca)
    assert reading(tls_trust.certificate_verified, run, found).value == says
    assert reading(tls_trust.certificate_names, run, found).value == "matches", "the name is a question of its own"


def test_expiry_is_not_the_business_of_the_chain(serve: Serve, tmp_path: Path, ca: str) -> None:
    old = issue("localhost", ROOT, days=-3)
    run, found = look(serve(hang, server(tmp_path, old)), ca)
    assert reading(tls_trust.certificate_verified, run, found).value == "verified"
    assert reading(tls_trust.certificate_names, run, found).value == "matches"


def test_name_that_the_certificate_is_not_for(serve: Serve, tmp_path: Path, ca: str) -> None:
    port = serve(hang, server(tmp_path, LEAF, MIDDLE))
    run, found = look(port, ca, names=["api.test", "other.test"])
    assert reading(tls_trust.certificate_names, run, found).value == "not for other.test"
    assert reading(tls_trust.certificate_verified, run, found).value == "verified"


def test_address_is_no_name(serve: Serve, tmp_path: Path, ca: str) -> None:
    run, found = look(serve(hang, server(tmp_path, LEAF, MIDDLE)), ca, names=["127.0.0.1"])
    assert reading(tls_trust.certificate_names, run, found).value == "not for 127.0.0.1"


def test_common_name_alone_is_no_name_for_clients(serve: Serve, tmp_path: Path, ca: str) -> None:
    leaf = issue("localhost", ROOT, names=["other.test"])
    run, found = look(serve(hang, server(tmp_path, leaf)), ca)
    assert reading(tls_trust.certificate_names, run, found).value == "not for localhost"


def test_chain_out_of_order_still_verifies_and_is_said(serve: Serve, tmp_path: Path, ca: str) -> None:
    run, found = look(serve(hang, server(tmp_path, LEAF, ROOT, MIDDLE)), ca)
    assert reading(tls_trust.certificate_verified, run, found).value == "verified"
    assert reading(tls_trust.certificate_sent, run, found).value == "CN=localhost is followed by CN=Root"


def test_each_name_is_asked_for_by_itself(serve: Serve, tmp_path: Path, ca: str) -> None:
    """A server of several names has a certificate for each, and the wrong one for one of them."""
    wrong = server(tmp_path, issue("elsewhere.test", ROOT))
    right = server(tmp_path, LEAF, MIDDLE)

    def choose(secure: Any, name: str | None, context: Any) -> None:
        secure.context = wrong if name == "api.test" else right

    right.sni_callback = choose
    run, found = look(serve(hang, right), ca, names=["localhost", "api.test"])
    assert reading(tls_trust.certificate_names, run, found).value == "not for api.test"


def test_authorities_that_cannot_be_read(serve: Serve, tmp_path: Path) -> None:
    _, found = look(serve(hang, server(tmp_path, LEAF, MIDDLE)), str(tmp_path / "gone.pem"))
    assert isinstance(found, NotMeasured)
    assert "cannot be read from" in found.reason


def test_authorities_of_this_machine_are_the_default(serve: Serve, tmp_path: Path) -> None:
    run, found = look(serve(hang, server(tmp_path, LEAF, MIDDLE)), None)
    assert reading(tls_trust.certificate_verified, run, found).value == "unable to get local issuer certificate"


def test_port_where_nobody_listens() -> None:
    _, found = look(closed_port(), None)
    assert "shows no certificate" in found.reason
    assert found.parts == ("nginx",)
    with pytest.raises(NotMeasured, match="shows no certificate"):
        body(tls_trust.endpoint_trust)({"web": found}, "web")


def test_one_that_cannot_be_had_hides_no_other(serve: Serve, tmp_path: Path, ca: str) -> None:
    declared = {
        "bad": {"endpoint": f"localhost:{closed_port()}"},
        "good": {"endpoint": f"localhost:{serve(hang, server(tmp_path, LEAF, MIDDLE))}", "ca": ca},
        "file": {"file": "/x.pem"},
    }
    found = measure("tls_trust", probing(certificates=declared))
    assert {name: isinstance(one, Trust) for name, one in found.items()} == {"bad": False, "good": True}


def test_whole_chain_that_is_sent_counts_for_the_days_left(serve: Serve, tmp_path: Path) -> None:
    middle = issue("Short", ROOT, ca=True, days=4)
    port = serve(hang, server(tmp_path, issue("localhost", middle), middle))
    run = probing(certificates={"web": {"endpoint": f"localhost:{port}"}})
    found = measure("tls_certificates", run)
    assert body(tls.certificate_days)(found, "web", run.target).value == pytest.approx(4, abs=0.1)


def test_server_of_today_and_one_of_yesterday_are_both_read(serve: Serve, tmp_path: Path, ca: str) -> None:
    context = server(tmp_path, LEAF, MIDDLE, oldest=ssl.TLSVersion.MINIMUM_SUPPORTED)
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.maximum_version = ssl.TLSVersion.TLSv1
    run, found = look(serve(hang, context), ca)
    assert reading(tls_trust.certificate_verified, run, found).value == "verified"
