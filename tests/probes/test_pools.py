"""The pools of connections: four numbers of a file, and what they add up to."""

from typing import Any

import pytest

from conformance.probes import Probing
from conformance.reading import NotMeasured
from fixtures import pools
from fixtures.host import Facts
from fixtures.postgres import Server
from fixtures.postgres_session import Answers
from tests.probes.support import body, facts, fault, measure, probing

AGREED = "database:\n  main: {pool_size: 20, max_overflow: 40, pool_timeout: 30, pool_recycle: 3600}\n"
FILE = {"file": "/etc/pool.yaml", "role": "app"}


def run(said: Facts, **api: int) -> Probing:
    postgres = {"host": "x", "dbname": "d", "user": "u", "pools": {"api": FILE}}
    made = probing(results={"host_facts": said}, services={"api": {**api}}, postgres=postgres)
    results = {"host_facts": said}

    def probe(name: str) -> Any:
        return results.get(name) or measure(name, made)

    made.probe = probe
    return made


def said(text: str = AGREED) -> Facts:
    return facts(**{"file pool api": text})


def demand(made: Probing, usable: int = 97) -> Any:
    server = Server("", "postgresql://x", {"max_connections": usable + 3, "reserved": 3}, {})
    return body(pools.pool_demand)(measure("pool_bounds", made), server, made.target)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("database: {main: [", "no YAML from line 1 on"),
        ("- a\n- b\n", "no mapping database.main"),
        ("database: {main: 7}", "no mapping database.main"),
        ("database: {other: {}}", "no mapping database.main"),
        ("", "is not there, is empty or may not be read"),
        (AGREED.replace("20", "twenty"), "database.main.pool_size is no number"),
        (AGREED.replace("20", "true"), "database.main.pool_size is no number"),
        (AGREED.replace("pool_recycle", "recycle"), "database.main.pool_recycle is no number"),
        ("a: &a [*a, *a]\nb: " + "[" * 2000, "no YAML"),
    ],
)
def test_malformed_file_is_a_clear_message(text: str, words: str) -> None:
    made = run(said(text))
    with pytest.raises(NotMeasured, match=r"/etc/pool\.yaml") as caught:
        body(pools.pool_settings)(measure("declared_pools", made), "api", made.target)
    assert words in caught.value.reason
    with pytest.raises(NotMeasured, match=r"/etc/pool\.yaml"):
        demand(made)


def test_four_numbers_are_a_reading_each() -> None:
    made = run(said())
    found = body(pools.pool_settings)(measure("declared_pools", made), "api", made.target)
    assert {key: (one.value, one.unit) for key, one in found.items()} == {
        "pool_size": (20, "connections"),
        "max_overflow": (40, "connections"),
        "pool_timeout": (30, "s"),
        "pool_recycle": (3600, "s"),
    }
    assert found["pool_size"].how == "database.main.pool_size of /etc/pool.yaml"


@pytest.mark.parametrize(
    ("replicas", "processes", "usable", "share"), [(1, 1, 60, 100.0), (1, 2, 96, 125.0), (2, 3, 97, 371.134021)]
)
def test_every_process_of_every_replica_has_a_pool(replicas: int, processes: int, usable: int, share: float) -> None:
    reading = demand(run(said(), replicas=replicas, processes=processes), usable)
    assert reading.value == share
    assert f"api: {replicas} replicas x {processes} processes x 60" in reading.excerpt


@pytest.mark.parametrize(
    ("text", "row"),
    [(AGREED.replace("20", "0"), "size"), (AGREED.replace("40", "-1"), "overflow")],
)
def test_pool_without_a_bound_has_no_sum(text: str, row: str) -> None:
    made = run(said(text))
    with pytest.raises(NotMeasured, match="no bound"):
        demand(made)
    known = fault(made, "pool api")
    assert known is not None
    assert known.check == f"postgres.pool.{row}[api]"


def test_no_pool_declared_is_not_an_empty_sum() -> None:
    with pytest.raises(NotMeasured, match="no pool is declared"):
        body(pools.pool_demand)({}, None, None)


def test_sessions_of_the_role_against_what_the_pool_may_open() -> None:
    made = run(said())
    clients = ({"role": "app", "application": "a", "sessions": 61}, {"role": "app", "application": "b", "sessions": 2},
               {"role": "dba", "application": "", "sessions": 9})  # fmt: skip
    survey = Answers("postgresql://x", "r", "d", {"clients": clients}, {})
    reading = body(pools.pool_used)(measure("pool_bounds", made), survey, "api", made.target)
    assert (reading.value, reading.samples) == (105.0, 63)
    nobody = Answers("postgresql://x", "r", "d", {"clients": clients[2:]}, {})
    with pytest.raises(NotMeasured, match="app has no session at all"):
        body(pools.pool_used)(measure("pool_bounds", made), nobody, "api", made.target)


def test_services_of_one_role_share_its_bound() -> None:
    made = run(said())
    assert made.target.postgres is not None
    made.target.postgres.pools["worker"] = made.target.postgres.pools["api"]
    survey = Answers("postgresql://x", "r", "d", {"clients": ({"role": "app", "application": "", "sessions": 90},)}, {})
    reading = body(pools.pool_used)({"api": 60.0, "worker": 60.0}, survey, "api", made.target)
    assert reading.value == 75.0
