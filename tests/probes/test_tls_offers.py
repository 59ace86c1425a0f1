"""Old versions and weak ciphers: servers on loopback that take them, ones that do not, and ones that lie."""

import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from conformance.reading import NotMeasured, Reading
from fixtures import tls_offers
from fixtures.tls_hello import CIPHERS, EVERY, TLS12, VERSIONS, Answer, Offer, hello, read
from fixtures.tls_offers import Spoken, proof, taken
from tests.probes.conftest import Serve
from tests.probes.issuing import issue, rsa_key, server
from tests.probes.support import body, closed_port, hang, measure, probing, within

LEAF = issue("localhost", key=rsa_key(2048))
OFFERS = {one.name: one for one in (*VERSIONS, *CIPHERS)}


def look(port: int) -> Any:
    return measure("tls_offers", probing(certificates={"web": {"endpoint": f"localhost:{port}"}}))["web"]


def said(found: Spoken) -> tuple[Reading, Reading]:
    run = probing(certificates={"web": {"endpoint": "x:1"}})
    versions = body(tls_offers.tls_versions)({"web": found}, "web", run.target)
    return versions, body(tls_offers.tls_ciphers)({"web": found}, "web", run.target)


STRICT = "ECDHE+AESGCM:ECDHE+CHACHA20"
NOTHING = {"broken": "none", "old": "none"}


def test_strict_server_refuses_everything(serve: Serve, tmp_path: Path) -> None:
    context = server(tmp_path, LEAF, ciphers=STRICT, oldest=ssl.TLSVersion.TLSv1_2)
    versions, ciphers = said(look(serve(hang, context)))
    assert (versions.value, ciphers.value) == (NOTHING, NOTHING)
    assert "an ordinary client then: TLSv1.3 with " in versions.excerpt
    assert "TLS 1.0: alert 70; control: a server of our own took it" in versions.excerpt


def test_server_that_speaks_only_the_newest_version(serve: Serve, tmp_path: Path) -> None:
    context = server(tmp_path, LEAF, oldest=ssl.TLSVersion.TLSv1_3)
    versions, ciphers = said(look(serve(hang, context)))
    assert (versions.value, ciphers.value) == (NOTHING, NOTHING)


def test_server_that_takes_everything(serve: Serve, tmp_path: Path) -> None:
    context = server(tmp_path, LEAF, ciphers="ALL:COMPLEMENTOFALL:@SECLEVEL=0", oldest=ssl.TLSVersion.MINIMUM_SUPPORTED)
    versions, ciphers = said(look(serve(hang, context)))
    assert versions.value == {"broken": "none", "old": "TLS 1.0, TLS 1.1"}
    assert ciphers.value == {"broken": "no encryption, no authentication", "old": "no forward secrecy"}


@pytest.mark.parametrize(
    ("ciphers", "expected"),
    [
        ("AES128-GCM-SHA256:ECDHE+AESGCM", {"broken": "none", "old": "no forward secrecy"}),
        ("NULL-SHA256:ECDHE+AESGCM:@SECLEVEL=0", {"broken": "no encryption", "old": "none"}),
        ("AECDH-AES128-SHA:ECDHE+AESGCM:@SECLEVEL=0", {"broken": "no authentication", "old": "none"}),
    ],
)
def test_each_weak_kind_by_itself(serve: Serve, tmp_path: Path, ciphers: str, expected: dict[str, str]) -> None:
    context = server(tmp_path, LEAF, ciphers=ciphers, oldest=ssl.TLSVersion.TLSv1_2)
    assert said(look(serve(hang, context)))[1].value == expected


def test_old_version_alone(serve: Serve, tmp_path: Path) -> None:
    context = server(tmp_path, LEAF, oldest=ssl.TLSVersion.MINIMUM_SUPPORTED)
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version = ssl.TLSVersion.TLSv1_1
    versions, _ = said(look(serve(hang, context)))
    assert versions.value == {"broken": "none", "old": "TLS 1.1"}


def server_hello(version: int, cipher: int) -> bytes:
    record = b"\x02\0\0\x26" + version.to_bytes(2, "big") + bytes(32) + b"\0" + cipher.to_bytes(2, "big") + b"\0"
    return b"\x16\x03\x00" + len(record).to_bytes(2, "big") + record


def offered(connection: socket.socket) -> tuple[int, set[int]]:
    """(version, ciphers) of one of our own hellos."""
    data = connection.recv(4096, socket.MSG_PEEK)
    size = int.from_bytes(data[44:46], "big")
    ids = data[46 : 46 + size]
    return int.from_bytes(data[9:11], "big"), {int.from_bytes(ids[n : n + 2], "big") for n in range(0, size, 2)}


def _is_openssl(connection: socket.socket) -> bool:
    """Whether the hello has a session id, which ours has not."""
    return connection.recv(4096, socket.MSG_PEEK)[43] > 0


@pytest.mark.parametrize(
    ("offer", "kind", "name"),
    [
        ((0x300, 0x0035), "versions", "SSL 3.0"),
        ((TLS12, 0x0005), "ciphers", "RC4"), ((TLS12, 0x000A), "ciphers", "3DES"),
        ((TLS12, 0x0009), "ciphers", "DES"), ((TLS12, 0x0003), "ciphers", "export"),
    ],
)  # fmt: skip
def test_what_openssl_has_forgotten_is_seen_all_the_same(
    serve: Serve, tmp_path: Path, offer: tuple[int, int], kind: str, name: str
) -> None:
    """A server of long ago, played: it takes one cipher in one version, and is an ordinary server otherwise."""
    context = server(tmp_path, LEAF, ciphers=STRICT, oldest=ssl.TLSVersion.TLSv1_2)
    version, cipher = offer

    def handler(connection: socket.socket) -> None:
        asked, ciphers = offered(connection)
        if not _is_openssl(connection) and asked == version and cipher in ciphers:
            connection.sendall(server_hello(version, cipher))
            return
        with context.wrap_socket(connection, server_side=True) as secure:
            hang(secure)

    versions, ciphers = said(look(serve(handler)))
    value = {"versions": versions.value, "ciphers": ciphers.value}[kind]
    expected = {"broken": name, "old": "none"} if OFFERS[name].broken else {"broken": "none", "old": name}
    assert value == expected


