"""Settings that keep PostgreSQL from showing or counting: who set them, whom they hide, and what mends it."""

from dataclasses import replace
from typing import Any

import pytest

from conformance.reading import NotMeasured
from fixtures import postgres, postgres_health, postgres_locks, postgres_statements
from fixtures.postgres import Server
from fixtures.postgres_counting import ACTIVITIES, COUNTS, STATEMENTS, Hole, counted, find, mend
from fixtures.postgres_session import Answers
from tests.probes.support import body, measure, probing, target

SETTINGS = {
    "track_activities": "on",
    "track_counts": "on",
    "compute_query_id": "auto",
    "pg_stat_statements.track": "top",
}
DECLARED = target(postgres={"host": "x", "dbname": "d", "user": "conformance"})


def settings(has_id: bool = True, source: str = "configuration file", **changed: str) -> list[dict[str, Any]]:
    named = SETTINGS | {name.replace("__", "."): value for name, value in changed.items()}
    return [
        {"name": name, "setting": value, "has_id": has_id,
         "source": source if name.replace(".", "__") in changed else "default"}
        for name, value in named.items()
    ]  # fmt: skip


def row(name: str, setting: str = "off", role: str = "app", database: str = "", **keys: Any) -> dict[str, Any]:
    plain = {"role": role, "database": database, "here": True, "own": False, "name": name, "setting": setting}
    return plain | keys


def holes(part: str, rows: Any, *roles: Any, silent: Any = ()) -> list[str]:
    return [one.words for one in find(rows, roles, silent)[part]]


def test_server_as_it_comes_hides_nothing() -> None:
    assert find(settings(), [], []) == {ACTIVITIES: (), COUNTS: (), STATEMENTS: ()}


@pytest.mark.parametrize(
    ("part", "changed", "words", "step"),
    [
        (ACTIVITIES, {"track_activities": "off"}, "track_activities is off", "SET track_activities = on"),
        (COUNTS, {"track_counts": "off"}, "track_counts is off", "SET track_counts = on"),
        (STATEMENTS, {"compute_query_id": "off", "has_id": False}, "compute_query_id is off",
         "SET compute_query_id = auto"),
        (STATEMENTS, {"pg_stat_statements__track": "none"}, "pg_stat_statements.track is none",
         "SET pg_stat_statements.track = top"),
    ],
)  # fmt: skip
def test_setting_of_the_server(part: str, changed: dict[str, Any], words: str, step: str) -> None:
    found = find(settings(**changed), [], [])
    assert [(one.words, one.whole) for one in found[part]] == [(words, True)]
    assert (
        mend(found[part]) == f"psql -c 'ALTER SYSTEM {step}' -c 'SELECT pg_reload_conf()', as a superuser of the server"
    )
    assert sum(map(len, found.values())) == 1


def test_another_module_may_compute_the_ids_of_statements() -> None:
    assert holes(STATEMENTS, settings(compute_query_id="off", has_id=True), row("compute_query_id")) == []
    assert holes(STATEMENTS, settings(), row("compute_query_id")) == ["compute_query_id is off for role app"]


@pytest.mark.parametrize(
    ("one", "words", "whole", "step"),
    [
        (row("track_counts"), "track_counts is off for role app", False, 'ALTER ROLE "app" RESET track_counts'),
        (row("track_counts", "0", database="d"), "track_counts is 0 for role app in database d", False,
         'ALTER ROLE "app" IN DATABASE "d" RESET track_counts'),
        (row("track_counts", "FALSE", role="", database="d"), "track_counts is FALSE for database d", True,
         'ALTER DATABASE "d" RESET track_counts'),
    ],
)  # fmt: skip
def test_setting_of_a_role_or_a_database(one: dict[str, Any], words: str, whole: bool, step: str) -> None:
    assert find(settings(), [one], [])[COUNTS] == (Hole(words, step, whole),)
    assert holes(COUNTS, settings(track_counts="off", source="database"), one) == [words]


def test_setting_that_switches_nothing_off_or_is_of_another_database() -> None:
    assert holes(COUNTS, settings(), row("track_counts", "on"), row("track_counts", database="b", here=False)) == []
    assert holes(ACTIVITIES, settings(), row("track_activities", database="b", here=False)) == [
        "track_activities is off for role app in database b"
    ], "sessions of all databases are looked at"


def test_own_setting_of_the_suite_hides_that_of_the_server() -> None:
    own = row("track_activities", "on", role="conformance", own=True)
    (found,) = find(settings(track_activities="on", source="user"), [own], [])[ACTIVITIES]
    assert "the role of the suite has a setting of its own" in found.words
    assert found.mend == 'ALTER ROLE "conformance" RESET track_activities'


