"""Lock chains and open transactions, from rows as the server gives them."""

from typing import Any

import pytest

from fixtures import postgres_locks
from fixtures.postgres import Server
from fixtures.postgres_locks import chains
from fixtures.postgres_session import Answers
from tests.probes.support import body

SEEN = Server("accepts sessions", "postgresql://x", {}, {})


def backend(pid: int, *blocked_by: int, wait_s: float = 0.0, **keys: Any) -> dict[str, Any]:
    waits = bool(blocked_by)
    plain = {
        "pid": pid, "role": "app", "application": "api", "kind": "client backend", "query": "UPDATE t SET a = 'canary'",
        "state": "active" if waits else "idle in transaction", "blocked_by": list(blocked_by) if waits else None,
        "transaction_s": 12.0, "wait_s": wait_s,
    }  # fmt: skip
    return plain | keys


def lines(*rows: dict[str, Any]) -> list[str]:
    return chains({row["pid"]: row for row in rows})


def shape(found: list[str]) -> list[str]:
    return [line.partition(" of ")[0] for line in found]


def test_chain_is_walked_to_the_root_that_waits_for_nothing() -> None:
    found = lines(backend(3, 2, wait_s=4.0), backend(2, 1, wait_s=5.0), backend(1))
    assert found == [
        "root pid 1 of app (api), idle in transaction, open for 12.0 s: UPDATE t SET a = ?",
        "  <- pid 2 of app (api), active, waits 5.0 s, open for 12.0 s: UPDATE t SET a = ?",
        "    <- pid 3 of app (api), active, waits 4.0 s, open for 12.0 s: UPDATE t SET a = ?",
    ]


def test_two_roots_and_a_victim_of_both() -> None:
    found = lines(backend(1), backend(2), backend(3, 1, 2), backend(4, 1, 1))
    assert shape(found) == ["root pid 1", "  <- pid 3", "  <- pid 4", "root pid 2", "  <- pid 3"]


@pytest.mark.parametrize(
    ("root", "words"),
    [
        (0, "root a prepared transaction, see pg_prepared_xacts"),
        (7, "root pid 7, which has no transaction any more"),
    ],
)
def test_root_that_is_no_session_we_see(root: int, words: str) -> None:
    assert lines(backend(3, root))[0] == words


def test_circle_without_a_root_is_said_to_be_one() -> None:
    found = lines(backend(1, 2), backend(2, 1), backend(3, 1))
    assert found == ["pids 1, 2, 3 wait for each other: the server ends one as a deadlock"]


def test_circle_behind_a_root_ends() -> None:
    found = lines(backend(9), backend(1, 2, 9), backend(2, 1))
    assert shape(found) == ["root pid 9", "  <- pid 1", "    <- pid 2"]


def test_hundreds_of_victims_are_cut() -> None:
    found = lines(backend(1), *(backend(pid, 1) for pid in range(2, 300)))
    assert len(found) == postgres_locks.LINES + 1
    assert found[-1] == "and 259 more"


def test_nobody_waits() -> None:
    assert lines() == []
    assert lines(backend(1)) == []


def answers(*rows: dict[str, Any], prepared: tuple[dict[str, Any], ...] = ()) -> Answers:
    return Answers("postgresql://x", "r", "d", {"backends": rows, "prepared transactions": prepared}, {})


def test_longest_wait_counts() -> None:
    reading = body(postgres_locks.postgres_lock_chains)(
        answers(backend(1), backend(2, 1, wait_s=4.0), backend(3, 1, wait_s=61.5))
    )
    assert (reading.value, reading.unit, reading.samples) == (61.5, "s", 2)
    assert body(postgres_locks.postgres_lock_chains)(answers()).value == 0.0


def test_oldest_transaction_is_of_clients_and_prepared_ones() -> None:
    rows = (
        backend(1, transaction_s=30.0),
        backend(2, transaction_s=9000.0, kind="autovacuum worker"),
        backend(3, 1, transaction_s=None),
    )
    reading = body(postgres_locks.postgres_oldest_transaction)(answers(*rows), SEEN)
    assert (reading.value, reading.samples) == (30.0, 1)
    gid = {"gid": "canary", "role": "app", "transaction_s": 5000.0}
    reading = body(postgres_locks.postgres_oldest_transaction)(answers(*rows, prepared=(gid,)), SEEN)
    assert reading.value == 5000.0
    assert reading.excerpt.splitlines()[0] == "prepared transaction of app, 5000.0 s old"
    assert body(postgres_locks.postgres_oldest_transaction)(answers(), SEEN).value == 0.0
