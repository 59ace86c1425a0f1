"""Servers on loopback and certificates for them, for the tests of the probes."""

import ssl
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from conformance.reading import now
from fixtures.restore import choosing, files
from tests.probes import restoring
from tests.probes.dumps import Material
from tests.probes.support import Handler, Loopback

Serve = Callable[..., int]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server with a handler for each connection; gives its port."""
    started: list[Loopback] = []

    def start(handler: Handler, context: ssl.SSLContext | None = None) -> int:
        started.append(Loopback(handler, context))
        return started[-1].port

    yield start
    for one in started:
        one.close()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ca.pem, stranger.pem (another CA), and good, expired, elsewhere and early .pem, with their keys."""
    folder = tmp_path_factory.mktemp("certificates")
    key = ec.generate_private_key(ec.SECP256R1())
    ca = _certificate("Test CA", key, None, ca=True)
    stranger_key = ec.generate_private_key(ec.SECP256R1())
    (folder / "stranger.pem").write_bytes(_pem(_certificate("Stranger CA", stranger_key, None, ca=True)))
    (folder / "ca.pem").write_bytes(_pem(ca))
    leaves = (("good", "localhost", -30, 90), ("expired", "localhost", -30, -3), ("elsewhere", "other.test", -30, 5),
              ("early", "localhost", 2, 90))  # fmt: skip
    for name, host, starts, days in leaves:
        leaf_key = ec.generate_private_key(ec.SECP256R1())
        leaf = _certificate(host, leaf_key, (ca, key), starts=starts, days=days)
        private = leaf_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (folder / f"{name}.pem").write_bytes(_pem(leaf) + private)
    return folder


def _pem(one: x509.Certificate) -> bytes:
    return one.public_bytes(serialization.Encoding.PEM)


def _certificate(
    name: str,
    key: Any,
    issuer: tuple[x509.Certificate, Any] | None,
    *,
    ca: bool = False,
    starts: int = -30,
    days: int = 90,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    signer = issuer[1] if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() + timedelta(days=starts))
        .not_valid_after(now() + timedelta(days=days, hours=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if not ca:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return builder.sign(signer, hashes.SHA256())


@pytest.fixture
def tls(certificates: Path) -> Callable[[str], ssl.SSLContext]:
    """A server's context with the named certificate."""

    def context(name: str) -> ssl.SSLContext:
        one = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        one.load_cert_chain(certificates / f"{name}.pem")
        return one

    return context


@pytest.fixture(scope="session")
def material() -> Material:
    """Dumps of one small database."""
    return Material()


@pytest.fixture
def only_container(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without PostgreSQL's programs."""
    monkeypatch.setattr(choosing, "binaries_here", list)


@pytest.fixture(autouse=True)
def _restores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tests of restores wait for no second look, and leave nothing."""
    if not request.path.name.startswith("test_restore_"):
        yield
        return
    monkeypatch.setattr(files, "BETWEEN_LOOKS", 0)
    if request.path.name not in ("test_restore_places.py", "test_restore_ends.py"):  # there a real initdb is the point
        monkeypatch.setattr(choosing, "binaries_here", restoring.quick_programs)
    yield
    assert list(restoring.WORKSPACE.glob("restoretest_*")) == []
