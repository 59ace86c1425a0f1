"""What ends a server slowly, from rows as the server gives them."""

from typing import Any

import pytest

from conformance.reading import NotMeasured
from fixtures import postgres_health as health
from fixtures.postgres import Server
from fixtures.postgres_session import MOST, Answers, ask
from tests.probes.support import body, fault, measure, probing

SEEN = Server("accepts sessions", "postgresql://x", {}, {})


def answers(**rows: Any) -> Answers:
    return Answers(
        "postgresql://x", "conformance", "d", {key.replace("_", " "): tuple(v) for key, v in rows.items()}, {}
    )


DATABASE = {"database": "d", "xids": 2**30, "multixacts": 5, "checksum_failures": 0, "checksum_last_failure": None,
            "data_checksums": "on"}  # fmt: skip


def test_older_of_both_kinds_of_ids_counts_in_every_database() -> None:
    rows = [DATABASE, {**DATABASE, "xids": 1, "multixacts": 2**30 + 2**29}, {**DATABASE, "xids": None}]
    assert body(health.postgres_xid_age)(answers(databases=rows)).value == 75.0
    assert body(health.postgres_xid_age)(answers(databases=[])).value is None


@pytest.mark.parametrize(
    ("row", "value", "baseline"),
    [
        ({"mode": "off", "failing": False}, "off", False),
        ({"mode": "on", "failing": False, "last_archived_time": "t"}, "archives", False),
        ({"mode": "always", "failing": True, "last_failed_time": "t"}, "fails", False),
        ({"mode": "on", "failing": False}, "archives", True),
    ],
)
def test_archiver(row: dict[str, Any], value: str, baseline: bool) -> None:
    plain = {"last_archived_time": None, "last_failed_time": None}
    reading = body(health.postgres_archiver)(answers(archiver=[plain | row]))
    assert (reading.value, bool(reading.baseline)) == (value, baseline)


SLOT = {"name": "s", "kind": "physical", "active": True, "wal_status": "reserved", "retained": 10}


def test_slots() -> None:
    rows = [
        SLOT,
        {**SLOT, "name": "idle", "active": False, "retained": None},
        {**SLOT, "name": "l", "wal_status": "lost"},
    ]
    found = answers(replication_slots=rows)
    assert body(health.postgres_slots_inactive)(found).value == "idle, l"
    assert body(health.postgres_slots_retained)(found).value == 10
    none = answers(replication_slots=[])
    assert body(health.postgres_slots_inactive)(none).value == "none"
    assert body(health.postgres_slots_retained)(none).value == 0


def test_standbys() -> None:
    row = {"name": "a", "state": "streaming", "sync_state": "async", "replay_lag": None, "behind": 7}
    found = answers(standbys=[row, {**row, "name": "b", "behind": 9}])
    assert body(health.postgres_replication_lag)(found).value == 9
    assert body(health.postgres_replication_lag)(answers(standbys=[row, {**row, "behind": None}])).value is None
    with pytest.raises(NotMeasured, match="no standby"):
        body(health.postgres_replication_lag)(answers(standbys=[]))


SEQUENCE = {"name": "public.s", "step": 1, "lowest": 1, "highest": 2**63 - 1, "cycles": False, "column_type": None,
            "readable": True, "last": None}  # fmt: skip


@pytest.mark.parametrize(
    ("keys", "share"),
    [
        ({"last": 2**62}, 50.0),
        ({"last": 2**30, "column_type": "integer"}, 50.0),  # the column ends before the sequence
        ({"last": 2**30, "column_type": "bigint"}, 0.0),
        ({"last": 32767, "highest": 32767}, 100.0),
        ({"last": -1, "step": -1, "lowest": -101, "highest": -1}, 0.0),
        ({"last": -51, "step": -1, "lowest": -101, "highest": -1}, 50.0),
        ({"last": None}, 0.0),
    ],
)
def test_share_of_a_sequence(keys: dict[str, Any], share: float) -> None:
    assert round(health.used({**SEQUENCE, **keys}), 3) == share


def test_fullest_sequence_counts_and_one_that_cycles_never_ends() -> None:
    rows = [{**SEQUENCE, "last": 2**61}, {**SEQUENCE, "last": 2**63 - 1, "cycles": True}]
    assert round(body(health.postgres_sequences)(answers(sequences=rows)).value, 3) == 25.0
    assert body(health.postgres_sequences)(answers(sequences=[])).value == 0.0


def test_sequence_that_may_not_be_read_is_not_an_empty_one() -> None:
    with pytest.raises(NotMeasured, match=r"1 of 1 sequences may not be read: public\.s") as caught:
        body(health.postgres_sequences)(answers(sequences=[{**SEQUENCE, "readable": False}]))
    step = "psql -d d -c 'GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO \"conformance\"', as a superuser"
    assert caught.value.next_step.startswith(step)


def test_damaged_pages_of_all_databases_and_the_shared_catalogs_count() -> None:
    rows = [{**DATABASE, "checksum_failures": 2}, {**DATABASE, "database": None, "checksum_failures": 1}]
    reading = body(health.postgres_checksum_failures)(answers(databases=rows), SEEN)
    assert reading.value == 3
    assert "shared catalogs: 1" in reading.excerpt


def test_server_that_checks_no_pages_has_not_found_none_damaged() -> None:
    off = {**DATABASE, "checksum_failures": None, "data_checksums": "off"}
    run = probing(results={"postgres_survey": answers(databases=[off])})
    assert measure("postgres_checksums_on", run).value == "off"
    known = fault(run, "postgres checksums")
    assert known is not None
    assert known.check == "test_checksums_on"
    with pytest.raises(NotMeasured) as caught:
        body(health.postgres_checksum_failures)(run.probe("postgres_survey"), SEEN)
    assert caught.value.parts == ("postgres checksums",)


class Connection:
    """A session in which one statement is refused."""

    closed = False

    def execute(self, sql: str) -> "Connection":
        import psycopg

        if sql == "bad":
            raise psycopg.errors.QueryCanceled("canceling statement due to statement timeout\nDETAIL: no")
        return self

    def fetchall(self) -> list[dict[str, int]]:
        return [{"one": 1}]


def test_refused_look_up_hinders_no_other_and_is_no_empty_answer() -> None:
    import psycopg

    rows, refused = ask(Connection(), {"first": "good", "second": "bad", "third": "good"})
    assert list(rows) == ["first", "third"]
    found = Answers("postgresql://x", "r", "d", rows, refused)
    with pytest.raises(NotMeasured, match=r"refused to show second: canceling statement due to statement timeout$"):
        found.of("second")
    many = Answers("postgresql://x", "r", "d", {"rows": ({},) * MOST}, {})
    with pytest.raises(NotMeasured, match="only a part could be read"):
        many.of("rows")
    lost = Connection()
    lost.closed = True
    with pytest.raises(psycopg.Error):
        ask(lost, {"second": "bad"})
