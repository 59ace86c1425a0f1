"""What suites/ is made of, as text: a cadence has every check that others of it can be blocked by.

Where it has not, one stopped server is many equal UNKNOWNs without a root.
"""

import pytest

from conformance.check import SUITES
from fixtures import plugin
from tests.unit.blockers import blockers, checks, fixtures_reached, reports

IN_FLIGHT = ("llm.in_flight", "http.pool.in_flight")
FILES = ("backup.age", "backup.size", "backup.size.share", "test_backup_format")
# What cannot happen to these, though the words of a part say that it might.
NOT_BY = {
    "test_selectors": ("host.cpu", *IN_FLIGHT),  # no subject of it: they say themselves what is missing
    "test_health": IN_FLIGHT,  # their window is days long: a service that does not answer now has left its traces
    "test_backup_growth": FILES,  # reported by a second look, which the weekly suite alone takes
}


def test_what_blocks_a_check_is_in_every_suite_that_the_check_is_in() -> None:
    missing = [
        f"{suite}: {blocker}, which can block {name}"
        for name, check in checks().items()
        for blocker in blockers(name)
        for suite in sorted(check.markers - checks()[blocker].markers)
        if name not in NOT_BY.get(blocker, ())
    ]
    assert sorted(missing) == []


def test_every_fault_names_a_check_that_there_is() -> None:
    assert len(reports()) > 30
    assert [one for one in reports() if not one.checks or not set(one.checks) <= set(checks())] == []


@pytest.mark.parametrize(
    ("name", "blocked_by"),
    [
        ("log.reach", {"test_engine", "test_state"}),
        ("redis.memory", {"test_redis_answer", "test_redis_loading", "test_redis_maxmemory"}),
        ("service.memory", {"test_engine", "test_state", "test_memory_limit"}),
        ("postgres.connections", {"test_postgres_answer", "test_postgres_role"}),
        ("postgres.pool.demand", {"postgres.pool.size", "postgres.pool.overflow", "test_host_answer"}),
        ("test_rotation_open", {"test_collector", "test_engine", "test_rotation_accepted"}),
        ("restore.age", {"test_restore", "test_dump_kind", "test_backup_archive"}),
        ("backup.gap", {"test_backup_exists", "test_host_answer"}),
        ("llm.in_flight", {"test_prometheus_ready", "test_state"}),
    ],
)
def test_blockers_are_found_through_probes_and_parts(name: str, blocked_by: set[str]) -> None:
    assert blockers(name) >= blocked_by


@pytest.mark.parametrize(
    ("name", "not_by"),
    [("test_postgres_answer", "test_postgres_role"), ("redis.memory", "test_engine"),
     ("backup.gap", "test_redis_answer"), ("test_collector", "test_rotation_accepted")],
)  # fmt: skip
def test_what_has_nothing_to_do_with_a_check_does_not_block_it(name: str, not_by: str) -> None:
    assert not_by not in blockers(name)


@pytest.mark.parametrize("suite", SUITES)
def test_what_a_suite_asks_for_is_registered_where_it_runs_alone(suite: str) -> None:
    """Collecting would not say so: a fixture that is asked for by name is missed when its check runs."""
    asked = {
        place[0].removeprefix("fixtures.")
        for one in checks().values()
        if suite in one.markers
        for place in fixtures_reached(one)
    }
    assert sorted(asked - set(plugin.modules(suite))) == []
    assert set(plugin.modules(suite)) <= set(plugin.modules(None))
