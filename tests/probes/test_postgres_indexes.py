"""Candidates among indexes, from rows as the catalog gives them."""

from typing import Any

import pytest

from conformance.probes import Probing
from conformance.reading import NotMeasured
from fixtures import postgres_indexes, postgres_tables
from fixtures.postgres import Server
from fixtures.postgres_indexes import parse, redundant, unused, without_index
from fixtures.postgres_session import Answers
from tests.probes.support import body, measure, probing

ROW = {
    "table_oid": 1, "table_name": "public.t", "name": "i", "method": "btree", "columns": [2], "keys": 1,
    "expressions": "", "predicate": "", "enforces": False, "usable": True, "partitioned": False, "building": False,
    "size": 8192, "scans": 0,
}  # fmt: skip
KEY = {"table_oid": 1, "table_name": "public.t", "name": "t_fk", "columns": [2], "refers_to": "u", "size": 4096}


def index(name: str = "i", *columns: int, orders: str = "", **keys: Any) -> dict[str, Any]:
    columns = columns or (2,)
    marks = orders or "a" * keys.get("keys", len(columns))
    order = {"classes": list(marks), "collations": list(marks), "options": list(marks)}
    return {**ROW, "name": name, "columns": list(columns), "keys": len(columns), **order, **keys}


def answers(**rows: Any) -> Answers:
    known = {name.replace("_", " "): tuple(some) for name, some in rows.items()}
    return Answers("postgresql://x", "conformance", "d", known, {})


def test_index_that_a_rule_needs_is_never_unused() -> None:
    assert unused(parse([index(enforces=True), index(partitioned=True)]), []) == []


def test_unused_index() -> None:
    found = unused(parse([index("idle"), index("busy", scans=1), index("broken", usable=False)]), [])
    assert [one.name for one in found] == ["idle"]


def test_index_that_begins_with_a_column_of_a_foreign_key_serves_deletes_on_the_other_side() -> None:
    assert unused(parse([index("serves", 2, 3)]), [KEY]) == []
    assert [one.name for one in unused(parse([index("other", 3, 2)]), [KEY])] == ["other"]
    assert [one.name for one in unused(parse([index("elsewhere", table_oid=9)]), [KEY])] == ["elsewhere"]


@pytest.mark.parametrize(
    ("short", "long", "candidate"),
    [
        (index("s", 2), index("l", 2, 3), True),
        (index("s", 2), index("l", 3, 2), False),
        (index("s", 2), index("l", 2, 3, enforces=True), True),
        (index("s", 2, enforces=True), index("l", 2, 3), False),
        (index("s", 2), index("l", 2, 3, table_oid=9), False),
        (index("s", 2), index("l", 2, 3, predicate="(a > 1)"), False),
        (index("s", 2, predicate="(a > 1)"), index("l", 2, 3, predicate="(a > 1)"), True),
        (index("s", 2, orders="d"), index("l", 2, 3), False),  # another order, collation or operator class
        (index("s", 2, method="hash"), index("l", 2, 3), False),
        (index("s", 2), index("l", 2, 3, usable=False), False),
        (index("s", 2, partitioned=True), index("l", 2, 3), False),
        (index("s", 0, expressions="lower(a)"), index("l", 0, 3, expressions="lower(a)"), True),
        (index("s", 0, expressions="lower(a)"), index("l", 0, 3, expressions="upper(a)"), False),
        (index("s", 2, 4, keys=1), index("l", 2, 3), False),  # carries a column that the other has not
        (index("s", 2, 3, keys=1), index("l", 2, 3), True),
    ],
)
def test_index_that_is_the_beginning_of_another(short: Any, long: Any, candidate: bool) -> None:
    expected = [("s", "l")] if candidate else []
    for rows in ([short, long], [long, short]):
        assert [(one.name, other.name) for one, other in redundant(parse(rows)) if one.name == "s"] == expected


def test_of_two_that_are_the_same_one_is_a_candidate() -> None:
    pairs = redundant(parse([index("first"), index("second")]))
    assert [(one.name, other.name) for one, other in pairs] == [("second", "first")]
    pairs = redundant(parse([index("plain"), index("unique", enforces=True)]))
    assert [(one.name, other.name) for one, other in pairs] == [("plain", "unique")]


@pytest.mark.parametrize(
    ("row", "serves"),
    [
        (index("i", 2), True),
        (index("i", 2, 5), True),
        (index("i", 5, 2), False),
        (index("i", 2, predicate="(a > 1)"), False),
        (index("i", 2, usable=False), False),
        (index("i", 2, method="gin"), False),
        (index("i", 2, table_oid=9), False),
    ],
)
def test_foreign_key_without_an_index(row: Any, serves: bool) -> None:
    assert (without_index([KEY], parse([row])) == []) is serves


def test_foreign_key_of_two_columns_may_have_them_in_another_order() -> None:
    key = {**KEY, "columns": [2, 3]}
    assert without_index([key], parse([index("i", 3, 2, 7)])) == []
    assert without_index([key], parse([index("i", 2)])) == [key]
    assert without_index([key], parse([index("i", 2, 3, keys=1)])) == [key]


