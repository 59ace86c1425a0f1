"""Redis, as the weekly suite sees it: big keys, lives too long, a slow log that is off, evictions, missing rights."""

from dataclasses import replace

import redis

from tests.stack import stack
from tests.stack.fault import Expect, Fault, blocked, follows, root
from tests.stack.faults.redis import REFUSES_WRITES
from tests.stack.faults.traffic import quiet

TYPES = ("hash", "list", "other", "set", "stream", "string", "zset")
CLASSES = ("config", "llm_response", "tool_result", "user_session")


def script(text: str) -> str:
    """A shell script in the container of Redis; its redis-cli is the default user."""
    return stack.docker(
        "exec", stack.container("redis"), "sh", "-c", f"export REDISCLI_AUTH=$REDIS_PASSWORD; {text}", check=False
    )


def info(field: str) -> int:
    """A number of INFO."""
    return int(stack.redis("info", "all").split(f"{field}:", 1)[1].split()[0])


BIG_KEYS = Fault(
    "a string and a hash of two megabytes",
    inject=lambda: (
        stack.redis("setrange", "fault:big", "2000000", "x"),
        script("head -c 2000000 /dev/zero | redis-cli -x hset fault:hash field"),
    ),
    remove=lambda: stack.redis("unlink", "fault:big", "fault:hash"),
    expect={
        "redis.key.size[string]": root("WARNING"),
        "redis.key.size[hash]": root("WARNING"),
    },
)

NO_TTL = Fault(
    "a key of a class without a TTL",
    inject=lambda: stack.redis("set", "config:fault", "{}"),
    remove=lambda: stack.redis("unlink", "config:fault"),
    expect={"test_redis_ttl[config]": root("CRITICAL", "missing on 1 of 2 keys")},
)

LONG_TTL = Fault(
    "a key that lives twice as long as its class",
    inject=lambda: stack.redis("set", "tool_result:fault", "{}", "ex", "7200"),
    remove=lambda: stack.redis("unlink", "tool_result:fault"),
    expect={"redis.ttl[tool_result]": root("CRITICAL", "critical above 3600")},
)

LASTING = Fault(
    "keys of no class that live for ever",
    inject=lambda: script("seq 60 | sed 's/.*/SET fault:lasting:& x/' | redis-cli >/dev/null"),
    remove=lambda: script("redis-cli unlink $(seq -f 'fault:lasting:%g' 60)"),
    expect={"redis.keys.lasting": root("WARNING")},
)

FAR = Fault(
    "keys of no class that live for more than a year",
    inject=lambda: script("seq 60 | sed 's/.*/SET fault:far:& x EX 40000000/' | redis-cli >/dev/null"),
    remove=lambda: script("redis-cli unlink $(seq -f 'fault:far:%g' 60)"),
    expect={"redis.keys.lasting": root("WARNING")},
)

HUGE_FIELD = Fault(
    "one field of two megabytes among six hundred small ones",
    inject=lambda: script(
        "seq 600 | sed 's/.*/HSET fault:deep field:& x/' | redis-cli >/dev/null; "
        "head -c 2000000 /dev/zero | redis-cli -x hset fault:deep huge; redis-cli expire fault:deep 600"
    ),
    remove=lambda: stack.redis("unlink", "fault:deep"),
    expect={"redis.key.size[hash]": root("WARNING")},
)


class Held:
    """Connections that hold a place while fewer clients than usual are let in."""

    def __init__(self) -> None:
        self._open: list[redis.Redis] = []

    def take(self, count: int, most: int) -> None:
        """Hold so many connections, and let no more than `most` clients in."""
        password = stack.secret("REDIS_PASSWORD")
        for _ in range(count):
            one = redis.Redis(port=16379, password=password, single_connection_client=True, socket_timeout=5)
            one.ping()
            self._open.append(one)
        self._open[0].config_set("maxclients", most)

    def turn_away(self) -> None:
        """Let nobody in for as long as it takes to turn one away."""
        self.take(1, 1)
        try:
            redis.Redis(port=16379, password=stack.secret("REDIS_PASSWORD"), socket_timeout=5).ping()
        except redis.RedisError:
            pass
        else:
            raise AssertionError("Redis let one more in than it may")
        finally:
            self.leave()

    def leave(self) -> None:
        """Let all go."""
        if self._open:
            self._open[0].config_set("maxclients", 10000)
        for one in self._open:
            one.close()
        self._open.clear()


HELD = Held()

CLIENTS = Fault(
    "nearly as many clients as may be",
    inject=lambda: HELD.take(90, 115),
    remove=HELD.leave,
    expect={"redis.clients.share": root("WARNING")},
)

REJECTED = Fault(
    "a connection was turned away since the last run",
    inject=HELD.turn_away,
    remove=HELD.leave,
    expect={"redis.rejected": root("WARNING")},
)


def _evict() -> None:
    used = info("used_memory")
    script("seq 8000 | sed 's/.*/SET fault:evicted:& x EX 60/' | redis-cli >/dev/null")
    before = info("evicted_keys")
    stack.redis("config", "set", "maxmemory", str(used))
    stack.wait(lambda: info("evicted_keys") - before > 2000, "keys are evicted")
    stack.redis("config", "set", "maxmemory", "64mb")


