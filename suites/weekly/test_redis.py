"""PERF-3.5 to 3.8: what fills Redis, what slows it down, and how long its entries live."""

import pytest

TYPES = ("hash", "list", "set", "stream", "string", "zset", "other")


@pytest.mark.weekly
@pytest.mark.runbook("PERF-3.5", row="redis.evictions")
def test_redis_evictions(redis_evictions, judge):
    """Redis has not had to throw many entries out since the last run."""
    judge(redis_evictions)


@pytest.mark.weekly
@pytest.mark.runbook("PERF-3.5", row="redis.rejected")
def test_redis_rejected(redis_rejected, judge):
    """Redis has turned no connection away since the last run."""
    judge(redis_rejected)


@pytest.mark.weekly
@pytest.mark.runbook("PERF-3.5", row="redis.clients.share")
def test_redis_clients_share(redis_clients_share, judge):
    """Redis has room for more clients."""
    judge(redis_clients_share)


@pytest.mark.weekly
@pytest.mark.runbook("PERF-3.6")
def test_redis_rights(redis_rights, require):
    """The suite may look at the keys of Redis: what it is refused would look like nothing there."""
    require(redis_rights, value="all that are needed", otherwise="UNKNOWN")


@pytest.mark.weekly
@pytest.mark.runbook("PERF-3.6", row="redis.key.size")
@pytest.mark.parametrize("key_type", TYPES)
def test_redis_key_size(redis_key_size, judge):
    """No key of the type is so big, in bytes, that it fills Redis or stops it when it is removed."""
    judge(redis_key_size)


@pytest.mark.weekly
@pytest.mark.runbook("PERF-3.6", row="redis.keys.coverage")
def test_redis_coverage(redis_coverage, judge):
    """So many keys were looked at that a big one could hardly hide."""
    judge(redis_coverage)


@pytest.mark.weekly
@pytest.mark.runbook("PERF-3.7")
def test_redis_slowlog(redis_slowlog_on, require):
    """The slow log of Redis is on: without it slow commands cannot be known."""
    require(redis_slowlog_on, value="on")


@pytest.mark.weekly
@pytest.mark.runbook("PERF-3.7", row="redis.slowlog.threshold")
def test_redis_slowlog_threshold(redis_slowlog_threshold, judge):
    """The slow log takes note of a command before everybody notices it."""
    judge(redis_slowlog_threshold)


@pytest.mark.weekly
@pytest.mark.runbook("PERF-3.7", row="redis.slow.commands")
def test_redis_slow_commands(redis_slow_commands, judge):
    """Few commands were slow since the last run."""
    judge(redis_slow_commands)


@pytest.mark.weekly
@pytest.mark.runbook("PERF-3.7", row="redis.slow.longest")
def test_redis_slow_longest(redis_slow_longest, judge):
    """No command since the last run held all others up for long."""
    judge(redis_slow_longest)


@pytest.mark.weekly
@pytest.mark.runbook("PERF-3.8")
def test_redis_ttl(redis_ttl_set, require):
    """Every key of the class that was looked at has a TTL."""
    require(redis_ttl_set, value="set on every key")


@pytest.mark.weekly
@pytest.mark.runbook("PERF-3.8", row="redis.ttl")
def test_redis_ttl_length(redis_ttl, judge):
    """No key of the class that was looked at lives longer than agreed."""
    judge(redis_ttl)


@pytest.mark.weekly
@pytest.mark.runbook("PERF-3.8", row="redis.keys.lasting")
def test_redis_lasting(redis_lasting, judge):
    """Hardly any key outside of the agreed classes lives for ever, or for years, which comes to the same."""
    judge(redis_lasting)
