"""The files of a log that rotates: their dates, their number, and what they hold."""

from typing import Any

import pytest

from conformance.reading import NotMeasured
from tests.probes.test_rotation import DAY, HOUR, LOGS, NOW, STATE, Change, file, read, young

# When it last happened


def entries(**changes: float) -> Change:
    return lambda found: found["states"][STATE].update(entries={f"{LOGS}/{k}.log": v for k, v in changes.items()})


def test_state_file_that_stands_still_is_seen() -> None:
    assert read("rotation_age", entries(a=NOW - 60 * HOUR)).value == 60.0


def test_empty_log_is_not_rotated_and_that_logrotate_looked_is_enough() -> None:
    def change(found: dict[str, Any]) -> None:
        entries(a=NOW - 60 * HOUR)(found)
        found["files"][0]["size"] = 0

    assert read("rotation_age", change).value == 1.0


def test_log_that_logrotate_never_saw_is_young_or_a_finding() -> None:
    def change(found: dict[str, Any]) -> None:
        young(found)
        entries()(found)

    assert read("rotation_age", change).baseline
    assert read("rotation_age", entries()).value == 20 * 24
    assert not read("rotation_age", entries()).baseline


def test_state_file_that_is_not_there_was_never_written() -> None:
    found = read("rotation_age", lambda found: found["states"].update({STATE: {"absent": STATE}}))
    assert (found.value, found.baseline) == (20 * 24, "")


def test_log_without_a_live_file_has_no_age() -> None:
    found = read("rotation_age", lambda found: found["files"].pop(0))
    assert not found.has_data
    assert not found.baseline


def test_folder_that_does_not_say_its_age_is_a_baseline() -> None:
    def change(found: dict[str, Any]) -> None:
        found["files"] = [file("a.log", 1, born=0)]

    assert read("rotated_age", change).baseline
    assert read("rotated_plain", change).baseline


def test_rotation_that_is_yet_to_come_has_no_age() -> None:
    changes: dict[str, Change] = {
        "rotation_age": entries(a=NOW + 30 * DAY),
        "rotated_age": lambda found: found["files"][1].update(mtime=NOW + 30 * DAY),
    }
    for name, change in changes.items():
        with pytest.raises(NotMeasured, match="is dated 2023-12-14 22:13 UTC, which is yet to come") as caught:
            read(name, change)
        assert "who set that date" in caught.value.next_step
    assert read("rotation_age", entries(a=NOW + 1800)).value == -0.5  # an hour that came twice


# The files that are there


def test_nothing_rotated_is_young_or_a_finding() -> None:
    assert read("rotated_age", young).baseline
    found = read("rotated_age", lambda found: found.update(files=[file("a.log", 1)]))
    assert (found.value, found.baseline) == (20 * 24, "")


def test_log_that_nobody_writes_to_has_no_newer_rotated_file() -> None:
    def change(found: dict[str, Any]) -> None:
        for one in found["files"]:
            one["mtime"] -= 60 * HOUR
        found["files"][0]["size"] = 0

    assert read("rotated_age", change).value == 1.0


def test_file_that_was_never_removed_counts() -> None:
    assert (
        read("rotated_number", lambda found: found["files"].append(file("a.log-20200101", 99, 900 * DAY))).value == 15
    )


def test_rotated_file_that_is_not_compressed_counts_but_for_the_newest() -> None:
    def change(found: dict[str, Any]) -> None:
        found["files"][2].update(path=f"{LOGS}/a.log.2", packed="")

    assert read("rotated_plain", change, window=3 * DAY).value == 1


def test_plain_text_under_the_name_of_a_compressed_file_counts_the_newest_too() -> None:
    def one(found: dict[str, Any]) -> None:
        found["files"][5]["packed"] = ""

    reading = read("rotated_plain", one)
    assert reading.value == 1
    assert reading.excerpt.startswith(f"not compressed: {LOGS}/a.log.5.gz\n")
    assert read("rotated_plain", lambda found: found["files"][1].update(path=f"{LOGS}/a.log.1.gz")).value == 1
    assert read("rotated_plain", lambda found: found["files"][1].update(packed="xz")).value == 0


def test_log_that_is_young_reaches_back_no_further_than_its_age() -> None:
    assert read("rotation_reach", young, window=15 * DAY).baseline
    found = read("rotation_reach", lambda found: found.update(files=found["files"][:5]), window=15 * DAY)
    assert (found.value, found.baseline) == (4.0, "")


def test_largest_file_counts_live_or_rotated() -> None:
    assert read("rotation_size", lambda found: found["files"][3].update(size=900)).value == 900
    assert not read("rotation_size", lambda found: found.update(files=[])).has_data
