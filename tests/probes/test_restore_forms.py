"""pg_dump's own formats are proved like a plain dump, on this machine and in a container."""

import io
import tarfile
from pathlib import Path

import pytest

from fixtures.docker import Engine
from fixtures.restore.archive import header_version
from tests.probes.dumps import (
    ALWAYS,
    STAMP,
    Material,
    engine,
    findings,
    look_at,
    packed,
)
from tests.probes.restoring import SET, Look, Said


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


def test_archive_that_is_of_no_known_kind_is_not_accused(material: Material, tmp_path: Path) -> None:
    said = look_at(tmp_path, b"\x28\xb5\x2f\xfd" + bytes(100), None, material, "sql.zst")()

    assert said["test_backup_archive"].verdict == "UNKNOWN"
    assert "is zstd, which is not read here" in said["test_backup_archive"].text


def test_version_in_the_header_of_a_custom_dump(material: Material) -> None:
    assert header_version(material.custom[:300]).startswith("15.")
    assert header_version(material.custom[:30]) == ""
