"""PostgreSQL, weekly: what the evidence says, and what needs another time or target than the faults in batches do."""

from collections.abc import Callable
from pathlib import Path

from tests.stack import stack, turning
from tests.stack.fault import injected
from tests.stack.faults.postgres_weekly import CHAIN, LARGE_TABLE, LOCK_CHAIN
from tests.stack.running import Finished, Runner


def test_lock_chain_is_shown_from_its_root(weekly: Runner, weekly_green: Finished) -> None:
    with injected(LOCK_CHAIN):
        pids = CHAIN.pids
        found = weekly().check("postgres.locks.chain")

    lines = found["reading"]["excerpt"].splitlines()
    assert [line.lstrip().partition(" of ")[0] for line in lines] == [
        f"root pid {pids[0]}",
        f"<- pid {pids[1]}",
        f"<- pid {pids[2]}",
    ]
    assert [len(line) - len(line.lstrip()) for line in lines] == [0, 2, 4]
    assert "idle in transaction" in lines[0]
    assert "UPDATE fault_chain" in lines[2]


def test_slow_statement_warns_once_and_not_when_it_was_mended(weekly: Runner, weekly_green: Finished) -> None:
    weekly()  # what earlier faults made slow is counted here
    stack.sql("SELECT pg_sleep(1.2), 'canary'")
    red = weekly()
    mended = weekly()

    found = red.check("postgres.statements.mean")
    assert found["verdict"] == "WARNING", red.output
    assert "SELECT pg_sleep($1), $2" in found["reading"]["excerpt"].splitlines()[0]
    assert "1 calls" in found["reading"]["excerpt"].splitlines()[0]
    assert "canary" not in str(red.results)
    assert mended.check("postgres.statements.mean")["verdict"] == "OK", mended.output


def test_statements_that_were_reset_are_said_and_slow_ones_since_then_found(
    weekly: Runner, weekly_green: Finished
) -> None:
    weekly()
    stack.sql("SELECT pg_stat_statements_reset()")
    reset = weekly()
    stack.sql("SELECT pg_stat_statements_reset()")
    stack.sql("DO $$ BEGIN PERFORM pg_sleep(1.2); PERFORM 'canary'; END $$")
    red = weekly()

    said = reset.check("postgres.statements.mean")
    assert (said["verdict"], said["disposition"]) == ("OK", "baseline"), reset.output
    assert "pg_stat_statements was reset at" in said["reason"]
    found = red.check("postgres.statements.mean")
    assert found["verdict"] == "WARNING", red.output
    assert "DO ?" in found["reading"]["excerpt"].splitlines()[0]
    assert "canary" not in str(red.results)
    turning.green(weekly)


def test_pool_file_of_another_service_with_the_same_numbers(
    weekly: Runner, weekly_green: Finished, variant: Callable[..., Path]
) -> None:
    file = "/opt/agent-v3/config/base/database.yaml"
    place = variant({"targets/demo.yaml": (f"{{file: {file}", "{file: /tmp/worker/database.yaml")})
    stack.shell("host", f"mkdir -p /tmp/worker && cp {file} /tmp/worker/ && chmod -R a+rX /tmp/worker")
    try:
        red = weekly(checkout=place)
    finally:
        stack.shell("host", "rm -r /tmp/worker")

    assert red.check("postgres.pool.size[agent-v3]")["verdict"] == "OK", red.output
    found = red.check("test_pool_file[agent-v3]")
    assert (found["verdict"], found["disposition"]) == ("UNKNOWN", "none")
    assert "/tmp/worker/database.yaml may be another service's" in found["reason"]


def test_pool_file_of_which_the_service_has_another_version(weekly: Runner, weekly_green: Finished) -> None:
    file = "/opt/agent-v3/config/base/database.yaml"
    script = f"sed 's/40/41/' {file} >/tmp/other.yaml; chmod a+r /tmp/other.yaml; mount --bind /tmp/other.yaml {file}"
    stack.as_root("host", script)
    try:
        red = weekly()
    finally:
        stack.as_root("host", f"umount {file}; rm /tmp/other.yaml")

    assert red.check("postgres.pool.overflow[agent-v3]")["verdict"] == "CRITICAL", red.output
    found = red.check("test_pool_file[agent-v3]")
    assert found["verdict"] == "CRITICAL", red.output
    assert "max_overflow 40" in found["reason"]
    turning.green(weekly)


