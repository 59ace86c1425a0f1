"""For each weekly check of the backups a fault, injected into the real stack, that turns it to its named verdict."""

import ast
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.thresholds import rows_named
from tests.stack import stack
from tests.stack.conftest import Finished, Runner
from tests.stack.fault import Fault, differences, injected
from tests.stack.faults import restore as faults
from tests.stack.faults import restore_held as held

OURS = ("suites/daily/test_backups.py", "suites/weekly/test_backups.py", "suites/weekly/test_restore.py")
# The sets of the database and of the roles do not touch one another.
BATCHES = {
    "truncated": (faults.TRUNCATED, faults.OPEN_TO_ALL),
    "half a dump": (faults.HALF_A_DUMP, faults.GAP),
    "trailing": (faults.TRAILING,),
    "cluster": (faults.CLUSTER,),
    "missing table": (faults.MISSING_TABLE,),
    "empty table": (faults.EMPTY_TABLE,),
    "lost row": (faults.LOST_ROW,),
    "not migrated": (faults.NOT_MIGRATED,),
    "owner": (faults.STRANGE_OWNER,),
    "failing statement": (faults.FAILING_STATEMENT,),
    "newer major": (faults.NEWER_MAJOR,),
    "damaged": (faults.DAMAGED,),
    "growing": (faults.GROWING,),
    "old": (faults.OLD,),
    "sequence": (held.SEQUENCE_BEHIND,),
    "default": (held.NO_DEFAULT,),
    "rights": (held.NO_RIGHTS,),
    "empty new": (held.EMPTY_NEW,),
    "roles, value": (held.HOLLOW_ROLE, held.CHANGED_VALUE),
    "absurd count": (held.ABSURD_COUNT,),
    "old manifest": (held.OLD_MANIFEST,),
    "another's manifest": (held.OTHER_MANIFEST,),
    "broken manifest": (held.BROKEN_MANIFEST,),
}
# Turned red below, where the target or the time must be another; or by the daily suite's faults.
ELSEWHERE = {"restore.age", "restore.time", "restore.erosion", "backup.kept", "test_restore_leftovers",
             "test_backup_exists", "backup.size", "backup.size.share", "test_backup_format"}  # fmt: skip


@pytest.fixture(scope="module")
def healthy(weekly: Runner) -> Finished:
    """A whole weekly run, which later ones compare with."""
    weekly("--deadline=300")
    found = weekly(*OURS)
    assert found.findings() == [], found.output
    return found


@pytest.mark.parametrize("batch", BATCHES.values(), ids=BATCHES)
def test_faults_turn_their_checks_and_no_others(batch: tuple[Fault, ...], weekly: Runner, healthy: Finished) -> None:
    with injected(*batch):
        red = weekly(*OURS)

    found = differences(red.results, batch)
    assert found == [], "\n".join([*found, red.output])
    verdicts = {want.verdict for fault in batch for want in fault.expect.values() if not want.blocked_by}
    assert red.exit_code == (0 if verdicts == {"WARNING"} else 1), red.output


def test_it_is_green_again(weekly: Runner, healthy: Finished) -> None:
    after = weekly(*OURS)
    assert after.findings() == [], after.output


def test_every_check_has_a_fault() -> None:
    turned = {
        check.partition("[")[0]
        for batch in BATCHES.values()
        for fault in batch
        for check, want in fault.expect.items()
        if not want.blocked_by
    }
    names: set[str] = set()
    for path in (stack.CHECKOUT / name for name in OURS):
        rows = {line: row for row, line in rows_named(path).items()}
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                lines = range(node.decorator_list[0].lineno, node.body[0].lineno)
                names.add(next((rows[line] for line in lines if line in rows), node.name))
    assert sorted(names - turned - ELSEWHERE) == []
    assert names >= ELSEWHERE


def test_production_gets_nothing_but_two_looks_at_its_catalogues(weekly: Runner, healthy: Finished) -> None:
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
    weekly: Runner, healthy: Finished, variant: Variant, small_disk: Path
) -> None:
    checkout = variant({"targets/demo.yaml": (RESTORE, f"{RESTORE}      workspace: {small_disk}\n")})
    found = weekly(*OURS, checkout=checkout)

    preflight = found.check("test_restore_preflight[database]")
    assert preflight["verdict"] == "UNKNOWN", found.output
    assert " B free" in preflight["reason"]
    assert found.check("test_restore[database]")["blocked_by"] == "test_restore_preflight[database]"
    assert found.check("test_dump_counted[database]")["verdict"] == "OK"
    assert list(small_disk.iterdir()) == []


def test_old_data_in_a_fresh_file(weekly: Runner, healthy: Finished, variant: Variant) -> None:
    checkout = variant({"targets/demo.yaml": ("newest: {messages: created_at}", "newest: {users: created_at}")})
    assert weekly(*OURS, checkout=checkout).check("restore.age[database]")["verdict"] == "CRITICAL"


def test_restore_that_takes_longer_than_a_recovery_may(weekly: Runner, healthy: Finished, variant: Variant) -> None:
    checkout = variant({"thresholds.yaml": ("warning: {above: 900}", "warning: {above: 0.1}")})
    assert weekly(*OURS, checkout=checkout).check("restore.time[database]")["verdict"] == "WARNING"


def test_table_that_lost_a_little_each_week(weekly: Runner, healthy: Finished, state: Path, tmp_path: Path) -> None:
    shutil.copytree(state, tmp_path / "state")
    [snapshot] = (tmp_path / "state").rglob("snapshot-demo-weekly.json")
    kept = json.loads(snapshot.read_text(encoding="utf-8"))
    for counts in kept["restore.peaks"]["database"].values():
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


def test_killed_run_is_swept_and_reported_by_the_next(weekly: Runner, healthy: Finished) -> None:
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
