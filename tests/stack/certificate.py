"""A server certificate of the stack's own CA with a chosen end."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def with_days_left(days: float, tls: Path, folder: Path) -> None:
    """Write server.crt and server.key into `folder`, signed by the CA below `tls`, with `days` (may be < 0) left."""
    authority = x509.load_pem_x509_certificate((tls / "ca" / "ca.crt").read_bytes())
    signer = serialization.load_pem_private_key(next((tls / "authority").glob("*.key")).read_bytes(), None)
    before = x509.load_pem_x509_certificate((folder / "server.crt").read_bytes())
    key = ec.generate_private_key(ec.SECP256R1())
    end = datetime.now(UTC) + timedelta(days=days)
    names = before.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    made = (
        x509.CertificateBuilder()
        .subject_name(before.subject)
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=90))
        .not_valid_after(end)
        .add_extension(names, critical=False)
        .sign(signer, hashes.SHA256())  # type: ignore[arg-type]
    )
    (folder / "server.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
