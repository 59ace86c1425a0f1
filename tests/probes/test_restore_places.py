"""Where a throw-away server lives, what it refuses, and what a killed run leaves for the next one to sweep."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest

from conformance.reading import NotMeasured
from fixtures.docker import Container, Engine
from fixtures.restore import choosing, files, leftovers
from fixtures.restore.place import LABEL, LEASE, Lease, MachinePlace, binaries_here, knows_restrict, version_of
from fixtures.restore.program import Ended
from fixtures.restore.server import ThrowAway, is_environment, why
from tests.probes.restoring import CALM, IMAGE, SET, WORKSPACE, Said, container
from tests.probes.support import probing
from tests.probes.test_restore_defects import Material, look_at, packed

CHECKOUT = Path(__file__).parents[2]

here = pytest.mark.skipif(not binaries_here(), reason="this machine has no PostgreSQL: the container is tested instead")


@pytest.fixture(scope="module")
def material() -> Material:
    return Material()


@pytest.fixture(autouse=True)
def _nothing_stays(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(files, "BETWEEN_LOOKS", 0)
    yield
    assert list(WORKSPACE.glob("restoretest_*")) == []


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", (15, 18)),
        ("postgres (PostgreSQL) 18beta1", (18, 0)),
        ("16.2", (16, 2)),
        ("9.6.24", (9, 6)),
        ("", (0, 0)),
    ],
)
def test_version(text: str, version: tuple[int, int]) -> None:
    assert version_of(text) == version


@here
def test_machine_server_is_another_users_without_network_and_leaves_nothing() -> None:
    made = MachinePlace(binaries_here()[0], str(WORKSPACE), CALM)
    thrown = ThrowAway(made)
    try:
        thrown.start()
        assert os.stat(made.folder).st_mode & 0o777 == 0o700
        pid = int(Path(made.folder, "data", "postmaster.pid").read_text(encoding="ascii").split()[0])
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        if os.geteuid() == 0:
            assert "\nUid:\t0" not in status
            assert os.readlink(f"/proc/{pid}/ns/net") != os.readlink("/proc/self/ns/net")
        assert "NoNewPrivs:\t1" in status or os.geteuid() != 0
        settings = thrown.ask("SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings "
                              "WHERE name IN ('fsync', 'listen_addresses', 'wal_level')")  # fmt: skip
        assert settings == "fsync=off listen_addresses= wal_level=minimal"
    finally:
        thrown.stop()
    assert not Path(made.folder).exists()
    assert not Path(f"/proc/{pid}").exists()


def test_container_server_has_no_network_and_leaves_nothing() -> None:
    api = docker.APIClient(version="auto")
    with container() as made:
        name = Path(made.folder).name
        thrown = ThrowAway(made)
        thrown.start()
        inspected = api.inspect_container(name)
        assert inspected["HostConfig"]["NetworkMode"] == "none"
        assert inspected["HostConfig"]["CapDrop"] == ["ALL"]
        assert inspected["Config"]["Labels"][LABEL] == f"{socket.gethostname()}:{WORKSPACE / name}"
        assert inspected["Mounts"] == []
        assert thrown.ask("SELECT 1") == "1"
        assert thrown.free() > 0
    with pytest.raises(docker.errors.NotFound):
        api.inspect_container(name)
    api.close()


def engine() -> Engine:
    image = subprocess.run(
        ["docker", "image", "inspect", "-f", "{{.Id}}", IMAGE], capture_output=True, text=True, check=True
    ).stdout.strip()
    found = Container("x", "toy_postgres_1", "postgres", "running", "", 0, False, 0, image, IMAGE, 0, 0)
    return Engine({"postgres": (found,)}, {}, "20", "docker")


@pytest.fixture
def only_container(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "binaries_here", list)


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


@pytest.mark.parametrize(
    ("version", "knows"), [((15, 13), False), ((15, 14), True), ((12, 99), False), ((18, 0), True)]
)
def test_psql_that_can_be_restricted(version: tuple[int, int], knows: bool) -> None:
    assert knows_restrict(version) is knows


def test_command_of_psql_in_a_dump_is_refused_and_runs_nothing(material: Material, tmp_path: Path) -> None:
    target = tmp_path / "ran"
    tmp_path.chmod(0o777)
    content = material.good.replace(
        b"SET default_tablespace", b"\\! touch " + bytes(target) + b"\nSET default_tablespace", 1
    )
    look = look_at(tmp_path, packed(content), None, material)
    if not binaries_here():
        look.engine = engine()
    said = look()["test_restore"]
    assert (said.verdict, "backslash commands are restricted" in said.text) == ("CRITICAL", True)
    assert not target.exists()


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
    many = b"".join(b"%d\t1\t%s\n" % (number, b"word " * 100) for number in range(30000, 180000))
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


def test_production_itself_is_refused() -> None:
    chooser = choosing.Chooser(probing(), 10)
    chooser.production = frozenset({"4711"})
    chooser.refuse_production("4712")
    with pytest.raises(NotMeasured, match="is the production cluster 4711"):
        chooser.refuse_production("4711")


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
        (3, 'psql:<stdin>:5: ERROR:  0A000: extension "x" is not available', None, True),
        (3, "", "exit code 3", False),
    ],
)  # fmt: skip
def test_error_is_one_line_without_values(code: int, said: str, line: str | None, environment: bool) -> None:
    ended = Ended(code, said)
    assert "secret" not in why(ended)
    assert line is None or why(ended) == line
    assert is_environment(ended) is environment


def test_restore_that_takes_too_long_is_given_up_and_leaves_nothing(
    material: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fixtures.restore.proofs.MARGIN", 0)
    slow = b"SELECT pg_catalog.pg_sleep(60);\n"
    cut = material.good.index(b"CREATE INDEX")
    look = look_at(tmp_path, packed(material.good[:cut] + slow + material.good[cut:]), None, material)
    look.timeout = 6
    if not binaries_here():
        look.engine = engine()
    start = time.monotonic()
    said = look()["test_restore"]
    assert time.monotonic() - start < 20
    assert said.verdict == "UNKNOWN"
    assert "not done within" in said.text


def test_lease_of_a_living_run_is_left_alone_and_that_of_a_dead_one_is_swept() -> None:
    lease = Lease(str(WORKSPACE))
    (lease.folder / "data").mkdir()
    assert leftovers.sweep_folders({str(WORKSPACE)}) == []
    lease._lock.close()
    assert leftovers.sweep_folders({str(WORKSPACE)}) == [str(lease.folder)]


def test_folder_that_is_young_and_has_no_lease_yet_is_left_alone() -> None:
    folder = WORKSPACE / "restoretest_young"
    folder.mkdir(mode=0o700)
    try:
        assert leftovers.sweep_folders({str(WORKSPACE)}) == []
        os.utime(folder, (1, 1))
        assert leftovers.sweep_folders({str(WORKSPACE)}) == [str(folder)]
    finally:
        if folder.exists():
            folder.rmdir()


KILLED = """
import sys, time
sys.path.insert(0, {checkout!r})
import docker
from fixtures.restore.place import ContainerPlace, MachinePlace, Yielding, binaries_here
from fixtures.restore.server import ThrowAway
calm = Yielding(0, "best-effort")
if sys.argv[1] == "machine":
    place = MachinePlace(binaries_here()[0], {workspace!r}, calm)
