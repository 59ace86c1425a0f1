"""Redis: its memory, its dumps, its writes, and the time in which it loads."""

from tests.stack import stack
from tests.stack.fault import Fault, blocked, follows, root


def _fill_redis() -> None:
    for number in range(15):
        stack.redis("setrange", f"fault:{number}", "4000000", "x")


def _empty_redis() -> None:
    stack.redis("del", *(f"fault:{number}" for number in range(15)))


def _redis_share() -> float:
    fields = dict(line.split(":", 1) for line in stack.redis("info", "memory").splitlines() if ":" in line)
    return 100 * int(fields["used_memory"]) / int(fields["maxmemory"])


REDIS_FULL = Fault(
    "redis past 90 % of its memory",
    inject=_fill_redis,
    remove=_empty_redis,
    shows=lambda: _redis_share() > 90.5,
    gone=lambda: _redis_share() < 60,
    expect={"redis.memory": root("WARNING")},
)

SAVE_FAILS = Fault(
    "redis cannot write its dump",
    inject=lambda: (
        stack.redis("config", "set", "stop-writes-on-bgsave-error", "no"),
        stack.as_root("redis", "chown root:root /var/lib/stack/redis && chmod 0555 /var/lib/stack/redis"),
        stack.redis("bgsave"),
    ),
    remove=lambda: (
        stack.as_root("redis", "chown redis:redis /var/lib/stack/redis && chmod 0755 /var/lib/stack/redis"),
        stack.redis("bgsave"),
        stack.redis("config", "set", "stop-writes-on-bgsave-error", "yes"),
    ),
    shows=lambda: "rdb_last_bgsave_status:err" in stack.redis("info", "persistence"),
    gone=lambda: "rdb_last_bgsave_status:ok" in stack.redis("info", "persistence"),
    expect={"test_redis_save": root("CRITICAL", "last RDB save")},
)

NO_LIMIT = Fault(
    "redis without maxmemory",
    inject=lambda: stack.redis("config", "set", "maxmemory", "0"),
    remove=lambda: stack.redis("config", "set", "maxmemory", "64mb"),
    expect={
        "test_redis_maxmemory": root("WARNING"),
        "redis.memory": blocked("test_redis_maxmemory"),
    },
)

REFUSES_WRITES = Fault(
    "redis is full and may evict nothing",
    inject=lambda: (
        stack.redis("config", "set", "maxmemory-policy", "noeviction"),
        _fill_redis(),
        stack.redis("config", "set", "maxmemory", "40mb"),
    ),
    remove=lambda: (
        stack.redis("config", "set", "maxmemory", "64mb"),
        stack.redis("config", "set", "maxmemory-policy", "allkeys-lru"),
        _empty_redis(),
    ),
    gone=lambda: _redis_share() < 60,
    expect={
        "test_redis_writes": root("CRITICAL", "refused: full under noeviction"),
        "redis.memory": follows("WARNING", "test_redis_writes"),
    },
)

SLOW_LOAD = "\nkey-load-delay 10000\nloading-process-events-interval-bytes 1024\n"


class Loading:
    """Redis that loads its data set so slowly that it can be watched."""

    path = stack.RUN / "config" / "redis" / "redis.conf"
    original = ""

    def inject(self) -> None:
        """Restart with a delay of 10 ms for each key; between two commands of its log it would not answer."""
        stack.redis("bgrewriteaof")
        stack.wait(lambda: "aof_rewrite_in_progress:0" in stack.redis("info", "persistence"), "the log is rewritten")
        Loading.original = self.path.read_text(encoding="utf-8")
        self.path.write_text(Loading.original + SLOW_LOAD, encoding="utf-8")
        stack.docker("restart", "-t", "2", stack.container("redis"))

    def remove(self) -> None:
        """Restart without it."""
        self.path.write_text(Loading.original, encoding="utf-8")
        stack.docker("restart", "-t", "1", stack.container("redis"))


LOADING = Fault(
    "redis is loading its data set",
    inject=lambda: Loading().inject(),
    remove=lambda: Loading().remove(),
    shows=lambda: "LOADING" in stack.redis("ping"),
    gone=lambda: stack.healthy("redis") and stack.healthy("agent-v3"),
    expect={
        "test_redis_loading": root("CRITICAL"),
        "test_redis_answer": follows("CRITICAL", "test_redis_loading", "LOADING"),
        "redis.memory": blocked("test_redis_loading"),
        "test_redis_writes": blocked("test_redis_loading"),
        "test_redis_save": blocked("test_redis_loading"),
        "redis.save.age": blocked("test_redis_loading"),
        "test_redis_maxmemory": blocked("test_redis_loading"),
    },
)
