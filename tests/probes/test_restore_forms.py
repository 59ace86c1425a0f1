"""pg_dump's own formats are proved like a plain dump, on this machine and in a container."""

import io
import tarfile
from pathlib import Path

import pytest

from fixtures.docker import Engine
from fixtures.restore import levels
from fixtures.restore.archive import header_version
from fixtures.restore.server import ThrowAway
from tests.probes.dumps import (
    ALWAYS,
    STAMP,
    Material,
    copy_of,
    engine,
    findings,
    look_at,
    packed,
)
from tests.probes.restoring import SET, Look, Said


@pytest.mark.parametrize("name", ["dump", "dump.gz", "dump.xz", "tar"])
def test_custom_dump_is_read_by_pg_restore_and_proved_alike(name: str, material: Material, tmp_path: Path) -> None:
    content = material.tar if name == "tar" else material.custom
    content = packed(content, name) if name.startswith("dump.") else content
    said = look_at(tmp_path, content, material.manifest(), material, name)()

    assert {check: one for check, one in findings(said).items() if check not in ALWAYS} == {}


def test_custom_dump_that_is_cut_is_no_archive(material: Material, tmp_path: Path) -> None:
    content = material.custom[: len(material.custom) * 6 // 10]
    said = look_at(tmp_path, content, material.manifest(), material, "dump")()

    assert said["test_backup_archive"].verdict == "CRITICAL"
    assert "pg_restore" in said["test_backup_archive"].text
    assert said["test_restore"] == Said("blocked", f"test_backup_archive[{SET}]")


def unpacked(tar: bytes, folder: Path) -> Path:

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
    assert found.keys() == {"test_dump_manifest", "test_dump_manifest_time"}, said


def test_directory_dump_with_a_file_cut_off_is_no_archive(material: Material, tmp_path: Path) -> None:
    place = unpacked(material.directory, tmp_path)
    largest = max(place.glob("*.dat.gz"), key=lambda one: one.stat().st_size)
    largest.write_bytes(largest.read_bytes()[:-20])
    said = directory_look(material, tmp_path)()

    assert said["test_backup_archive"].verdict == "CRITICAL", said


@pytest.mark.usefixtures("only_container")
def test_without_binaries_a_container_of_the_targets_image_does_the_same(material: Material, tmp_path: Path) -> None:
    look = look_at(tmp_path, packed(material.good), material.manifest(), material)
    look.engine = engine()
    said = look()

    assert {one.verdict for name, one in said.items() if name.startswith(("test_dump", "test_restore"))} <= {
        "OK", "baseline",
    }, said  # fmt: skip
    assert look.run is not None
    assert "in a container of sha256:" in look.run.probe("backup_proofs")[SET].place


@pytest.mark.usefixtures("only_container")
def test_custom_and_broken_dumps_in_a_container(material: Material, tmp_path: Path) -> None:
    look = look_at(tmp_path, material.custom, material.manifest(), material, "dump")
    look.engine = engine()
    assert look("test_restore")["test_restore"] == Said("OK", "restored")

    twice = material.good.replace(b"\n1\tcustomer 1\t", b"\n1\tcustomer 1\t{}\n1\tcustomer 1\t", 1)
    look = look_at(tmp_path, packed(twice), None, material)
    look.engine = engine()
    said = look()
    assert said["test_restore"].verdict == "CRITICAL"
    assert said["test_restored_smoke"] == Said("blocked", f"test_restore[{SET}]")


@pytest.mark.usefixtures("only_container")
def test_custom_dump_without_any_server_is_not_read_at_all(material: Material, tmp_path: Path) -> None:
    look = look_at(tmp_path, material.custom, material.manifest(), material, "dump")
    look.engine = Engine({}, {}, "20", "docker")
    said = look()

    assert said["test_restore_preflight"].verdict == "UNKNOWN"
    for name in ("test_backup_archive", "test_backup_complete", "test_dump_kind", "test_dump_tables", "test_restore"):
        assert said[name] == Said("blocked", f"test_restore_preflight[{SET}]"), said


PACKERS = {"sql": "plain", "sql.gz": "gzip", "sql.bz2": "bzip2", "sql.xz": "xz", "sql.zst": "zstd"}


@pytest.mark.parametrize("name", PACKERS)
def test_dump_packed_by_any_of_them_is_proved_alike(name: str, material: Material, tmp_path: Path) -> None:
    look = look_at(tmp_path, packed(material.good, name), material.manifest(), material, name)
    said = look()

    assert {check: one for check, one in findings(said).items() if check not in ALWAYS} == {}
    assert look.run is not None
    assert look.run.probe("backup_proofs")[SET].archive.form == PACKERS[name]


@pytest.mark.parametrize("name", [name for name in PACKERS if name != "sql.gz"])
def test_packed_dump_that_is_cut_or_goes_on_is_seen(name: str, material: Material, tmp_path: Path) -> None:
    whole = packed(material.good, name)
    said = look_at(tmp_path, whole[: len(whole) * 6 // 10], material.manifest(), material, name)()
    level = "test_backup_complete" if name == "sql" else "test_backup_archive"
    assert said[level].verdict == "CRITICAL"
    assert "cut off" in said[level].text
    assert said["test_restore"] == Said("blocked", f"{level}[{SET}]")

    said = look_at(tmp_path, whole + b"more\n", material.manifest(), material, name)()
    found = {check: one for check, one in findings(said).items() if check not in ALWAYS}
    if name == "sql":  # it is a statement, and psql says that it is none
        assert found["test_restore"].verdict == "CRITICAL"
        assert "syntax error" in found["test_restore"].text
    else:
        assert found == {"test_backup_archive": Said("WARNING", "5 B")}


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        ("sql.gz", "sql", "plain, though its name says gzip"),
        ("sql", "sql.gz", "gzip, though its name says plain"),
        ("sql.xz", "sql.zst", "zstd, though its name says xz"),
    ],
)
def test_file_is_what_its_bytes_say_and_not_its_name(
    name: str, content: str, form: str, material: Material, tmp_path: Path
) -> None:
    look = look_at(tmp_path, packed(material.good, content), material.manifest(), material, name)
    said = look("test_restore", "test_backup_archive")
    assert said == {"test_backup_archive": Said("OK", "intact"), "test_restore": Said("OK", "restored")}
    assert look.run is not None
    reading = levels.archive_end.__wrapped__(look.run.probe("backup_proofs")[SET])  # type: ignore[attr-defined]
    assert f"read as {form} to the last of" in reading.how


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (packed(packed(b"--\n")), "packed twice: gzip within gzip"),
        (b"\x00\x01\x02 no dump at all", "neither an archive nor SQL"),
        (packed(bytes(5_000_000), "sql.xz"), "neither an archive nor SQL within xz"),
    ],
)
def test_file_that_holds_no_sql_is_no_archive(content: bytes, words: str, material: Material, tmp_path: Path) -> None:
    said = look_at(tmp_path, content, None, material, "sql.gz")()

    assert said["test_backup_archive"] == Said("CRITICAL", words)
    assert said["test_restore"] == Said("blocked", f"test_backup_archive[{SET}]")


