"""The look-ups of what blinds PostgreSQL, put to a real server that was made for it."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from fixtures import postgres_counting, postgres_files, postgres_locks, postgres_vacuum
from fixtures.postgres_counting import ACTIVITIES, COUNTS, STATEMENTS
from fixtures.postgres_session import Answers, ask
from fixtures.restore.server import SUPERUSER, ThrowAway
from tests.probes import restoring
from tests.probes.dumps import here
from tests.probes.support import body

pytestmark = here
Open = Callable[[], Any]


@pytest.fixture(scope="module")
def server() -> Iterator[ThrowAway]:
    """A server with a role and a table."""
    with restoring.somewhere() as made:
        made.ask("CREATE ROLE app LOGIN")
        made.ask("CREATE TABLE big AS SELECT n, repeat('x', 500) AS x FROM generate_series(1, 2000) AS n")
        yield made


@pytest.fixture
def session(server: ThrowAway) -> Iterator[Open]:
    """Opens sessions of the superuser, closed after the test."""
    opened: list[Any] = []

    def connect() -> Any:
        folder = f"{server.place.folder}/socket"
        opened.append(psycopg.connect(
            host=folder, user=SUPERUSER, dbname="postgres", autocommit=True, row_factory=dict_row
        ))  # fmt: skip
        return opened[-1]

    yield connect
    for one in opened:
        one.close()


def words(connection: Any) -> dict[str, list[str]]:
    return {part: [one.words for one in holes] for part, holes in postgres_counting.look(connection).items()}


NOTHING: dict[str, list[str]] = {ACTIVITIES: [], COUNTS: [], STATEMENTS: []}


def eventually(found: Callable[[], Any], wanted: Any) -> None:
    ends = time.monotonic() + 10
    while found() != wanted and time.monotonic() < ends:
        time.sleep(0.1)
    assert found() == wanted


@pytest.mark.parametrize(
    ("setting", "part"),
    [("track_activities", ACTIVITIES), ("track_counts", COUNTS), ("compute_query_id", STATEMENTS)],
)
def test_setting_of_the_server_and_of_a_role(session: Open, setting: str, part: str) -> None:
    one = session()
    assert words(one) == NOTHING
    one.execute(f"ALTER ROLE app SET {setting} = off")
    assert words(one) == {**NOTHING, part: [f"{setting} is off for role app"]}
    one.execute(f"ALTER ROLE app RESET {setting}")
    one.execute(f"ALTER SYSTEM SET {setting} = off")
    one.execute("SELECT pg_reload_conf()")
    eventually(lambda: words(one), {**NOTHING, part: [f"{setting} is off"]})
    one.execute(f"ALTER SYSTEM RESET {setting}")
    one.execute("SELECT pg_reload_conf()")
    eventually(lambda: words(one), NOTHING)


def test_own_setting_hides_that_of_the_server(session: Open) -> None:
    session().execute(f"ALTER ROLE {SUPERUSER} SET track_counts = on")
    (found,) = words(session())[COUNTS]
    session().execute(f"ALTER ROLE {SUPERUSER} RESET track_counts")
    assert "has a setting of its own" in found
    assert words(session()) == NOTHING


def test_session_that_hides_itself_is_seen_to_and_its_locks_still_show(session: Open) -> None:
    looker, root, victim = session(), session(), session()
    root.execute("SET track_activities = off")
    root.execute("BEGIN")
    root.execute("LOCK TABLE big")
    (found,) = words(looker)[ACTIVITIES]
    assert f"1 of {SUPERUSER} have track_activities off" in found
    victim.execute("SET lock_timeout = 200")
    rows: dict[int, Any] = {}
    with pytest.raises(psycopg.errors.LockNotAvailable):
        victim.execute("SELECT count(*) FROM big")
    root.execute("ROLLBACK")
    rows = {row["pid"]: row for row in looker.execute(postgres_locks.BACKENDS).fetchall()}
    assert rows[root.info.backend_pid]["state"] == "disabled"
    assert rows[root.info.backend_pid]["transaction_s"] is None
    root.close()
    eventually(lambda: words(looker), NOTHING)


def survey(connection: Any) -> Answers:
    rows, refused = ask(connection, {**postgres_vacuum.LOOK_UPS, **postgres_files.LOOK_UPS})
    return Answers("x", "r", "d", rows, refused)


def left_out(connection: Any) -> Any:
    return body(postgres_vacuum.postgres_unvacuumed)(survey(connection))


def test_table_that_is_left_out_of_autovacuum(session: Open) -> None:
    one, holder = session(), session()
    assert left_out(one).value == 0
    one.execute("ALTER TABLE big SET (autovacuum_enabled = no)")
    found = left_out(one)
    assert (found.value > 1_000_000, found.at_least) == (True, False), "it was never vacuumed: its pages are its files'"
    assert found.excerpt.startswith("public.big: 1.")
    holder.execute("BEGIN")
    holder.execute("LOCK TABLE big")
    locked = left_out(one)
    holder.execute("ROLLBACK")
    assert (locked.value, locked.at_least) == (0, True), "nobody waits for the one who holds it"
    one.execute("ALTER TABLE big RESET (autovacuum_enabled)")
    one.execute("ALTER TABLE big SET (toast.autovacuum_enabled = f)")
    assert "public.big, its TOAST" in left_out(one).excerpt
    one.execute("ALTER TABLE big RESET (toast.autovacuum_enabled)")
    assert left_out(one).excerpt == ""


def test_setting_in_a_file_that_was_not_reloaded(session: Open) -> None:
    one = session()
    before = body(postgres_files.postgres_pending_restart)(survey(one))
    assert before.value == "none", "as initdb wrote them, and over some the command line has the last word"
    one.execute("ALTER SYSTEM SET work_mem = '5MB'")
    found = body(postgres_files.postgres_pending_restart)(survey(one))
    one.execute("ALTER SYSTEM SET work_mem = '4MB'")
    same = body(postgres_files.postgres_pending_restart)(survey(one))
    one.execute("ALTER SYSTEM RESET work_mem")
    assert (found.value, same.value) == ("work_mem", "none"), "4MB is what runs"
    assert "work_mem: not reloaded yet, postgresql.auto.conf" in found.excerpt