def test_every_offer_has_its_control() -> None:
    proofs = {name: proof(one) for name, one in OFFERS.items()}
    took = {name for name, text in proofs.items() if text == "a server of our own took it"}
    assert took == {"TLS 1.0", "TLS 1.1", "no encryption", "no authentication", "no forward secrecy"}
    assert all(proofs.values()), "of the rest the form was understood"


def test_offer_without_a_control_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls_offers, "hello", lambda offer, name: hello(offer, name)[:-7])
    assert {proof(one) for one in OFFERS.values()} == {""}
    refused = Spoken({name: Answer(0, 0, "alert 40") for name in OFFERS}, "x", dict.fromkeys(OFFERS, ""), "web:443")
    with pytest.raises(NotMeasured, match=r"that web:443 refuses SSL 3.0, TLS 1.0, TLS 1.1 proves nothing"):
        taken(refused, VERSIONS)


def test_offer_that_was_taken_needs_no_control() -> None:
    took = {name: Answer(one.version, one.ciphers[0], "") for name, one in OFFERS.items()}
    found = taken(Spoken(took, "x", dict.fromkeys(OFFERS, ""), "web:443"), VERSIONS)
    assert found == {"broken": "SSL 3.0", "old": "TLS 1.0, TLS 1.1"}


def test_server_that_hangs_up_on_everybody_is_not_strict(serve: Serve) -> None:
    found = look(serve(lambda connection: connection.recv(10)))
    assert isinstance(found, NotMeasured)
    assert "does not say what it refuses" in found.reason


def test_server_that_tires_of_us_is_not_strict(serve: Serve, tmp_path: Path) -> None:
    """It refuses everybody after the first: the ordinary client at the end does not get in."""
    context = server(tmp_path, LEAF, ciphers=STRICT)
    seen: list[int] = []

    def handler(connection: socket.socket) -> None:
        seen.append(1)
        if len(seen) == 1:
            with context.wrap_socket(connection, server_side=True) as secure:
                hang(secure)

    assert isinstance(look(serve(handler)), NotMeasured)


def test_server_that_is_silent_to_old_clients_alone_refuses_them(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls_offers, "TIMEOUT", 0.1)
    context = server(tmp_path, LEAF, ciphers=STRICT, oldest=ssl.TLSVersion.TLSv1_2)

    def handler(connection: socket.socket) -> None:
        if not _is_openssl(connection):
            hang(connection)
        with context.wrap_socket(connection, server_side=True) as secure:
            hang(secure)

    versions, ciphers = said(look(serve(handler)))
    assert (versions.value, ciphers.value) == (NOTHING, NOTHING)
    assert "TLS 1.0: kept silent" in versions.excerpt


def test_name_that_nobody_can_ask_for_hides_no_other(serve: Serve, tmp_path: Path) -> None:
    port = serve(hang, server(tmp_path, LEAF))
    odd = {"endpoint": f"localhost:{port}", "server_name": ".odd"}
    run = probing(certificates={"odd": odd, "web": {"endpoint": f"localhost:{port}"}})
    for name in ("tls_offers", "tls_trust", "tls_certificates"):
        found = measure(name, run)
        assert isinstance(found["odd"], NotMeasured), name
        assert not isinstance(found["web"], NotMeasured), name


def test_server_that_says_nothing(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fixtures.tls.TIMEOUT", 0.3)
    with within(3):
        assert isinstance(look(serve(hang)), NotMeasured)
    assert isinstance(look(closed_port()), NotMeasured)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", None), (b"\x16\x03", None), (b"\x15\x03\x01\x00\x02\x01\x70", None), (b"\x15\x03\x01\x00\x02\x02", None),
        (b"HTTP/1.1 400 Bad Request", Answer(0, 0, "speaks no TLS")),
        (b"\x15\x03\x01\x00\x02\x02\x28", Answer(0, 0, "alert 40")),
        (b"\x15\x03\x01\x00\x02\x01\x70" + server_hello(TLS12, 5), Answer(TLS12, 5, "version 0303, cipher 0005")),
        (server_hello(TLS12, 5)[:20], None),
        (b"\x16\x03\x01\x00\x03\x02\x00\x00", Answer(0, 0, "speaks no TLS")),
        (b"\x16\x03\x01\x00\x50" + b"\x0b" * 80, Answer(0, 0, "speaks no TLS")),
    ],
)  # fmt: skip
def test_answers_are_read_in_pieces_and_in_all_kinds(data: bytes, expected: Answer | None) -> None:
    assert read(data) == expected


def test_hello_names_a_host_and_no_address() -> None:
    offer = Offer("x", TLS12, EVERY, False)
    assert b"\x00\x00\x00\x0e\x00\x0c\x00\x00\x09localhost" in hello(offer, "localhost")
    assert b"127.0.0.1" not in hello(offer, "127.0.0.1")
    assert b"::1" not in hello(offer, "::1")