def test_small_file_that_holds_more_than_there_is_room_for_is_bounded(
    material: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ThrowAway, "free", lambda _self: 60_000_000)
    _, end = copy_of(material.good, "lines")
    row = b"%d\t1\t" + b"word " * 10_000 + b"\n"
    rows = b"".join(row % number for number in range(100_000, 101_000))
    bomb = packed(material.good[:end] + rows + material.good[end:], "sql.zst")
    assert len(bomb) < 3_000_000
    said = look_at(tmp_path, bomb, None, material, "sql.zst")()

    assert said["test_restore_preflight"].verdict == "UNKNOWN"
    assert "a restore needs about" in said["test_restore_preflight"].text
    assert said["test_backup_archive"] == Said("OK", "intact")
    assert said["test_restore"] == Said("blocked", f"test_restore_preflight[{SET}]")


def test_line_that_never_ends_is_not_held_in_memory(
    material: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conformance.dump.LONGEST", 2_000_000)
    cut = material.good.index(b"CREATE INDEX")
    content = material.good[:cut] + b"SELECT '" + b" " * 5_000_000 + b"';\n" + material.good[cut:]
    said = look_at(tmp_path, packed(content, "sql.xz"), None, material, "sql.xz")()

    assert said["test_backup_archive"] == Said("UNKNOWN", "a line is longer than 2000000 bytes")


def test_version_in_the_header_of_a_custom_dump(material: Material) -> None:
    assert header_version(material.custom[:300]).startswith("15.")
    assert header_version(material.custom[:30]) == ""
