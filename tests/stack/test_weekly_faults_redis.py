"""Redis and the limits of the application: each weekly check is turned by a fault of the real stack, and back."""

import ast
import contextlib
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.thresholds import rows_named
from tests.stack import stack
from tests.stack.conftest import Finished, Runner
from tests.stack.fault import Fault, differences, injected
from tests.stack.faults.limits import HTTP_POOL, LLM_WIDE
from tests.stack.faults.redis import NO_LIMIT
from tests.stack.faults.redis_weekly import (
    BIG_KEYS,
    CLIENTS,
    EVICTIONS,
    FAR,
    FULL,
    HUGE_FIELD,
    LASTING,
    LONG_TTL,
    NO_MEMORY_USAGE,
    NO_SCAN,
    NO_SLOWLOG,
    NO_TTL,
    REJECTED,
    SLOW_COMMAND,
    SLOW_COMMANDS,
    SLOWLOG_DEAF,
    SLOWLOG_OFF,
)  # fmt: skip
from tests.stack.faults.traffic import quiet

Variant = Callable[..., Path]

BATCHES = {
    "keys": (BIG_KEYS, NO_TTL, LONG_TTL, LASTING, SLOWLOG_OFF, HTTP_POOL, NO_LIMIT),
    "since": (REJECTED, EVICTIONS, SLOW_COMMANDS, SLOW_COMMAND),
    "rights": (NO_MEMORY_USAGE, NO_SLOWLOG, CLIENTS),
    "scan": (NO_SCAN, SLOWLOG_DEAF),
    "full": (FULL,),
    "limits": (LLM_WIDE, FAR, HUGE_FIELD),
}
# Turned red below, in a copy of the checkout.
ELSEWHERE = {"redis.keys.coverage", "http.pool.in_flight"}
SUITES = ("test_redis.py", "test_application_limits.py")


@pytest.fixture(scope="module")
def green_week(weekly: Runner) -> Finished:
    """The healthy stack, twice: the second run has something to compare with."""
    weekly()
    second = weekly()
    assert second.findings() == [], second.output
    return second


@pytest.mark.parametrize("faults", BATCHES.values(), ids=BATCHES)
def test_faults_turn_their_checks_and_no_others(
    faults: tuple[Fault, ...], weekly: Runner, green_week: Finished
) -> None:
    with injected(*faults):
        red = weekly()
    found = differences(red.results, faults)
    assert found == [], "\n".join([*found, red.output])
    verdicts = {want.verdict for fault in faults for want in fault.expect.values() if not want.blocked_by}
    assert red.exit_code == (0 if verdicts == {"WARNING"} else 1), red.output
    last: list[Finished] = []
    with contextlib.suppress(AssertionError):
        stack.wait(lambda: _green(weekly, last), "everything is green again", 60)
    assert last[0].findings() == [], last[0].output


def _green(weekly: Runner, last: list[Finished]) -> bool:
    last[:] = [weekly()]
    sys.stderr.write("\n".join(last[0].findings()))
    return last[0].findings() == []


def test_healthy_stack_measures_all_of_it(green_week: Finished) -> None:
    assert green_week.exit_code == 0, green_week.output
    ours = [check for check in green_week.results["checks"] if check["id"].startswith(("redis", "llm", "http.pool"))]
    assert len(ours) >= 27
    assert {check["disposition"] for check in ours} == {"none"}, "no baseline is left, and nothing is not applicable"
    assert green_week.check("redis.keys.coverage")["reading"]["value"] == 100


