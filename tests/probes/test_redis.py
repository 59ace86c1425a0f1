"""Redis: what INFO says of writes, and servers on loopback that answer in every way but the good one."""

import socket
from collections.abc import Mapping
from typing import Any

import pytest

from conformance.reading import NotMeasured
from fixtures import redis
from fixtures.redis import Server, writes
from tests.probes.conftest import Serve
from tests.probes.support import Handler, body, closed_port, fault, hang, measure, probing, target, unmeasured, within

FULL = {"used_memory": 1100, "maxmemory": 1000}


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        ({"used_memory": 10, "maxmemory": 0}, "taken"),
        ({"used_memory": 10}, "taken"),
        ({"used_memory": 1000, "maxmemory": 1000, "maxmemory_policy": "noeviction"}, "taken"),
        ({"used_memory": 1001, "maxmemory": 1000, "maxmemory_policy": "noeviction"}, "refused: full under noeviction"),
        ({**FULL}, "refused: full under noeviction"),
        ({**FULL, "maxmemory_policy": "noeviction", "mem_not_counted_for_evict": 200}, "taken"),
        ({**FULL, "maxmemory_policy": "noeviction", "mem_not_counted_for_evict": 50}, "refused: full under noeviction"),
        *(({**FULL, "maxmemory_policy": f"allkeys-{how}"}, "taken") for how in ("lru", "lfu", "random")),
        *(
            ({**FULL, "maxmemory_policy": policy, **keys}, expected)
            for policy in ("volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl")
            for keys, expected in (
                ({}, f"refused: full under {policy}"),
                ({"db0": {"keys": 9, "expires": 0}}, f"refused: full under {policy}"),
                ({"db0": {"keys": 9, "expires": 0}, "db3": {"keys": 1, "expires": 1}}, "taken"),
                ({"db0": "keys=9,expires=9"}, f"refused: full under {policy}"),
            )
        ),
        ({"used_memory": 10, "role": "slave"}, "a replica takes none"),
        ({**FULL, "role": "slave"}, "refused: full under noeviction"),
    ],
)
def test_whether_a_write_would_be_taken(info: Mapping[str, Any], expected: str) -> None:
    assert expected == writes(info)


INFO = """# Server
redis_version:7.0.15
# Memory
used_memory:1000
maxmemory:10000
maxmemory_policy:allkeys-lru
# Persistence
loading:0
rdb_last_bgsave_status:ok
aof_enabled:0
"""


def bulk(text: str) -> bytes:
    return f"${len(text)}\r\n{text}\r\n".encode()


def server(**answers: bytes | str) -> Handler:
    """A Redis that answers the named commands, and OK to all others."""

    def handler(connection: socket.socket) -> None:
        with connection.makefile("rb") as lines:
            while first := lines.readline():
                words = [lines.read(int(lines.readline()[1:]) + 2)[:-2].decode() for _ in range(int(first[1:]))]
                answer = answers.get(words[0].lower(), "+OK\r\n")
                connection.sendall(answer if isinstance(answer, bytes) else answer.encode())

    return handler


GOOD: dict[str, bytes | str] = {"ping": "+PONG\r\n", "info": bulk(INFO)}


def redis_at(port: int, password: str = "") -> Any:
    return probing(redis={"host": "127.0.0.1", "port": port, "username": None, "password": password})


def ask(port: int) -> tuple[Server, Any]:
    run = redis_at(port)
    with within(redis.TIMEOUT + 1):
        found = measure("redis_server", run)
    assert isinstance(found, Server)
    return found, run


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis, "TIMEOUT", 0.4)


def test_server_that_is_well(serve: Serve) -> None:
    found, run = ask(serve(server(**GOOD)))
    assert (found.answer, found.info["used_memory"], run.versions) == ("PONG", 1000, {"redis": "7.0.15"})
    assert fault(run, "redis") is None


def test_server_that_is_loading_answers_so(serve: Serve) -> None:
    loading = "-LOADING Redis is loading the dataset in memory\r\n"
    found, run = ask(serve(server(ping=loading, info=loading)))
    assert (found.answer, found.info) == ("LOADING", {"loading": 1})
    reported = fault(run, "redis")
    assert reported is not None
    assert reported.check == "test_redis_loading"
    assert body(redis.redis_loading)(found, run.target).value is True
    with pytest.raises(NotMeasured, match="loading its data"):
        body(redis.redis_info)(found, run.target)


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"ping": "-NOAUTH Authentication required.\r\n"}, "Authentication required"),
        ({"ping": "-NOPERM User default has no permissions to run the 'ping' command\r\n"}, "'ping' command"),
        ({**GOOD, "info": "-NOPERM User default has no permissions to run the 'info' command\r\n"}, "'info' command"),
        ({**GOOD, "client": "-NOPERM User x has no permissions to run the 'client|setname' command\r\n"}, "client"),
    ],
)
def test_server_that_does_not_let_the_suite_in(serve: Serve, answers: dict[str, bytes | str], words: str) -> None:
    run = redis_at(serve(server(**answers)))
    with within(1):
        error = unmeasured("redis_server", run)
    assert "answers, but does not let the suite in" in error.reason
    assert words in error.reason
    assert fault(run, "redis") is None, "it explains nothing of the application"
    reported = fault(run, error.parts[0])
    assert reported is not None
    assert reported.check == "test_redis_answer", "the one root of all that cannot be asked"


