"""However a restore ends, nothing stays; what a killed run left is swept by the next."""

import os
import subprocess
import sys
import time
from pathlib import Path

import docker
import pytest

from fixtures.restore import leftovers
from fixtures.restore.place import LEASE, Lease, binaries_here
from tests.probes import restoring
from tests.probes.dumps import Material, engine, here, look_at, packed
from tests.probes.restoring import IMAGE, WORKSPACE


def test_restore_that_takes_too_long_is_given_up_and_leaves_nothing(
    material: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fixtures.restore.proofs.MARGIN", 0)
    slow = b"SELECT pg_catalog.pg_sleep(60);\n"
    cut = material.good.index(b"CREATE INDEX")
    look = look_at(tmp_path, packed(material.good[:cut] + slow + material.good[cut:]), None, material)
    look.timeout = 15
    if not binaries_here():
        look.engine = engine()
    start = time.monotonic()
    said = look()["test_restore"]
    assert time.monotonic() - start < 35
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
    script = KILLED.format(checkout=str(restoring.CHECKOUT), image=IMAGE, workspace=str(WORKSPACE))
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
    script = INTERRUPTED.format(checkout=str(restoring.CHECKOUT), workspace=str(WORKSPACE), folder=str(tmp_path))

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
    path.write_text(PROGRESS.format(checkout=str(restoring.CHECKOUT)), encoding="utf-8")
    plain = subprocess.run([sys.executable, str(path)], capture_output=True, check=True)
    assert (plain.stdout, plain.stderr) == (b"", b"")

    command = ["script", "-qec", f"{sys.executable} {path}", "/dev/null"]
    seen = subprocess.run(
        command, capture_output=True, check=True, env={**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    )
    assert b"postgres_1.sql.gz" in seen.stdout
    assert b"2.0" in seen.stdout
    assert b"MB" in seen.stdout
