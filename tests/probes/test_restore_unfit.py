"""What the environment lacks is never the fault of the backup."""

import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fixtures.docker import Engine
from fixtures.restore.program import Ended
from fixtures.restore.server import is_environment, why
from tests.probes.dumps import Material, here, look_at, packed
from tests.probes.restoring import SET, WORKSPACE, Said


@pytest.mark.usefixtures("only_container")
def test_no_server_at_all_is_the_environments_fault(material: Material, tmp_path: Path) -> None:
    look = look_at(tmp_path, packed(material.good), material.manifest(), material)
    look.engine = Engine({}, {}, "20", "docker")
    said = look()

    assert said["test_restore_preflight"].verdict == "UNKNOWN"
    assert "no image of postgres" in said["test_restore_preflight"].text
    _measured_up_to_the_preflight(said)


def _measured_up_to_the_preflight(said: dict[str, Said]) -> None:
    for name in ("test_backup_archive", "test_backup_complete", "test_dump_kind", "test_dump_tables",
                 "test_dump_roles", "test_dump_counted"):  # fmt: skip
        assert said[name].verdict == "OK", said
    for name in ("test_restore", "test_restored_rows", "test_restored_smoke", "test_restored_age", "test_restore_time"):
        assert said[name] == Said("blocked", f"test_restore_preflight[{SET}]"), said


Edit = Callable[[bytes], bytes]


VECTOR = b"CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public;\n"


FIRST = b"SET default_tablespace"


UNFIT: dict[str, tuple[Edit, str]] = {
    "a newer major": (lambda dump: re.sub(rb"(?<=database version )\S+", b"99.1", dump), "PostgreSQL 99"),
    "an extension that is not here": (lambda dump: dump.replace(FIRST, VECTOR + FIRST, 1), "vector"),
}  # fmt: skip


@pytest.mark.parametrize("lack", UNFIT)
def test_what_the_environment_lacks_is_unknown_and_names_it(lack: str, material: Material, tmp_path: Path) -> None:
    edit, words = UNFIT[lack]
    look = look_at(tmp_path, packed(edit(material.good)), None, material)
    look.engine = Engine({}, {}, "20", "docker")
    said = look()

    assert said["test_restore_preflight"].verdict == "UNKNOWN"
    assert words in said["test_restore_preflight"].text
    _measured_up_to_the_preflight(said)


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of 80 MB, which an empty cluster half fills."""
    folder = Path(tempfile.mkdtemp(dir=WORKSPACE, prefix="small-"))  # a socket's path must be short
    folder.chmod(0o711)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=80m,mode=0711", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
    folder.rmdir()


@here
def test_too_little_room_is_said_before_anything_is_restored(
    material: Material, tmp_path: Path, small_disk: Path
) -> None:
    look = look_at(
        tmp_path, packed(material.good), re.sub(r'"size": \d+', '"size": 99000000', material.manifest()), material
    )
    look.restore["workspace"] = str(small_disk)
    said = look()

    assert said["test_restore_preflight"].verdict == "UNKNOWN"
    assert "a restore needs about 247500000 B" in said["test_restore_preflight"].text
    assert said["test_restore"] == Said("blocked", f"test_restore_preflight[{SET}]")
    assert list(small_disk.iterdir()) == []


@here
def test_disk_that_fills_during_the_restore_is_the_environments_fault(
    material: Material, tmp_path: Path, small_disk: Path
) -> None:
    # Rows that are much larger in a table than in the dump: they pass what is estimated by its size.
    many = b"".join(b"%d\t1\t\n" % number for number in range(30_000, 1_100_000))
    start = material.good.index(b"COPY public.lines")
    end = material.good.index(b"\\.\n", start)
    look = look_at(tmp_path, packed(material.good[:end] + many + material.good[end:]), None, material)
    look.restore["workspace"] = str(small_disk)
    said = look()

    assert said["test_restore_preflight"].verdict == "UNKNOWN", said
    assert "says nothing of the backup" in said["test_restore_preflight"].text
    assert said["test_restore"] == Said("blocked", f"test_restore_preflight[{SET}]")
    assert list(small_disk.iterdir()) == []


def test_workspace_that_is_not_there_is_said(material: Material, tmp_path: Path) -> None:
    look = look_at(tmp_path, packed(material.good), None, material)
    look.restore["workspace"] = "/no/such/folder"
    look.engine = Engine({}, {}, "20", "docker")
    said = look()["test_restore_preflight"]
    assert said.verdict == "UNKNOWN"
    assert "no image of postgres" in said.text or "/no/such/folder takes no folder" in said.text


@pytest.mark.parametrize(
    ("code", "said", "line", "environment"),
    [
        (3, 'psql:<stdin>:9: ERROR:  23505: duplicate key value violates unique constraint "a"\nDETAIL:  Key (x)=(1)',
         'line 9: ERROR:  23505: duplicate key value violates unique constraint "a"', False),
        (3, 'psql:<stdin>:9: ERROR:  22P02: invalid input syntax for type integer: "secret"\nCONTEXT:  COPY a, line 1',
         'line 9: ERROR:  22P02: invalid input syntax for type integer: "..."', False),
        (3, "psql:<stdin>:9: ERROR:  53100: could not extend", "line 9: ERROR:  53100: could not extend", True),
        (2, "psql:<stdin>:9: server closed the connection unexpectedly", None, True),
        (3, "psql:<stdin>:5: error: invalid command \\restrict", None, True),
        (3, "psql:<stdin>:5: error: invalid command \\N", None, False),
        (3, "psql:<stdin>:53123: ERROR:  42P01: relation does not exist", None, False),
        (3, 'psql:<stdin>:5: ERROR:  0A000: extension "x" is not available', None, True),
        (3, 'psql:<stdin>:5: ERROR:  53200: could not execute command "id": Cannot allocate memory',
         'line 5: ERROR:  53200: could not execute command "id": it is kept from programs', False),
        (3, 'psql:<stdin>:5: ERROR:  XX000: incompatible library "/x": missing magic block', None, False),
        (3, "", "exit code 3", False),
        (-9, "", "exit code -9", True),
        (137, "", "exit code 137", True),
    ],
)  # fmt: skip
def test_error_is_one_line_without_values(code: int, said: str, line: str | None, environment: bool) -> None:
    ended = Ended(code, said)
    assert "secret" not in why(ended)
    assert line is None or why(ended) == line
    assert is_environment(ended) is environment