def test_stopped_redis_explains_everything_about_redis(weekly: Runner, green_week: Finished) -> None:
    fault = Fault(
        "redis stopped",
        inject=lambda: stack.docker("stop", "-t", "2", stack.container("redis")),
        remove=lambda: stack.docker("start", stack.container("redis")),
        expect={},
        gone=lambda: stack.healthy("redis") and stack.healthy("agent-v3") and quiet(),
    )
    with injected(fault):
        red = weekly()
    open_ones = [check for check in red.results["checks"] if check["verdict"] not in (None, "OK")]
    causes = {check["caused_by"] or check["blocked_by"] for check in open_ones}
    assert {"redis.ttl[config]", "redis.slow.commands", "redis.evictions"} <= {check["id"] for check in open_ones}
    assert causes <= {None, "test_redis_answer", "test_state[redis]"}, red.output
    roots = [check["id"] for check in open_ones if not (check["caused_by"] or check["blocked_by"])]
    assert len(roots) == 1, red.output
    stack.wait(lambda: weekly().exit_code == 0, "the weekly suite is green after redis came back", 60)


def test_keys_that_were_not_looked_at(variant: Variant, weekly: Runner) -> None:
    """Of a Redis that holds more than the suite may look at, it says how much it saw, and what that leaves open."""
    checkout = variant({"fixtures/redis_keys.py": ("KEYS = 200_000", "KEYS = 200"),
                        "thresholds.yaml": ("warning: {below: 50}", "warning: {below: 95}")})  # fmt: skip
    found = weekly("-k", "redis", checkout=checkout)

    coverage = found.check("redis.keys.coverage")
    assert (coverage["verdict"], coverage["caused_by"]) == ("WARNING", None)
    assert "stopped after 200 keys" in coverage["reading"]["excerpt"]
    assert "Wilson, 95 % sure" in found.check("test_redis_ttl[llm_response]")["reading"]["excerpt"]


def test_calls_in_flight_past_the_limit_of_the_pool(variant: Variant, weekly: Runner) -> None:
    """More than the pool holds cannot be had on this stack; the limit is moved below what there always is."""
    limit = "critical: {{above: {}}}\n  window: 7d"
    found = weekly("-k", "limits", checkout=variant({"thresholds.yaml": (limit.format(100), limit.format(-1))}))

    assert found.check("http.pool.in_flight")["verdict"] == "CRITICAL", found.output
    assert found.check("llm.in_flight")["verdict"] == "OK"


def test_metric_that_is_absent(variant: Variant, weekly: Runner) -> None:
    found = weekly("-k", "limits", checkout=variant({"thresholds.yaml": ("(llm_calls_in_flight{", "(llm_calls_now{")}))

    check = found.check("llm.in_flight")
    assert (check["verdict"], check["disposition"]) == ("UNKNOWN", "none")
    assert 'no series for llm_calls_now{job="agent-v3"}' in check["reason"]
    assert found.check("llm.concurrency")["verdict"] == "OK"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("base/llm.yaml, key: llm.max_concurrent", "base/gone.yaml, key: llm.max_concurrent", "cannot be read"),
        ("key: llm.max_concurrent", "key: llm.most", "there is no llm.most in"),
        ("key: llm.max_concurrent", "key: llm.url", "is no number"),
    ],
)
def test_configured_value_that_cannot_be_read(variant: Variant, weekly: Runner, old: str, new: str, says: str) -> None:
    found = weekly("-k", "limits", checkout=variant({"targets/demo.yaml": (old, new)}))

    check = found.check("llm.concurrency")
    assert (check["verdict"], says in check["reason"]) == ("UNKNOWN", True), check["reason"]


def test_every_check_has_a_fault() -> None:
    turned = {
        check.partition("[")[0]
        for faults in BATCHES.values()
        for fault in faults
        for check, want in fault.expect.items()
        if not want.blocked_by
    }
    names: set[str] = set()
    for file in SUITES:
        path = stack.CHECKOUT / "suites" / "weekly" / file
        rows = {line: row for row, line in rows_named(path).items()}
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                lines = range(node.decorator_list[0].lineno, node.body[0].lineno)
                names.add(next((rows[line] for line in lines if line in rows), node.name))
    assert sorted(names - turned - ELSEWHERE) == []
