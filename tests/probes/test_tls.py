"""Certificates as a server on loopback shows them and as a file holds them."""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.reading import NotMeasured, Reading
from fixtures import tls as probe
from fixtures.host import Facts
from fixtures.tls import parse
from tests.probes.conftest import Serve
from tests.probes.support import body, closed_port, hang, measure, probing, within


def served(port: int, **keys: Any) -> Any:
    declared = {"nginx": {"endpoint": f"127.0.0.1:{port}", "service": "nginx", **keys}}
    run = probing(services={"nginx": {}}, certificates=declared)
    return run, measure("tls_certificates", run)


def days(port: int) -> Reading:
    run, found = served(port)
    reading = body(probe.certificate_days)(found, "nginx", run.target)
    assert isinstance(reading, Reading)
    return reading


@pytest.mark.parametrize(("name", "expected"), [("good", 90), ("elsewhere", 5), ("early", -2), ("expired", -3)])
def test_certificate_is_read_whether_or_not_a_client_would_accept_it(
    serve: Serve, tls: Callable[[str], ssl.SSLContext], name: str, expected: float
) -> None:
    reading = days(serve(hang, tls(name)))
    assert expected == pytest.approx(reading.value, abs=0.1)
    assert reading.unit == "days"
    assert "issuer CN=Test CA" in reading.excerpt


def test_port_where_nobody_listens() -> None:
    port = closed_port()
    _, found = served(port)
    assert found["nginx"].reason == f"127.0.0.1:{port} shows no certificate: [Errno 111] Connection refused"
    assert found["nginx"].parts == ("nginx",)


def test_server_that_says_nothing(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "TIMEOUT", 0.5)
    with within(1.5):
        _, found = served(serve(hang))
    assert "timed out" in found["nginx"].reason


@pytest.mark.parametrize("said", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n", b""])
def test_server_that_speaks_no_tls(serve: Serve, said: bytes) -> None:
    def handler(connection: Any) -> None:
        connection.recv(4096)
        connection.sendall(said)

    with within(2):
        _, found = served(serve(handler))
    assert isinstance(found["nginx"], NotMeasured)
    assert "shows no certificate" in found["nginx"].reason


def test_one_that_cannot_be_had_hides_no_other(serve: Serve, tls: Callable[[str], ssl.SSLContext]) -> None:
    declared = {
        "bad": {"endpoint": f"127.0.0.1:{closed_port()}"},
        "good": {"endpoint": f"localhost:{serve(hang, tls('good'))}"},
        "file": {"file": "/not/there.pem"},
    }
    facts = Facts({}, "local://", 0, 0)
    found = measure("tls_certificates", probing(certificates=declared, results={"host_facts": facts}))
    assert {name: isinstance(one, NotMeasured) for name, one in found.items()} == {
        "bad": True, "good": False, "file": True,
    }  # fmt: skip


def test_address_in_brackets_is_an_address(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    _, found = served(1, endpoint=f"[::1]:{closed_port()}")
    assert "Connection refused" in found["nginx"].reason


def test_file_of_the_host(certificates: Path) -> None:
    text = (certificates / "good.pem").read_text(encoding="ascii")
    facts = Facts({"file mine": text}, "local://", 0, 0)
    run = probing(certificates={"mine": {"file": "/etc/tls/mine.pem"}}, results={"host_facts": facts})
    found = measure("tls_certificates", run)["mine"]
    assert found.source == "/etc/tls/mine.pem"
    assert "subject CN=localhost" in found.text


@pytest.mark.parametrize("first", ["good", "expired"])
def test_chain_is_valid_while_all_of_it_is(certificates: Path, first: str) -> None:
    second = {"good": "expired", "expired": "good"}[first]
    chain = parse(b"".join((certificates / f"{name}.pem").read_bytes() for name in (first, second)), "x")
    alone = parse((certificates / "expired.pem").read_bytes(), "x")
    assert chain.not_after == alone.not_after
    assert len(chain.text.splitlines()) == 2


@pytest.mark.parametrize(
    "pem",
    [
        b"", b"nothing", b"-----BEGIN CERTIFICATE-----\nbm90aGluZw==\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\n", b"-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n",
    ],
)  # fmt: skip
def test_file_without_a_certificate_is_not_measured(pem: bytes) -> None:
    with pytest.raises(NotMeasured, match=r"/x\.pem holds no PEM certificate"):
        parse(pem, "/x.pem")