EVICTIONS = Fault(
    "thousands of keys were evicted since the last run",
    inject=_evict,
    remove=lambda: script("redis-cli --scan --pattern 'fault:evicted:*' | xargs -r redis-cli unlink >/dev/null"),
    # What was evicted were the entries of the cache too: wait until the traffic has brought each class back.
    shows=lambda: all(stack.redis("--scan", "--pattern", f"'{name}:*'") for name in CLASSES),
    expect={"redis.evictions": root("WARNING")},
)

SLOWLOG_OFF = Fault(
    "the slow log is off",
    inject=lambda: stack.redis("config", "set", "slowlog-log-slower-than", "-1"),
    remove=lambda: stack.redis("config", "set", "slowlog-log-slower-than", "10000"),
    expect={
        "test_redis_slowlog": root("CRITICAL", "is off (must be on)"),
        "redis.slowlog.threshold": blocked("test_redis_slowlog"),
        "redis.slow.commands": blocked("test_redis_slowlog"),
        "redis.slow.longest": blocked("test_redis_slowlog"),
    },
)

SLOWLOG_DEAF = Fault(
    "the slow log takes note of what lasts five seconds",
    inject=lambda: stack.redis("config", "set", "slowlog-log-slower-than", "5000000"),
    remove=lambda: stack.redis("config", "set", "slowlog-log-slower-than", "10000"),
    expect={"redis.slowlog.threshold": root("WARNING")},
)

SLOW_COMMAND = Fault(
    "a script held Redis up since the last run",
    inject=lambda: script("redis-cli eval 'local t = 0 for i = 1, 20000000 do t = t + i % 7 end return t' 0"),
    remove=lambda: None,
    shows=lambda: int(stack.redis("slowlog", "get", "1").split("\n")[2]) > 110_000,
    expect={"redis.slow.longest": Expect("WARNING")},
)

SLOW_COMMANDS = Fault(
    "more than a hundred commands were slow since the last run",
    # In one connection, so that none of what it takes to connect is counted: the ring holds 256.
    inject=lambda: script(
        "{ echo config set slowlog-log-slower-than 0; yes ping | head -n 120; "
        "echo config set slowlog-log-slower-than 10000; } | redis-cli >/dev/null"
    ),
    remove=lambda: stack.redis("config", "set", "slowlog-log-slower-than", "10000"),
    expect={"redis.slow.commands": root("WARNING")},
)

NO_MEMORY_USAGE = Fault(
    "the suite may not ask for the size of a key",
    inject=lambda: stack.redis("acl", "setuser", "conformance", "'-memory|usage'"),
    remove=lambda: stack.redis("acl", "setuser", "conformance", "'+memory|usage'"),
    expect={
        "test_redis_rights": root("UNKNOWN", "refuses the suite MEMORY USAGE"),
        **{f"redis.key.size[{name}]": blocked("test_redis_rights") for name in TYPES},
    },
)

NO_SCAN = Fault(
    "the suite may not scan",
    inject=lambda: stack.redis("acl", "setuser", "conformance", "-scan"),
    remove=lambda: stack.redis("acl", "setuser", "conformance", "+scan"),
    expect={
        "test_redis_rights": root("UNKNOWN", "refuses the suite SCAN"),
        "redis.keys.coverage": blocked("test_redis_rights"),
        "redis.keys.lasting": blocked("test_redis_rights"),
        **{f"redis.key.size[{name}]": blocked("test_redis_rights") for name in TYPES},
        **{f"test_redis_ttl[{name}]": blocked("test_redis_rights") for name in CLASSES},
        **{f"redis.ttl[{name}]": blocked("test_redis_rights") for name in CLASSES},
    },
)

NO_SLOWLOG = Fault(
    "the suite may not read the slow log",
    inject=lambda: stack.redis("acl", "setuser", "conformance", "'-slowlog|get'"),
    remove=lambda: stack.redis("acl", "setuser", "conformance", "'+slowlog|get'"),
    expect={
        "test_redis_slowlog": root("UNKNOWN", "does not let the suite read the slow log"),
        "redis.slowlog.threshold": blocked("test_redis_slowlog"),
        "redis.slow.commands": blocked("test_redis_slowlog"),
        "redis.slow.longest": blocked("test_redis_slowlog"),
    },
)

STOPPED = Fault(
    "Redis is stopped",
    inject=lambda: stack.docker("stop", "-t", "2", stack.container("redis")),
    remove=lambda: stack.docker("start", stack.container("redis")),
    gone=lambda: stack.healthy("redis") and stack.healthy("agent-v3") and quiet(),
    patience=60,
    expect={
        "test_state[redis]": root("CRITICAL", "exited"),
        "test_redis_answer": follows("CRITICAL", "test_state[redis]"),
        "redis.memory": blocked("test_state[redis]"),
        "redis.evictions": blocked("test_state[redis]"),
        "redis.slow.commands": blocked("test_state[redis]"),
        **{f"redis.ttl[{name}]": blocked("test_state[redis]") for name in CLASSES},
        **{f"redis.key.size[{name}]": blocked("test_state[redis]") for name in TYPES},
    },
)

# What fills it are strings of four megabytes that live for ever.
FULL = replace(
    REFUSES_WRITES,
    expect={
        **REFUSES_WRITES.expect,
        "redis.key.size[string]": root("WARNING"),
        "redis.keys.lasting": root("WARNING"),
    },
)
