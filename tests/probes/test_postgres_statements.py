"""Slow statements: what was added since the last run, and three ways of not being able to tell."""

from collections.abc import Mapping
from typing import Any

import psycopg
import pytest

from conformance.reading import NotMeasured
from fixtures import postgres_statements
from fixtures.postgres_session import Answers
from fixtures.postgres_spent import Spent, since
from fixtures.postgres_statements import Unreadable, columns, counts_dropped, look, readable, worst
from tests.probes.support import body, fault, measure, probing

STATE = {"version": "1.10", "schema": "public", "preloaded": True, "utility": "on", "database": "d", "role": "r"}
FUNCTIONS = "public.pg_stat_statements(boolean), public.pg_stat_statements_info()"


def entry(key: str = "1", calls: int = 10, total_ms: float = 50.0, **keys: Any) -> dict[str, Any]:
    plain = {"key": key, "queryid": key, "role": "agent_v3", "own": False, "maintenance": False, "calls": calls,
             "total_ms": total_ms, "max_ms": 20.0, "began": None}  # fmt: skip
    return plain | keys


@pytest.mark.parametrize(
    ("version", "total", "toplevel", "dropped"),
    [
        ("1.6", "total_time", "true", False),
        ("1.7", "total_time", "true", False),
        ("1.8", "total_exec_time", "true", False),
        ("1.9", "total_exec_time", "toplevel", True),
        ("1.10", "total_exec_time", "toplevel", True),  # which is later than 1.9
        ("1.12", "total_exec_time", "toplevel", True),
    ],
)
def test_columns_come_from_the_version_of_the_extension(version: str, total: str, toplevel: str, dropped: bool) -> None:
    assert columns(version)["total"] == total
    assert columns(version)["toplevel"] == toplevel
    assert counts_dropped(version) is dropped


@pytest.mark.parametrize(
    ("state", "reason", "step"),
    [
        ({"preloaded": False}, "is not loaded", "add it to shared_preload_libraries and restart the server"),
        ({"preloaded": False, "version": None}, "is not loaded", "then psql -d d -c 'CREATE EXTENSION"),
        ({"version": None}, "loaded, but not installed in d", "psql -d d -c 'CREATE EXTENSION pg_stat_statements'"),
    ],
)
def test_each_way_of_not_counting_has_its_own_words(state: dict[str, Any], reason: str, step: str) -> None:
    readable(STATE)
    with pytest.raises(Unreadable, match=reason) as caught:
        readable(STATE | state)
    assert step in caught.value.next_step


def spent(entries: list[dict[str, Any]], before: Mapping[str, Any] | None, reset: float = 1.0) -> dict[str, Any]:
    return {one.queryid: (one.calls, one.total_ms) for one in since(entries, before, reset)[0]}


def anew(entries: list[dict[str, Any]], before: Mapping[str, Any] | None, reset: float = 1.0) -> int:
    return since(entries, before, reset)[1]


BEFORE = {
    "reset": 1.0, "dealloc": 3, "entries": {"1": [8, 30.0, 20.0, None], "2": [5, 9000.0, 4000.0, None]},
}  # fmt: skip


def test_only_what_was_added_since_the_last_run_counts() -> None:
    mended = entry("2", calls=5, total_ms=9000.0, max_ms=4000.0)
    assert spent([entry(), mended], BEFORE) == {"1": (2, 20.0)}
    assert anew([entry(), mended], BEFORE) == 0
    assert spent([mended, entry("3", calls=1, total_ms=7.0)], BEFORE) == {"3": (1, 7.0)}


def test_figures_that_were_all_reset_count_from_nothing() -> None:
    assert (spent([entry()], BEFORE, reset=2.0), anew([entry()], BEFORE, reset=2.0)) == ({"1": (10, 50.0)}, 2)
    assert (spent([entry()], None), anew([entry()], None)) == ({"1": (10, 50.0)}, 0)


