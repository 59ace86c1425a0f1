"""What a dump is held against beside its own text: its manifest, its roles, its sequences, production, earlier runs."""

import json
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fixtures.restore import losses
from fixtures.restore.production import Production, Table
from tests.probes.dumps import ALWAYS, STAMP, Material, findings, look_at, packed
from tests.probes.restoring import SET, Look, Said

MANIFEST = {"test_dump_manifest", "test_dump_manifest_time", "test_dump_counted"}


def said_of(folder: Path, material: Material, manifest: str, dump: bytes | None = None) -> dict[str, Said]:
    """The findings of a dump with a manifest; no server is asked."""
    look = look_at(folder, packed(dump or material.good), manifest, material)
    said = look(*MANIFEST)
    return {name: one for name, one in findings(said).items() if name not in ALWAYS}


def lying(material: Material, **keys: Any) -> str:
    return json.dumps({**json.loads(material.manifest()), **keys})


def test_manifest_that_was_written_with_the_dump_is_believed(material: Material, tmp_path: Path) -> None:
    name = f"postgres_{STAMP}.sql.gz"
    assert said_of(tmp_path, material, lying(material, file=name)) == {}


LIES: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "of another file": ({"file": "postgres_2.sql.gz"}, "test_dump_manifest", "WARNING", "of postgres_2.sql.gz, an"),
    "older than its dump": (
        {"written": "2025-12-31T20:00:00+00:00"}, "test_dump_manifest_time", "WARNING", "4.0"),
    "newer than its dump": ({"written": "2099-01-01T00:00:00+00:00"}, "test_dump_manifest_time", "WARNING", "6"),
    "another size": ({"size": 123_456}, "test_dump_counted", "CRITICAL", "written were 123456"),
    "a table more": (
        {"rows": {"public.customers": 100, "public.orders": 400, "public.lines": 20000, "public.gone": 7}},
        "test_dump_counted", "CRITICAL", "public.gone has no rows, written were 7"),
    "an absurd count": (
        {"rows": {"public.customers": 10**18, "public.orders": 400, "public.lines": 20000}},
        "test_dump_counted", "CRITICAL", "public.customers has 100 rows, written were 1000000000000000000"),
    "no table at all": ({"rows": {}}, "test_dump_counted", "CRITICAL", "written were none"),
    "other statements": ({"schema": "0" * 64}, "test_dump_counted", "CRITICAL", "its statements are not those"),
    "other data": ({"content": "0" * 64}, "test_dump_counted", "CRITICAL", "its data are not those"),
    "another kind": ({"kind": "an empty database"}, "test_dump_counted", "CRITICAL", "written was an empty database"),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_manifest_that_lies_is_found_out(lie: str, material: Material, tmp_path: Path) -> None:
    keys, check, verdict, words = LIES[lie]
    said = said_of(tmp_path, material, lying(material, **keys))
    assert {check: verdict} == {name: one.verdict for name, one in said.items()}, said
    assert words in said[check].text


NONE = {
    "not JSON": ("rows: many", "is no JSON"),
    "nested without end": ("[" * 200_000, "is no JSON"),
    "a negative count": ('{"manifest": 2, "size": 1, "rows": {"a": -1}}', "no whole numbers"),
    "a table twice": ('{"manifest": 2, "rows": {"a": 1, "a": 2}}', "says 'a' twice"),
    "an earlier form": ('{"manifest": 1, "rows": {"a": 1}}', "is no manifest of version 2"),
    "empty": ("", "is no JSON"),
}


@pytest.mark.parametrize("none", NONE)
def test_manifest_that_is_none_passes_nothing(none: str, material: Material, tmp_path: Path) -> None:
    text, words = NONE[none]
    said = said_of(tmp_path, material, text)
    cause = f"test_dump_manifest[{SET}]"
    assert words in said.pop("test_dump_manifest").text
    assert said == {"test_dump_counted": Said("blocked", cause), "test_dump_manifest_time": Said("blocked", cause)}


def test_manifest_that_cannot_be_read_is_not_taken_for_none(material: Material, tmp_path: Path) -> None:
    look = look_at(tmp_path, packed(material.good), None, material)
    (tmp_path / f"postgres_{STAMP}.sql.gz.manifest").mkdir()
    said = look(*MANIFEST)
    assert "manifest cannot be read" in said["test_dump_manifest"].text
    assert said["test_dump_counted"] == Said("blocked", f"test_dump_manifest[{SET}]")


def test_no_manifest_is_one_finding(material: Material, tmp_path: Path) -> None:
    look = look_at(tmp_path, packed(material.good), None, material)
    said = look(*MANIFEST)
    assert said == {
        "test_dump_manifest": Said("WARNING", said["test_dump_manifest"].text),
        "test_dump_manifest_time": Said("blocked", f"test_dump_manifest[{SET}]"),
        "test_dump_counted": Said("OK", "no manifest"),
    }  # fmt: skip


