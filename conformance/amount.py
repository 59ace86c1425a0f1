"""Amounts as a person reads them: bytes with a prefix, everything else as a plain number."""

from collections.abc import Iterable

from conformance.threshold import Limits, plain

BYTES = "B"
_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_DECIMAL = ("B", "kB", "MB", "GB", "TB", "PB")


def amount(value: object, unit: str, beside: Iterable[object] = ()) -> tuple[str, str]:
    """('12.3', 'MiB') of 12897485 bytes, ('7.4', '%') of a share; no unit for a plain count.

    `beside` are limits that stand next to it: the prefix is of their kind, and where rounding would make two different
    numbers look alike it is the plain number of bytes.
    """
    if unit != BYTES or isinstance(value, bool) or not isinstance(value, int | float):
        return plain(value), "" if unit in ("", "1") else unit
    limits = [one for one in beside if isinstance(one, int | float)]
    names, step = (_DECIMAL, 1000) if any(_is_decimal(one) for one in limits) else (_BINARY, 1024)
    said = _scaled(value, names, step)
    if any(one != value and _scaled(one, names, step) == said for one in limits):
        return plain(value), BYTES
    return said


def _is_decimal(limit: float) -> bool:
    """500000000 is 500 MB, and 33554432 is 32 MiB."""
    return limit >= 1000 and limit % 1000 == 0 and limit % 1024 != 0


def _scaled(value: float, names: tuple[str, ...], step: int) -> tuple[str, str]:
    number, place = float(value), 0
    while abs(number) >= step and place < len(names) - 1:
        number, place = number / step, place + 1
    return (plain(value) if not place else f"{number:.1f}".removesuffix(".0")), names[place]


def in_words(limits: Limits, unit: str = "") -> str:
    """'warning above 2, critical above 5'; with their unit where they are bytes."""
    sides = [(name, limit) for name, limit in (("warning", limits.warning), ("critical", limits.critical)) if limit]
    if unit != BYTES:
        return ", ".join(f"{name} {limit}" for name, limit in sides)
    values = [limit.value for _, limit in sides]
    return ", ".join(f"{name} {limit.direction} {' '.join(amount(limit.value, unit, values))}" for name, limit in sides)
