"""The files of a set: which is the newest, which grows, and what their names, modes and times say."""

import os
import threading
import time
from datetime import UTC, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from conformance.reading import NotMeasured
from fixtures.restore import files
from fixtures.restore.files import Backup, Files, changed, parse, parse_stamp, parse_zone
from tests.probes.restoring import SET, Look
from tests.probes.support import measure, probing

HOUR = 3600


@pytest.mark.parametrize(
    ("name", "stamp", "day_only"),
    [
        ("postgres_20260102T030405Z.sql.gz", 1767323045, False),
        ("postgres_20260102T030405.sql.gz", 1767323045 - HOUR, False),
        ("postgres-2026-01-02_03-04-05.dump", 1767323045 - HOUR, False),
        ("postgres_20260102_0304.sql.gz", 1767323040 - HOUR, False),
        ("postgres_2026-01-02.sql.gz", 1767312000 - HOUR, True),
        ("postgres_latest.sql.gz", None, False),
        ("postgres_20261399.sql.gz", None, False),
        ("99991231T000000Z", 253402214400, False),
    ],
)
def test_time_that_a_name_says(name: str, stamp: float | None, day_only: bool) -> None:
    assert parse_stamp(name, timezone(timedelta(hours=1))) == (stamp, day_only)


@pytest.mark.parametrize(("text", "hours"), [("+0530\n", 5.5), ("-0200", -2), ("", 0), ("CEST", 0)])
def test_zone_of_the_host(text: str, hours: float) -> None:
    assert parse_zone(text).utcoffset(None) == timedelta(hours=hours)


LISTED = """readable
1767323045 100 640 f /b/postgres_20260102T030405Z.sql.gz
1999999999 90 644 f /b/postgres_20260101T030405Z.sql.gz
1767409445 200 750 d /b/postgres_20260103T030405Z.dir
1767500000 5 600 f /b/half
of a name.gz
"""


def test_newest_is_the_newest_by_name() -> None:
    readable, found = parse(LISTED, UTC)
    assert readable
    assert [one.name for one in found] == [
        "half", "postgres_20260103T030405Z.dir", "postgres_20260102T030405Z.sql.gz",
        "postgres_20260101T030405Z.sql.gz",
    ]  # fmt: skip
    assert found[1].is_folder
    assert found[2].mode == 0o640


def test_no_folder_and_an_empty_one_are_two_things() -> None:
    assert parse("", UTC) == (False, ())
    assert parse("readable\n", UTC) == (True, ())


def a(name: str, stamp: float | None, size: int = 10, modified: int = 1000) -> Backup:
    return Backup(name, modified, size, 0o640, stamp=stamp)


def test_stamp_in_the_future_does_not_hide_what_is_newer() -> None:
    found = Files((a("future", 9e9), a("now", 1000.0), a("old", 500.0)), frozenset(), 1000.0, "x")
    assert found.by_name is not None
    assert found.by_name.path == "now"


def test_file_that_grows_is_passed_over() -> None:
    found = Files((a("now", 1000.0), a("old", 500.0)), frozenset({"now"}), 1000.0, "x")
    assert (found.by_name, found.settled) == (found.backups[0], found.backups[1])
    assert Files((a("now", 1000.0),), frozenset({"now"}), 1000.0, "x").settled is None


def test_change_between_two_looks() -> None:
    first = [a("same", None), a("grown", None), a("touched", None), a("gone", None)]
    second = [a("same", None), a("grown", None, size=11), a("touched", None, modified=1001), a("new", None)]
    assert changed(first, second) == {"grown", "touched"}


def write(folder: Path, stamp: str, size: int = 100, *, age: float = 0, mode: int = 0o640) -> Path:
    """A file of the set whose time of writing is that of its stamp, or `age` hours ago."""
    path = folder / f"postgres_{stamp}.sql.gz"
    path.write_bytes(b"x" * size)
    path.chmod(mode)
    moment = time.time() - age * HOUR
    os.utime(path, (moment, moment))
    return path


def stamp(age: float) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() - age * HOUR))


def aged(folder: Path, age: float, size: int = 100, **more: Any) -> Path:
    return write(folder, stamp(age), size, age=age, **more)


FINDINGS = (
    "test_backup_growth", "test_backup_mode", "test_backup_stamp", "test_backup_gap",
    "test_backup_kept",
)  # fmt: skip
KEYS = {"every": "6h", "keep": 3}


@pytest.fixture(autouse=True)
def _short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "BETWEEN_LOOKS", 0.3)


def said(folder: Path, **previous: Any) -> dict[str, str]:
    found = Look(folder, keys=KEYS, previous=previous)(*FINDINGS)
    return {name.removeprefix("test_backup_"): one.verdict for name, one in found.items()}