def test_value_that_was_changed_is_seen_by_the_hash_alone(material: Material, tmp_path: Path) -> None:
    changed = material.good.replace(b"customer 42", b"customer XX")
    said = said_of(tmp_path, material, material.manifest(), changed)
    assert list(said) == ["test_dump_counted"]
    assert "its data are not those that were written" in said["test_dump_counted"].text


def test_size_that_a_manifest_exaggerates_asks_for_no_room(material: Material, tmp_path: Path) -> None:
    look = look_at(tmp_path, packed(material.good), lying(material, size=10**15), material)
    said = look("test_restore_preflight", "test_dump_counted")
    assert said["test_restore_preflight"] == Said("OK", "fit")
    assert said["test_dump_counted"].verdict == "CRITICAL"


ROLES: dict[str, tuple[str, str]] = {
    "roles that lost what they may": (r"ALTER ROLE \S+ WITH [^\n]*\n", "owner, reader, restoretest: without what"),
    "one that did": (r"ALTER ROLE reader WITH [^\n]*\n", "reader: without what they may"),
    "a role that is gone": (r"(CREATE|ALTER) ROLE reader[^\n]*\n", "reader: in no backup"),
}


@pytest.mark.parametrize("lost", ROLES)
def test_roles_that_a_backup_of_the_roles_does_not_bring_back(lost: str, material: Material, tmp_path: Path) -> None:
    pattern, words = ROLES[lost]
    look = look_at(tmp_path, packed(material.good), material.manifest(), material)
    assert look("test_dump_roles")["test_dump_roles"] == Said("OK", "none")

    spoiled = re.sub(pattern.encode(), b"", material.globals)
    assert spoiled != material.globals
    (tmp_path / f"globals_{STAMP}.sql.gz").write_bytes(packed(spoiled))
    said = look("test_dump_roles")["test_dump_roles"]
    assert said.verdict == "WARNING"
    assert words in said.text


SERIAL = b"""
CREATE TABLE public.given (id integer PRIMARY KEY, down bigint);
CREATE SEQUENCE public.given_id_seq AS integer OWNED BY public.given.id;
ALTER TABLE public.given ALTER COLUMN id SET DEFAULT nextval('public.given_id_seq'::regclass);
CREATE SEQUENCE public."Down" INCREMENT BY -1 MAXVALUE 100 MINVALUE -100 START WITH 100;
ALTER TABLE public.given ALTER COLUMN down SET DEFAULT nextval('public."Down"'::regclass);
CREATE SEQUENCE public.third INCREMENT BY 3;
CREATE TABLE public.shared (n integer, turn integer);
ALTER SEQUENCE public.third OWNED BY public.shared.n;
CREATE SEQUENCE public.whole;
CREATE TABLE public.parted (n integer DEFAULT nextval('public.whole'), part integer) PARTITION BY LIST (part);
CREATE TABLE public.part_1 PARTITION OF public.parted FOR VALUES IN (1);
CREATE SEQUENCE public.again CYCLE;
ALTER SEQUENCE public.again OWNED BY public.shared.turn;
COPY public.given (id, down) FROM stdin;
1\t100
7\t93
\\.
COPY public.part_1 (n, part) FROM stdin;
9\t1
\\.
SELECT pg_catalog.setval('public.whole', 9, true);
COPY public.shared (n, turn) FROM stdin;
100\t5
200\t6
\\.
SELECT pg_catalog.setval('public.given_id_seq', 7, true);
SELECT pg_catalog.setval('public."Down"', 93, true);
SELECT pg_catalog.setval('public.third', 100, true);
"""
SETVAL: dict[str, tuple[bytes, bytes, str]] = {
    "as dumped": (b"", b"", "none"),
    "setval lost": (
        b"SELECT pg_catalog.setval('public.given_id_seq', 7, true);\n", b"",
        "public.given_id_seq gives 1 next, public.given.id has 7"),
    "called is lost": (b"given_id_seq', 7, true", b"given_id_seq', 7, false", "gives 7 next, public.given.id has 7"),
    "set back": (b"given_id_seq', 7, true", b"given_id_seq', 5, true", "gives 6 next"),
    "one that counts down": (b"""'public."Down"', 93""", b"""'public."Down"', 97""",
                             'public."Down" gives 96 next, public.given.down has 93'),
    "one of partitions": (b"'public.whole', 9", b"'public.whole', 8", "public.whole gives 9 next, public.part"),
    # 100 is the last that this one gave; 200 is of another that shares the column.
    "one of several": (b"'public.third', 100", b"'public.third', 97", "public.third gives 100 next"),
}  # fmt: skip


