"""OPS-1.7, MON-2.7 and PERF-3.5: Redis answers, has memory left, takes writes and saves them."""

import pytest


@pytest.mark.daily
@pytest.mark.weekly
@pytest.mark.predeploy
@pytest.mark.postdeploy
@pytest.mark.runbook("OPS-1.7")
def test_redis_answer(redis_answer, require):
    """Redis answers PING with PONG."""
    require(redis_answer, value="PONG")


@pytest.mark.daily
@pytest.mark.weekly
@pytest.mark.predeploy
@pytest.mark.postdeploy
@pytest.mark.runbook("OPS-1.7")
def test_redis_loading(redis_loading, require):
    """Redis has its data in memory and is not still loading it."""
    require(redis_loading, value=False)


@pytest.mark.daily
@pytest.mark.weekly
@pytest.mark.predeploy
@pytest.mark.runbook("MON-2.7", row="redis.memory")
@pytest.mark.runbook("PERF-3.5")
def test_redis_memory(redis_memory, judge):
    """Redis stays clear of its memory limit, under every policy."""
    judge(redis_memory)


@pytest.mark.daily
@pytest.mark.weekly
@pytest.mark.predeploy
@pytest.mark.runbook("MON-2.7")
@pytest.mark.runbook("PERF-3.5")
def test_redis_maxmemory(redis_maxmemory, require):
    """Redis has a memory limit: without one it grows until the kernel ends it."""
    require(redis_maxmemory, otherwise="WARNING")


@pytest.mark.daily
@pytest.mark.weekly
@pytest.mark.predeploy
@pytest.mark.postdeploy
@pytest.mark.runbook("MON-2.7")
@pytest.mark.runbook("PERF-3.5")
def test_redis_writes(redis_writes, require):
    """Redis takes writes: a full instance that may evict nothing refuses them."""
    require(redis_writes, value="taken")


@pytest.mark.daily
@pytest.mark.weekly
@pytest.mark.predeploy
@pytest.mark.runbook("OPS-1.7")
@pytest.mark.runbook("PERF-3.5")
def test_redis_save(redis_save, require):
    """The last save of the data set, and the append-only file where it is on, went well."""
    require(redis_save, value="ok")


@pytest.mark.daily
@pytest.mark.weekly
@pytest.mark.runbook("OPS-1.7", row="redis.save.age")
@pytest.mark.runbook("PERF-3.5")
def test_redis_save_age(redis_save_age, judge):
    """Changes do not wait long to be saved."""
    judge(redis_save_age)
