"""Where the stack's files are. What is generated lies below run/, which git ignores."""

from __future__ import annotations

from pathlib import Path

STACK = Path(__file__).resolve().parent
COMPOSE_FILE = STACK / "compose.yaml"
DOCKERFILE = STACK / "Dockerfile"
PACKAGES = STACK / "packages.txt"
CONFIG_SOURCE = STACK / "config"

RUN = STACK / "run"
LOCK = RUN / ".lock"
CONFIG = RUN / "config"
TLS = RUN / "tls"
SSH = RUN / "ssh"
ENV = RUN / "env"
APPLICATION_ENV = RUN / ".env.production"
CONFORMANCE_ENV = RUN / "conformance.env"
BASE_LOG = RUN / "base.log"
BUILD_LOG = RUN / "build.log"
COMPOSE_LOG = RUN / "compose.log"


def write_private(path: Path, content: str | bytes) -> None:
    """Write a file that only its owner may read, whole or not at all; raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)
    partial.write_bytes(content if isinstance(content, bytes) else content.encode())
    partial.replace(path)