def test_invalid_index_is_named_and_one_that_is_being_built_is_not() -> None:
    rows = [index("bad", usable=False), index("growing", usable=False, building=True), index("good")]
    survey = answers(indexes=rows)
    reading = body(postgres_indexes.postgres_invalid_indexes)(survey, parse(rows))
    assert reading.value == "bad"
    assert "being built: growing" in reading.excerpt
    assert body(postgres_indexes.postgres_invalid_indexes)(survey, parse(rows[2:])).value == "none"


def test_readings_name_candidates_and_their_size() -> None:
    rows = [index("short", 2, size=100), index("long", 2, 3, size=300)]
    survey = answers(indexes=rows, foreign_keys=[{**KEY, "columns": [4]}])
    shown = body(postgres_indexes.postgres_redundant_indexes)(survey, parse(rows))
    assert (shown.value, shown.unit) == (100, "B")
    assert shown.excerpt == "candidate: short on public.t, 0.0 MiB, 0 scans, is the beginning of long"
    bare = body(postgres_indexes.postgres_foreign_keys)(survey, parse(rows))
    assert bare.value == 4096
    assert bare.excerpt.startswith("candidate: t_fk on public.t")


def surveyed(age: float = 10.0, window: int = 1, **rows: Any) -> Probing:
    given = {"statistics": [{"seconds": age, "since_start": True}], **rows}
    server = Server("accepts sessions", "postgresql://x", {}, {})
    run = probing(results={"postgres_survey": answers(**given), "postgres_server": server})
    names = ("postgres.indexes.unused", "postgres.tables.sequential", "postgres.columns.unindexed")
    run.windows = dict.fromkeys(names, window)
    return run


def test_unused_is_a_baseline_until_scans_were_counted_long_enough() -> None:
    rows: dict[str, Any] = {"indexes": [index("idle", size=70)], "foreign_keys": []}
    old, young = (measure("postgres_unused_indexes", surveyed(age, **rows)) for age in (10.0, 0.5))
    assert (old.value, old.baseline) == (70, "")
    assert young.baseline == "scans are counted for 0.0 days, 1s are needed"
    assert "never reset" in old.excerpt


TABLE = {"oid": 1, "schema": "public", "name": "public.t", "size": 500, "seq_scans": 9, "idx_scans": 3,
         "unanalysed": False, "readable": True, "secured": False}  # fmt: skip
COLUMN = {"table_oid": 1, "name": "a", "n_distinct": -0.5, "correlation": 0.01}


def test_tables_that_are_read_from_end_to_end_are_a_reading_each() -> None:
    tables = [TABLE, {**TABLE, "oid": 2, "name": "public.by_index", "idx_scans": 9}]
    first, rest = measure("postgres_sequential_tables", surveyed(tables=tables))
    assert (first.value, first.samples) == (500, 9)
    assert first.excerpt == "candidate: public.t, 0.0 MiB, 9 times from end to end, 3 by an index"
    assert (rest.value, rest.samples, rest.baseline) == (0, None, "")


def test_columns_are_candidates_only_where_their_table_is_read_from_end_to_end() -> None:
    found = measure("postgres_column_candidates", surveyed(tables=[TABLE], column_statistics=[COLUMN]))
    assert [one.value for one in found] == [500, 0]
    assert "candidate: column a, n_distinct -0.5, correlation 0.01" in found[0].excerpt
    by_index = {**TABLE, "idx_scans": 9}
    found = measure("postgres_column_candidates", surveyed(tables=[by_index], column_statistics=[COLUMN]))
    assert [one.value for one in found] == [0]
    assert "public.t.a: n_distinct -0.5" in found[0].excerpt


@pytest.mark.parametrize(
    ("tables", "reason", "step"),
    [
        ([], "no table of its own", ""),
        ([{**TABLE, "readable": False}], "pg_stats hides 1 of 1 tables from conformance",
         "psql -d d -c 'GRANT SELECT ON ALL TABLES IN SCHEMA public TO \"conformance\"'"),
        ([{**TABLE, "secured": True}], "such as public.t: they have row level security", "BYPASSRLS"),
        ([{**TABLE, "unanalysed": True}], "never analysed: public.t", "ANALYZE public.t"),
    ],
)  # fmt: skip
def test_empty_statistics_are_not_an_answer(tables: Any, reason: str, step: str) -> None:
    run = surveyed(tables=tables, column_statistics=[])
    with pytest.raises(NotMeasured, match=reason) as caught:
        measure("postgres_column_candidates", run)
    assert step in caught.value.next_step


def test_nothing_in_the_words_tells_anybody_to_drop() -> None:
    for module in (postgres_indexes, postgres_tables):
        with open(str(module.__file__), encoding="utf-8") as file:
            assert "drop" not in file.read().lower()
