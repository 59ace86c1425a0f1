"""The record of daily runs: prepared ones with and without gaps, killed runs among them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fixtures.record import STAMP, complete_runs, gaps, is_complete

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
WEEK = NOW - timedelta(days=7)


def write(
    reports: Path, hours_ago: float, *, suite: str = "daily", target: str = "toy", last: str | None = None
) -> Path:
    """A run's folder; its journal ends with `last`, or as that of a complete run."""
    folder = reports / f"{(NOW - timedelta(hours=hours_ago)).strftime(STAMP)}-{suite}-{target}"
    folder.mkdir(parents=True)
    end = json.dumps({"type": "end", "complete": True, "exit_code": 1}) if last is None else last
    (folder / "journal.jsonl").write_text('{"type": "run"}\n' + end + "\n", encoding="utf-8")
    return folder


def hours(reports: Path, *more: Path) -> list[float]:
    runs = complete_runs([reports, *more], "toy", WEEK)
    return [gap.total_seconds() / 3600 for gap, _ in gaps(runs, NOW)]


def test_record_of_every_hour_has_no_gap(tmp_path: Path) -> None:
    for number in range(10):
        write(tmp_path, number + 0.5)
    assert hours(tmp_path) == [1.0] * 9 + [0.5]


def test_missed_runs_are_a_gap_and_so_is_the_time_since_the_last(tmp_path: Path) -> None:
    for ago in (30, 29, 20, 19, 5):
        write(tmp_path, ago)
    assert hours(tmp_path) == [14, 9, 5, 1, 1]


@pytest.mark.parametrize(
    "last",
    ['{"type": "end", "complete": false}', '{"type": "check"}', '{"type": "end", "compl', "", "[]", "null", "\x00"],
)
def test_run_that_was_killed_is_none(tmp_path: Path, last: str) -> None:
    write(tmp_path, 3)
    write(tmp_path, 2, last=last)
    assert hours(tmp_path) == [3.0]


def test_other_suites_targets_and_files_are_not_counted(tmp_path: Path) -> None:
    write(tmp_path, 3)
    write(tmp_path, 2, suite="weekly")
    write(tmp_path, 2.1, target="other")
    write(tmp_path, 2.2, target="toy-2")
    (tmp_path / "latest").symlink_to("x")
    (tmp_path / "20261123T000000.000000Z-daily-toy.tar").write_text("x")
    assert hours(tmp_path) == [3.0]


def test_runs_of_the_state_folder_count_too(tmp_path: Path) -> None:
    write(tmp_path / "reports", 2)
    write(tmp_path / "state", 1)
    assert hours(tmp_path / "reports", tmp_path / "state", tmp_path / "nowhere") == [1.0, 1.0]


def test_gap_that_began_before_the_window_counts_whole(tmp_path: Path) -> None:
    for ago in (24 * 9, 24 * 8, 24 * 6, 1):
        write(tmp_path, ago)
    assert hours(tmp_path)[:2] == [24 * 6 - 1, 48]


def test_no_run_at_all_has_no_gap_and_no_value(tmp_path: Path) -> None:
    assert hours(tmp_path) == []
    assert hours(tmp_path / "nowhere") == []


def test_end_of_a_long_journal_is_found(tmp_path: Path) -> None:
    folder = write(tmp_path, 1)
    text = (folder / "journal.jsonl").read_text()
    (folder / "journal.jsonl").write_text('{"type": "check", "x": "' + "y" * 2_000_000 + '"}\n' + text)
    assert is_complete(folder)
