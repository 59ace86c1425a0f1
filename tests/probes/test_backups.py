"""Backups as `stat` lists them."""

import time
from typing import Any

import pytest

from conformance.reading import NotMeasured
from fixtures import backups
from fixtures.backups import File, parse_files
from fixtures.host import Facts
from tests.probes.support import body, fault, measure, probing, target

LISTED = """readable
1700000100 4096 /opt/backups/postgres_1.sql.gz
1700000300 5000 /opt/backups/postgres 3, the newest.sql.gz
1700000200 0 /opt/backups/postgres_2.sql.gz
"""


def test_newest_comes_first_and_names_keep_their_spaces() -> None:
    readable, files = parse_files(LISTED)
    assert readable
    assert files == (
        File(1700000300, 5000, "/opt/backups/postgres 3, the newest.sql.gz"),
        File(1700000200, 0, "/opt/backups/postgres_2.sql.gz"),
        File(1700000100, 4096, "/opt/backups/postgres_1.sql.gz"),
    )


@pytest.mark.parametrize(("text", "expected"), [("", (False, ())), ("\n", (False, ())), ("readable\n", (True, ()))])
def test_no_file_in_a_folder_and_no_folder_are_two_things(text: str, expected: tuple[bool, tuple[File, ...]]) -> None:
    assert expected == parse_files(text)


def test_name_with_a_line_break_hides_no_other_file() -> None:
    readable, files = parse_files("readable\n1700000100 10 /b/half\nof a name.gz\n1700000200 20 /b/whole.gz\n")
    assert readable
    assert files[0] == File(1700000200, 20, "/b/whole.gz")


def probe(**sections: str) -> tuple[Any, dict[str, Any]]:
    facts = Facts({f"backup {name}": text for name, text in sections.items()}, "local://", 0.0, 0.0)
    declared = {name: {"glob": f"/opt/{name}/*.gz"} for name in (*sections, "absent")}
    run = probing(results={"host_facts": facts}, backups=declared)
    return run, measure("backup_files", run)


def test_empty_folder_is_a_fault_and_an_unreadable_one_no_measurement() -> None:
    run, found = probe(empty="readable\n", full=LISTED, locked="")
    assert found["empty"] == ()
    assert len(found["full"]) == 3
    reported = fault(run, "backup empty")
    assert reported is not None
    assert reported.check == "test_backup_exists[empty]"
    for name in ("locked", "absent"):
        assert isinstance(found[name], NotMeasured)
        assert f"/opt/{name} is not there, or the user of the suite may not read it" == found[name].reason
        assert fault(run, f"backup {name}") is None


def test_check_of_an_unreadable_folder_is_not_measured() -> None:
    with pytest.raises(NotMeasured, match="may not read it"):
        body(backups.backup_set)(probe(locked="")[1], "locked")


def test_age_and_size_of_no_backup_are_not_measured_and_name_the_set() -> None:
    with pytest.raises(NotMeasured, match="no backup of this set") as caught:
        body(backups.backup_newest)((), "database")
    assert caught.value.parts == ("backup database",)


def test_age_is_in_hours() -> None:
    newest = File(int(time.time()) - 7200, 10, "/b/x.gz")
    assert body(backups.backup_age)(newest, target()).value == pytest.approx(2, abs=0.01)


def test_backup_from_the_future_has_no_age() -> None:
    newest = File(int(time.time()) + 7200, 10, "/b/x.gz")
    with pytest.raises(NotMeasured, match="in the future"):
        body(backups.backup_age)(newest, target())


def share(*sizes: int) -> Any:
    files = tuple(File(1700000000 - number, size, f"/b/{number}.gz") for number, size in enumerate(sizes))
    return body(backups.backup_share)(files, files[0], target())


@pytest.mark.parametrize(("sizes", "value"), [((500, 1000), 50.0), ((1500, 1000, 9), 150.0), ((0, 1000), 0.0)])
def test_newest_is_held_against_the_one_before(sizes: tuple[int, ...], value: float) -> None:
    assert share(*sizes).value == value
    assert share(*sizes).baseline == ""


def test_first_backup_of_all_is_a_baseline_and_one_after_an_empty_one_no_data() -> None:
    assert share(500).baseline == "there is no earlier backup to compare with"
    assert (share(500, 0).value, share(500, 0).missing) == (None, "/b/1.gz is empty")


@pytest.mark.parametrize(
    ("path", "head", "words"),
    [
        ("a.sql.gz", "1f8b0800", "as named"),
        ("a.sql.gz", "2d2d0a2d2d20506f", "plain SQL"),
        ("a.sql.gz", "8f11223344556677", "neither an archive nor SQL"),
        ("a.sql.gz", "0000000000000000", "neither an archive nor SQL"),
        ("a.dump", "5047444d50", "as named"),
        ("a.sql", "2d2d0a2d2d20506f", "as named"),
        ("a.sql", "1f8b0800", "as named"),
        ("a.dump", "00", "neither an archive nor SQL"),
        ("a.sql.zst", "28b52ffd", "as named"),
        ("a.sql.xz", "fd377a585a00", "as named"),
        ("a.sql.bz2", "1f8b0800", "gzip"),
        ("a.tar", "746f632e64617400", "as named"),
        ("a.sql.zst", "502a4d1804000000", "as named"),
    ],
)
def test_first_bytes_are_held_against_the_name(path: str, head: str, words: str) -> None:
    assert words == backups.format_against(File(1, 1, path, bytes.fromhex(head)))


def test_empty_backup_is_no_archive() -> None:
    assert body(backups.backup_format)(File(1, 0, "/b/a.gz"), target()).value == "empty"


def test_backup_that_cannot_be_read_has_no_format() -> None:
    found = body(backups.backup_format)(File(1, 1, "/b/a.gz"), target())
    assert not found.has_data
    assert found.missing == "/b/a.gz cannot be read"


def test_first_bytes_belong_to_the_newest() -> None:
    sections = {"backup full": LISTED, "backup head full": " 1f 8b 08 00\n"}
    run = probing(
        results={"host_facts": Facts(sections, "local://", 0.0, 0.0)}, backups={"full": {"glob": "/opt/full/*.gz"}}
    )
    newest, older, _ = measure("backup_files", run)["full"]
    assert (newest.head.hex(), older.head) == ("1f8b0800", b"")
