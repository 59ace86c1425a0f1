"""What the service is told: numbers from config/base/*.yaml, secrets and addresses from the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class PoolSettings:
    """SQLAlchemy's pool: connections, and seconds."""

    size: int
    max_overflow: int
    timeout: float
    recycle: int


@dataclass(frozen=True)
class HttpSettings:
    """Limits of the shared HTTP client: connections, and seconds."""

    max_connections: int
    max_keepalive_connections: int
    timeout: float


@dataclass(frozen=True)
class Settings:
    """Everything the service needs to start."""

    pool: PoolSettings
    http: HttpSettings
    cache_ttl: dict[str, int]
    llm_max_concurrent: int
    llm_url: str
    dependency_timeout: float
    log_file: Path
    log_every: int
    postgres_host: str
    postgres_user: str
    postgres_password: str
    postgres_db: str
    redis_host: str
    redis_password: str
    api_key: str
    admin_token: str
    jwt_secret: str
    openai_api_key: str


def load() -> Settings:
    """Read the configuration folder and the environment.

    Raises KeyError for a missing key or variable (its name only, never a value), OSError for a missing file.
    """
    folder = Path(os.environ.get("AGENT_V3_CONFIG", "/opt/agent-v3/config")) / "base"
    database = _section(folder, "database")["main"]
    http = _section(folder, "http")
    llm = _section(folder, "llm")
    service = _section(folder, "service")
    return Settings(
        pool=PoolSettings(
            size=database["pool_size"],
            max_overflow=database["max_overflow"],
            timeout=database["pool_timeout"],
            recycle=database["pool_recycle"],
        ),
        http=HttpSettings(
            max_connections=http["max_connections"],
            max_keepalive_connections=http["max_keepalive_connections"],
            timeout=http["timeout"],
        ),
        cache_ttl=_section(folder, "cache")["ttl"],
        llm_max_concurrent=llm["max_concurrent"],
        llm_url=llm["url"],
        dependency_timeout=service["dependency_timeout"],
        log_file=Path(service["log_file"]),
        log_every=service["log_every"],
        postgres_host=os.environ.get("POSTGRES_HOST", "postgres"),
        postgres_user=os.environ["POSTGRES_USER"],
        postgres_password=os.environ["POSTGRES_PASSWORD"],
        postgres_db=os.environ["POSTGRES_DB"],
        redis_host=os.environ.get("REDIS_HOST", "redis"),
        redis_password=os.environ["REDIS_PASSWORD"],
        api_key=os.environ["API_KEY"],
        admin_token=os.environ["ADMIN_TOKEN"],
        jwt_secret=os.environ["JWT_SECRET"],
        openai_api_key=os.environ["OPENAI_API_KEY"],
    )


def _section(folder: Path, name: str) -> dict[str, Any]:
    """The one top-level mapping of `name`.yaml, which bears the file's own name."""
    text = (folder / f"{name}.yaml").read_text(encoding="utf-8")
    section: dict[str, Any] = yaml.safe_load(text)[name]
    return section
