"""What the scan of keys sees on a closer look: one huge element among many, and a life that is as good as endless."""

import pytest

from fixtures import redis_census
from tests.probes.conftest import Serve
from tests.probes.support import measure
from tests.probes.test_redis_keys import KEYS, Answer, asking, read, store, taken


def weighing(sizes: dict[str, dict[int, int]]) -> Answer:
    """Answer MEMORY USAGE by how many elements are to be weighed."""

    def answer(words: list[str]) -> str | None:
        known = sizes.get(words[2], {}) if words[0] == "MEMORY" else {}
        return f":{known[int(words[4])]}\r\n" if known else None

    return answer


def test_huge_element_among_few_is_weighed_and_one_among_many_by_a_closer_look(serve: Serve) -> None:
    keys = {**KEYS, "config:deep": ("hash", 0, 1), "config:even": ("hash", 0, 1), "big": ("string", 9_000_000, 1)}
    looks = {"config:deep": {500: 40_000, 10_000: 5_200_000}, "config:even": {500: 30_000, 10_000: 30_100}}
    found, _ = taken(store(keys, weighing(looks)), serve, keys=35)
    sizes = read("redis_key_size", found, "hash")
    assert sizes.value == 5_200_000
    assert sizes.excerpt.splitlines()[1:] == [
        f"3 of type hash, {5_200_000 + 30_100 + 5_000_000} B together",
        "5200000 B  config:deep",
        "5000000 B  config:a",
        "30100 B  config:even",
    ]
    assert read("redis_key_size", found, "string").value == 9_000_000, "a string is exact at once"


def test_closer_look_is_for_the_biggest_only(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_census, "DEEP", 2)
    asked: list[str] = []

    def note(words: list[str]) -> None:
        if words[0] == "MEMORY" and words[4] == "10000":
            asked.append(words[2])

    taken(store({f"set:{n}": ("set", 100 + n, 5) for n in range(9)}, note), serve, keys=9)
    assert asked == ["set:8", "set:7"]


def test_life_of_years_outside_of_the_classes_is_as_good_as_endless(serve: Serve) -> None:
    year = 365 * 86_400_000
    keys = {"old": ("string", 9, 3 * year), "year": ("string", 9, year), "session:1": ("string", 9, 3 * year)}
    run = asking(serve(store(keys)), keys=3)
    run.windows = {"redis.keys.lasting": 365 * 86400}
    reading = read("redis_lasting", measure("redis_keys", run))
    assert reading.value == round(100 / 3, 4), "the class has a limit of its own, and a year is no more than a year"
    assert "of no class and with 1095 days to live: old" in reading.excerpt
    assert "year" not in reading.excerpt.split("to live")[1]
