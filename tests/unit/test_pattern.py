"""Patterns over check ids."""

import pytest

from conformance.pattern import matches


@pytest.mark.parametrize(
    ("pattern", "check_id", "subject", "expected"),
    [
        ("disk.free", "disk.free[/data]", None, True),
        ("disk.free", "disk.free", None, True),
        ("disk.free", "disk.free_inodes[/data]", None, False),
        ("disk", "disk.free[/data]", None, False),
        ("disk.*", "disk.free[/data]", None, True),
        ("*", "disk.free[/data]", None, True),
        ("disk.free[/data]", "disk.free[/data]", None, True),
        ("disk.free[/data]", "disk.free[/]", None, False),
        ("disk.free[*]", "disk.free[/var/lib]", None, True),
        ("disk.free[*]", "disk.free", None, False),
        ("*[redis]", "test_state[redis]", None, True),
        # Only `*` is special: fnmatch would take these for a class, one character and a class.
        ("test_state[ab]", "test_statea", None, False),
        ("test_stat?", "test_state", None, False),
        ("disk.free", "diskXfree", None, False),
        ("disk.free", "disk.free[/data]", "/data", True),
        ("disk.free", "disk.free[/data]", "/da*", True),
        ("disk.free", "disk.free[/data]", "/", False),
        ("disk.free", "disk.free", "/data", False),
        ("disk.free", "disk.free", "*", False),
        ("logs", "logs[a\nb]", "a*b", True),
        ("test_x", "test_x[a[1]]", "a[1]", True),
        ("", "disk.free", None, False),
    ],
)
def test_a_pattern_names_a_check_or_not(pattern: str, check_id: str, subject: str | None, expected: bool) -> None:
    assert expected is matches(pattern, check_id, subject), f"{pattern!r} over {check_id!r} with subject {subject!r}"
