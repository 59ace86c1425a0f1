"""The faults of the daily suite, in batches of parts that do not touch one another."""

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
    "containers": (STRANGERS, RESTART, JOB, OUT_OF_MEMORY, MEMORY, ALERTMANAGER_STOPPED),
    "capacity": (
        REDIS_FULL, CONNECTIONS, SAVE_FAILS, TARGET_GONE, DISK, INODES, MOUNT, BACKUPS_GONE, BACKUPS_OLD,
        CERTIFICATE_SOON, LOGS,
    ),
    "answers": (NO_LIMIT, NO_ROLE, SLOW, REDIRECT, BACKUP_TINY, BACKUP_GARBAGE, CRASH_LOOP),
    "failing": (FAILING, SLOW_HEALTH, HIDDEN),
    "silent": (SILENT_TRAFFIC,),
    "refused": (REFUSES_WRITES,),
    "full": (FULL,),
    "loading": (LOADING, PAUSED),
    "hung": HUNG,
}  # fmt: skip
