"""The scan of keys, against a server on loopback that speaks Redis' protocol: its bounds, and what it is refused."""

import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from conformance.reading import NotMeasured
from fixtures import redis, redis_keys
from fixtures.redis import Server
from fixtures.redis_census import Census, Group
from tests.probes.conftest import Serve
from tests.probes.support import Handler, body, closed_port, fault, measure, probing, target, unmeasured, within
from tests.probes.test_redis import bulk

CLASSES = {"session": "session:*", "config": "config:*"}
Answer = Callable[[list[str]], str | None]


def store(keys: dict[str, tuple[str, int, int]], answer: Answer = lambda _: None, page: int = 10) -> Handler:
    """A Redis that holds keys of (type, bytes, ms to live), gives some twice, and may be told to answer otherwise."""
    names = sorted(keys)

    def reply(words: list[str]) -> str:
        if words[0] == "SCAN":
            start = int(words[1])
            some = names[start : start + page] + names[:1]
            after = start + page if start + page < len(names) else 0
            return f"*2\r\n{bulk(str(after)).decode()}*{len(some)}\r\n" + "".join(bulk(one).decode() for one in some)
        if words[0] == "TYPE":
            return f"+{keys[words[1]][0]}\r\n"
        if words[0] == "PTTL":
            return f":{keys[words[1]][2]}\r\n"
        if words[0] == "MEMORY":
            return f":{keys[words[2]][1]}\r\n"
        return "+OK\r\n"

    def handler(connection: socket.socket) -> None:
        with connection.makefile("rb") as lines:
            while first := lines.readline():
                words = [lines.read(int(lines.readline()[1:]) + 2)[:-2].decode() for _ in range(int(first[1:]))]
                connection.sendall((answer(words) or reply(words)).encode())

    return handler


def refuse(*verbs: str) -> Answer:
    return lambda words: (
        f"-NOPERM this user has no permissions to run the '{words[0].lower()}' command\r\n"
        if words[0] in verbs
        else None
    )


KEYS = {
    **{f"session:{n}": ("string", 100 + n, 5000 + n) for n in range(30)},
    "config:a": ("hash", 5_000_000, 300_000),
    "stray": ("list", 50, -1),
}


def asking(port: int, classes: dict[str, str] = CLASSES, keys: int = 32, databases: int = 1) -> Any:
    where = {"host": "127.0.0.1", "port": port, "username": "conformance", "keys": classes}
    info: dict[str, Any] = {"used_memory": 1, **{f"db{n}": {"keys": keys, "expires": 1} for n in range(databases)}}
    results = {"redis_server": Server("PONG", info, "redis://x"), "redis_slowlog": None}
    return probing(redis=where, results=results)


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis, "TIMEOUT", 0.4)


def taken(handler: Handler, serve: Serve, **more: Any) -> tuple[Census, Any]:
    run = asking(serve(handler), **more)
    found = measure("redis_keys", run)
    assert isinstance(found, Census)
    return found, run


def read(fixture: str, census: Census, *words: str) -> Any:
    given = (census, *words, target(redis={"host": "x", "username": "conformance"}))
    return body(getattr(redis_keys, fixture))(*given)


def test_every_key_is_looked_at_once(serve: Serve) -> None:
    found, run = taken(store(KEYS), serve)
    assert (found.whole.seen, found.coverage, found.stopped) == (32, 100, "")
    assert run.cost["redis_keys"]["looked_at"] == 32
    biggest = read("redis_key_size", found, "hash")
    assert (biggest.value, biggest.samples, biggest.unit) == (5_000_000, 1, "B")
    assert "5000000 B  config:a" in biggest.excerpt
    assert read("redis_key_size", found, "zset").value == 0
    assert read("redis_ttl", found, "session").value == 5.029
    assert read("redis_ttl_set", found, "session").value == "set on every key"
    lasting = read("redis_lasting", found)
    assert (lasting.value, "of no class and without a TTL: stray" in lasting.excerpt) == (3.125, True)
    assert read("redis_coverage", found).value == 100
    assert read("redis_rights", found).value == "all that are needed"
    assert fault(run, "keys of session") is None


