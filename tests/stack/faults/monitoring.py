"""Prometheus and Alertmanager: a target out of reach, a stop, a crash loop."""

import shutil
from datetime import UTC, datetime, timedelta

from tests.stack import stack
from tests.stack.fault import Fault, blocked, follows, root
from tests.stack.faults.traffic import RATE, quiet

TARGET_GONE = Fault(
    "prometheus cannot reach node-exporter",
    inject=lambda: stack.docker("network", "disconnect", "agentv3_agentnet", stack.container("node-exporter")),
    remove=lambda: stack.docker(
        "network", "connect", "--alias", "node-exporter", "agentv3_agentnet", stack.container("node-exporter")
    ),
    shows=lambda: stack.prometheus('up{job="node-exporter"}') == [0.0],
    gone=lambda: stack.prometheus('up{job="node-exporter"}') == [1.0],
    expect={"test_scrape_job[node-exporter]": root("CRITICAL", "down")},
)

ALERTMANAGER_STOPPED = Fault(
    "alertmanager is stopped",
    inject=lambda: stack.docker("stop", "-t", "2", stack.container("alertmanager")),
    remove=lambda: stack.docker("start", stack.container("alertmanager")),
    shows=lambda: stack.prometheus('up{job="alertmanager"}') == [0.0],
    gone=lambda: stack.healthy("alertmanager") and stack.prometheus('up{job="alertmanager"}') == [1.0],
    expect={
        "test_state[alertmanager]": root("CRITICAL", "exited"),
        "test_alertmanager_ready": follows("CRITICAL", "test_state[alertmanager]"),
        "test_scrape_job[alertmanager]": follows("CRITICAL", "test_state[alertmanager]"),
        "test_container_health[alertmanager]": blocked("test_state[alertmanager]"),
        "service.memory[alertmanager]": blocked("test_state[alertmanager]"),
        "service.cpu[alertmanager]": blocked("test_state[alertmanager]"),
    },
)

PROMETHEUS_STOPPED = Fault(
    "prometheus is stopped",
    inject=lambda: stack.docker("stop", "-t", "10", stack.container("prometheus")),
    remove=lambda: stack.docker("start", stack.container("prometheus")),
    gone=lambda: stack.healthy("prometheus") and bool(stack.prometheus(RATE)) and quiet(),
    patience=60,
    expect={
        "test_state[prometheus]": root("CRITICAL", "exited"),
        "test_prometheus_ready": follows("CRITICAL", "test_state[prometheus]"),
        "llm.in_flight": blocked("test_state[prometheus]"),
        "http.pool.in_flight": blocked("test_state[prometheus]"),
    },
)


def _crash() -> None:
    path = stack.RUN / "config" / "alertmanager" / "alertmanager.yml"
    shutil.copy2(path, path.with_suffix(".aside"))
    path.write_text("route: {receiver: nobody}\n", encoding="utf-8")
    stack.docker("restart", "-t", "1", stack.container("alertmanager"))


def _mend() -> None:
    path = stack.RUN / "config" / "alertmanager" / "alertmanager.yml"
    path.with_suffix(".aside").replace(path)
    stack.docker("restart", "-t", "1", stack.container("alertmanager"))


def _pauses() -> bool:
    """Whether a pause that outlasts the run has just begun: in the moment of an attempt the state is "running"."""
    # The engine pauses for 100 ms before the first restart, twice as long before each next: 12.8 s before the eighth.
    return (
        int(stack.inspect("alertmanager", ".RestartCount")) > 7
        and stack.inspect("alertmanager", ".State.Status") == "restarting"
        and _since_exit("alertmanager") <= timedelta(seconds=2)
    )


def _since_exit(service: str) -> timedelta:
    return datetime.now(UTC) - datetime.fromisoformat(stack.inspect(service, ".State.FinishedAt"))


CRASH_LOOP = Fault(
    "alertmanager restarts again and again over a bad configuration",
    inject=_crash,
    remove=_mend,
    shows=_pauses,
    gone=lambda: stack.healthy("alertmanager") and stack.prometheus('up{job="alertmanager"}') == [1.0],
    patience=90,  # the pauses before the eighth one alone add up to 13 s, and each attempt takes its time
    expect={
        "test_state[alertmanager]": root("CRITICAL", "restarting"),
        "service.restarts[alertmanager]": follows("CRITICAL", "test_state[alertmanager]"),
    },
)
