"""The table of defects of a dump: what each is called, by which check; and what is harmless and must pass."""

import gzip
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance import manifest
from conformance.dump import Reader
from conformance.reading import NotMeasured
from fixtures.restore import files
from fixtures.restore.production import ESTIMATES, Production
from fixtures.restore.questions import SCHEMA
from tests.probes import restoring
from tests.probes.restoring import SET, Look, Said, dumped

STAMP = "20260101T000000Z"


class Material:
    """One database, dumped in every way that the table needs."""

    def __init__(self) -> None:
        with restoring.somewhere() as server:
            restoring.filled(server)
            self.good = dumped(server, "pg_dump", "-d", "shop")
            self.schema_only = dumped(server, "pg_dump", "-s", "-d", "shop")
            self.data_only = dumped(server, "pg_dump", "-a", "-d", "shop")
            self.no_lines = dumped(server, "pg_dump", "--exclude-table-data=lines", "-d", "shop")
            self.created = dumped(server, "pg_dump", "-C", "-d", "shop")
            self.inserts = dumped(server, "pg_dump", "--rows-per-insert=50", "-d", "shop")
            self.empty = dumped(server, "pg_dump", "-d", "postgres")
            self.cluster = dumped(server, "pg_dumpall")
            self.globals = dumped(server, "pg_dumpall", "--globals-only")
            self.custom = dumped(server, "pg_dump", "-Fc", "-d", "shop")
            self.directory = dumped(
                server, "sh", "-c", "cd $HOME && pg_dump -Fd -d shop -f out >&2 && tar -C out -cf - . && rm -r out"
            )
            self.production = Production(
                "4711", frozenset(server.ask_json(SCHEMA)), _estimates(server.ask_json(ESTIMATES)), "production"
            )

    def manifest(self, dump: bytes | None = None) -> str:
        """The manifest that the backup job wrote with the good dump, or with another."""
        reader = Reader()
        reader.feed(dump or self.good)
        return manifest.of(reader.finish()[0], "2026-01-01T00:00:00+00:00").as_json()


def _estimates(rows: dict[str, float]) -> dict[str, float]:
    return dict.fromkeys(rows, 100.0)


@pytest.fixture(scope="module")
def material() -> Material:
    return Material()


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(files, "BETWEEN_LOOKS", 0)
    yield
    assert list(restoring.WORKSPACE.glob("restoretest_*")) == []


def packed(dump: bytes) -> bytes:
    return gzip.compress(dump, 6)


def copy_of(dump: bytes, table: str) -> tuple[int, int]:
    """Where the rows of a table's COPY begin and end."""
    head = re.search(rb"COPY public\." + table.encode() + rb" [^\n]*\n", dump)
    assert head
    return head.end(), dump.index(b"\\.\n", head.end())


def without_row(dump: bytes, table: str, begins: bytes) -> bytes:
    start, end = copy_of(dump, table)
    rows = dump[start:end].splitlines(keepends=True)
    kept = [row for row in rows if not row.startswith(begins)]
    assert len(kept) == len(rows) - 1
    return dump[:start] + b"".join(kept) + dump[end:]


def twice(dump: bytes, table: str) -> bytes:
    start, _ = copy_of(dump, table)
    row = dump[start : dump.index(b"\n", start) + 1]
    return dump[:start] + row + dump[start:]


def flipped(packed_dump: bytes) -> bytes:
    place = len(packed_dump) * 2 // 3
    return packed_dump[:place] + bytes([packed_dump[place] ^ 4]) + packed_dump[place + 1 :]


