"""Durations as thresholds.yaml and Prometheus write them: 30s, 5m, 26h, 30d, 1w."""

import re

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def seconds(text: str) -> int:
    """'5m' -> 300; raises ValueError with the accepted form."""
    match = re.fullmatch(r"([1-9][0-9]*)([smhdw])", text)
    if not match:
        raise ValueError(f"{text!r} is no duration: write a whole number and one of s, m, h, d, w, such as 5m")
    return int(match[1]) * _SECONDS[match[2]]


def human(duration: float) -> str:
    """300 -> '5m'; 93600 -> '26h'; what does not divide evenly stays in seconds."""
    for unit in ("d", "h", "m"):
        if duration >= _SECONDS[unit] and duration % _SECONDS[unit] == 0:
            return f"{duration / _SECONDS[unit]:.0f}{unit}"
    return f"{duration:g}s"
