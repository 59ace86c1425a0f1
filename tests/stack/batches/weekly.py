"""The weekly suite: its faults in lanes of parts that do not touch one another, and what is turned elsewhere."""

from dataclasses import replace

from tests.stack.batches import Batches, beside, in_turn
from tests.stack.faults import postgres_blind, postgres_weekly, redis_weekly, restore, restore_held
from tests.stack.faults.container_logs import LOG_NOWHERE
from tests.stack.faults.limits import HTTP_POOL, LLM_WIDE
from tests.stack.faults.monitoring import PROMETHEUS_STOPPED
from tests.stack.faults.redis import NO_LIMIT
from tests.stack.faults.rotation import (
    FILES,
    FILES_AHEAD,
    GROWN,
    NO_RULE,
    NO_SUDO,
    OTHER_VALUES,
    OTHERS_READ,
    SIGNALS_NOTHING,
    STANDS_STILL,
    STATE_AHEAD,
    SYNTAX,
    UNDONE,
    WRITABLE,
)  # fmt: skip
from tests.stack.faults.schedule import (
    COMMENTED,
    ECHOED,
    MEASURES_NOTHING,
    MISTYPED,
    NEVER_REACHED,
    NO_CRONTAB,
    TOO_SELDOM,
    UNREAD,
)  # fmt: skip

POSTGRES: Batches = {**postgres_weekly.BATCHES, **postgres_blind.BATCHES}
RESTORED = "suites/weekly/test_restore.py"  # holds a restored backup against production

LOGS: Batches = {
    "signals nothing": (SIGNALS_NOTHING, LOG_NOWHERE, MISTYPED),
    "values": (OTHER_VALUES, FILES, TOO_SELDOM),
    "syntax": (SYNTAX, STANDS_STILL, NO_CRONTAB),
    "writable": (WRITABLE, GROWN, COMMENTED),
    "no rule": (NO_RULE, ECHOED),
    "no sudo": (NO_SUDO, UNREAD),
    "undone": (UNDONE, OTHERS_READ, MEASURES_NOTHING),
    "ahead": (STATE_AHEAD, FILES_AHEAD, NEVER_REACHED),
}

REDIS: Batches = {
    "keys": (
        redis_weekly.BIG_KEYS, redis_weekly.NO_TTL, redis_weekly.LONG_TTL, redis_weekly.LASTING,
        redis_weekly.SLOWLOG_OFF, HTTP_POOL, NO_LIMIT,
    ),
    "since": (
        redis_weekly.REJECTED, redis_weekly.EVICTIONS, redis_weekly.SLOW_COMMANDS, redis_weekly.SLOW_COMMAND,
    ),
    "rights": (redis_weekly.NO_MEMORY_USAGE, redis_weekly.NO_SLOWLOG, redis_weekly.CLIENTS),
    "scan": (redis_weekly.NO_SCAN, redis_weekly.SLOWLOG_DEAF),
    "full": (redis_weekly.FULL,),
    "limits": (LLM_WIDE, redis_weekly.FAR, redis_weekly.HUGE_FIELD),
    "servers stopped": (redis_weekly.STOPPED, PROMETHEUS_STOPPED),
}  # fmt: skip

# Each is about the newest backup of the database: one at a time. The set of the roles does not touch it.
RESTORES: Batches = {
    "truncated": (restore.TRUNCATED, restore.OPEN_TO_ALL),
    "half a dump": (restore.HALF_A_DUMP, restore.GAP),
    "trailing": (restore.TRAILING,),
    "plain": (restore.PLAIN,),
    "xz cut off": (restore.XZ_CUT,),
    "cluster": (restore.CLUSTER,),
    "missing table": (restore.MISSING_TABLE,),
    "empty table": (restore.EMPTY_TABLE,),
    "lost row": (restore.LOST_ROW,),
    "not migrated": (restore.NOT_MIGRATED,),
    "owner": (restore.STRANGE_OWNER,),
    "failing statement": (restore.FAILING_STATEMENT,),
    "newer major": (restore.NEWER_MAJOR,),
    "damaged index": (restore.DAMAGED,),
    "hostile": (restore.HOSTILE,),
    "hidden": (restore.HIDDEN,),
    "growing": (restore.GROWING,),
    "old": (restore.OLD,),
    "sequence": (restore_held.SEQUENCE_BEHIND,),
    "default": (restore_held.NO_DEFAULT,),
    "rights": (restore_held.NO_RIGHTS,),
    "empty new": (restore_held.EMPTY_NEW,),
    "roles and a value": (restore_held.HOLLOW_ROLE, restore_held.CHANGED_VALUE),
    "absurd count": (restore_held.ABSURD_COUNT,),
    "old manifest": (restore_held.OLD_MANIFEST,),
    "another manifest": (restore_held.OTHER_MANIFEST,),
    "broken manifest": (restore_held.BROKEN_MANIFEST,),
}

# Files that are there or not leave nothing behind; after the last of them the suite has to be green all the same.
LAST = "broken manifest"
RESTORES = {name: tuple(replace(one, echo=name == LAST) for one in faults) for name, faults in RESTORES.items()}

# Of PostgreSQL's these stay away from what a restored backup is held against; the others may change it.
SETTINGS = ("unbounded", "malformed")
APART: Batches = {name: POSTGRES[name] for name in SETTINGS}
PRODUCTION: Batches = {
    name: tuple(replace(one, disturbs=RESTORED) for one in faults)
    for name, faults in POSTGRES.items()
    if name not in SETTINGS
}

BATCHES = in_turn(beside(PRODUCTION, LOGS), beside(RESTORES, in_turn(REDIS, APART)))

ELSEWHERE = {
    "log.reach": "test_weekly_faults_logs.py::test_logs_that_do_not_reach_back_far_enough",
    "rotation.reach": "test_weekly_faults_logs.py::test_logs_that_do_not_reach_back_far_enough",
    "test_log_limit": "test_weekly_faults_logs.py::test_log_without_a_limit",
    "schedule.gap": "test_weekly_faults_logs.py::test_gap_in_a_prepared_record",
    "redis.keys.coverage": "test_weekly_faults_redis.py::test_keys_that_were_not_looked_at",
    "http.pool.in_flight": "test_weekly_faults_redis.py::test_calls_in_flight_past_the_limit_of_the_pool",
    "postgres.statements.mean":
        "test_weekly_faults_postgres.py::test_slow_statement_warns_once_and_not_when_it_was_mended",
    "postgres.statements.dropped": "test_weekly_faults_postgres.py::test_more_statements_than_there_is_room_for",
    "postgres.indexes.unused":
        "test_weekly_faults_postgres.py::test_unused_index_in_statistics_that_are_old_enough",
    "postgres.xid.age": "test_weekly_faults_postgres.py::test_age_of_transaction_ids_is_measured",
    "postgres.replication.lag": "test_weekly_faults_postgres.py::test_standby_that_is_missing_and_one_that_lags",
    "restore.age": "test_weekly_faults_restore.py::test_old_data_in_a_fresh_file",
    "restore.time": "test_weekly_faults_restore.py::test_restore_that_takes_longer_than_a_recovery_may",
    "restore.erosion": "test_weekly_faults_restore.py::test_table_that_lost_a_little_each_week",
    "backup.kept": "test_weekly_faults_restore.py::test_backups_that_are_removed_too_early",
    "test_restore_leftovers": "test_weekly_faults_restore.py::test_killed_run_is_swept_and_reported_by_the_next",
}  # fmt: skip
