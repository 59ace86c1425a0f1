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


class LockChain(Sessions):
    """Three sessions: one that waits for one that waits for one that holds a lock and does nothing."""

    def open(self) -> None:
        """Open them; the last two wait in threads of their own."""
        stack.sql("CREATE TABLE fault_chain AS SELECT n AS id FROM generate_series(1, 2) AS n")
        stack.sql("GRANT SELECT, UPDATE ON fault_chain TO agent_v3")
        holder, middle, last = (self._connect() for _ in range(3))
        self._open += [holder, middle, last]
        holder.autocommit = middle.autocommit = False
        holder.execute("UPDATE fault_chain SET id = id WHERE id = 1")
        middle.execute("UPDATE fault_chain SET id = id WHERE id = 2")
        for session, row in ((middle, 1), (last, 2)):
            threading.Thread(target=self._update, args=(session, row), daemon=True).start()
        self._since = time.monotonic()

    def close(self) -> None:
        """End them, and take their table away."""
        super().close()
        stack.sql("DROP TABLE IF EXISTS fault_chain")

    @property
    def pids(self) -> list[int]:
        """The processes of the server, the root first."""
        return [one.info.backend_pid for one in self._open]

    @staticmethod
    def _update(session: psycopg.Connection, row: int) -> None:
        with contextlib.suppress(psycopg.Error):
            session.execute("UPDATE fault_chain SET id = id WHERE id = %s", [row])