def test_more_statements_than_there_is_room_for(weekly: Runner, weekly_green: Finished) -> None:
    # A constant's type is part of what makes a statement: twelve columns of two types are 4096 statements.
    texts = (", ".join("1" if number >> bit & 1 else "'a'" for bit in range(12)) for number in range(2300))
    stack.sql("\n".join(f"SELECT {text};" for text in texts))
    red = weekly()

    assert red.check("postgres.statements.dropped")["verdict"] == "WARNING", red.output
    turning.green(weekly)


def test_unused_index_in_statistics_that_are_old_enough(
    weekly: Runner, weekly_green: Finished, variant: Callable[..., Path]
) -> None:
    young = weekly_green.check("postgres.indexes.unused")
    place = variant({"thresholds.yaml": (UNUSED, UNUSED.replace("window: 31d", "window: 1s"))})
    with injected(LARGE_TABLE):
        red = weekly(checkout=place)

    assert young["disposition"] == "baseline"
    found = red.check("postgres.indexes.unused")
    assert found["verdict"] == "WARNING", red.output
    assert "candidate: fault_long on public.fault_large" in found["reading"]["excerpt"]
    assert "pkey" not in found["reading"]["excerpt"]
    assert "DROP" not in red.output + str(red.results)


UNUSED = """postgres.indexes.unused:
  runbook: PERF-3.3
  origin: ours
  unit: B
  warning: {above: 10485760}
  # The shortest time that has the end of a month in it for certain.
  window: 31d
"""


def test_age_of_transaction_ids_is_measured(
    weekly: Runner, weekly_green: Finished, variant: Callable[..., Path]
) -> None:
    """Two thousand million transactions take days: the limit comes to the reading instead."""
    place = variant(
        {"thresholds.yaml": ("warning: {above: 50}\n  critical: {above: 75}", "critical: {above: 0.0000001}")}
    )
    red = weekly(checkout=place)

    found = red.check("postgres.xid.age")
    assert found["verdict"] == "CRITICAL", red.output
    assert "agent_v3: xid" in found["reading"]["excerpt"]


NO_STANDBY = """  - check: postgres.replication.lag
    reason: the stack has no standby
    approver: Tech Lead
    review: 2027-06-30
"""


def test_standby_that_is_missing_and_one_that_lags(
    weekly: Runner, weekly_green: Finished, variant: Callable[..., Path]
) -> None:
    place = variant({"targets/demo.yaml": (NO_STANDBY, "")})
    hba = stack.RUN / "config" / "postgres" / "pg_hba.conf"
    before = hba.read_text(encoding="utf-8")
    missing = weekly(checkout=place)
    try:
        hba.write_text(f"local replication postgres peer map=container\n{before}", encoding="utf-8")
        stack.sql("SELECT pg_reload_conf()")
        command = "mkdir -p /tmp/wal && exec /usr/lib/postgresql/15/bin/pg_receivewal -D /tmp/wal"
        stack.shell("postgres", command, user="postgres", detach=True)
        stack.wait(lambda: stack.sql("SELECT count(*) FROM pg_stat_replication") == "1", "the standby streams")
        close = weekly(checkout=place)
        stack.shell("postgres", "pkill -STOP pg_receivewal", user="postgres")
        stack.sql("SELECT pg_logical_emit_message(false, 'fault', repeat('x', 10485760));" * 6)
        behind = weekly(checkout=place)
    finally:
        stack.shell("postgres", "pkill -KILL pg_receivewal; rm -rf /tmp/wal", user="postgres")
        hba.write_text(before, encoding="utf-8")
        stack.sql("SELECT pg_reload_conf()")

    assert missing.check("postgres.replication.lag")["verdict"] == "UNKNOWN", missing.output
    assert close.check("postgres.replication.lag")["verdict"] == "OK", close.output
    assert behind.check("postgres.replication.lag")["verdict"] == "WARNING", behind.output
