"""Bytes with a prefix, of the kind that the limits beside them are written in."""

import pytest

from conformance.amount import amount, in_words
from conformance.threshold import Limits


@pytest.mark.parametrize(
    ("value", "unit", "beside", "said"),
    [
        (12897485, "B", (), ("12.3", "MiB")),
        (0, "B", (), ("0", "B")),
        (1023, "B", (), ("1023", "B")),
        (1024, "B", (), ("1", "KiB")),
        (5 * 1024**5, "B", (), ("5", "PiB")),
        (5 * 1024**7, "B", (), ("5242880", "PiB")),
        (629145600, "B", (500000000, 2000000000), ("629.1", "MB")),
        (629145600, "B", (33554432,), ("600", "MiB")),
        (500000001, "B", (500000000,), ("500000001", "B")),
        (500000000, "B", (500000000,), ("500", "MB")),
        (33554433.0, "B", (33554432,), ("33554433", "B")),
        (900, "B", (1000,), ("900", "B")),
        (7.4, "%", (10,), ("7.4", "%")),
        (14, "1", (14,), ("14", "")),
        (True, "B", (), ("True", "B")),
        ("none", "", (), ("none", "")),
    ],
)
def test_amount(value: object, unit: str, beside: tuple[object, ...], said: tuple[str, str]) -> None:
    assert amount(value, unit, beside) == said


@pytest.mark.parametrize(
    ("limits", "unit", "words"),
    [
        ({"warning": {"above": 2}, "critical": {"above": 5}}, "s", "warning above 2, critical above 5"),
        ({"warning": {"above": 500000000}, "critical": {"above": 2000000000}}, "B",
         "warning above 500 MB, critical above 2 GB"),
        ({"warning": {"above": 33554432}}, "B", "warning above 32 MiB"),
        ({"critical": {"below": 1000}}, "B", "critical below 1 kB"),
        ({"critical": {"not": 4096}}, "B", "critical not 4 KiB"),
    ],
)  # fmt: skip
def test_limits_in_words(limits: dict[str, object], unit: str, words: str) -> None:
    assert in_words(Limits.model_validate(limits), unit) == words
