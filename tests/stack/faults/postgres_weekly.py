"""PostgreSQL in the weekly suite: what grows wrong slowly, and what its statistics need."""

import re

from tests.stack import stack
from tests.stack.fault import Expect, Fault, blocked, follows, root
from tests.stack.sessions import LockChain, Sessions

SESSIONS = Sessions()
CHAIN = LockChain()
POOL_FILE = stack.RUN / "config" / "agent-v3" / "base" / "database.yaml"

# Every check that needs a role that may see all, but the role's own.
_SEEN = (
    "postgres.idle_in_transaction", "postgres.statements.mean", "postgres.statements.dropped",
    "test_statements_readable", "postgres.tables.sequential", "postgres.columns.unindexed",
    "postgres.foreign_keys.unindexed", "test_invalid_indexes", "postgres.indexes.unused",
    "postgres.indexes.redundant", "postgres.pool.demand", "postgres.pool.used[agent-v3]", "postgres.locks.chain",
    "postgres.transactions.oldest", "postgres.xid.age", "test_archiver", "test_slots_active",
    "postgres.slots.retained", "postgres.sequences.used", "test_checksums_on", "postgres.checksum.failures",
    "test_pending_restart", "test_postgres_activities", "test_postgres_counts", "test_autovacuum",
    "postgres.tables.unvacuumed",
)  # fmt: skip
_STATEMENTS = ("postgres.statements.mean", "postgres.statements.dropped")


def _all(names: tuple[str, ...], want: Expect) -> dict[str, Expect]:
    return dict.fromkeys(names, want)


LARGE_TABLE = Fault(
    "a large table without an index where one is missing, and with one too many",
    inject=lambda: stack.sql(
        """
        CREATE TABLE fault_large AS
          SELECT n::bigint AS id, 1 + n % 500::bigint AS user_id, (random() * 1e6)::bigint AS a, random() AS b
            FROM generate_series(1, 750000) AS n;
        ALTER TABLE fault_large ADD FOREIGN KEY (user_id) REFERENCES users;
        CREATE INDEX fault_short ON fault_large (id);
        CREATE INDEX fault_long ON fault_large (id, a);
        ANALYZE fault_large;
        """
        + "SELECT 1 FROM fault_large LIMIT 1;\n" * 120
    ),
    remove=lambda: stack.sql("DROP TABLE IF EXISTS fault_large"),
    shows=lambda: int(stack.sql("SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'fault_large'")) > 100,
    expect={
        "postgres.tables.sequential": root("WARNING"),
        "postgres.columns.unindexed": root("WARNING"),
        "postgres.foreign_keys.unindexed": root("WARNING"),
        "postgres.indexes.redundant": root("WARNING"),
    },
)

INVALID_INDEX = Fault(
    "a unique index whose concurrent build failed",
    inject=lambda: stack.sql(
        """
        CREATE TABLE fault_twice AS SELECT 1 AS a FROM generate_series(1, 2);
        CREATE UNIQUE INDEX CONCURRENTLY fault_invalid ON fault_twice (a);
        """
    ),
    remove=lambda: stack.sql("DROP TABLE IF EXISTS fault_twice"),
    expect={"test_invalid_indexes": root("WARNING", "fault_invalid")},
)

SEQUENCE = Fault(
    "a sequence that has given nearly every number its column can hold",
    inject=lambda: stack.sql("CREATE TABLE fault_serial (id smallserial); SELECT setval('fault_serial_id_seq', 32000)"),
    remove=lambda: stack.sql("DROP TABLE IF EXISTS fault_serial"),
    expect={"postgres.sequences.used": root("CRITICAL")},
)

PENDING = Fault(
    "a setting that waits for a restart",
    inject=lambda: stack.sql("ALTER SYSTEM SET max_connections = 120; SELECT pg_reload_conf()"),
    remove=lambda: stack.sql("ALTER SYSTEM RESET max_connections; SELECT pg_reload_conf()"),
    shows=lambda: stack.sql("SELECT count(*) FROM pg_settings WHERE pending_restart") == "1",
    gone=lambda: stack.sql("SELECT count(*) FROM pg_settings WHERE pending_restart") == "0",
    expect={"test_pending_restart": root("WARNING", "max_connections")},
)

SLOT = Fault(
    "a replication slot that nobody reads, and 40 MiB of WAL since",
    inject=lambda: stack.sql(
        "SELECT pg_create_physical_replication_slot('fault_slot', true);"
        + "SELECT pg_logical_emit_message(false, 'fault', repeat('x', 10485760));" * 4
    ),
    remove=lambda: stack.sql("SELECT pg_drop_replication_slot('fault_slot')"),
    expect={
        "test_slots_active": root("WARNING", "fault_slot"),
        "postgres.slots.retained": root("WARNING"),
    },
)

