"""PostgreSQL: its connections, its locks, and what the role of the suite may see."""

from tests.stack import stack
from tests.stack.fault import Fault, blocked, root
from tests.stack.sessions import Sessions

SESSIONS = Sessions()

CONNECTIONS = Fault(
    "86 sessions; one holds a lock and does nothing, one waits for it",
    inject=lambda: SESSIONS.open_until(86),
    remove=SESSIONS.close,
    shows=lambda: SESSIONS.waited(seconds=3),
    expect={
        "postgres.connections": root("WARNING"),
        "postgres.connections.share": root("WARNING"),
        "postgres.locks.waiting": root("WARNING"),
        "postgres.idle_in_transaction": root("WARNING"),
    },
)

NO_ROLE = Fault(
    "the role of the suite is no member of pg_monitor any more",
    inject=lambda: stack.sql("REVOKE pg_monitor FROM conformance"),
    remove=lambda: stack.sql("GRANT pg_monitor TO conformance"),
    expect={
        "test_postgres_role": root("UNKNOWN", "no member of pg_monitor"),
        "postgres.connections": blocked("test_postgres_role"),
        "postgres.connections.share": blocked("test_postgres_role"),
        "postgres.locks.waiting": blocked("test_postgres_role"),
        "postgres.idle_in_transaction": blocked("test_postgres_role"),
        "test_postgres_activities": blocked("test_postgres_role"),
    },
)

FULL = Fault(
    "every connection slot of PostgreSQL is taken",
    inject=SESSIONS.open_all,
    remove=SESSIONS.close,
    expect={
        "test_postgres_answer": root("CRITICAL", "every connection slot is taken"),
        "postgres.connections": blocked("test_postgres_answer"),
        "postgres.connections.share": blocked("test_postgres_answer"),
        "postgres.locks.waiting": blocked("test_postgres_answer"),
        "postgres.idle_in_transaction": blocked("test_postgres_answer"),
        "test_postgres_activities": blocked("test_postgres_answer"),
        "test_postgres_role": blocked("test_postgres_answer"),
    },
)
