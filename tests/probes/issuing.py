"""Certificates of every kind, and servers on loopback that serve them with whatever OpenSSL can still do."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from conformance.reading import now


@dataclass(frozen=True)
class Issued:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Any

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return bytes(self.key.private_bytes(*form))


def issue(
    name: str,
    by: Issued | None = None,
    *,
    ca: bool = False,
    names: Sequence[str] = (),
    days: float = 90,
    key: Any = None,
    digest: Any = None,
) -> Issued:
    """A certificate for a name, its own issuer where nobody else is given."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=100))
        .not_valid_after(now() + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if not ca:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(one) for one in names or (name,)]), critical=False
        )
    return Issued(builder.sign(by.key if by else key, digest or hashes.SHA256()), key)


def rsa_key(bits: int) -> Any:
    return rsa.generate_private_key(65537, bits)


def server(folder: Path, leaf: Issued, *chain: Issued, ciphers: str = "", oldest: Any = None) -> ssl.SSLContext:
    """A server's context that sends the leaf and the chain."""
    path = folder / f"{leaf.certificate.serial_number:x}.pem"
    path.write_bytes(leaf.pem + b"".join(one.pem for one in chain) + leaf.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # OpenSSL looks at the strength of what it is given to send.
    context.set_ciphers(ciphers or "DEFAULT:@SECLEVEL=0")
    if oldest is not None:
        context.minimum_version = oldest
    context.load_cert_chain(path)
    return context
