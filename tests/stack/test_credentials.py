"""Passwords and a key that are wrong: one finding each, behind which stands all that cannot be asked."""

from collections.abc import Callable
from pathlib import Path

from tests.stack.running import Finished, Runner

WRONG = {"CONFORMANCE_PG_PASSWORD": "wrong-4711", "CONFORMANCE_REDIS_PASSWORD": "wrong-4711"}
STRANGER = {"targets/demo.yaml": ("host: ssh://agentv3-host?", "host: ssh://nobody@agentv3-host?")}
ROOTS = ["test_host_answer", "test_postgres_answer", "test_redis_answer"]


def _roots(red: Finished) -> list[str]:
    return sorted(
        check["id"]
        for check in red.results["checks"]
        if check["verdict"] not in (None, "OK") and not (check["caused_by"] or check["blocked_by"])
    )


def test_daily_run_with_wrong_credentials_has_a_root_for_each(
    daily: Runner, green: Finished, variant: Callable[..., Path]
) -> None:
    red = daily(checkout=variant(STRANGER), environ=WRONG)
    assert _roots(red) == ROOTS, red.output
    assert {red.check(name)["verdict"] for name in ROOTS} == {"UNKNOWN"}
    assert red.check("postgres.idle_in_transaction")["blocked_by"] == "test_postgres_answer"
    assert red.check("redis.memory")["blocked_by"] == "test_redis_answer"
    assert red.check("disk.free[/data]")["blocked_by"] == "test_host_answer"
    assert red.check("test_health[direct]")["verdict"] == "OK", "what the suite may not see explains no fault"
    assert "wrong-4711" not in red.output + str(red.results)
    assert daily().findings() == []


def test_weekly_run_with_wrong_credentials_has_a_root_for_each(
    weekly: Runner, weekly_green: Finished, variant: Callable[..., Path]
) -> None:
    red = weekly(checkout=variant(STRANGER), environ=WRONG)
    assert _roots(red) == ROOTS, red.output
    assert red.check("postgres.xid.age")["blocked_by"] == "test_postgres_answer"
    assert red.check("redis.ttl[config]")["blocked_by"] == "test_redis_answer"
    assert red.check("postgres.pool.size[agent-v3]")["blocked_by"] == "test_host_answer"
