"""The stack's secrets: made once, kept over restarts, each service given only those that it needs."""

from __future__ import annotations

import secrets
from pathlib import Path

from . import paths

_LEDGER = paths.RUN / "secrets.env"

# What agent-v3 itself reads, under the names of the runbook.
_APPLICATION = (
    "JWT_SECRET",
    "REFRESH_JWT_SECRET",
    "API_KEY",
    "OPENAI_API_KEY",
    "ADMIN_TOKEN",
    "POSTGRES_PASSWORD",
    "REDIS_PASSWORD",
    "GRAFANA_ADMIN_PASSWORD",
)
_OTHERS = (
    "CONFORMANCE_PG_PASSWORD",
    "CONFORMANCE_REDIS_PASSWORD",
    "EXPORTER_PG_PASSWORD",
    "EXPORTER_REDIS_PASSWORD",
    "BACKUP_PG_PASSWORD",
    "SMTP_PASSWORD",
)


def ensure() -> bool:
    """Make what is missing and write every env file; True where a secret was new: old data cannot fit."""
    known = read_env(_LEDGER)
    new = [name for name in (*_APPLICATION, *_OTHERS) if not known.get(name)]
    if new:
        known.update((name, secrets.token_hex(32)) for name in new)
        write_env(_LEDGER, known)
    # A rotation edits .env.production, and what stands there holds: it is written only where it is missing.
    if new or not paths.APPLICATION_ENV.exists():
        application = {name: known[name] for name in _APPLICATION}
        write_env(paths.APPLICATION_ENV, {**application, "POSTGRES_USER": "agent_v3", "POSTGRES_DB": "agent_v3"})
    for service, values in _by_service({**known, **read_env(paths.APPLICATION_ENV)}).items():
        write_env(paths.ENV / f"{service}.env", values)
    return bool(new)


def write_conformance(image_id: str) -> None:
    """Write what the suite looks at the stack with: credentials that read, and the image id, its pin."""
    known = {**read_env(_LEDGER), **read_env(paths.APPLICATION_ENV)}
    names = ("CONFORMANCE_PG_PASSWORD", "CONFORMANCE_REDIS_PASSWORD", "ADMIN_TOKEN")
    write_env(paths.CONFORMANCE_ENV, {**{name: known[name] for name in names}, "STACK_IMAGE_ID": image_id})


def read_env(path: Path) -> dict[str, str]:
    """NAME=value lines as Docker reads them, quotes and all; empty where there is no file."""
    if not path.exists():
        return {}
    lines = (line for line in path.read_text().splitlines() if "=" in line and not line.startswith("#"))
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


def write_env(path: Path, values: dict[str, str]) -> None:
    """Write NAME=value lines, for their owner's eyes only."""
    paths.write_private(path, "".join(f"{name}={value}\n" for name, value in values.items()))


def _by_service(known: dict[str, str]) -> dict[str, dict[str, str]]:
    """The env file of each service but agent-v3, which has .env.production."""

    def pick(*names: str) -> dict[str, str]:
        return {name: known[name] for name in names}

    return {
        "postgres": pick("POSTGRES_PASSWORD", "CONFORMANCE_PG_PASSWORD", "EXPORTER_PG_PASSWORD", "BACKUP_PG_PASSWORD"),
        "redis": pick("REDIS_PASSWORD", "CONFORMANCE_REDIS_PASSWORD", "EXPORTER_REDIS_PASSWORD"),
        "postgres-exporter": {
            "DATA_SOURCE_URI": "postgres:5432/agent_v3?sslmode=disable",
            "DATA_SOURCE_USER": "exporter",
            "DATA_SOURCE_PASS": known["EXPORTER_PG_PASSWORD"],
        },
        "redis-exporter": {
            "REDIS_ADDR": "redis://redis:6379",
            "REDIS_USER": "exporter",
            "REDIS_PASSWORD": known["EXPORTER_REDIS_PASSWORD"],
        },
        "traffic": pick("API_KEY"),
        "smtp-password": pick("SMTP_PASSWORD"),
        "backup": {"PGPASSWORD": known["BACKUP_PG_PASSWORD"]},
        "grafana": {
            "GF_SECURITY_ADMIN_PASSWORD": known["GRAFANA_ADMIN_PASSWORD"],
            "GF_USERS_ALLOW_SIGN_UP": "false",
        },
    }