@pytest.mark.parametrize("change", SETVAL)
def test_sequence_that_gives_what_is_there_is_found(change: str, material: Material, tmp_path: Path) -> None:
    old, new, words = SETVAL[change]
    end = material.good.index(b"--\n-- PostgreSQL database dump complete")
    dump = material.good[:end] + SERIAL.replace(old, new, 1) + material.good[end:]
    look = look_at(tmp_path, packed(dump), None, material)
    said = look("test_restore", "test_restored_sequences")

    assert said["test_restore"] == Said("OK", "restored")
    assert said["test_restored_sequences"].verdict == ("OK" if words == "none" else "CRITICAL")
    assert words in said["test_restored_sequences"].text
    assert ";" not in said["test_restored_sequences"].text


LARGE = b"SELECT pg_catalog.lo_create('4711');\n"


def test_what_is_empty_only_here_is_said(material: Material, tmp_path: Path) -> None:
    end = material.good.index(b"--\n-- PostgreSQL database dump complete")
    new = b"CREATE TABLE public.new (id int);\n"
    dump = material.good[:end] + new + material.good[end:]
    look = look_at(tmp_path, packed(dump), None, material)
    real = look.production
    assert isinstance(real, Production)

    def said(large_objects: int, **tables: Table) -> Said:
        known = {**real.tables, **{f"public.{name}": one for name, one in tables.items()}}
        assert look.run is not None
        look.run.probe("production_schemas")[SET] = replace(real, tables=known, large_objects=large_objects)
        return look.again("test_restored_empty")["test_restored_empty"]

    look("test_restore")
    assert said(0, new=Table(0)) == Said("OK", "none")
    assert "new (about 3 in production)" in said(0, new=Table(3)).text
    never = said(0, new=Table(0, 8192))
    assert (never.verdict, "new (8192 B, never analysed, in production)" in never.text) == ("WARNING", True)
    assert "large objects (7 in production)" in said(7, new=Table(0)).text
    assert "large objects (1000 or more" in said(1000, new=Table(0)).text

    (tmp_path / f"postgres_{STAMP}.sql.gz").write_bytes(packed(material.good[:end] + LARGE + material.good[end:]))
    look.production = real
    look("test_restore")
    assert said(7) == Said("OK", "none")


def eroding(folder: Path, material: Material, weeks: list[int]) -> tuple[Look, list[tuple[str, str]]]:
    """The verdicts of loss and erosion in successive weekly runs, with so many lines in the dump of each."""
    look, found = look_at(folder, packed(material.good), None, material), []
    head, rows, tail = _lines(material.good)
    for count in weeks:
        (folder / f"postgres_{STAMP}.sql.gz").write_bytes(packed(head + b"".join(rows[:count]) + tail))
        said = look("test_restored_loss", "test_restored_erosion")
        found.append((said["test_restored_loss"].verdict, said["test_restored_erosion"].verdict))
        assert look.run is not None
        look.previous = json.loads(json.dumps(look.run.kept))
    return look, found


def _lines(dump: bytes) -> tuple[bytes, list[bytes], bytes]:
    start = dump.index(b"\n", dump.index(b"COPY public.lines")) + 1
    end = dump.index(b"\\.\n", start)
    return dump[:start], dump[start:end].splitlines(keepends=True), dump[end:]


def test_a_tenth_lost_week_by_week_adds_up(material: Material, tmp_path: Path) -> None:
    look, found = eroding(tmp_path, material, [20000, 17000, 14500, 12500])
    assert found == [("baseline", "baseline"), ("OK", "OK"), ("OK", "OK"), ("OK", "WARNING")]

    # Production that knows a table no more has dropped it.
    peaks = look.previous["restore.peaks"][SET]
    peaks["public.dropped"] = [[time.time(), 9]]
    assert look("test_restored_erosion")["test_restored_erosion"].verdict == "WARNING"
    del peaks["public.lines"]
    assert look("test_restored_erosion")["test_restored_erosion"].verdict == "OK"


def test_peaks_are_few_and_do_not_last_for_ever() -> None:
    day, now = 86400.0, 1_800_000_000.0
    peaks: dict[str, list[list[float]]] = {}
    for hour, rows in enumerate(range(100, 0, -1)):
        peaks = losses.raised(peaks, {"t": rows}, now + hour * 3600)
    assert peaks["t"][0] == [now, 100]
    assert peaks["t"][-1][1] == 1
    assert len(peaks["t"]) <= 7  # one a day
    assert losses.raised(peaks, {"t": 100}, now)["t"] == [[now, 100]]
    assert losses.recent({"t": [[now, 5], [now + day, 3]], "old": [[now, 1]]}, now + 1) == {"t": [[now + day, 3]]}


def test_backup_of_the_roles_that_is_cut_off_says_nothing_of_the_roles(material: Material, tmp_path: Path) -> None:
    look = look_at(tmp_path, packed(material.good), None, material)
    [roles] = tmp_path.glob("globals_*.sql.gz")
    roles.write_bytes(roles.read_bytes()[:-30])
    assert look("test_dump_roles")["test_dump_roles"] == Said("blocked", "test_backup_archive[globals]")
