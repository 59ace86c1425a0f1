"""Settings that blind PostgreSQL's statistics, and what else is off that should be on."""

from tests.stack import stack
from tests.stack.fault import Fault, blocked, root


def _set(*settings: str) -> None:
    for one in settings:
        stack.sql(f"ALTER SYSTEM SET {one}")
    stack.sql("SELECT pg_reload_conf()")


def _reset(*names: str) -> None:
    for one in names:
        stack.sql(f"ALTER SYSTEM RESET {one}")
    stack.sql("SELECT pg_reload_conf()")


def _shown_again() -> bool:
    """A session that only waits shows itself once it is used: the service's idle ones are replaced."""
    stack.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'disabled' AND usename = 'agent_v3'"
    )
    return stack.sql("SELECT count(*) FROM pg_stat_activity WHERE state = 'disabled'") == "0"


HIDDEN = Fault(
    "sessions do not show what they do",
    inject=lambda: _set("track_activities = off"),
    remove=lambda: _reset("track_activities"),
    shows=lambda: stack.sql("SHOW track_activities") == "off",
    gone=_shown_again,
    expect={
        "test_postgres_activities": root("UNKNOWN", "track_activities is off"),
        "postgres.idle_in_transaction": blocked("test_postgres_activities"),
    },
)

HIDDEN_WEEKLY = Fault(
    HIDDEN.name, HIDDEN.inject, HIDDEN.remove,
    {**HIDDEN.expect, "postgres.transactions.oldest": blocked("test_postgres_activities")},
    HIDDEN.shows, HIDDEN.gone,
)  # fmt: skip

_COUNTED = ("postgres.tables.sequential", "postgres.columns.unindexed", "postgres.indexes.unused",
            "postgres.checksum.failures")  # fmt: skip

UNCOUNTED = Fault(
    "nobody counts how tables and indexes are used",
    inject=lambda: _set("track_counts = off"),
    remove=lambda: _reset("track_counts"),
    shows=lambda: stack.sql("SHOW track_counts") == "off",
    expect={"test_postgres_counts": root("UNKNOWN", "track_counts is off")}
    | dict.fromkeys(_COUNTED, blocked("test_postgres_counts")),
)

NO_IDS = Fault(
    "statements have no id, so that none is counted",
    inject=lambda: _set("compute_query_id = off"),
    remove=lambda: _reset("compute_query_id"),
    shows=lambda: stack.sql("SHOW compute_query_id") == "off",
    expect={
        "test_statements_readable": root("UNKNOWN", "compute_query_id is off"),
        "postgres.statements.mean": blocked("test_statements_readable"),
        "postgres.statements.dropped": blocked("test_statements_readable"),
    },
)

NO_VACUUM = Fault(
    "autovacuum is off, and a table of 13 MB is left out of it for itself",
    inject=lambda: (
        _set("autovacuum = off"),
        stack.sql(
            "CREATE TABLE fault_left_out WITH (autovacuum_enabled = off) AS "
            "SELECT n, repeat('x', 100) AS x FROM generate_series(1, 100000) AS n; ANALYZE fault_left_out"
        ),
    ),
    remove=lambda: (stack.sql("DROP TABLE IF EXISTS fault_left_out"), _reset("autovacuum")),
    shows=lambda: stack.sql("SHOW autovacuum") == "off",
    gone=lambda: stack.sql("SHOW autovacuum") == "on",
    expect={
        "test_autovacuum": root("WARNING", "autovacuum is off"),
        "postgres.tables.unvacuumed": root("WARNING"),
    },
)


def _of_role(action: str) -> None:
    for setting in ("track_activities", "track_counts", "compute_query_id"):
        value = " = off" if action == "SET" else ""
        stack.sql(f"ALTER ROLE backup {action} {setting}{value}")


ONE_ROLE = Fault(
    "one role has switched off for itself what is on for the server",
    inject=lambda: _of_role("SET"),
    remove=lambda: _of_role("RESET"),
    expect={
        "test_postgres_activities": root("UNKNOWN", "for role backup"),
        "postgres.idle_in_transaction": blocked("test_postgres_activities"),
        "postgres.transactions.oldest": blocked("test_postgres_activities"),
        "test_postgres_counts": root("UNKNOWN", "for role backup"),
        "test_statements_readable": root("UNKNOWN", "compute_query_id is off for role backup"),
        "postgres.statements.mean": blocked("test_statements_readable"),
    }
    | dict.fromkeys(_COUNTED, blocked("test_postgres_counts")),
)

NOT_RELOADED = Fault(
    "a setting that was changed in the files and not reloaded, where the suite may read them",
    inject=lambda: (
        stack.sql("GRANT SELECT ON pg_file_settings TO conformance"),
        stack.sql("GRANT EXECUTE ON FUNCTION pg_show_all_file_settings() TO conformance"),
        stack.sql("ALTER SYSTEM SET work_mem = '5MB'"),
    ),
    remove=lambda: (
        stack.sql("ALTER SYSTEM RESET work_mem"),
        stack.sql("REVOKE SELECT ON pg_file_settings FROM conformance"),
        stack.sql("REVOKE EXECUTE ON FUNCTION pg_show_all_file_settings() FROM conformance"),
    ),
    expect={"test_pending_restart": root("WARNING", "work_mem")},
)

BATCHES = {
    "blind": (HIDDEN_WEEKLY, UNCOUNTED, NO_IDS, NO_VACUUM),
    "one role": (ONE_ROLE, NOT_RELOADED),
}