def test_password_that_is_wrong_is_named_and_not_shown(serve: Serve) -> None:
    handler = server(auth="-WRONGPASS invalid username-password pair or user is disabled.\r\n")
    run = redis_at(serve(handler), password="canary-4711")
    error = unmeasured("redis_server", run)
    assert "invalid username-password pair" in error.reason
    assert "canary-4711" not in error.reason + error.next_step


@pytest.mark.parametrize(
    ("handler", "words"),
    [
        pytest.param(hang, "no answer within 0.4 s", id="silent"),
        pytest.param(lambda _: None, "no answer: ", id="closed-at-once"),
        pytest.param(lambda one: one.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "no answer: ", id="garbage"),
        pytest.param(server(ping="+PONG\r\n", info="$100\r\nhalf"), "no answer within 0.4 s", id="half-an-info"),
        pytest.param(server(ping="+PO"), "no answer within 0.4 s", id="half-a-pong"),
        pytest.param(
            server(ping="-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n"),
            "no answer: ", id="master-down",
        ),
        pytest.param(server(ping="-ERR max number of clients reached\r\n"), "no answer: ", id="too-many-clients"),
    ],
)  # fmt: skip
def test_server_that_does_not_answer_is_a_fault_in_bounded_time(serve: Serve, handler: Handler, words: str) -> None:
    found, run = ask(serve(handler))
    assert found.answer.startswith(words)
    assert found.trouble == found.answer
    reported = fault(run, "redis")
    assert reported is not None
    assert (reported.check, reported.text) == ("test_redis_answer", found.answer)
    for fixture in (redis.redis_info, redis.redis_loading):
        with pytest.raises(NotMeasured) as caught:
            body(fixture)(found, run.target)
        assert caught.value.parts == ("redis",)


def test_each_reading_has_the_fields_that_it_rests_on_as_its_evidence(serve: Serve) -> None:
    found, run = ask(serve(server(**GOOD)))
    info, declared = found.info, run.target
    shown = {
        "answer": body(redis.redis_answer)(found, declared),
        "loading": body(redis.redis_loading)(found, declared),
        "memory": body(redis.redis_memory)(found, info, declared),
        "writes": body(redis.redis_writes)(found, info, declared),
        "save": body(redis.redis_save)(found, info, declared),
    }
    names = {key: [line.partition(":")[0] for line in one.excerpt.splitlines()] for key, one in shown.items()}
    assert names == {
        "answer": ["redis_version"],
        "loading": ["loading"],
        "memory": ["used_memory", "maxmemory", "maxmemory_policy"],
        "writes": ["used_memory", "maxmemory", "maxmemory_policy", "aof_enabled"],
        "save": ["rdb_last_bgsave_status", "aof_enabled"],
    }


def test_port_where_nobody_listens() -> None:
    found, _ = ask(closed_port())
    assert found.answer == "connection refused"


@pytest.mark.parametrize("text", ["", "# Server\r\nredis_version:7.0.15\r\n", "garbage"])
def test_info_that_says_nothing_is_no_data(serve: Serve, text: str) -> None:
    found, run = ask(serve(server(ping="+PONG\r\n", info=bulk(text))))
    with pytest.raises(NotMeasured):
        body(redis.redis_info)(found, run.target)
    assert not body(redis.redis_loading)(found, run.target).has_data
    assert fault(run, "redis") is None


def test_full_server_is_a_fault_of_its_writes(serve: Serve) -> None:
    full = INFO.replace("used_memory:1000", "used_memory:20000").replace("allkeys-lru", "noeviction")
    _, run = ask(serve(server(ping="+PONG\r\n", info=bulk(full))))
    reported = fault(run, "redis")
    assert reported is not None
    assert (reported.check, reported.text) == ("test_redis_writes", "refused: full under noeviction")


@pytest.mark.parametrize(("limit", "value"), [(0, None), (2000, 50.0), (1000, 100.0)])
def test_share_of_maxmemory(limit: int, value: float | None) -> None:
    info = {"used_memory": 1000, "maxmemory": limit}
    one = Server("PONG", info, "x")
    declared = target(redis={"host": "x"})
    if value is None:
        with pytest.raises(NotMeasured, match="maxmemory is 0") as caught:
            body(redis.redis_memory)(one, info, declared)
        assert caught.value.parts == ("redis maxmemory",)
    else:
        assert value == body(redis.redis_memory)(one, info, declared).value


@pytest.mark.parametrize(
    ("info", "value"),
    [
        ({"rdb_last_bgsave_status": "ok"}, "ok"),
        ({"rdb_last_bgsave_status": "err"}, "last RDB save: err"),
        ({"rdb_last_bgsave_status": "ok", "aof_enabled": 0, "aof_last_write_status": "err"}, "ok"),
        (
            {"rdb_last_bgsave_status": "ok", "aof_enabled": 1, "aof_last_write_status": "err",
             "aof_last_bgrewrite_status": "ok"}, "AOF write: err",
        ),
        ({"rdb_last_bgsave_status": "ok", "aof_enabled": 1}, "AOF write: None, AOF rewrite: None"),
        ({}, "last RDB save: None"),
    ],
)  # fmt: skip
def test_saves_that_went_well(info: dict[str, Any], value: str) -> None:
    assert value == body(redis.redis_save)(Server("PONG", info, "x"), info, target(redis={"host": "x"})).value
