"""Containers that nobody declared, that restart, fail as a job, hang or are paused."""

import os
import signal
from dataclasses import replace

from tests.stack import stack
from tests.stack.fault import Expect, Fault, blocked, follows, root


def _stranger(service: str, name: str, *words: str) -> str:
    """A container that claims to be of the project, from another image than the stack's."""
    image = stack.docker("commit", stack.container("sink"), "agentv3/another:tests")
    labels = [
        "--label", f"com.docker.compose.project={stack.PROJECT}",
        "--label", f"com.docker.compose.service={service}",
        "--label", "com.docker.compose.oneoff=False",
    ]  # fmt: skip
    return stack.docker("run", "-d", "--no-healthcheck", "--name", name, *labels, *words, image, "sleep", "600")


def _remove(name: str) -> None:
    stack.docker("rm", "-f", "-v", name, check=False)
    stack.docker("image", "rm", "agentv3/another:tests", check=False)


STRANGERS = Fault(
    "a container of an undeclared service, and a second one of sink with another image and no memory limit",
    inject=lambda: (_stranger("stranger", "agentv3_stranger_tests", "--memory", "16m"),
                    _stranger("sink", "agentv3_zsink_tests")),
    remove=lambda: (_remove("agentv3_stranger_tests"), _remove("agentv3_zsink_tests")),
    expect={
        "test_undeclared_services": root("WARNING", "stranger"),
        "test_state[sink]": root("CRITICAL", "2 of 1 running"),
        "test_image[sink]": root("CRITICAL", "another image"),
        "test_memory_limit[sink]": root("WARNING", "missing on agentv3_zsink_tests"),
        "test_container_health[sink]": root("WARNING", "none declared"),
    },
)  # fmt: skip


def _restarted() -> None:
    # The signal goes to the container's own init: from inside, process 1 cannot be killed.
    os.kill(stack.init_pid("logrotate"), signal.SIGKILL)


RESTART = Fault(
    "logrotate dies and is restarted by its policy",
    inject=_restarted,
    # A restart by hand counts from 0 again: the runs of whoever uses this stack see nothing of the fault.
    remove=lambda: stack.docker("restart", "-t", "1", stack.container("logrotate")),
    shows=lambda: (
        stack.inspect("logrotate", ".State.Status") == "running"
        and int(stack.inspect("logrotate", ".RestartCount")) > 0
        and stack.healthy("logrotate")
    ),
    gone=lambda: stack.inspect("logrotate", ".RestartCount") == "0" and stack.healthy("logrotate"),
    expect={"service.restarts[logrotate]": root("WARNING")},
)

JOB = Fault(
    "the schema cannot be brought: migrate has no network",
    inject=lambda: (
        stack.docker("network", "disconnect", "agentv3_agentnet", stack.container("migrate")),
        stack.docker("start", stack.container("migrate")),
    ),
    remove=lambda: (
        stack.docker("network", "connect", "--alias", "migrate", "agentv3_agentnet", stack.container("migrate")),
        stack.docker("start", stack.container("migrate")),
    ),
    shows=lambda: stack.inspect("migrate", ".State.Status") == "exited",
    gone=lambda: (
        (stack.inspect("migrate", ".State.Status"), stack.inspect("migrate", ".State.ExitCode")) == ("exited", "0")
    ),
    expect={"test_job[migrate]": root("CRITICAL", "exited (1)")},
)


def _stop_processes(service: str) -> Fault:
    """Every process of a container stands still: the port answers, the server does not."""
    return Fault(
        f"{service} hangs",
        inject=lambda: stack.send(service, signal.SIGSTOP),
        remove=lambda: stack.send(service, signal.SIGCONT),
        gone=lambda: stack.healthy(service),
        patience=60,
        expect={},
    )


def _hung(service: str, **expect: Expect) -> Fault:
    return replace(_stop_processes(service), expect=expect)


HUNG = (
    _hung("redis", test_redis_answer=root("CRITICAL", "no answer within 2 s")),
    _hung("postgres", test_postgres_answer=root("CRITICAL", "no session within 3 s")),
    _hung("prometheus", test_prometheus_ready=root("CRITICAL", "no answer within 3 s")),
    _hung("alertmanager", test_alertmanager_ready=root("CRITICAL", "no answer within 3 s")),
    _hung("host", test_host_answer=root("UNKNOWN")),
)

PAUSED = Fault(
    "nginx is paused",
    inject=lambda: stack.docker("pause", stack.container("nginx")),
    remove=lambda: stack.docker("unpause", stack.container("nginx")),
    gone=lambda: stack.healthy("nginx"),
    expect={
        "test_state[nginx]": root("CRITICAL", "paused"),
        "test_health[nginx]": follows("CRITICAL", "test_state[nginx]"),
        "certificate.days[nginx]": blocked("test_state[nginx]"),
    },
)
