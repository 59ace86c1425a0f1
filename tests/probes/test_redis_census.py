"""The census of keys: what it counts, and what a sample may say of the whole."""

import pytest

from fixtures.redis_census import SHOWN, Census, Key, wilson

CLASSES = {"session": "session:*", "config": "config:*", "all": "*:1"}


def census(*keys: Key, stopped: str = "", total: int = 0) -> Census:
    found = Census("x", total, CLASSES, stopped)
    for key in keys:
        found.add(key)
    return found


def key(name: str, *, kind: str | None = "string", size: int | None = 100, ttl_ms: int | None = 5000) -> Key:
    return Key(name.encode(), kind, size, ttl_ms)


def test_keys_are_counted_by_type_and_by_every_class_that_they_match() -> None:
    found = census(key("session:1"), key("config:x", kind="hash"), key("stray", ttl_ms=-1), key("m", kind="ReJSON-RL"))
    assert {name: one.seen for name, one in found.types.items()} == {"string": 2, "hash": 1, "other": 1}
    assert {name: one.seen for name, one in found.members.items()} == {"session": 1, "all": 1, "config": 1}
    assert (found.others.seen, found.others.lasting, found.others.without_ttl) == (2, 1, ["stray"])
    assert (found.whole.seen, found.whole.size) == (4, 400)


@pytest.mark.parametrize("gone", [key("a", kind="none"), key("a", ttl_ms=-2)])
def test_key_that_went_meanwhile_is_no_key(gone: Key) -> None:
    found = census(gone, key("b"))
    assert (found.whole.seen, found.gone, found.looked_at) == (1, 1, 2)


def test_only_the_largest_few_are_kept() -> None:
    found = census(*(key(f"session:{n}", size=n, ttl_ms=1000 * n) for n in range(1, 50)))
    assert sorted(found.types["string"].biggest) == [(47, "session:47"), (48, "session:48"), (49, "session:49")]
    assert sorted(found.members["session"].longest)[-1] == (49.0, "session:49")
    found = census(*(key(f"session:{n}", ttl_ms=-1) for n in range(50)))
    assert (found.members["session"].lasting, len(found.members["session"].without_ttl)) == (50, SHOWN)


def test_what_could_not_be_asked_is_not_counted_as_anything() -> None:
    found = census(key("session:1", kind=None, size=None, ttl_ms=None))
    session = found.members["session"]
    assert (found.types, session.seen, session.lasting, session.biggest, session.longest) == ({}, 1, 0, [], [])


def test_name_that_scan_gives_twice_is_looked_at_once_in_each_database() -> None:
    found = census()
    assert found.fresh(0, [b"a", b"b", b"a"]) == [b"a", b"b"]
    assert found.fresh(0, [b"b", b"c"]) == [b"c"]
    assert found.fresh(1, [b"a"]) == [b"a"]


def test_coverage() -> None:
    assert census(key("a"), total=5).coverage == 100, "the scan came to its end: others came and went"
    part = census(key("a"), key("b", kind="none"), stopped="after 1 s", total=8)
    assert (part.coverage, part.words) == (25.0, "2 of 8 keys (25 %), stopped after 1 s")
    assert census(key("a"), key("b"), stopped="after 1 s", total=1).coverage == 100
    assert census(stopped="after 1 s").coverage == 0


@pytest.mark.parametrize(
    ("hits", "seen", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),  # Brown, Cai, DasGupta (2001) and any table of the Wilson interval
        (5, 10, 0.2366, 0.7634),
        (10, 10, 0.7225, 1.0),
        (1, 100, 0.0018, 0.0545),
        (0, 0, 0.0, 1.0),
    ],
)
def test_wilson(hits: int, seen: int, low: float, high: float) -> None:
    assert wilson(hits, seen) == pytest.approx((low, high), abs=5e-5)


def test_margin_is_said_of_a_sample_and_not_of_the_whole() -> None:
    assert census().margin(3, 300) == "3 of 300, exact"
    assert census(stopped="x").margin(0, 10) == "0 of a sample of 10: 0 to 27.8 % of all (Wilson, 95 % sure)"
    assert census().unseen(300) == "all of them were looked at"
    assert census(stopped="x").unseen(10).startswith("up to 27.8 % of them may be worse")
