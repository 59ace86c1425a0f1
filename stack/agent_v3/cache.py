"""Redis: the four classes of cache keys, each with the life that the runbook gives it."""

from __future__ import annotations

import json
from typing import Any

import redis.asyncio
import redis.exceptions

from . import metrics
from .settings import Settings


class CacheUnavailable(Exception):
    """Redis could not be asked, or did not answer in time."""


class Cache:
    """JSON values under `class:name`, counted as hits and misses by class."""

    def __init__(self, settings: Settings) -> None:
        self._ttl = settings.cache_ttl
        # Time-outs belong to the socket: cancelling a call of this redis-py leaves its reply to the next
        # caller.
        self._redis = redis.asyncio.Redis(
            host=settings.redis_host,
            password=settings.redis_password,
            socket_timeout=settings.dependency_timeout,
            socket_connect_timeout=settings.dependency_timeout,
            client_name="agent-v3",
        )

    async def get(self, kind: str, name: str) -> Any | None:
        """The value, or None where there is none; raises CacheUnavailable."""
        try:
            found = await self._redis.get(f"{kind}:{name}")
        except (redis.exceptions.RedisError, OSError) as error:
            raise CacheUnavailable(str(error)) from None
        (metrics.CACHE_MISSES if found is None else metrics.CACHE_HITS).labels(kind).inc()
        return None if found is None else json.loads(found)

    async def put(self, kind: str, name: str, value: Any) -> None:
        """Keep `value` for as long as its class says; raises CacheUnavailable."""
        try:
            await self._redis.set(f"{kind}:{name}", json.dumps(value), ex=self._ttl[kind])
        except (redis.exceptions.RedisError, OSError) as error:
            raise CacheUnavailable(str(error)) from None

    async def ping(self) -> None:
        """Raise CacheUnavailable unless Redis answers."""
        try:
            await self._redis.ping()
        except (redis.exceptions.RedisError, OSError) as error:
            raise CacheUnavailable(str(error)) from None

    async def close(self) -> None:
        """Close every connection."""
        await self._redis.close()