def test_every_database_is_looked_at(serve: Serve) -> None:
    found, _ = taken(store(KEYS), serve, databases=2)
    assert found.whole.seen == 64


def test_class_without_a_ttl_is_the_cause_of_its_longest(serve: Serve) -> None:
    found, run = taken(store({"session:1": ("string", 9, -1), "session:2": ("string", 9, -1)}), serve)
    missing = read("redis_ttl_set", found, "session")
    assert missing.value == "missing on 2 of 2 keys"
    assert "without a TTL: session:1" in missing.excerpt
    with pytest.raises(NotMeasured) as caught:
        read("redis_ttl", found, "session")
    reported = fault(run, caught.value.parts[0])
    assert reported is not None
    assert reported.check == "test_redis_ttl[session]"


def test_class_that_no_key_belongs_to_is_no_data(serve: Serve) -> None:
    found, _ = taken(store({"session:1": ("string", 9, 5)}), serve)
    reading = read("redis_ttl_set", found, "config")
    assert (reading.has_data, reading.missing) == (False, "of 1 keys, all that there are, none matches config:*")


def test_number_of_keys_is_bounded_and_said(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_keys, "KEYS", 15)
    found, _ = taken(store(KEYS), serve)
    assert found.whole.seen == 20
    coverage = read("redis_coverage", found)
    assert coverage.value == 62.5
    assert "20 of 32 keys (62.5 %), stopped after 15 keys" in coverage.excerpt
    assert "Wilson" in read("redis_lasting", found).excerpt


def test_time_is_bounded(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_keys, "SECONDS", 0.3)

    def slow(words: list[str]) -> None:
        if words[0] == "SCAN":
            time.sleep(0.2)

    with within(2):
        found, _ = taken(store(KEYS, slow), serve)
    assert found.stopped == "after 0.3 s"
    assert 0 < found.coverage < 100