def test_healthy_set_is_good(tmp_path: Path) -> None:
    for age in (0, 6, 12):
        aged(tmp_path, age)
    assert set(said(tmp_path).values()) == {"OK"}


def test_first_backup_has_nothing_to_compare_with(tmp_path: Path) -> None:
    aged(tmp_path, 1)
    assert said(tmp_path) == {
        "growth": "OK", "mode": "OK", "stamp": "OK", "gap": "baseline", "kept": "baseline",
    }  # fmt: skip


def test_no_backup_is_blocked_by_the_check_that_says_so(tmp_path: Path) -> None:
    found = Look(tmp_path, keys=KEYS)()
    assert {one.text for one in found.values() if one.verdict == "blocked"} == {f"test_backup_exists[{SET}]"}
    assert [name for name, one in found.items() if one.verdict != "blocked"] == ["test_restore_leftovers"]


def test_file_that_is_being_written_is_seen_and_the_one_before_is_taken(tmp_path: Path) -> None:
    before, path = aged(tmp_path, 6), aged(tmp_path, 0)
    stop = threading.Event()

    def grow() -> None:
        while not stop.wait(0.02):
            with path.open("ab") as file:
                file.write(b"x")

    thread = threading.Thread(target=grow)
    thread.start()
    try:
        look = Look(tmp_path, keys=KEYS)
        found = look("test_backup_growth", "test_backup_archive")
    finally:
        stop.set()
        thread.join()
    assert (found["test_backup_growth"].verdict, found["test_backup_growth"].text) == ("CRITICAL", "still growing")
    assert look.run is not None
    proof = look.run.probe("backup_proofs")[SET]
    assert proof.backup.path == str(before)
    assert proof.passed_over == (str(path),)


@pytest.mark.parametrize(("mode", "verdict"), [(0o644, "WARNING"), (0o640, "OK"), (0o600, "OK"), (0o604, "WARNING")])
def test_backup_that_everybody_may_read(mode: int, verdict: str, tmp_path: Path) -> None:
    aged(tmp_path, 0, mode=mode)
    assert said(tmp_path)["mode"] == verdict


def test_time_that_a_copy_has_reset_and_a_stamp_of_the_future(tmp_path: Path) -> None:
    write(tmp_path, stamp(30), age=0)
    assert said(tmp_path)["stamp"] == "WARNING"
    aged(tmp_path, 1)
    assert said(tmp_path)["stamp"] == "WARNING"  # the older name was written last


def test_stamp_of_a_day_agrees_with_all_of_it(tmp_path: Path) -> None:
    write(tmp_path, time.strftime("%Y-%m-%d"), age=0)
    assert said(tmp_path)["stamp"] == "OK"


@pytest.mark.parametrize(("ages", "verdict"), [((0, 9, 15), "OK"), ((0, 9.1, 15), "WARNING"), ((0, 6, 20), "WARNING")])
def test_gap_in_the_schedule(ages: tuple[float, ...], verdict: str, tmp_path: Path) -> None:
    for age in ages:
        aged(tmp_path, age)
    assert said(tmp_path)["gap"] == verdict


def test_backups_that_were_pruned_too_early(tmp_path: Path) -> None:
    aged(tmp_path, 0)
    aged(tmp_path, 6)
    assert said(tmp_path)["kept"] == "baseline"
    seen = {"backup.oldest": {SET: time.time() - 13 * HOUR}}
    assert said(tmp_path, **seen)["kept"] == "WARNING"
    aged(tmp_path, 12)
    assert said(tmp_path, **seen)["kept"] == "OK"


def test_what_the_target_does_not_say_is_no_pass(tmp_path: Path) -> None:
    aged(tmp_path, 0)
    found = Look(tmp_path)("test_backup_gap", "test_backup_kept")
    assert {one.verdict for one in found.values()} == {"UNKNOWN"}


def test_folder_that_is_not_there_is_no_measurement() -> None:
    run = probing(backups={"x": {"glob": "/no/such/folder/*.gz"}})
    found = measure("backup_first_look", run)["x"]
    assert isinstance(found, NotMeasured)
    assert "/no/such/folder is not there" in found.reason


def test_directory_dump_has_the_size_of_its_files(tmp_path: Path) -> None:
    place = tmp_path / "postgres_20260101.dir"
    place.mkdir()
    (place / "toc.dat").write_bytes(b"x" * 30)
    (place / "1.dat.gz").write_bytes(b"x" * 12)
    run = probing(backups={"x": {"glob": f"{tmp_path}/postgres_*"}})
    found = measure("backup_first_look", run)["x"]
    assert (found.backups[0].size, found.backups[0].is_folder) == (42, True)
