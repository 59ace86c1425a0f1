"""The slow log, from recorded answers of Redis 7.0.15: what is new by its ids, and what cannot be known."""

from typing import Any

import pytest

from conformance.reading import NotMeasured
from fixtures import redis_slowlog
from fixtures.redis import Server
from fixtures.redis_slowlog import gained, newest, parse
from tests.probes.conftest import Serve
from tests.probes.support import body, closed_port, fault, measure, probing, unmeasured
from tests.probes.test_redis import bulk, server

ON = {"slowlog-log-slower-than": "10000", "slowlog-max-len": "128"}
ENTRIES = [
    [5, 1795428712, 16687, [b"SCAN", b"410024", b"COUNT", b"100"], b"172.17.0.1:44984", b""],
    [4, 1795428710, 216410, [b"SET", b"llm:0004216a", b"xxx... (72 more bytes)"], b"172.17.0.1:44984", b"agent-v3"],
    [3, 1795428700, 12000, [b"INFO", b"ALL"]],
]


def log(entries: list[Any], before: dict[str, Any] | None, run_id: str = "a", **settings: str) -> Any:
    return parse(entries, {**ON, **settings}, "x", run_id, before)


def before(newest_id: int, length: int = 1, run_id: str = "a") -> dict[str, Any]:
    return {"run_id": run_id, "id": newest_id, "length": length}


def test_entries_say_what_it_was_without_values() -> None:
    found = log(ENTRIES, None).entries
    assert [(one.id, one.seconds, one.command, one.client) for one in found] == [
        (5, 0.016687, "SCAN and 3 more", "-"),
        (4, 0.21641, "SET llm:0004...", "agent-v3"),
        (3, 0.012, "INFO and 1 more", "-"),
    ]


@pytest.mark.parametrize(
    ("entries", "known", "count", "fresh"),
    [
        pytest.param(ENTRIES, before(5), 0, [], id="nothing new"),
        pytest.param(ENTRIES, before(3), 2, [5, 4], id="two new"),
        pytest.param(ENTRIES, before(-1, 0), 6, [5, 4, 3], id="more new than the ring holds"),
        pytest.param([], before(-1, 0), 0, [], id="empty then and now"),
        pytest.param([], before(7, 0), 0, [], id="emptied before the last run"),
        pytest.param([], before(7, 3), None, [], id="emptied since the last run"),
        pytest.param(ENTRIES, before(400, run_id="b"), 6, [5, 4, 3], id="started again"),
        pytest.param([], before(400, run_id="b"), 0, [], id="started again, nothing slow"),
    ],
)
def test_what_is_new(entries: list[Any], known: dict[str, Any], count: int | None, fresh: list[int]) -> None:
    found = gained(log(entries, known))
    assert (found.count, [one.id for one in found.entries], found.baseline) == (count, fresh, "")


def test_first_run_is_a_baseline_that_shows_what_there_is() -> None:
    reading = body(redis_slowlog.redis_slow_commands)(log(ENTRIES, None))
    assert reading.baseline == "there is no earlier run to count from"
    assert "216.4 ms SET llm:0004... by agent-v3" in reading.excerpt


@pytest.mark.parametrize(
    ("entries", "known", "newest_id"),
    [(ENTRIES, None, 5), ([], before(7), 7), ([], before(7, run_id="b"), -1), ([], None, -1)],
)
def test_newest_id_is_not_forgotten_with_an_empty_log(
    entries: list[Any], known: dict[str, Any] | None, newest_id: int
) -> None:
    assert newest_id == newest(log(entries, known))


def test_longest() -> None:
    slowest = body(redis_slowlog.redis_slow_longest)
    assert slowest(log(ENTRIES, before(3))).value == 0.21641
    assert slowest(log(ENTRIES, before(5))).value == 0
    assert slowest(log(ENTRIES, before(2))).at_least is False
    lost = slowest(log(ENTRIES, before(-1, 0)))
    assert (lost.at_least, "3 more were pushed out of the ring of 128" in lost.excerpt) == (True, True)
    emptied = slowest(log([], before(7, 3)))
    assert (emptied.has_data, "was emptied" in emptied.missing) == (False, True)


