"""PostgreSQL: the runbook's pool, and a client that never waits longer than it was told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from select import select
from typing import Any, TypeVar

import psycopg2
import psycopg2.extensions
import sqlalchemy
from sqlalchemy.engine import URL, Connection, Engine

from . import metrics
from .settings import Settings

_Result = TypeVar("_Result")


class DatabaseUnavailable(Exception):
    """PostgreSQL could not be asked, or did not answer in time."""


class Database:
    """The service's one pool of connections, used from threads so that the event loop stays free."""

    def __init__(self, settings: Settings) -> None:
        _bound_every_wait(settings.dependency_timeout)
        pool = settings.pool
        self._engine = connect(
            settings,
            pool_size=pool.size,
            max_overflow=pool.max_overflow,
            pool_timeout=pool.timeout,
            pool_recycle=pool.recycle,
            pool_pre_ping=True,
            connect_args={"options": _server_limits(settings.dependency_timeout)},
        )
        self._threads = ThreadPoolExecutor(pool.size + pool.max_overflow, "database")
        metrics.POOL_LIMIT.set(pool.size + pool.max_overflow)
        metrics.POOL_IN_USE.set_function(self._engine.pool.checkedout)

    async def run(self, work: Callable[[Connection], _Result]) -> _Result:
        """Do `work` in one transaction; raises DatabaseUnavailable when the server fails or is silent."""

        def transaction() -> _Result:
            with self._engine.begin() as connection:
                return work(connection)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, transaction)
        except sqlalchemy.exc.SQLAlchemyError as error:
            # The driver's first line names the trouble; what follows may quote statement and values.
            raise DatabaseUnavailable(str(getattr(error, "orig", error)).partition("\n")[0]) from None

    def close(self) -> None:
        """Close every connection."""
        self._threads.shutdown(wait=False)
        self._engine.dispose()


def connect(settings: Settings, **options: Any) -> Engine:
    """An engine for the application's database; `options` as for sqlalchemy.create_engine."""
    address = URL.create(
        "postgresql+psycopg2",
        username=settings.postgres_user,
        password=settings.postgres_password,
        host=settings.postgres_host,
        database=settings.postgres_db,
        query={"application_name": "agent-v3"},
    )
    return sqlalchemy.create_engine(address, **options)


def _bound_every_wait(seconds: float) -> None:
    """Make psycopg2 give up on a server that is silent for `seconds`.

    statement_timeout is the server's own clock and does not tick while the server is stopped; without this a
    request would hang for as long as the outage lasts.
    """

    def wait(connection: Any) -> None:
        deadline = time.monotonic() + seconds
        while True:
            state = connection.poll()
            if state == psycopg2.extensions.POLL_OK:
                return
            left = deadline - time.monotonic()
            if left <= 0:
                raise psycopg2.OperationalError(f"no answer from PostgreSQL within {seconds} s")
            reading = [connection] if state == psycopg2.extensions.POLL_READ else []
            writing = [connection] if state == psycopg2.extensions.POLL_WRITE else []
            select(reading, writing, [], left)

    psycopg2.extensions.set_wait_callback(wait)


def _server_limits(seconds: float) -> str:
    """Limits that the server keeps, a little shorter than ours.

    A session that we gave up on would otherwise stay in a lock's queue, and hold its slot, until the lock is
    free.
    """
    limit = int(seconds * 900)
    return f"-c statement_timeout={limit} -c lock_timeout={limit}"
