"""The journal: a line is on disk before `write` returns, and a cut line costs only itself."""

import math
from pathlib import Path

import pytest

from conformance import journal
from conformance.journal import Journal


def test_a_line_can_be_read_the_moment_it_is_written(tmp_path: Path) -> None:
    one = Journal(tmp_path)
    for number in range(3):
        one.write("check", {"number": number, "text": "ä\n€"})
        assert list(range(number + 1)) == [line["number"] for line in journal.read(tmp_path)]
    one.close()
    assert list(journal.read(tmp_path))[:1] == [{"type": "check", "number": 0, "text": "ä\n€"}]


@pytest.mark.parametrize(
    "cut", ['{"type": "check", "te', '{"type": "check", "text": "\xff'], ids=["a", "within a character"]
)
def test_a_last_line_that_a_kill_cut_is_named(tmp_path: Path, cut: str) -> None:
    (tmp_path / journal.NAME).write_bytes(b'{"type": "run"}\n' + cut.encode("latin-1"))
    assert list(journal.read(tmp_path)) == [{"type": "run"}, {"type": "damaged", "line": 2}]


def test_a_line_that_a_full_disk_cut_costs_only_itself(tmp_path: Path) -> None:
    (tmp_path / journal.NAME).write_text('{"type": "run"}\n{"type": "che\n{"type": "end"}\n')
    assert [line["type"] for line in journal.read(tmp_path)] == ["run", "damaged", "end"]


def test_what_json_does_not_know_is_refused_and_leaves_no_half_line(tmp_path: Path) -> None:
    one = Journal(tmp_path)
    with pytest.raises(ValueError, match="not JSON compliant"):
        one.write("check", {"value": math.nan})
    one.write("check", {"value": 1})
    one.close()
    assert [line["value"] for line in journal.read(tmp_path)] == [1]


def test_without_a_journal_there_is_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(journal.read(tmp_path))
