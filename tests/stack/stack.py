"""Handles on the running stack: docker, its processes, and waiting for states instead of seconds."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
RUN = CHECKOUT / "stack" / "run"
PROJECT = "agentv3"


def docker(*words: str, check: bool = True, stdin: str | None = None) -> str:
    """One docker command; gives what it printed."""
    done = subprocess.run(["docker", *words], capture_output=True, text=True, timeout=60, check=False, input=stdin)
    if check and done.returncode:
        raise AssertionError(f"docker {' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout.strip()


def container(service: str) -> str:
    """The name of a service's first container."""
    labels = [f"label=com.docker.compose.project={PROJECT}", f"label=com.docker.compose.service={service}"]
    names = docker("ps", "-a", "--filter", labels[0], "--filter", labels[1], "--format", "{{.Names}}").split()
    assert names, f"the stack has no container of {service}: make stack-up"
    return sorted(names)[0]


def shell(service: str, script: str, *, user: str = "root", detach: bool = False) -> str:
    """Run a shell script in a container."""
    options = ["-d"] if detach else []
    return docker("exec", *options, "-u", user, container(service), "sh", "-c", script)


def as_root(service: str, script: str) -> None:
    """Run a shell script in a container's file systems with this machine's root: its own root may do little."""
    command = ["nsenter", "-t", str(init_pid(service)), "-m", "sh", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{script}: {done.stderr}"


def inspect(service: str, template: str) -> str:
    """One field of docker inspect."""
    return docker("inspect", "--format", "{{" + template + "}}", container(service))


def processes(service: str) -> list[int]:
    """The process ids, on this machine, of a container without its init."""
    lines = docker("top", container(service), "-eo", "pid,comm").splitlines()[1:]
    return [int(line.split()[0]) for line in lines if "docker-init" not in line]


def send(service: str, number: signal.Signals) -> None:
    """Send a signal to every process of a container but its init."""
    for pid in processes(service):
        with suppress(ProcessLookupError):  # a health check that has ended meanwhile
            os.kill(pid, number)


def init_pid(service: str) -> int:
    """The process id, on this machine, of a container's first process."""
    return int(inspect(service, ".State.Pid"))


def wait(condition: Callable[[], bool], what: str, seconds: float = 40) -> None:
    """Wait until a condition holds; fails with what did not come."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if condition():
            return
        time.sleep(0.3)
    raise AssertionError(f"after {seconds:g} s still not so: {what}")


def healthy(service: str) -> bool:
    """Running, and its health check passed."""
    return inspect(service, ".State.Status") == "running" and inspect(service, ".State.Health.Status") == "healthy"


def redis(*words: str) -> str:
    """One command as the default user of Redis."""
    command = "REDISCLI_AUTH=$REDIS_PASSWORD timeout 5 redis-cli " + " ".join(words)
    return docker("exec", container("redis"), "sh", "-c", command, check=False)


def sql(statement: str) -> str:
    """One statement as the superuser of PostgreSQL."""
    return docker(
        "exec", "-i", "-u", "postgres", container("postgres"), "psql", "-XAtq", "-d", "agent_v3", stdin=statement
    )


def prometheus(expression: str) -> list[float]:
    """The values that an expression has now."""
    import requests

    answer = requests.get("http://127.0.0.1:19090/api/v1/query", params={"query": expression}, timeout=5).json()
    return [float(one["value"][1]) for one in answer["data"]["result"]]


def secret(name: str) -> str:
    """One of the stack's generated secrets."""
    pairs = (
        line.split("=", 1) for line in (RUN / "secrets.env").read_text(encoding="utf-8").splitlines() if "=" in line
    )
    return dict(pairs)[name]


def switch(latency: float = 0.0, error_rate: float = 0.0) -> None:
    """Set the fault switch of agent-v3, which only the stack's own network reaches."""
    body = json.dumps({"latency": latency, "error_rate": error_rate})
    command = f"curl -fsS -X POST -H 'Content-Type: application/json' -d '{body}' http://agent-v3:8001/fault"
    shell("traffic", command)
