"""/health: does the service reach what it depends on?"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy

from . import VERSION
from .cache import Cache, CacheUnavailable
from .database import Database, DatabaseUnavailable

_log = logging.getLogger(__name__)


async def examine(database: Database, cache: Cache, seconds: float) -> tuple[int, dict[str, Any]]:
    """Ask every dependency at the same moment; the HTTP status and body to answer with."""

    async def ask_database() -> None:
        await database.run(lambda connection: connection.execute(sqlalchemy.text("SELECT 1")).scalar())

    postgres, redis = await asyncio.gather(
        _state("postgres", ask_database, seconds), _state("redis", cache.ping, seconds)
    )
    good = postgres["status"] == "ok" and redis["status"] == "ok"
    return (200 if good else 503), {
        "status": "ok" if good else "unavailable",
        "service": "agent-v3",
        "version": VERSION,
        "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "dependencies": {"postgres": postgres, "redis": redis},
    }


async def _state(name: str, ask: Callable[[], Awaitable[None]], seconds: float) -> dict[str, Any]:
    """One dependency's status and the milliseconds it took to find out."""
    started = time.perf_counter()
    state: dict[str, Any] = {"status": "ok"}
    try:
        # shield: the call ends by its own time-out; cancelling it half way would spoil its connection.
        await asyncio.wait_for(asyncio.shield(asyncio.ensure_future(ask())), seconds + 0.1)
    except TimeoutError:
        state = {"status": "unavailable", "error": f"no answer within {seconds} s"}
    except (DatabaseUnavailable, CacheUnavailable) as error:
        state = {"status": "unavailable", "error": str(error)}
    state["ms"] = round((time.perf_counter() - started) * 1000, 1)
    if state["status"] != "ok":
        _log.error("dependency unavailable", extra={"dependency": name, "reason": state["error"]})
    return state
