"""The key by which the suite enters the host container, and the key by which it knows it."""

from __future__ import annotations

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from . import paths

ALIAS = "agentv3-host"
PORT = 12222
USER = "conformance"


def ensure() -> None:
    """Make the two key pairs, known_hosts and an ssh configuration with the alias, where they are missing."""
    if (paths.SSH / "config").exists():
        return
    user_key, host_key = _pair(), _pair()
    paths.write_private(paths.SSH / "id_ed25519", user_key[0])
    paths.write_private(paths.SSH / "id_ed25519.pub", f"{user_key[1]}\n")
    paths.write_private(paths.SSH / "host" / "ssh_host_ed25519_key", host_key[0])
    paths.write_private(paths.SSH / "host" / "authorized_keys", f"{user_key[1]}\n")
    paths.write_private(paths.SSH / "known_hosts", f"[127.0.0.1]:{PORT} {host_key[1]}\n")
    # Last: its presence says that the rest is complete.
    paths.write_private(
        paths.SSH / "config",
        f"Host {ALIAS}\n"
        "    HostName 127.0.0.1\n"
        f"    Port {PORT}\n"
        f"    User {USER}\n"
        f'    IdentityFile "{paths.SSH / "id_ed25519"}"\n'
        "    IdentitiesOnly yes\n"
        f'    UserKnownHostsFile "{paths.SSH / "known_hosts"}"\n'
        "    StrictHostKeyChecking yes\n"
        "    BatchMode yes\n"
        "    ConnectTimeout 5\n",
    )


def _pair() -> tuple[bytes, str]:
    """A private key and its public line, as OpenSSH writes them."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return private, public.decode()