def test_scan_rests_as_long_as_it_works(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []
    monkeypatch.setattr(time, "sleep", rests.append)
    taken(store(KEYS), serve)
    assert len(rests) == 5, "after three steps of the scan, and after each collection that is weighed again"
    assert all(one > 0 for one in rests)


def test_nothing_but_looks_is_ever_sent(serve: Serve) -> None:
    sent: set[str] = set()

    def note(words: list[str]) -> None:
        sent.add(" ".join(words[:2]) if words[0] in {"MEMORY", "CLIENT"} else words[0])

    taken(store(KEYS, note), serve)
    assert sent == {"AUTH", "CLIENT SETNAME", "CLIENT SETINFO", "SCAN", "TYPE", "PTTL", "MEMORY USAGE"}


def test_server_that_stops_answering_leaves_what_was_seen(serve: Serve) -> None:
    def hang(words: list[str]) -> None:
        if words[:2] == ["SCAN", "20"]:
            time.sleep(1)

    found, _ = taken(store(KEYS, hang), serve)
    assert (found.whole.seen, found.coverage) == (20, 62.5)
    assert "Redis no longer answered (TimeoutError)" in found.words
    with pytest.raises(NotMeasured, match=r"looked at 20 of 32 keys .* no longer answered") as caught:
        read("redis_coverage", found)
    assert caught.value.parts == ("redis",)


def test_what_was_seen_before_redis_broke_off_can_be_bad_and_not_good(serve: Serve) -> None:
    def hang(words: list[str]) -> None:
        if words[:2] == ["SCAN", "20"]:
            time.sleep(1)

    found, run = taken(store(KEYS, hang), serve)
    size = read("redis_key_size", found, "string")
    assert (size.at_least, size.hidden_by) == (True, ("redis census",))
    assert fault(run, "redis census") is not None
    found.members["llm"] = Group(seen=3)
    found.classes = {"llm": "llm:*"}
    assert read("redis_ttl_set", found, "llm").value is None
    found.members["llm"] = Group(seen=3, lasting=1)
    assert read("redis_ttl_set", found, "llm").value == "missing on 1 of 3 keys"


@pytest.mark.parametrize(
    ("verb", "broken", "right"),
    [
        ("MEMORY", [("redis_key_size", "string")], "+memory|usage"),
        ("TYPE", [("redis_key_size", "string")], "+type"),
        ("PTTL", [("redis_ttl", "session"), ("redis_ttl_set", "session"), ("redis_lasting",)], "+pttl"),
    ],
)
def test_right_that_is_missing_costs_its_own_readings_only(
    serve: Serve, verb: str, broken: list[tuple[str, ...]], right: str
) -> None:
    found, _ = taken(store(KEYS, refuse(verb)), serve)
    everything = [("redis_key_size", "string"), ("redis_ttl", "session"), ("redis_ttl_set", "session"),
                  ("redis_lasting",), ("redis_coverage",)]  # fmt: skip
    for fixture, *words in everything:
        if (fixture, *words) in broken:
            with pytest.raises(NotMeasured, match="refuses the suite") as caught:
                read(fixture, found, *words)
            assert caught.value.next_step.startswith(f"ACL SETUSER conformance {right} as its administrator")
        else:
            assert read(fixture, found, *words).has_data


def test_scan_that_is_refused(serve: Serve) -> None:
    found, run = taken(store(KEYS, refuse("SCAN")), serve)
    for fixture, *words in (("redis_rights",), ("redis_key_size", "string"), ("redis_coverage",)):
        with pytest.raises(NotMeasured, match="refuses the suite SCAN") as caught:
            read(fixture, found, *words)
        assert caught.value.next_step.startswith("ACL SETUSER conformance +scan as its administrator")
    reported = fault(run, "redis rights")
    assert reported is not None
    assert reported.check == "test_redis_rights"


def test_other_databases_that_are_refused_are_not_covered(serve: Serve) -> None:
    found, _ = taken(store(KEYS, refuse("SELECT")), serve, databases=2)
    assert (found.coverage, found.stopped) == (50.0, "where SELECT was refused")
    with pytest.raises(NotMeasured, match="refuses the suite SELECT"):
        read("redis_rights", found)
    assert read("redis_key_size", found, "string").has_data


def test_only_a_database_that_is_refused(serve: Serve) -> None:
    run = asking(serve(store(KEYS, refuse("SELECT"))), databases=0)
    run.probe("redis_server").info["db3"] = {"keys": 5, "expires": 0}
    found = measure("redis_keys", run)
    for fixture in ("redis_rights", "redis_lasting", "redis_coverage"):
        with pytest.raises(NotMeasured, match="refuses the suite SELECT"):
            read(fixture, found)


def test_keys_that_the_suite_may_not_see(serve: Serve) -> None:
    def answer(words: list[str]) -> str | None:
        words = words[1:] if words[0] == "MEMORY" else words
        denied = words[0] in {"USAGE", "TYPE", "PTTL"} and words[1] == "stray"
        return (
            "-NOPERM this user has no permissions to access one of the keys used as arguments\r\n" if denied else None
        )

    found, _ = taken(store(KEYS, answer), serve)
    with pytest.raises(NotMeasured, match="refuses the suite keys") as caught:
        read("redis_ttl", found, "session")
    assert "%R~*" in caught.value.next_step


def test_empty_server_is_no_data(serve: Serve) -> None:
    run = asking(serve(store({})), keys=0, databases=0)
    error = unmeasured("redis_keys", run)
    assert error.reason == "Redis holds no key to look at; 0 keys, all that there are"
    reported = fault(run, error.parts[0])
    assert reported is not None
    assert reported.check == "test_redis_rights", "one finding, and not one for each class and type"


def test_server_that_is_gone_explains_it() -> None:
    assert unmeasured("redis_keys", asking(closed_port())).parts == ("redis",)
    down = probing(redis={"host": "x"}, results={"redis_server": Server("no", {}, "x", "connection refused")})
    assert unmeasured("redis_keys", down).parts == ("redis",)
