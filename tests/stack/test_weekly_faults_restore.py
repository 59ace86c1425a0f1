"""Backups, weekly: what a run touches and leaves, and what needs another time or target than the faults in batches."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.stack import stack
from tests.stack.fault import injected
from tests.stack.faults import restore as faults
from tests.stack.running import Finished, Runner

OURS = ("suites/daily/test_backups.py", "suites/weekly/test_backups.py", "suites/weekly/test_restore.py")


def test_production_gets_nothing_but_two_looks_at_its_catalogues(weekly: Runner, weekly_green: Finished) -> None:
    def look() -> str:
        return stack.sql(
            "SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database UNION ALL "
            "SELECT string_agg(rolname, ' ' ORDER BY rolname) FROM pg_roles"
        )

    before, files = look(), stack.shell("backup", f"ls -la --time-style=full-iso {faults.FOLDER}", user="backup")
    weekly(*OURS)
    assert look() == before
    assert stack.shell("backup", f"ls -la --time-style=full-iso {faults.FOLDER}", user="backup") == files


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of 24 MB, too small for an empty cluster."""
    folder = Path(tempfile.mkdtemp(dir="/var/tmp", prefix="small-"))
    folder.chmod(0o711)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=0711", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
    folder.rmdir()


Variant = Callable[..., Path]
RESTORE = "    restore:\n"


def test_full_disk_is_unknown_and_blocks_the_rest(
    weekly: Runner, weekly_green: Finished, variant: Variant, small_disk: Path
) -> None:
    checkout = variant({"targets/demo.yaml": (RESTORE, f"{RESTORE}      workspace: {small_disk}\n")})
    found = weekly(*OURS, checkout=checkout)

    preflight = found.check("test_restore_preflight[database]")
    assert preflight["verdict"] == "UNKNOWN", found.output
    assert " B free" in preflight["reason"]
    assert found.check("test_restore[database]")["blocked_by"] == "test_restore_preflight[database]"
    assert found.check("test_dump_counted[database]")["verdict"] == "OK"
    assert list(small_disk.iterdir()) == []


def test_old_data_in_a_fresh_file(weekly: Runner, weekly_green: Finished, variant: Variant) -> None:
    checkout = variant({"targets/demo.yaml": ("newest: {messages: created_at}", "newest: {users: created_at}")})
    assert weekly(*OURS, checkout=checkout).check("restore.age[database]")["verdict"] == "CRITICAL"


def test_restore_that_takes_longer_than_a_recovery_may(
    weekly: Runner, weekly_green: Finished, variant: Variant
) -> None:
    checkout = variant({"thresholds.yaml": ("warning: {above: 900}", "warning: {above: 0.1}")})
    assert weekly(*OURS, checkout=checkout).check("restore.time[database]")["verdict"] == "WARNING"


def test_table_that_lost_a_little_each_week(
    weekly: Runner, weekly_green: Finished, state: Path, tmp_path: Path
) -> None:
    shutil.copytree(state, tmp_path / "state")
    [snapshot] = (tmp_path / "state").rglob("snapshot-demo-weekly.json")
    kept = json.loads(snapshot.read_text(encoding="utf-8"))
    for counts in kept["kept"]["restore.peaks"]["database"].values():
        counts[0][1] *= 1.5
    snapshot.write_text(json.dumps(kept), encoding="utf-8")

    found = weekly(*OURS, environ={"XDG_STATE_HOME": str(tmp_path / "state")})

    check = found.check("restore.erosion[database]")
    assert (check["verdict"], check["threshold"]["window"]) == ("WARNING", "90d"), found.output
    assert found.check("restore.loss[database]")["verdict"] == "OK"


def test_backups_that_are_removed_too_early(weekly: Runner, tmp_path: Path) -> None:
    environ = {"XDG_STATE_HOME": str(tmp_path)}
    with injected(faults.GAP):
        weekly("--deadline=300", environ=environ)
    found = weekly("--deadline=300", environ=environ).check("backup.kept[globals]")
    assert found["verdict"] == "WARNING"


def test_what_a_run_cannot_remove_is_said_and_swept_by_the_next(weekly: Runner, weekly_green: Finished) -> None:
    held: list[Path] = []

    def hold() -> None:
        for _ in range(2000):
            for folder in Path("/var/tmp").glob("restoretest_*/data"):
                held.append(folder.parent / "held")
                held[0].mkdir()
                subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(held[0])], check=True)
                return
            time.sleep(0.02)

    holding = threading.Thread(target=hold)
    holding.start()
    try:
        found = weekly(*OURS).check("test_restore_leftovers")
    finally:
        holding.join()
        subprocess.run(["umount", *held], check=True)
    assert found["verdict"] == "WARNING"
    assert f"{held[0]}: Device or resource busy" in found["reason"]

    os.utime(held[0].parent, (0, 0))  # later: what has no lease may be about to get one while it is young
    found = weekly(*OURS).check("test_restore_leftovers")
    assert found["verdict"] == "WARNING"
    assert str(held[0].parent) in found["reason"]
    assert list(Path("/var/tmp").glob("restoretest_*")) == []


def test_killed_run_is_swept_and_reported_by_the_next(weekly: Runner, weekly_green: Finished) -> None:
    command = [sys.executable, "-m", "pytest", "-m", "weekly", "--target", "demo", *OURS]
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.Popen(
            [*command, f"--run-dir={folder}"], cwd=stack.CHECKOUT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "XDG_STATE_HOME": folder},
        )  # fmt: skip
        ends = time.monotonic() + 60
        while not (left := list(Path("/var/tmp").glob("restoretest_*/data/base"))) and time.monotonic() < ends:
            time.sleep(0.02)
        run.send_signal(signal.SIGKILL)
        run.wait()
    assert left

    found = weekly(*OURS)

    check = found.check("test_restore_leftovers")
    assert check["verdict"] == "WARNING", found.output
    assert str(left[0].parents[1]) in check["reason"]
    assert list(Path("/var/tmp").glob("restoretest_*")) == []
    assert found.check("test_restore[database]")["verdict"] == "OK"
