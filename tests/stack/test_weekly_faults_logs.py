"""Faults of logs and of the schedule on the real stack, each with the verdict it turns its weekly check to."""

import ast
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from conformance.thresholds import rows_named
from tests.stack import engine, stack
from tests.stack.conftest import Runner
from tests.stack.fault import Fault, differences, injected
from tests.stack.faults.container_logs import LOG_NOWHERE
from tests.stack.faults.rotation import (
    FILES,
    FILES_AHEAD,
    GROWN,
    LOG,
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

# What is injected together does not touch one another.
BATCHES = {
    "undone": (UNDONE, OTHERS_READ, MEASURES_NOTHING),
    "ahead": (STATE_AHEAD, FILES_AHEAD, NEVER_REACHED),
    "no rule": (NO_RULE, ECHOED),
    "no sudo": (NO_SUDO, UNREAD),
    "values": (OTHER_VALUES, FILES, TOO_SELDOM),
    "signals nothing": (SIGNALS_NOTHING, LOG_NOWHERE, MISTYPED),
    "syntax": (SYNTAX, STANDS_STILL, NO_CRONTAB),
    "writable": (WRITABLE, GROWN, COMMENTED),
}
# Turned red below, because time, the target or the engine must be another for it.
ELSEWHERE = {"test_log_limit", "log.reach", "rotation.reach", "schedule.gap"}
SUITES = ("test_logs.py", "test_schedule.py")


@pytest.mark.parametrize("faults", BATCHES.values(), ids=BATCHES)
def test_faults_turn_their_checks_and_no_others(faults: tuple[Fault, ...], weekly: Runner) -> None:
    ours = [f"suites/weekly/{name}" for name in SUITES]
    with injected(*faults):
        red = weekly(*ours)
        if differences(red.results, faults):
            sys.stderr.write(red.output)
            red = weekly(*ours)

    assert differences(red.results, faults) == [], red.output
    assert red.exit_code == 1, red.output
    after = weekly(*ours)
    assert after.findings() == [], after.output


def test_every_check_has_a_fault() -> None:
    turned = {
        check.partition("[")[0]
        for faults in BATCHES.values()
        for fault in faults
        for check, want in fault.expect.items()
        if not want.blocked_by
    }
    names: set[str] = set()
    for path in (stack.CHECKOUT / "suites" / "weekly" / name for name in SUITES):
        rows = {line: row for row, line in rows_named(path).items()}
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                lines = range(node.decorator_list[0].lineno, node.body[0].lineno)
                names.add(next((rows[line] for line in lines if line in rows), node.name))
    assert sorted(names - turned - ELSEWHERE) == []


def test_missing_right_says_the_line_to_add(weekly: Runner) -> None:
    with injected(NO_SUDO):
        found = weekly("suites/weekly/test_logs.py")

    assert (
        "conformance ALL=(root) NOPASSWD: /usr/local/sbin/agent-v3-collector"
        in found.check("test_collector")["next_step"]
    )


def test_look_of_the_weekly_suite_changes_no_file_of_the_logs(weekly: Runner) -> None:
    def look() -> str:
        # The live file itself grows all the time.
        script = (
            "stat -c '%n %i %s %Y' /var/lib/logrotate/* /etc/logrotate.d/* /opt/agent-v3/logs/agent-v3.log.*; ls /tmp"
        )
        return stack.shell("logrotate", script)

    before, host = look(), stack.shell("host", "ls /tmp")
    weekly("suites/weekly/test_logs.py")

    assert look() == before
    assert stack.shell("host", "ls /tmp") == host


def test_logs_that_do_not_reach_back_far_enough(weekly: Runner, variant: Callable[..., Path]) -> None:
    """Old enough to be judged after a second, and never long enough."""
    found = weekly(
        "suites/weekly/test_logs.py",
        checkout=variant({
            "targets/demo.yaml": ("window: 1h", "window: 1s"),
            "thresholds.yaml": ("window: 15d", "window: 1s"),
        }),
    )  # fmt: skip

    assert (found.check("log.reach[agent-v3]")["verdict"], found.check("log.reach[agent-v3]")["disposition"]) == (
        "WARNING", "none"
    )  # fmt: skip
    assert found.check(f"rotation.reach[{LOG}]")["verdict"] == "WARNING", found.output


def test_log_without_a_limit(weekly: Runner, variant: Callable[..., Path], tmp_path: Path) -> None:
    """What `docker inspect` says of sink where neither its compose file nor the engine sets a limit."""

    def unlimited(told: dict[str, Any]) -> None:
        if told["Config"]["Labels"]["com.docker.compose.service"] == "sink":
            told["HostConfig"]["LogConfig"] = {"Type": "json-file", "Config": {}}

    with engine.changed(tmp_path / "d.sock", unlimited) as address:
        place = "compose: {project: agentv3"
        checkout = variant({"targets/demo.yaml": (place, f"docker: {address}\n{place}")})
        found = weekly("suites/weekly/test_logs.py", checkout=checkout)

    assert [one.partition(":")[0] for one in found.findings()] == ["WARNING test_log_limit[sink]"], found.output


@pytest.mark.parametrize(
    ("hours", "verdict", "disposition"),
    [
        ([3, 2, 1, 0], "OK", "none"),
        ([5, 4, 2, 1, 0], "WARNING", "none"),
        ([30, 20, 1, 0], "CRITICAL", "none"),
        ([8, 7], "CRITICAL", "none"),
        ([], "OK", "baseline"),
    ],
)
def test_gap_in_a_prepared_record(
    weekly: Runner, variant: Callable[..., Path], hours: list[int], verdict: str, disposition: str
) -> None:
    """On the demo the check is not applicable: nobody runs its schedule."""
    checkout = variant({"targets/demo.yaml": ("check: schedule.gap", "check: host.load")})
    for ago in hours:
        stamp = (datetime.now(UTC) - timedelta(hours=ago, minutes=5)).strftime("%Y%m%dT%H%M%S.%fZ")
        folder = checkout / "reports" / f"{stamp}-daily-demo"
        folder.mkdir()
        (folder / "journal.jsonl").write_text(json.dumps({"type": "end", "complete": True}) + "\n", encoding="utf-8")

    # Runs of other tests in the same session are a record too.
    alone = {"XDG_STATE_HOME": str(checkout.with_name("state"))}
    found = weekly("suites/weekly/test_schedule.py", checkout=checkout, environ=alone).check("schedule.gap")

    assert (found["verdict"], found["disposition"]) == (verdict, disposition), found["reason"]


def _logs(*words: str) -> "subprocess.CompletedProcess[str]":
    program = [sys.executable, "-c", "from conformance.cli import app; app()"]
    return subprocess.run(
        [*program, "logs", "--target=demo", *words], cwd=stack.CHECKOUT, capture_output=True, text=True, timeout=60,
        check=False, env={**os.environ, "PYTHONPATH": str(stack.CHECKOUT)},
    )  # fmt: skip


def test_logs_are_found_by_a_person() -> None:
    """By service, by time, by level and by word, over a container and over files of the host."""
    for name in ("agent-v3", "agent-v3-files"):
        found = _logs("--service", name, "--since", "1m", "--level", "info", "--grep", '"status": 200')
        assert found.returncode == 0, found.stderr
        assert all('"status": 200' in line for line in found.stdout.splitlines())
    assert _logs("--service", "agent-v3", "--since", "1m", "--grep", "nobody says this").returncode == 1


def test_log_is_followed_live() -> None:
    program = [sys.executable, "-u", "-c", "from conformance.cli import app; app()", "logs", "--target=demo"]
    with subprocess.Popen(
        [*program, "--service=agent-v3", "--service=agent-v3-files", "--since=1s", "--follow"], cwd=stack.CHECKOUT,
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(stack.CHECKOUT)},
    ) as reader:  # fmt: skip
        assert reader.stdout is not None
        ends, sources = time.monotonic() + 20, set[str]()
        while len(sources) < 2 and time.monotonic() < ends:
            sources.add(reader.stdout.readline().partition(" | ")[0])
        reader.send_signal(signal.SIGINT)
        assert reader.wait(timeout=10) == 0
    assert sources == {"agentv3_agent-v3_1", "agent-v3-files"}
