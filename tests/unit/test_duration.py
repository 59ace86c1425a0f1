"""Durations."""

import pytest

from conformance import duration


@pytest.mark.parametrize(
    ("text", "expected"), [("1s", 1), ("30s", 30), ("5m", 300), ("26h", 93600), ("30d", 2592000), ("1w", 604800)]
)
def test_a_duration_is_read_as_seconds(text: str, expected: int) -> None:
    assert expected == duration.seconds(text)


@pytest.mark.parametrize("text", ["", "5", "0s", "-5m", "5 m", "1.5h", "5M", "m", "5m30s", "05m", "5m\n", "５m"])
def test_anything_else_is_refused_with_the_form_that_is_accepted(text: str) -> None:
    with pytest.raises(ValueError, match="write a whole number and one of s, m, h, d, w"):
        duration.seconds(text)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.5, "0.5s"), (59, "59s"), (60, "1m"), (90, "90s"), (3600, "1h"), (93600, "26h"), (86400, "1d"), (0, "0s")],
)
def test_a_duration_is_written_in_the_largest_unit_that_divides_it(seconds: float, expected: str) -> None:
    assert expected == duration.human(seconds)