LOCK_CHAIN = Fault(
    "a session that waits for one that waits for one that does nothing",
    inject=CHAIN.open,
    remove=CHAIN.close,
    shows=lambda: CHAIN.waited(seconds=6),
    expect={
        "postgres.locks.chain": root("WARNING"),
        "postgres.transactions.oldest": root("WARNING"),
        "postgres.idle_in_transaction": root("WARNING"),
    },
)

POOL_OVERRUN = Fault(
    "more sessions of the service than its pool may open",
    inject=lambda: SESSIONS.open_until(80),
    remove=SESSIONS.close,
    expect={"postgres.pool.used[agent-v3]": root("CRITICAL")},
)


def _write_pool(**numbers: int) -> None:
    """In place: the containers have mounted the folder, and `up` brings the original back."""
    text = POOL_FILE.read_text(encoding="utf-8")
    for key, value in numbers.items():
        text, found = re.subn(rf"({key}: )\d+", rf"\g<1>{value}", text)
        assert found == 1, f"{POOL_FILE} has no {key}"
    POOL_FILE.write_text(text, encoding="utf-8")


def _agreed_pool() -> None:
    _write_pool(pool_size=20, max_overflow=40, pool_timeout=30, pool_recycle=3600)


POOL_TOO_LARGE = Fault(
    "a pool with four other numbers than agreed, which does not fit into the server",
    inject=lambda: _write_pool(pool_size=30, max_overflow=80, pool_timeout=10, pool_recycle=60),
    remove=_agreed_pool,
    expect={
        "postgres.pool.size[agent-v3]": root("CRITICAL"),
        "postgres.pool.overflow[agent-v3]": root("CRITICAL"),
        "postgres.pool.timeout[agent-v3]": root("CRITICAL"),
        "postgres.pool.recycle[agent-v3]": root("CRITICAL"),
        "postgres.pool.demand": root("CRITICAL"),
    },
)

POOL_WITHOUT_BOUND = Fault(
    "a pool without a bound",
    inject=lambda: _write_pool(pool_size=0),
    remove=_agreed_pool,
    expect={
        "postgres.pool.size[agent-v3]": root("CRITICAL"),
        "postgres.pool.demand": blocked("postgres.pool.size[agent-v3]"),
        "postgres.pool.used[agent-v3]": blocked("postgres.pool.size[agent-v3]"),
    },
)

POOL_MALFORMED = Fault(
    "a file of the pool that is no YAML",
    inject=lambda: POOL_FILE.write_text("database: {main: [", encoding="utf-8"),
    remove=lambda: (POOL_FILE.write_bytes((stack.CHECKOUT / "stack/config/agent-v3/base/database.yaml").read_bytes()),),
    expect=_all(
        (
            "postgres.pool.size[agent-v3]",
            "postgres.pool.overflow[agent-v3]",
            "postgres.pool.timeout[agent-v3]",
            "postgres.pool.recycle[agent-v3]",
            "postgres.pool.used[agent-v3]",
            "postgres.pool.demand",
            "test_pool_file[agent-v3]",
        ),
        root("UNKNOWN", "no YAML from line 1 on"),
    ),
)

NO_SELECT = Fault(
    "the role of the suite may not SELECT",
    inject=lambda: stack.sql("REVOKE pg_read_all_data FROM conformance"),
    remove=lambda: stack.sql("GRANT pg_read_all_data TO conformance"),
    expect={
        "postgres.columns.unindexed": root("UNKNOWN", "pg_stats hides"),
        "postgres.sequences.used": root("UNKNOWN", "may not be read"),
    },
)

NO_ROLE = Fault(
    "the role of the suite is no member of pg_monitor any more",
    inject=lambda: stack.sql("REVOKE pg_monitor FROM conformance"),
    remove=lambda: stack.sql("GRANT pg_monitor TO conformance"),
    expect={"test_postgres_role": root("UNKNOWN", "no member of pg_monitor")}
    | _all(_SEEN, blocked("test_postgres_role")),
)

NOT_INSTALLED = Fault(
    "pg_stat_statements is not installed in the database",
    inject=lambda: stack.sql("DROP EXTENSION pg_stat_statements"),
    remove=lambda: stack.sql("CREATE EXTENSION IF NOT EXISTS pg_stat_statements"),
    expect={"test_statements_readable": root("UNKNOWN", "not installed in agent_v3")}
    | _all(_STATEMENTS, blocked("test_statements_readable")),
)

NOT_READABLE = Fault(
    "the role of the suite may not read pg_stat_statements",
    inject=lambda: stack.sql("REVOKE EXECUTE ON FUNCTION pg_stat_statements(boolean) FROM PUBLIC"),
    remove=lambda: stack.sql("GRANT EXECUTE ON FUNCTION pg_stat_statements(boolean) TO PUBLIC"),
    expect={"test_statements_readable": root("UNKNOWN", "not readable: permission denied")}
    | _all(_STATEMENTS, blocked("test_statements_readable")),
)