def test_sessions_that_show_nothing_whoever_told_them() -> None:
    silent = [{"role": "app", "sessions": 3}]
    assert holes(ACTIVITIES, settings(), silent=silent) == [
        "sessions do not show what they do: 3 of app have track_activities off"
    ]
    assert holes(ACTIVITIES, settings(track_activities="off"), silent=silent) == ["track_activities is off"]


def seen(**holes: tuple[Hole, ...]) -> Server:
    named = {"activities": ACTIVITIES, "counts": COUNTS}
    return Server("accepts sessions", "x", {"may_monitor": True}, {}, holes={
        ACTIVITIES: (), COUNTS: (), STATEMENTS: (), **{named[name]: some for name, some in holes.items()}
    })  # fmt: skip


HOLE = (Hole("track_activities is off for role app", 'ALTER ROLE "app" RESET track_activities'),)


def test_finding_of_its_own_and_its_control() -> None:
    assert body(postgres.postgres_activities)(seen()).value == "all"
    assert body(postgres.postgres_counts)(seen()).value == "all"
    with pytest.raises(
        NotMeasured, match="sessions may hide what they do: track_activities is off for role app"
    ) as caught:
        body(postgres.postgres_activities)(seen(activities=HOLE))
    assert caught.value.next_step == "psql -c 'ALTER ROLE \"app\" RESET track_activities', as a superuser of the server"
    assert caught.value.parts == ()


def test_what_is_seen_is_a_lower_bound_where_some_is_hidden() -> None:
    survey = Answers("x", "r", "d", {"backends": (), "prepared transactions": ()}, {})
    for server, hidden in ((seen(), ()), (seen(activities=HOLE), (ACTIVITIES,))):
        idle = body(postgres.postgres_idle)(server, DECLARED)
        oldest = body(postgres_locks.postgres_oldest_transaction)(survey, server)
        assert (idle.at_least, idle.hidden_by) == (bool(hidden), hidden)
        assert (oldest.at_least, oldest.hidden_by) == (bool(hidden), hidden)


def test_waiter_that_does_not_say_since_when() -> None:
    waiting = tuple(
        {"pid": pid, "seconds": seconds, "blocked_by": [9], "query": ""} for pid, seconds in ((1, 2.0), (2, None))
    )
    found = body(postgres.postgres_waiting)(replace(seen(activities=HOLE), waiting=waiting), DECLARED)
    assert (found.value, found.at_least, found.hidden_by) == (2.0, True, (ACTIVITIES,))
    found = body(postgres.postgres_waiting)(replace(seen(activities=HOLE), waiting=waiting[:1]), DECLARED)
    assert (found.value, found.at_least) == (2.0, False), "a wait is seen whatever the sessions show"


def test_nothing_is_called_unused_where_use_is_not_counted() -> None:
    counted(probing(results={"postgres_server": seen()}))
    with pytest.raises(NotMeasured, match="not counted: track_activities") as caught:
        counted(probing(results={"postgres_server": seen(counts=HOLE)}))
    assert caught.value.parts == (COUNTS,)
    rows = ({"checksum_failures": 0, "checksum_last_failure": None, "database": "d"},)
    survey = Answers("x", "r", "d", {"databases": rows}, {})
    for server, hidden in ((seen(), False), (seen(counts=HOLE), True)):
        assert body(postgres_health.postgres_checksum_failures)(survey, server).at_least is hidden


def test_statements_of_one_role_that_are_not_counted() -> None:
    counts = {
        "version": "1.10",
        "known": 9,
        "earlier": True,
        "reset": False,
        "anew": 0,
        "dropped": 0,
        "utility": "on",
        "at": "",
    }
    rows: dict[str, Any] = {
        "statement counts": (counts,),
        "statements": (),
        "statement holes": ({"words": "w", "mend": "ALTER x"},),
    }
    survey = Answers("x", "r", "d", rows, {})
    run = probing(results={"postgres_survey": survey})
    with pytest.raises(NotMeasured, match="not every statement is counted: w"):
        measure("postgres_statements_readable", run)
    (reading,) = body(postgres_statements.postgres_slowest)(survey)
    assert (reading.at_least, reading.hidden_by) == (True, (STATEMENTS,))


def test_nothing_is_counted_at_all() -> None:
    postgres_statements.counted([Hole("w", "ALTER x")])
    with pytest.raises(postgres_statements.Unreadable, match="counts nothing: w") as caught:
        postgres_statements.counted([Hole("w", "ALTER x", whole=True)])
    assert caught.value.next_step == "psql -c 'ALTER x', as a superuser of the server"