@pytest.mark.parametrize(
    "keys",
    [
        {"calls": 2, "total_ms": 8.0, "max_ms": 5.0},  # fewer calls
        {"calls": 7, "total_ms": 8.0, "max_ms": 4000.0},  # more calls, less time: the difference would be negative
        {"calls": 7, "total_ms": 9001.0, "max_ms": 3000.0},  # the longest is shorter than it was
        {"calls": 6, "total_ms": 14000.0, "max_ms": 4000.0},  # one call more that took longer than the longest ever
        {"calls": 9, "total_ms": 12000.0, "max_ms": 4000.0, "began": 7.0},  # says so itself
    ],
)
def test_figures_of_one_statement_that_were_reset_count_from_nothing(keys: dict[str, Any]) -> None:
    before = {**BEFORE, "entries": {"2": [5, 9000.0, 4000.0, 6.0 if "began" in keys else None]}}
    assert spent([entry("2", **keys)], before) == {"2": (keys["calls"], keys["total_ms"])}
    assert anew([entry("2", **keys)], before) == 1


def test_entry_that_says_since_when_it_counts_is_believed() -> None:
    before = {**BEFORE, "entries": {"2": [5, 9000.0, 4000.0, 6.0]}}
    shorter = entry("2", calls=6, total_ms=9001.0, max_ms=1.0, began=6.0)  # the longest alone was reset
    assert (spent([shorter], before), anew([shorter], before)) == ({"2": (1, 1.0)}, 0)


def test_statement_that_was_reset_and_not_executed_since_is_missed() -> None:
    assert anew([entry()], BEFORE) == 1


def one(queryid: str, mean_ms: float, calls: int = 1, **keys: Any) -> Spent:
    plain: dict[str, Any] = {"role": "r", "max_ms": 1.0, "own": False, "maintenance": False}
    return Spent(queryid=queryid, calls=calls, total_ms=mean_ms * calls, **(plain | keys))


def test_the_slowest_that_are_judged_come_first_then_the_dearest() -> None:
    some = [one("cheap", 1, 1000), one("slow", 90), one("copy", 5000, maintenance=True), one("own", 100, own=True)]
    assert [found.queryid for found in worst(some)] == ["slow", "cheap", "copy", "own"]


class Session:
    """A session that answers by the statement's own words."""

    def __init__(self, entries: Any, state: Mapping[str, Any] = STATE, dealloc: int = 3, reset: float = 1.0) -> None:
        self.entries, self.state, self.dealloc, self.reset = entries, state, dealloc, reset
        self.rows: list[Any] = []

    def execute(self, sql: str, parameters: Any = None) -> "Session":
        if isinstance(self.entries, Exception) and "pg_stat_statements(true)" in sql:
            raise self.entries
        if "preloaded" in sql:
            self.rows = [self.state]
        elif "dealloc" in sql:
            self.rows = [{"dealloc": self.dealloc, "reset": self.reset, "at": "2026-01-01 00:00 UTC"}]
        elif parameters is not None:
            self.rows = [{"queryid": key, "query": f"SELECT 'canary' FROM t{key}"} for key in parameters[0]]
        else:
            self.rows = list(self.entries)
        return self

    def fetchone(self) -> Any:
        return self.rows[0]

    def fetchall(self) -> Any:
        return self.rows


def survey(session: Session, before: Mapping[str, Any] | None) -> Answers:
    rows, _ = look(session, before)
    return Answers("postgresql://x", "r", "d", {**rows, "statement holes": ()}, {})


def test_reading_is_of_the_slowest_and_shows_the_worst_without_values() -> None:
    more = entry("2", 6, 9010.0, maintenance=True, max_ms=4000.0)
    session = Session([entry("1", 10, 3050.0, max_ms=2000.0), more], dealloc=5)
    found = survey(session, BEFORE)
    (reading,) = body(postgres_statements.postgres_slowest)(found)
    assert (reading.value, reading.unit, reading.baseline) == (1.51, "s", "")
    assert reading.excerpt.splitlines()[0] == (
        "1.510 s mean, 2 calls, 99.7 % of the time, 2.000 s at most ever, agent_v3: SELECT ? FROM t1"
    )
    assert "(not judged)" in reading.excerpt.splitlines()[1]
    assert body(postgres_statements.postgres_statements_dropped)(found).value == 2