NOT_COUNTING = Fault(
    "pg_stat_statements counts nothing",
    inject=lambda: stack.sql("ALTER SYSTEM SET pg_stat_statements.track = none; SELECT pg_reload_conf()"),
    remove=lambda: stack.sql("ALTER SYSTEM RESET pg_stat_statements.track; SELECT pg_reload_conf()"),
    expect={"test_statements_readable": root("UNKNOWN", "track is none")}
    | _all(_STATEMENTS, blocked("test_statements_readable")),
)

STOPPED = Fault(
    "PostgreSQL is stopped",
    inject=lambda: stack.docker("stop", "-t", "10", stack.container("postgres")),
    remove=lambda: stack.docker("start", stack.container("postgres")),
    gone=lambda: stack.healthy("postgres") and stack.healthy("agent-v3"),
    expect={
        "test_state[postgres]": root("CRITICAL", "exited"),
        "test_postgres_answer": follows("CRITICAL", "test_state[postgres]"),
    }
    | _all((*_SEEN, "test_postgres_role"), blocked("test_state[postgres]")),
)


def _restart() -> None:
    stack.docker("restart", "-t", "10", stack.container("postgres"))
    stack.wait(lambda: stack.healthy("postgres"), "postgres is healthy")


def _offline(script: str) -> None:
    """Stop the server, run a script on its files as its user, start it again."""
    name = stack.container("postgres")
    stack.docker("stop", "-t", "10", name)
    try:
        stack.docker(
            "run", "--rm", "--network", "none", "--user", "postgres", "--volumes-from", name, "--entrypoint", "sh",
            "agentv3/stack:local", "-ec", f"cd /var/lib/stack/postgres/data; {script}",
        )  # fmt: skip
    finally:
        stack.docker("start", name)
    stack.wait(lambda: stack.healthy("postgres"), "postgres is healthy")


def _damage() -> None:
    stack.sql("CREATE TABLE fault_damaged AS SELECT 1 AS a; CHECKPOINT")
    path = stack.sql("SELECT pg_relation_filepath('fault_damaged')")
    stack.sql(
        "ALTER SYSTEM SET shared_preload_libraries = 'auto_explain'"
    )  # an empty list would be quoted, and no start
    stack.sql("ALTER SYSTEM SET archive_mode = on")
    stack.sql("ALTER SYSTEM SET archive_command = 'false'")
    _offline(f"printf broken | dd of={path} bs=1 seek=8000 conv=notrunc status=none")
    stack.sql("SELECT * FROM fault_damaged")
    stack.sql("SELECT pg_logical_emit_message(true, 'fault', 'x'); SELECT pg_switch_wal()")


def _mend() -> None:
    stack.sql("DROP TABLE IF EXISTS fault_damaged")
    for name in ("shared_preload_libraries", "archive_mode", "archive_command"):
        stack.sql(f"ALTER SYSTEM RESET {name}")
    _restart()
    stack.sql("SELECT pg_stat_reset(); SELECT pg_stat_reset_shared('archiver')")


DAMAGED = Fault(
    "a restart without pg_stat_statements, with an archive command that fails, onto a damaged page",
    inject=_damage,
    remove=_mend,
    shows=lambda: int(stack.sql("SELECT failed_count FROM pg_stat_archiver")) > 0,
    gone=lambda: stack.healthy("agent-v3"),
    expect={
        "test_statements_readable": root("UNKNOWN", "is not loaded"),
        "test_archiver": root("WARNING", "fails"),
        "postgres.checksum.failures": root("CRITICAL"),
    }
    | _all(_STATEMENTS, blocked("test_statements_readable")),
)

UNCHECKED = Fault(
    "a server that does not check its pages",
    inject=lambda: _offline("/usr/lib/postgresql/15/bin/pg_checksums --disable -D ."),
    remove=lambda: _offline("/usr/lib/postgresql/15/bin/pg_checksums --enable -D ."),
    gone=lambda: stack.healthy("agent-v3"),
    expect={
        "test_checksums_on": root("WARNING", "off"),
        "postgres.checksum.failures": blocked("test_checksums_on"),
    },
)

BATCHES = {
    "catalog": (LARGE_TABLE, INVALID_INDEX, SEQUENCE, PENDING, SLOT, POOL_TOO_LARGE, NOT_INSTALLED),
    "sessions": (LOCK_CHAIN, POOL_OVERRUN, NO_SELECT, NOT_READABLE),
    "unbounded": (POOL_WITHOUT_BOUND, NOT_COUNTING),
    "malformed": (POOL_MALFORMED,),
    "role": (NO_ROLE,),
    "stopped": (STOPPED,),
    "damaged": (DAMAGED,),
    "unchecked": (UNCHECKED,),
}
