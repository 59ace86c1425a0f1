"""Sessions that take PostgreSQL's slots, hold a lock and wait for one."""

import contextlib
import threading
import time

import psycopg

from tests.stack import stack


class Sessions:
    """Open sessions of the application's role; closed together."""

    def __init__(self) -> None:
        self._open: list[psycopg.Connection] = []
        self._since = 0.0

    def open_until(self, used: int) -> None:
        """Open sessions until so many are in use; two of them are a lock's idle holder and one who waits for it."""
        holder, waiter = self._connect(), self._connect()
        self._open += [holder, waiter]
        holder.autocommit = False
        holder.execute("LOCK TABLE schema_migrations IN ACCESS EXCLUSIVE MODE")
        threading.Thread(target=self._wait, args=(waiter,), daemon=True).start()
        self._since = time.monotonic()
        count = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
        while int(stack.sql(count)) - 1 < used:  # one of them asks
            self._open.append(self._connect())

    def open_all(self) -> None:
        """Take every slot that an ordinary role may have."""
        with contextlib.suppress(psycopg.OperationalError):
            while len(self._open) < 200:
                self._open.append(self._connect())

    def waited(self, seconds: float) -> bool:
        """Whether the waiter has waited so long."""
        return time.monotonic() - self._since > seconds

    def close(self) -> None:
        """Close all."""
        for one in self._open:
            with contextlib.suppress(Exception):
                one.cancel()
            one.close()
        self._open.clear()

    @staticmethod
    def _wait(session: psycopg.Connection) -> None:
        with contextlib.suppress(psycopg.Error):
            session.execute("SELECT count(*) FROM schema_migrations")

    @staticmethod
    def _connect() -> psycopg.Connection:
        password = stack.secret("POSTGRES_PASSWORD")
        return psycopg.connect(
            host="127.0.0.1", port=15432, dbname="agent_v3", user="agent_v3", password=password, autocommit=True,
            connect_timeout=5,
        )  # fmt: skip
