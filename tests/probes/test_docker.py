"""Containers as `docker inspect` tells them, on recorded answers."""

from datetime import UTC, datetime
from typing import Any

import pytest

from conformance.reading import NotMeasured
from fixtures import docker
from fixtures.docker import Container, Engine, describe, parse_container
from fixtures.images import image_against
from fixtures.restarts import restarts_since
from tests.probes.support import body, probing, target

ID = "327200818adec1f4331704714a394e4b74d17d6dd84329c0994aef3979c32042"
IMAGE = "sha256:af701beec8093064e26c75a1753a2857262c80b0e7755d9250a9090c712c21f8"
OTHER = "sha256:" + "0" * 64


def inspected(state: dict[str, Any] | None = None, host: dict[str, Any] | None = None, **keys: Any) -> dict[str, Any]:
    """What Docker 20.10 answered for a running container, shortened to what a reader could want of it."""
    return {
        "Id": ID,
        "Created": "2026-11-23T07:13:13.431245467Z",
        "State": {
            "Status": "running", "Running": True, "Paused": False, "Restarting": False, "OOMKilled": False,
            "Dead": False, "Pid": 17471, "ExitCode": 0, "Error": "", "StartedAt": "2026-11-23T07:13:13.818252698Z",
            "FinishedAt": "0001-01-01T00:00:00Z",
            "Health": {"Status": "healthy", "FailingStreak": 0, "Log": [{"ExitCode": 0, "Output": ""}]},
        } | (state or {}),
        "Image": IMAGE,
        "Name": "/agentv3_agent-v3_1",
        "RestartCount": 0,
        "HostConfig": {"Memory": 201326592, "NanoCpus": 0, "CpuPeriod": 0, "CpuQuota": 0} | (host or {}),
        "Config": {
            "Image": "agentv3:latest",
            "Labels": {"com.docker.compose.project": "agentv3", "com.docker.compose.service": "agent-v3"},
        },
    } | keys  # fmt: skip


def container(state: dict[str, Any] | None = None, **keys: Any) -> Container:
    return parse_container(inspected(state, **keys))


RUNNING = container()
STOPPED = container({"Status": "exited", "Running": False, "ExitCode": 137})
PAUSED = container({"Status": "paused", "Paused": True})


def test_published_ports_are_read() -> None:
    ports = {"5432/tcp": [{"HostIp": "127.0.0.1", "HostPort": "15432"}], "9000/tcp": None}
    found = container(host={"NetworkMode": "toy_default"}, NetworkSettings={"Ports": ports})
    assert (found.published, found.network, found.pid) == (("127.0.0.1:15432:5432",), "toy_default", 17471)


def test_running_container_is_read_whole() -> None:
    expected = Container(
        id=ID, name="agentv3_agent-v3_1", service="agent-v3", status="running", health="healthy", exit_code=0,
        oom_killed=False, restarts=0, image_id=IMAGE, image_name="agentv3:latest", memory_limit=201326592, cpus=0.0,
        started=datetime(2026, 11, 23, 7, 13, 13, tzinfo=UTC).timestamp(),
        created=datetime(2026, 11, 23, 7, 13, 13, tzinfo=UTC).timestamp(), pid=17471,
    )  # fmt: skip
    assert expected == RUNNING


def test_container_that_was_never_started_has_no_start() -> None:
    assert container({"Status": "created", "StartedAt": "0001-01-01T00:00:00Z"}).started == 0


@pytest.mark.parametrize(
    ("status", "running"),
    [("running", True), ("paused", False), ("exited", False), ("restarting", False), ("created", False),
     ("dead", False), ("removing", False)],
)  # fmt: skip
def test_only_running_counts_as_running(status: str, running: bool) -> None:
    # The engine says Running: true of a paused and of a restarting container too.
    assert running is container({"Status": status, "Running": True}).is_running


@pytest.mark.parametrize("health", [{"Health": None}, {"Health": {}}])
def test_container_without_a_health_check_has_no_health(health: dict[str, Any]) -> None:
    assert container(health).health == ""
    without = inspected()
    del without["State"]["Health"]
    assert parse_container(without).health == ""


@pytest.mark.parametrize("limit", [0, None])
def test_container_without_a_memory_limit_has_limit_zero(limit: int | None) -> None:
    assert container(host={"Memory": limit}).memory_limit == 0


@pytest.mark.parametrize(
    ("host", "cpus"),
    [
        ({"NanoCpus": 1_500_000_000}, 1.5),
        ({"CpuQuota": 50_000, "CpuPeriod": 100_000}, 0.5),
        ({"CpuQuota": 50_000, "CpuPeriod": 0}, 0.5),
        ({"CpuQuota": 40_000, "CpuPeriod": 20_000}, 2.0),
        ({"CpuQuota": -1, "CpuPeriod": 100_000}, 0.0),
        ({"CpuQuota": None, "CpuPeriod": None, "NanoCpus": None}, 0.0),
        ({}, 0.0),
        ({"CpusetCpus": "0-2,5"}, 4.0),
        ({"CpusetCpus": "3"}, 1.0),
        ({"CpusetCpus": "0-1", "NanoCpus": 500_000_000}, 0.5),
        ({"CpusetCpus": "0", "NanoCpus": 4_000_000_000}, 1.0),
    ],
)
def test_cores_that_a_container_may_use(host: dict[str, Any], cpus: float) -> None:
    assert cpus == container(host=host).cpus


@pytest.mark.parametrize(
    ("containers", "words"),
    [
        ((), "no container"),
        ((RUNNING,), "running"),
        ((RUNNING, RUNNING), "running"),
        ((STOPPED,), "exited (137)"),
        ((PAUSED,), "paused"),
        ((RUNNING, STOPPED), "running, exited (137)"),
        ((container({"Status": "restarting", "ExitCode": 1}),), "restarting"),
    ],
)
def test_state_in_words(containers: tuple[Container, ...], words: str) -> None:
    assert words == describe(containers)