else:
    place = ContainerPlace(docker.APIClient(version="auto"), {image!r}, {workspace!r}, calm, 300)
server = ThrowAway(place)
server.start()
print(place.folder, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("kind", [pytest.param("machine", marks=here), "container"])
def test_kill_9_in_the_middle_leaves_what_the_next_run_sweeps_and_reports(
    kind: str, material: Material, tmp_path: Path
) -> None:
    script = KILLED.format(checkout=str(CHECKOUT), image=IMAGE, workspace=str(WORKSPACE))
    run = subprocess.Popen([sys.executable, "-c", script, kind], stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    folder = Path(run.stdout.readline().strip())
    run.kill()
    run.wait()
    run.stdout.close()
    assert (WORKSPACE / folder.name / LEASE).exists()

    found = look_at(tmp_path, packed(material.good), None, material)("test_restore_leftovers")["test_restore_leftovers"]

    assert found.verdict == "WARNING"
    assert str(WORKSPACE / folder.name) in found.text
    assert not (WORKSPACE / folder.name).exists()
    if kind == "machine":
        processes = subprocess.run(["pgrep", "-f", folder.name], capture_output=True, check=False)
        assert processes.stdout == b""
    else:
        assert f"container {folder.name}" in found.text
        api = docker.APIClient(version="auto")
        assert api.containers(all=True, filters={"name": folder.name}) == []
        api.close()


INTERRUPTED = """
import sys, threading, time
sys.path.insert(0, {checkout!r})
from pathlib import Path
from tests.probes import restoring
restoring.WORKSPACE = Path({workspace!r})
look = restoring.Look(Path({folder!r}), restore={{"workspace": {workspace!r}}})
threading.Thread(target=look, daemon=True).start()
while not list(Path({workspace!r}).glob("restoretest_*/data/base")):
    time.sleep(0.02)
time.sleep(0.5)
"""


@here
def test_run_that_is_interrupted_leaves_nothing(material: Material, tmp_path: Path) -> None:
    """A probe's thread is a daemon: it does not come to its end at the exit of the run."""
    cut = material.good.index(b"CREATE INDEX")
    slow = material.good[:cut] + b"SELECT pg_catalog.pg_sleep(60);\n" + material.good[cut:]
    look_at(tmp_path, packed(slow), None, material)
    script = INTERRUPTED.format(checkout=str(CHECKOUT), workspace=str(WORKSPACE), folder=str(tmp_path))

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr
    assert list(WORKSPACE.glob("restoretest_*")) == []
    assert subprocess.run(["pgrep", "-f", str(WORKSPACE)], capture_output=True, check=False).stdout == b""


PROGRESS = """
import sys, time
sys.path.insert(0, {checkout!r})
from fixtures.restore.progress import shown
for _ in shown([b"x" * 500_000] * 4, 2_000_000, "database: postgres_1.sql.gz"):
    time.sleep(0.2)
"""


def test_progress_is_shown_to_a_person_and_to_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "progress.py"
    path.write_text(PROGRESS.format(checkout=str(CHECKOUT)), encoding="utf-8")
    plain = subprocess.run([sys.executable, str(path)], capture_output=True, check=True)
    assert (plain.stdout, plain.stderr) == (b"", b"")

    command = ["script", "-qec", f"{sys.executable} {path}", "/dev/null"]
    seen = subprocess.run(
        command, capture_output=True, check=True, env={**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    )
    assert b"postgres_1.sql.gz" in seen.stdout
    assert b"2.0" in seen.stdout
    assert b"MB" in seen.stdout
