"""The table of defects of a dump: what each is called, by which check; and what is harmless and must pass."""

from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.reading import NotMeasured
from tests.probes.dumps import ALWAYS, Material, copy_of, cut_at, findings, flipped, look_at, packed, twice, without_row
from tests.probes.restoring import SET, Said

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
    "pg_dump --clean --if-exists": (lambda m: packed(m.clean), {}),
    "pg_dump -C --clean --if-exists": (lambda m: packed(m.recreated), {}),
    "inserts": (lambda m: packed(m.inserts), {}),
}  # fmt: skip

# Whose statements are others.
WRITTEN: dict[str, Make] = {
    "pg_dump -C": lambda m: m.created,
    "pg_dump --clean --if-exists": lambda m: m.clean,
    "pg_dump -C --clean --if-exists": lambda m: m.recreated,
    "inserts": lambda m: m.inserts,
}


@pytest.mark.parametrize("variant", HARMLESS)
def test_harmless_variants_restore(variant: str, material: Material, tmp_path: Path) -> None:
    make, remarks = HARMLESS[variant]
    written = material.manifest(WRITTEN[variant](material) if variant in WRITTEN else None)
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