def test_first_run_is_a_baseline_and_keeps_what_the_next_one_needs() -> None:
    rows, kept = look(Session([entry()]), None)
    found = Answers("postgresql://x", "r", "d", {**rows, "statement holes": ()}, {})
    assert [bool(one.baseline) for one in body(postgres_statements.postgres_slowest)(found)] == [True]
    assert body(postgres_statements.postgres_statements_dropped)(found).baseline
    assert kept == {"reset": 1.0, "dealloc": 3, "entries": {"1": [10, 50.0, 20.0, None]}}


def test_nothing_executed_is_no_data() -> None:
    found = survey(Session([entry("1", 8, 30.0), entry("2", 5, 9000.0, max_ms=4000.0)]), BEFORE)
    (reading,) = body(postgres_statements.postgres_slowest)(found)
    assert (reading.value, reading.baseline) == (None, "")


def test_reset_since_the_last_run_is_said_and_what_came_after_it_is_judged() -> None:
    found = survey(Session([entry("1", 2, 3050.0, max_ms=2000.0)], reset=2.0), BEFORE)
    judged, lost = body(postgres_statements.postgres_slowest)(found)
    assert (judged.value, judged.baseline) == (1.525, "")
    assert lost.baseline == "pg_stat_statements was reset at 2026-01-01 00:00 UTC: counted since then, not before"
    assert body(postgres_statements.postgres_statements_dropped)(found).value == 3, "counted since the reset too"
    found = survey(Session([entry("1", 2, 3050.0, own=True)], reset=2.0), BEFORE)
    (lost,) = body(postgres_statements.postgres_slowest)(found)
    assert lost.baseline, "nothing was executed since, which is no trouble"


def test_reset_of_a_few_is_said_unless_they_were_dropped_for_want_of_room() -> None:
    found = survey(Session([entry()]), BEFORE)
    _, lost = body(postgres_statements.postgres_slowest)(found)
    assert lost.baseline.startswith("1 statements were reset since the last run")
    found = survey(Session([entry()], dealloc=4), BEFORE)
    assert len(body(postgres_statements.postgres_slowest)(found)) == 1, "that has a check of its own"


def test_hidden_statements_are_not_a_short_list() -> None:
    with pytest.raises(Unreadable, match="hides 1 of 2 statements from r") as caught:
        look(Session([entry(), entry("2", queryid=None)]), None)
    assert caught.value.next_step == "psql -c 'GRANT pg_read_all_stats TO \"r\"', as a superuser of the server"


def test_refusal_of_the_server_names_the_grant() -> None:
    with pytest.raises(Unreadable, match="not readable") as caught:
        look(Session(psycopg.errors.InsufficientPrivilege("permission denied")), None)
    assert f'GRANT EXECUTE ON FUNCTION {FUNCTIONS} TO "r"' in caught.value.next_step


def test_old_extension_says_that_it_does_not_count_what_it_dropped() -> None:
    found = survey(Session([entry()], STATE | {"version": "1.8"}), BEFORE)
    with pytest.raises(NotMeasured, match=r"1\.8 does not count") as caught:
        body(postgres_statements.postgres_statements_dropped)(found)
    assert "ALTER EXTENSION pg_stat_statements UPDATE" in caught.value.next_step


def test_unreadable_is_a_fault_of_its_own_and_blocks_the_rest() -> None:
    refused = {"statements": "not there", "statements next": "make it"}
    run = probing(results={"postgres_survey": Answers("postgresql://x", "r", "d", {}, refused)})
    with pytest.raises(NotMeasured, match="not there"):
        measure("postgres_statements_readable", run)
    known = fault(run, "pg_stat_statements")
    assert known is not None
    assert known.check == "test_statements_readable"
    with pytest.raises(NotMeasured) as caught:
        body(postgres_statements.postgres_statements)(run.probe("postgres_survey"))
    assert (caught.value.parts, caught.value.next_step) == (("pg_stat_statements",), "make it")
