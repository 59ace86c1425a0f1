"""Redis' counters: differences between two looks, and what begins them anew."""

from typing import Any

import pytest

from conformance.reading import NotMeasured
from fixtures import redis_counters
from fixtures.redis import Server
from fixtures.redis_counters import COUNTED, since
from tests.probes.support import body, measure, probing, unmeasured


def look(at: float = 1000, run_id: str = "a", **counts: int) -> dict[str, Any]:
    return {"at": at, "run_id": run_id, **dict.fromkeys(COUNTED, 0), **counts}


@pytest.mark.parametrize(
    ("before", "now", "evicted", "seconds"),
    [
        pytest.param(look(evicted_keys=5), look(at=1060, evicted_keys=125), 120, 60, id="some more"),
        pytest.param(look(evicted_keys=5), look(at=1060, evicted_keys=5), 0, 60, id="none"),
        pytest.param(look(evicted_keys=500), look(at=1060, run_id="b", evicted_keys=7), 7, 30, id="started again"),
        pytest.param(look(evicted_keys=500), look(at=1060, evicted_keys=7), 7, 60, id="reset by hand"),
    ],
)
def test_counters_since_the_last_run(before: dict[str, Any], now: dict[str, Any], evicted: int, seconds: float) -> None:
    found = since(before, now, 30, "x")
    assert (found.gained["evicted_keys"], found.seconds, found.baseline) == (evicted, seconds, "")
    assert body(redis_counters.redis_evictions)(found).value == pytest.approx(60 * evicted / seconds)


def test_first_run_is_a_baseline() -> None:
    found = since(None, look(rejected_connections=9), 30, "x")
    for fixture in (redis_counters.redis_evictions, redis_counters.redis_rejected):
        assert body(fixture)(found).baseline == "there is no earlier run to count from"


def test_connections_that_were_turned_away() -> None:
    found = since(look(rejected_connections=9), look(at=2000, rejected_connections=11), 30, "x")
    assert body(redis_counters.redis_rejected)(found).value == 2


def test_counters_are_kept_for_the_next_run() -> None:
    info = {**dict.fromkeys(COUNTED, 3), "run_id": "a", "uptime_in_seconds": 60}
    run = probing(redis={"host": "x"}, results={"redis_server": Server("PONG", info, "x")})
    assert measure("redis_counters", run).baseline
    assert run.kept["redis.counters"]["evicted_keys"] == 3


@pytest.mark.parametrize(
    ("server", "words"),
    [
        (Server("connection refused", {}, "x", "connection refused"), "Redis: connection refused"),
        (Server("LOADING", {"loading": 1}, "x"), "Redis: loading"),
        (Server("PONG", {"used_memory": 1}, "x"), "INFO says nothing of evicted_keys"),
    ],
)
def test_info_without_counters_is_no_data(server: Server, words: str) -> None:
    error = unmeasured("redis_counters", probing(redis={"host": "x"}, results={"redis_server": server}))
    assert words in error.reason
    assert error.parts == ("redis",)


def test_clients_are_a_share_of_what_may_be() -> None:
    share = body(redis_counters.redis_clients_share)
    one = Server("PONG", {}, "x")
    assert share(one, {"connected_clients": 85, "maxclients": 100}).value == 85
    with pytest.raises(NotMeasured, match="says nothing of maxclients"):
        share(one, {"connected_clients": 85})
