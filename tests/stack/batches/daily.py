"""The daily suite: its faults in batches of parts that do not touch one another, and what is turned elsewhere."""

from tests.stack.faults.backups import BACKUP_GARBAGE, BACKUP_TINY, BACKUPS_GONE, BACKUPS_OLD
from tests.stack.faults.containers import HUNG, JOB, PAUSED, RESTART, STRANGERS
from tests.stack.faults.host import DISK, INODES, MOUNT
from tests.stack.faults.logs import LOGS
from tests.stack.faults.memory import MEMORY, OUT_OF_MEMORY
from tests.stack.faults.monitoring import ALERTMANAGER_STOPPED, CRASH_LOOP, TARGET_GONE
from tests.stack.faults.nginx import CERTIFICATE_SOON, REDIRECT, SLOW_HEALTH
from tests.stack.faults.postgres import CONNECTIONS, FULL, NO_ROLE
from tests.stack.faults.postgres_blind import HIDDEN
from tests.stack.faults.redis import LOADING, NO_LIMIT, REDIS_FULL, REFUSES_WRITES, SAVE_FAILS
from tests.stack.faults.traffic import FAILING, SILENT_TRAFFIC, SLOW

BATCHES = {
    # The one that takes a while first, the one whose numbers move by themselves last.
    "containers": (SILENT_TRAFFIC, STRANGERS, RESTART, JOB, OUT_OF_MEMORY, ALERTMANAGER_STOPPED, MEMORY),
    "capacity": (
        REDIS_FULL, CONNECTIONS, SAVE_FAILS, TARGET_GONE, DISK, INODES, MOUNT, BACKUPS_GONE, BACKUPS_OLD,
        CERTIFICATE_SOON, LOGS,
    ),
    "answers": (NO_LIMIT, NO_ROLE, SLOW, REDIRECT, BACKUP_TINY, BACKUP_GARBAGE, CRASH_LOOP),
    "failing": (FAILING, SLOW_HEALTH, HIDDEN),
    "full": (FULL, REFUSES_WRITES),
    "loading": (LOADING, PAUSED),
    "hung": HUNG,
}  # fmt: skip

ELSEWHERE = {
    "test_engine": "test_variants.py::test_docker_socket_that_is_missing",
    "test_selectors": "test_variants.py::test_series_that_never_existed",
    "test_histogram": "test_variants.py::test_histogram_without_a_bucket_at_the_limit",
    "redis.save.age": "test_variants.py::test_changes_that_wait_to_be_saved",
    "service.cpu": "test_variants.py::test_service_that_uses_all_its_cpu",
    "test_health_dependencies": "test_daily.py::test_stopped_redis_is_the_one_root_and_explains_everything_else",
    "host.memory": "test_host.py::test_memory_of_the_host",
    "host.load": "test_host.py::test_load_of_the_host",
    "host.oom": "test_host.py::test_oom_kills_since_the_last_run",
    "host.cpu": "test_host.py::test_cpu_of_the_host",
    "host.clock.offset": "test_host.py::test_clock_that_is_off",
    "test_clock_synchronised": "test_host.py::test_clock_that_nobody_holds",
}
