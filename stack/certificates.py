"""The stack's own certificate authority, and the certificates of nginx and sink."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from . import paths

VALID = timedelta(days=90)
# Made again below this: the suite warns at 30 days, and a stack that was left alone should not.
RENEW_BELOW = timedelta(days=60)

CA_CERTIFICATE = paths.TLS / "ca" / "ca.crt"
_CA_KEY = paths.TLS / "authority" / "ca.key"  # in a folder of its own, which no container mounts
_ADDRESSES: tuple[x509.GeneralName, ...] = (
    x509.DNSName("localhost"),
    x509.IPAddress(IPv4Address("127.0.0.1")),
)
_SUBJECTS: dict[str, tuple[Path, tuple[x509.GeneralName, ...]]] = {
    "agent-v3.example": (paths.TLS / "nginx" / "server", (x509.DNSName("agent-v3.example"), *_ADDRESSES)),
    "sink": (paths.TLS / "sink" / "sink", (x509.DNSName("sink"), *_ADDRESSES)),
}


def ensure() -> set[str]:
    """Make what is missing or has fewer than 60 days left; the services that must read theirs again."""
    stale: set[str] = set()
    folders = [CA_CERTIFICATE, *(stem for stem, _ in _SUBJECTS.values())]
    for path in folders:
        path.parent.mkdir(parents=True, exist_ok=True)
    fresh_authority = not (_CA_KEY.exists() and _lasts(CA_CERTIFICATE))
    if fresh_authority:
        _make_authority()
        stale |= {"alertmanager", "traffic"}
    for name, (stem, names) in _SUBJECTS.items():
        certificate = stem.with_suffix(".crt")
        if fresh_authority or not (stem.with_suffix(".key").exists() and _lasts(certificate)):
            _make_certificate(name, stem, names)
            stale.add(stem.parent.name)
    return stale


def _lasts(certificate: Path) -> bool:
    try:
        end = x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return False
    return end - datetime.now(UTC) > RENEW_BELOW


def _make_authority() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Agent-V3 demo authority")])
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        _builder(name, name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    _write(CA_CERTIFICATE, _CA_KEY, certificate, key)


def _make_certificate(common_name: str, stem: Path, names: tuple[x509.GeneralName, ...]) -> None:
    authority = x509.load_pem_x509_certificate(CA_CERTIFICATE.read_bytes())
    authority_key = serialization.load_pem_private_key(_CA_KEY.read_bytes(), None)
    assert isinstance(authority_key, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    certificate = (
        _builder(subject, authority.subject, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(issuer_key, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    _write(stem.with_suffix(".crt"), stem.with_suffix(".key"), certificate, key)


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))  # a clock that is a little slow must not refuse it
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _write(path: Path, key_path: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    paths.write_private(key_path, pem)
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    path.chmod(0o644)
