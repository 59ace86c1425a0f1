"""What one run leaves for the next: whole or not at all, for this target and suite alone."""

import math
from pathlib import Path

import pytest

from conformance import snapshot


def test_what_is_saved_is_loaded_by_the_same_target_and_suite_alone(tmp_path: Path) -> None:
    state = tmp_path / "deep" / "state"
    snapshot.save(state, "demo", "daily", {"run": "a", "text": "ä"})
    assert snapshot.load(state, "demo", "daily") == {"run": "a", "text": "ä"}
    assert [snapshot.load(state, "demo", "weekly"), snapshot.load(state, "live", "daily")] == [{}, {}]
    assert [path.stat().st_mode & 0o777 for path in (state, next(state.iterdir()))] == [0o700, 0o600]


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"null", b"\xff\xfe", b'{"run": "a"}{'])
def test_a_snapshot_that_cannot_be_read_is_a_first_run(tmp_path: Path, content: bytes) -> None:
    snapshot.save(tmp_path, "demo", "daily", {"run": "a"})
    next(tmp_path.iterdir()).write_bytes(content)
    assert snapshot.load(tmp_path, "demo", "daily") == {}


def test_a_save_that_fails_leaves_the_old_snapshot_and_no_litter(tmp_path: Path) -> None:
    snapshot.save(tmp_path, "demo", "daily", {"run": "a"})
    with pytest.raises(ValueError, match="not JSON compliant"):
        snapshot.save(tmp_path, "demo", "daily", {"run": "b", "value": math.nan})
    assert snapshot.load(tmp_path, "demo", "daily") == {"run": "a"}
    assert len(list(tmp_path.iterdir())) == 1


def test_a_state_folder_that_cannot_be_made_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(OSError, match=r"File exists|Not a directory"):
        snapshot.save(tmp_path / "state", "demo", "daily", {})