def cut_at(dump: bytes, *, line_end: bool) -> bytes:
    start, end = copy_of(dump, "lines")
    middle = dump.index(b"\n", (start + end) // 2) + 1
    return dump[: middle if line_end else middle + 9]


Make = Callable[[Material], bytes]
DEFECTS: dict[str, tuple[Make, str, str, str]] = {
    "zero bytes": (lambda m: b"", "test_backup_archive", "CRITICAL", "empty: not one byte"),
    "gzip of nothing": (lambda m: packed(b""), "test_backup_complete", "CRITICAL", "cut off"),
    "gzip cut at 60 %": (
        lambda m: packed(m.good)[: len(packed(m.good)) * 6 // 10], "test_backup_archive", "CRITICAL", "cut off after"),
    "cut in COPY at a line end": (
        lambda m: packed(cut_at(m.good, line_end=True)), "test_backup_complete", "CRITICAL", "cut off"),
    "cut inside a row": (
        lambda m: packed(cut_at(m.good, line_end=False)), "test_backup_complete", "CRITICAL", "cut off"),
    "cut before indexes and keys": (
        lambda m: packed(m.good[: copy_of(m.good, "orders")[1] + 3]), "test_backup_complete", "CRITICAL", "cut off"),
    "one bit flipped": (lambda m: flipped(packed(m.good)), "test_backup_archive", "CRITICAL", "damaged"),
    "schema only": (lambda m: packed(m.schema_only), "test_dump_kind", "CRITICAL", "a schema without data"),
    "data only": (lambda m: packed(m.data_only), "test_dump_kind", "CRITICAL", "data without a schema"),
    "another, empty database": (lambda m: packed(m.empty), "test_dump_kind", "CRITICAL", "an empty database"),
    "pg_dumpall": (lambda m: packed(m.cluster), "test_dump_kind", "CRITICAL", "a whole cluster"),
    "one table without data": (
        lambda m: packed(m.no_lines), "test_dump_counted", "CRITICAL", "public.lines has no rows, written were 20000"),
    "a parent row lost": (
        lambda m: packed(without_row(m.good, "customers", b"7\t")), "test_restore", "CRITICAL", "23503"),
    "a row doubled": (lambda m: packed(twice(m.good, "customers")), "test_restore", "CRITICAL", "23505"),
    "one leaf row lost": (
        lambda m: packed(without_row(m.good, "lines", b"77\t")), "test_dump_counted", "CRITICAL",
        "public.lines has 19999 rows, written were 20000"),
}  # fmt: skip

# What no count but the manifest's can see.
ONLY_BY_MANIFEST = {"one leaf row lost"}


def look_at(folder: Path, content: bytes, manifest: str | None, material: Material, name: str = "sql.gz") -> Look:
    (folder / f"postgres_{STAMP}.{name}").write_bytes(content)
    if manifest is not None:
        (folder / f"postgres_{STAMP}.{name}.manifest").write_text(manifest, encoding="utf-8")
    (folder / f"globals_{STAMP}.sql.gz").write_bytes(packed(material.globals))
    return Look(
        folder, keys={"roles": "globals", "glob": f"{folder}/postgres_*.{name}"}, production=material.production,
        sets={"globals": {"glob": f"{folder}/globals_*"}},
    )  # fmt: skip


def findings(said: dict[str, Said]) -> dict[str, Said]:
    """All but what is good, or has nothing to compare with yet."""
    return {name: one for name, one in said.items() if one.verdict not in ("OK", "baseline")}


# Said of every folder of these tests: written just now under an old name, and with no interval or number declared.
ALWAYS = {"test_backup_stamp", "test_backup_gap", "test_backup_kept", "test_backup_mode"}


@pytest.mark.parametrize("defect", DEFECTS)
def test_each_of_the_fifteen_is_seen_and_named_and_fourteen_without_a_manifest_too(
    defect: str, material: Material, tmp_path: Path
) -> None:
    make, check, verdict, words = DEFECTS[defect]
    look = look_at(tmp_path, make(material), material.manifest(), material)
    said = look()

    found = said[check]
    assert (found.verdict, words in found.text) == (verdict, True), said
    roots = [name for name, one in findings(said).items() if one.verdict == "CRITICAL" and name not in ALWAYS]
    assert check in roots
    blocked = {one.text for one in said.values() if one.verdict == "blocked"}
    assert blocked <= {f"{check}[{SET}]"}, said

    assert look.run is not None
    look.run.probe("backup_proofs")[SET].manifest = None
    said = look.again()
    assert said["test_dump_manifest"].verdict == "WARNING"
    seen = [name for name, one in said.items() if one.verdict == "CRITICAL" and name not in ALWAYS]
    assert bool(seen) == (defect not in ONLY_BY_MANIFEST), said
    if not seen:
        assert said["test_dump_counted"] == Said("OK", "no manifest")


HARMLESS: dict[str, tuple[Make, dict[str, str]]] = {
    "as it was written": (lambda m: packed(m.good), {}),
    "trailing garbage": (lambda m: packed(m.good) + b"garbage", {"test_backup_archive": "7 B"}),
    "trailing zeros": (lambda m: packed(m.good) + bytes(512), {"test_backup_archive": "512 B"}),
    "two members": (lambda m: packed(m.good[:5000]) + packed(m.good[5000:]), {}),
    "CRLF": (lambda m: packed(m.good.replace(b"\n", b"\r\n")), {}),
    "roles appended": (lambda m: packed(m.good) + packed(b"CREATE ROLE owner;\nCREATE ROLE other;\n"), {}),
    "2>&1 in front": (lambda m: packed(b"pg_dump: warning: there are circular foreign keys\n" + m.good),
                      {"test_dump_kind": "circular"}),
    "pg_dump -C": (lambda m: packed(m.created), {}),
    "inserts": (lambda m: packed(m.inserts), {}),
}  # fmt: skip


@pytest.mark.parametrize("variant", HARMLESS)
def test_harmless_variants_restore(variant: str, material: Material, tmp_path: Path) -> None:
    make, remarks = HARMLESS[variant]
    written = material.manifest(material.created if variant == "pg_dump -C" else material.good)
    said = look_at(tmp_path, make(material), written, material)()

    assert said["test_restore"] == Said("OK", "restored"), said
    assert said["test_restored_rows"].verdict == "OK"
    assert said["test_restored_smoke"] == Said("OK", "t")
    assert said["test_restored_schema"] == Said("OK", "as in production")
    assert said["test_restored_damage"] == Said("OK", "none")
    found = {name: one for name, one in findings(said).items() if name not in ALWAYS}
    assert found.keys() == remarks.keys(), said
    for name, words in remarks.items():
        assert words in found[name].text


@pytest.mark.parametrize("name", ["dump", "dump.gz"])
def test_custom_dump_is_read_by_pg_restore_and_proved_alike(name: str, material: Material, tmp_path: Path) -> None:
    content = packed(material.custom) if name.endswith("gz") else material.custom
    said = look_at(tmp_path, content, material.manifest(), material, name)()

    assert {check: one for check, one in findings(said).items() if check not in ALWAYS} == {}


def test_custom_dump_that_is_cut_is_no_archive(material: Material, tmp_path: Path) -> None:
    content = material.custom[: len(material.custom) * 6 // 10]
    said = look_at(tmp_path, content, material.manifest(), material, "dump")()

    assert said["test_backup_archive"].verdict == "CRITICAL"
    assert "pg_restore" in said["test_backup_archive"].text
    assert said["test_restore"] == Said("blocked", f"test_backup_archive[{SET}]")


def unpacked(tar: bytes, folder: Path) -> Path:
    import tarfile

    place = folder / f"postgres_{STAMP}.dir"
    place.mkdir()
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        archive.extractall(place, filter="data")
    return place


def directory_look(material: Material, folder: Path) -> Look:
    (folder / f"globals_{STAMP}.sql.gz").write_bytes(packed(material.globals))
    return Look(
        folder, keys={"roles": "globals", "glob": f"{folder}/postgres_*.dir"}, production=material.production,
        sets={"globals": {"glob": f"{folder}/globals_*"}},
    )  # fmt: skip


def test_directory_dump_is_proved_alike(material: Material, tmp_path: Path) -> None:
    unpacked(material.directory, tmp_path)
    said = directory_look(material, tmp_path)()

    found = {check: one for check, one in findings(said).items() if check not in ALWAYS}
    assert found.keys() == {"test_dump_manifest"}, said


def test_directory_dump_with_a_file_cut_off_is_no_archive(material: Material, tmp_path: Path) -> None:
    place = unpacked(material.directory, tmp_path)
    largest = max(place.glob("*.dat.gz"), key=lambda one: one.stat().st_size)
    largest.write_bytes(largest.read_bytes()[:-20])
    said = directory_look(material, tmp_path)()

    assert said["test_backup_archive"].verdict == "CRITICAL", said


def test_error_says_no_value_of_production(material: Material, tmp_path: Path) -> None:
    said = look_at(tmp_path, packed(twice(material.good, "customers")), None, material)()

    assert "23505" in said["test_restore"].text
    assert "customer 1" not in said["test_restore"].text


def test_production_that_cannot_be_asked_blinds_only_what_compares_with_it(material: Material, tmp_path: Path) -> None:
    look = look_at(tmp_path, packed(material.good), material.manifest(), material)
    look.production = NotMeasured("production cannot be asked", parts=("postgres",))
    said = look()

    assert {name for name, one in findings(said).items() if name not in ALWAYS} == {
        "test_restored_schema", "test_restored_empty",
    }  # fmt: skip