@pytest.mark.parametrize(
    ("containers", "replicas", "value"),
    [
        ((RUNNING,), 1, "running"),
        ((RUNNING,), 2, "1 of 2 running"),
        ((RUNNING, RUNNING), 1, "2 of 1 running"),
        ((RUNNING, STOPPED), 2, "running, exited (137)"),
        ((), 1, "no container"),
    ],
)
def test_service_is_running_only_with_as_many_as_declared(
    containers: tuple[Container, ...], replicas: int, value: str
) -> None:
    declared = target(services={"agent-v3": {"replicas": replicas}})
    assert value == body(docker.service_state)(engine(*containers), "agent-v3", declared).value


def test_container_that_keeps_restarting_may_do_so_for_want_of_what_it_needs() -> None:
    declared = target(services={"agent-v3": {"depends_on": ["redis"]}, "redis": {}})
    restarting = container({"Status": "restarting"})
    assert body(docker.service_state)(engine(restarting), "agent-v3", declared).parts == ("redis",)
    assert body(docker.service_state)(engine(STOPPED), "agent-v3", declared).parts == ()


def test_health_is_not_read_of_a_paused_container_that_still_says_healthy() -> None:
    assert PAUSED.health == "healthy"
    with pytest.raises(NotMeasured, match="agent-v3 is not running: paused") as caught:
        body(docker.running_containers)(engine(PAUSED), "agent-v3")
    assert caught.value.parts == ("agent-v3",)


@pytest.mark.parametrize(
    ("pin", "digests", "words"),
    [
        (None, (), "no pin"),
        (IMAGE, (), "pinned"),
        (OTHER, (), f"another image: {IMAGE[:19]}"),
        (f"agentv3@{OTHER}", (f"registry.test/agentv3@{OTHER}",), "pinned"),
        (f"registry.test/agentv3@{OTHER}", ("a@sha256:1", f"registry.test/agentv3@{OTHER}"), "pinned"),
        (f"agentv3@{OTHER}", (f"agentv3@{IMAGE}",), f"another image: {IMAGE[:19]}"),
        (f"agentv3@{OTHER}", (), f"another image: {IMAGE[:19]}"),
        ("agentv3:latest", (), "tag only"),
        ("agentv3:1.2", (), "another image: agentv3:latest"),
        ("agentv3", (), "another image: agentv3:latest"),
    ],
)
def test_image_against_its_pin(pin: str | None, digests: tuple[str, ...], words: str) -> None:
    assert words == image_against(pin, RUNNING, digests)


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        (0, {ID: 0}, 0),
        (2, {ID: 2}, 0),
        (5, {ID: 2}, 3),
        (1, {ID: 4}, 1),  # started by hand: the count began anew
        (3, {"another": 7}, 3),  # recreated since the last run
        (3, {}, 3),
    ],
)
def test_restarts_since_the_last_run(now: int, before: dict[str, int], expected: int) -> None:
    assert expected == restarts_since((container(RestartCount=now),), before)


def test_restarts_of_several_containers_add_up() -> None:
    both = (container(RestartCount=4), container(Id="b", RestartCount=1))
    assert restarts_since(both, {ID: 1, "b": 1}) == 3


def test_service_that_is_short_of_a_container_is_a_fault_and_a_job_is_none() -> None:
    run = probing(services={"agent-v3": {"replicas": 2}, "redis": {}, "migrate": {"job": True}})
    docker._report_faults(run, engine(RUNNING))
    found = {part: run.faults.cause([part], "", lambda _: True) for part in ("agent-v3", "redis", "migrate")}
    assert {part: one and (one.check, one.text, one.rank) for part, one in found.items()} == {
        "agent-v3": ("test_state[agent-v3]", "running", 0),
        "redis": ("test_state[redis]", "no container", 0),
        "migrate": None,
    }


@pytest.mark.parametrize(
    ("labels", "one_off"),
    [({}, False), ({"com.docker.compose.oneoff": "False"}, False), ({"com.docker.compose.oneoff": "True"}, True)],
)
def test_containers_of_compose_run_are_left_out(labels: dict[str, str], one_off: bool) -> None:
    assert one_off is docker._is_one_off({"Labels": labels})


def test_strangers_in_the_project() -> None:
    seen = Engine(dict.fromkeys(("agent-v3", "debug-1", "intruder"), (RUNNING,)), {}, "", "")
    declared = target(services={"agent-v3": {}}, allow={"services": ["debug-*"]})
    assert body(docker.undeclared_services)(seen, declared).value == "intruder"


def engine(*containers: Container) -> Engine:
    return Engine({"agent-v3": containers} if containers else {}, {}, "20.10", "unix:///test")


@pytest.mark.parametrize(
    ("containers", "replicas", "step"),
    [
        ((PAUSED,), 1, " unpause api"),
        ((STOPPED,), 1, " logs --tail=50 api, then docker compose -p toy up -d api"),
        ((), 1, " logs --tail=50 api, then docker compose -p toy up -d api"),
        ((RUNNING, RUNNING), 1, " logs --tail=50 api, then docker compose -p toy up -d --scale api=1 api"),
        ((RUNNING,), 3, " logs --tail=50 api, then docker compose -p toy up -d --scale api=3 api"),
    ],
)
def test_step_brings_back_just_what_is_missing(containers: tuple[Container, ...], replicas: int, step: str) -> None:
    assert f"docker compose -p toy{step}" == docker._restart(containers, "api", replicas, "docker compose -p toy")