@pytest.mark.parametrize(
    ("settings", "on"),
    [
        ({"slowlog-log-slower-than": "-1"}, False),
        ({"slowlog-log-slower-than": "0"}, True),
        ({"slowlog-max-len": "0"}, False),
        ({}, True),
    ],
)
def test_log_that_is_off_is_no_pass(settings: dict[str, str], on: bool) -> None:
    found = log([], before(-1, 0), **settings)
    assert body(redis_slowlog.redis_slowlog_on)(found).value == ("on" if on else "off")
    for fixture in ("redis_slowlog_threshold", "redis_slow_commands", "redis_slow_longest"):
        if on:
            assert body(getattr(redis_slowlog, fixture))(found).has_data
        else:
            with pytest.raises(NotMeasured, match="off") as caught:
                body(getattr(redis_slowlog, fixture))(found)
            assert caught.value.parts == ("redis slowlog",)


@pytest.mark.parametrize("settings", [{}, {"slowlog-max-len": "128"}, {**ON, "slowlog-max-len": "many"}])
def test_settings_that_are_missing_are_no_data(settings: dict[str, str]) -> None:
    with pytest.raises(NotMeasured, match="says nothing of slowlog-log-slower-than"):
        parse([], settings, "x", "a", None)


INFO: dict[str, Any] = {"used_memory": 1, "run_id": "a"}
CONFIG = "*4\r\n" + "".join(bulk(word).decode() for pair in ON.items() for word in pair)


def asked(port: int, told: Server | None = None) -> Any:
    where = {"host": "127.0.0.1", "port": port, "username": "conformance"}
    return probing(redis=where, results={"redis_server": told or Server("PONG", INFO, "redis://x")})


def test_log_that_is_off_is_a_fault(serve: Serve) -> None:
    run = asked(serve(server(config=CONFIG.replace("$5\r\n10000", "$2\r\n-1"), slowlog="*0\r\n")))
    assert measure("redis_slowlog", run).is_on is False
    reported = fault(run, "redis slowlog")
    assert reported is not None
    assert reported.check == "test_redis_slowlog"


def test_newest_id_is_kept_for_the_next_run(serve: Serve) -> None:
    entry = "*4\r\n:9\r\n:1795428712\r\n:16687\r\n*1\r\n$4\r\nINFO\r\n"
    run = asked(serve(server(config=CONFIG, slowlog=f"*1\r\n{entry}")))
    measure("redis_slowlog", run)
    assert run.kept == {"redis.slowlog": {"run_id": "a", "id": 9, "length": 1}}
    assert fault(run, "redis slowlog") is None


@pytest.mark.parametrize(("command", "right"), [("config", "config|get"), ("slowlog", "slowlog|get")])
def test_right_that_is_missing_comes_with_the_command_that_gives_it(serve: Serve, command: str, right: str) -> None:
    refusal = f"-NOPERM this user has no permissions to run the '{right}' command\r\n"
    run = asked(serve(server(**{"config": CONFIG, "slowlog": "*0\r\n", command: refusal})))
    error = unmeasured("redis_slowlog", run)
    assert right in error.reason
    assert error.next_step.startswith("ACL SETUSER conformance +config|get +slowlog|get")
    reported = fault(run, error.parts[0])
    assert reported is not None
    assert reported.check == "test_redis_slowlog"


def test_server_that_is_gone_explains_it() -> None:
    assert unmeasured("redis_slowlog", asked(closed_port())).parts == ("redis",)
    down = Server("connection refused", {}, "x", "connection refused")
    assert unmeasured("redis_slowlog", asked(closed_port(), down)).parts == ("redis",)
    assert unmeasured("redis_slowlog", asked(closed_port(), Server("LOADING", {"loading": 1}, "x"))).parts == ("redis",)
