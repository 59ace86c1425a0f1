"""One small database, dumped in every way that the tests of restores need, and spoiled in most."""

import bz2
import gzip
import lzma
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance import manifest
from conformance.dump import Reader
from fixtures.docker import Container, Engine
from fixtures.restore.place import binaries_here
from fixtures.restore.production import ESTIMATES, Production, Table
from fixtures.restore.schema import PATH, SCHEMA
from tests.probes import restoring
from tests.probes.restoring import IMAGE, Look, Said, dumped

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PACK: dict[str, Callable[[bytes], bytes]] = {
    "sql": lambda dump: dump,
    "gz": lambda dump: gzip.compress(dump, 6),
    "bz2": bz2.compress,
    "xz": lambda dump: lzma.compress(dump, preset=1),
    "zst": lambda dump: zstd.compress(dump, options={int(zstd.CompressionParameter.checksum_flag): 1}),
}
STAMP = "20260101T000000Z"

here = pytest.mark.skipif(not binaries_here(), reason="this machine has no PostgreSQL: the container is tested instead")


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
            self.clean = dumped(server, "pg_dump", "--clean", "--if-exists", "-d", "shop")
            self.recreated = dumped(server, "pg_dump", "-C", "--clean", "--if-exists", "-d", "shop")
            self.inserts = dumped(server, "pg_dump", "--rows-per-insert=50", "-d", "shop")
            self.empty = dumped(server, "pg_dump", "-d", "postgres")
            self.cluster = dumped(server, "pg_dumpall")
            self.globals = dumped(server, "pg_dumpall", "--globals-only")
            self.custom = dumped(server, "pg_dump", "-Fc", "-d", "shop")
            self.tar = dumped(server, "pg_dump", "-Ft", "-d", "shop")
            self.directory = dumped(
                server, "sh", "-c", "cd $HOME && pg_dump -Fd -d shop -f out >&2 && tar -C out -cf - . && rm -r out"
            )
            self.production = Production(
                "4711", frozenset(server.ask_json(f"{PATH}; {SCHEMA}")),
                dict.fromkeys(server.ask_json(ESTIMATES), Table(100.0)), "production", major=server.place.version[0],
            )  # fmt: skip

    def manifest(self, dump: bytes | None = None) -> str:
        """The manifest that the backup job wrote with the good dump, or with another."""
        reader = Reader()
        reader.feed(dump or self.good)
        return manifest.of(reader.finish()[0], "2026-01-01T00:00:00+00:00").as_json()


def packed(dump: bytes, name: str = "sql.gz") -> bytes:
    """As the programs of these names do."""
    return PACK[name.rpartition(".")[2]](dump)


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


def engine() -> Engine:
    image = subprocess.run(
        ["docker", "image", "inspect", "-f", "{{.Id}}", IMAGE], capture_output=True, text=True, check=True
    ).stdout.strip()
    found = Container("x", "toy_postgres_1", "postgres", "running", "", 0, False, 0, image, IMAGE, 0, 0)
    return Engine({"postgres": (found,)}, {}, "20", "docker")
