"""Redis and the limits of the application: the healthy stack, and what needs another target than it has."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stack.running import Finished, Runner

Variant = Callable[..., Path]


def test_healthy_stack_measures_all_of_it(weekly_green: Finished) -> None:
    assert weekly_green.exit_code == 0, weekly_green.output
    ours = [check for check in weekly_green.results["checks"] if check["id"].startswith(("redis", "llm", "http.pool"))]
    assert len(ours) >= 27
    assert {check["disposition"] for check in ours} == {"none"}, "no baseline is left, and nothing is not applicable"
    assert weekly_green.check("redis.keys.coverage")["reading"]["value"] == 100


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
