"""`python3 -m agent_v3.migrate`: bring the database to the newest schema, once; seeds an empty one."""

from __future__ import annotations

import sys

from sqlalchemy import text
from sqlalchemy.engine import Connection

from . import database, schema, settings

_LEDGER = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version integer PRIMARY KEY,
    name text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


def migrate(connection: Connection) -> list[int]:
    """Apply every migration that is missing, in order; the versions applied."""
    connection.execute(text(_LEDGER))
    done = set(connection.execute(text("SELECT version FROM schema_migrations")).scalars())
    applied = []
    for version, name, statements in schema.MIGRATIONS:
        if version in done:
            continue
        connection.exec_driver_sql(statements)
        connection.execute(
            text("INSERT INTO schema_migrations (version, name) VALUES (:version, :name)"),
            {"version": version, "name": name},
        )
        applied.append(version)
    return applied


def main() -> int:
    """Migrate in one transaction; the exit code."""
    # no_parameters: the per cent signs in the statements are SQL's own.
    engine = database.connect(settings.load(), execution_options={"no_parameters": True})
    with engine.begin() as connection:
        applied = migrate(connection)
        print(f"migrations applied: {applied or 'none, the schema is the newest'}")
        if 1 in applied:
            connection.exec_driver_sql(schema.SEED)
            print("an empty database: seeded")
    # Outside the transaction that wrote the rows: the planner's estimates are wanted from the first minute.
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql(f"ANALYZE {', '.join(schema.TABLES)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
