"""Faults of what the suite is told, and of the Docker engine: in a copy of the checkout, against the real servers."""

import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.stack import stack
from tests.stack.running import Finished, Runner

Variant = Callable[..., Path]
DEMO = "targets/demo.yaml"
COMPOSE = "compose: {project: agentv3"


def _docker(variant: Variant, address: str) -> Path:
    return variant({DEMO: (COMPOSE, f"docker: {address}\n{COMPOSE}")})


@contextmanager
def _engine_that_hangs(path: Path) -> Iterator[None]:
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen(16)
    held: list[socket.socket] = []

    def hold() -> None:
        with suppress(OSError):  # closed when the test is over
            while True:
                held.append(server.accept()[0])

    threading.Thread(target=hold, daemon=True).start()
    try:
        yield
    finally:
        server.close()


def _blind(found: Finished, says: str) -> None:
    """One root, UNKNOWN; everything about containers blocked by it; the rest measured."""
    engine = found.check("test_engine")
    assert (engine["verdict"], engine["disposition"]) == ("UNKNOWN", "none")
    assert says in engine["reason"]
    assert found.roots() == ["test_engine"], found.output
    assert found.check("test_state[redis]")["blocked_by"] == "test_engine"
    assert found.check("log.errors[redis]")["blocked_by"] == "test_engine"
    assert found.check("test_redis_answer")["verdict"] == "OK"
    assert found.check("disk.free[/data]")["verdict"] == "OK"
    assert found.exit_code == 1


def test_docker_socket_that_is_missing(variant: Variant, daily: Runner) -> None:
    _blind(daily(checkout=_docker(variant, "unix:///run/nosuch.sock")), "is not there")


def test_weekly_suite_without_an_engine_has_one_root(variant: Variant, weekly: Runner, weekly_green: Finished) -> None:
    found = weekly.aside(checkout=_docker(variant, "unix:///run/nosuch.sock"))

    assert found.roots() == ["test_engine"], found.output
    for name in ("test_state[redis]", "log.reach[redis]", "test_log_limit[sink]", "test_rotation_open[agent-v3-files]"):
        assert found.check(name)["blocked_by"] == "test_engine", found.output
    for name in ("test_redis_answer", "test_collector", "test_restore[database]", "rotation.count[agent-v3-files]"):
        assert found.check(name)["verdict"] == "OK", found.output


def test_docker_socket_that_is_forbidden(variant: Variant, daily: Runner, tmp_path: Path) -> None:
    """Run as nobody, who may not open the socket; only the Docker part is looked at."""
    checkout = variant({})
    subprocess.run(["chmod", "-R", "a+rX", str(tmp_path)], check=True)
    found = _as_nobody(checkout, tmp_path)

    assert "may not open unix:///var/run/docker.sock" in found
    assert "add the user that runs the checks to the group docker" in found


def _as_nobody(checkout: Path, tmp_path: Path) -> str:
    """Only the checks of test_services.py; what else the user may not read (ssh keys) plays no part in them."""
    import sys

    for folder in [*tmp_path.parents][:-2]:
        folder.chmod(folder.stat().st_mode | 0o011)
    environ = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "XDG_STATE_HOME": "/nonexistent"}
    pairs = (stack.RUN / "conformance.env").read_text(encoding="utf-8").splitlines()
    environ |= dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    (checkout / DEMO).write_text(
        (checkout / DEMO).read_text(encoding="utf-8").replace("env_file:", "# env_file:"), encoding="utf-8"
    )
    place = tmp_path / "evidence"
    place.mkdir(mode=0o777)
    place.chmod(0o777)
    python = os.path.realpath(sys.executable)
    site = next(path for path in sys.path if path.endswith("site-packages"))
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", python, "-m", "pytest", "-m", "daily",
         "--target=demo", f"--run-dir={place}", "suites/daily/test_services.py"],
        cwd=checkout, capture_output=True, text=True, timeout=60, check=False, env={**environ, "PYTHONPATH": site},
    )  # fmt: skip
    return done.stdout + done.stderr


def test_docker_engine_that_hangs(variant: Variant, daily: Runner, tmp_path: Path) -> None:
    path = tmp_path / "d.sock"
    with _engine_that_hangs(path):
        start = time.monotonic()
        found = daily(checkout=_docker(variant, f"unix://{path}"))
        seconds = time.monotonic() - start

    _blind(found, "gave no answer within 4 s")
    assert seconds < 30, f"the run took {seconds:.0f} s"


def test_image_that_is_not_the_pinned_one(variant: Variant, daily: Runner) -> None:
    found = daily(
        checkout=variant({DEMO: ('sink: {image: "${STACK_IMAGE_ID}"}', f'sink: {{image: "sha256:{"0" * 64}"}}')})
    )

    assert found.check("test_image[sink]")["verdict"] == "CRITICAL"
    assert len(found.findings()) == 1, found.output


@pytest.mark.parametrize(
    ("pin", "verdict", "says"),
    [("agentv3/stack:local", "WARNING", "tag only"), ("agentv3/stack:other", "CRITICAL", "another image")],
)
def test_image_that_is_pinned_by_a_tag_only(variant: Variant, daily: Runner, pin: str, verdict: str, says: str) -> None:
    found = daily(
        "-k", "image", checkout=variant({DEMO: ('sink: {image: "${STACK_IMAGE_ID}"}', f"sink: {{image: {pin!r}}}")})
    )

    check = found.check("test_image[sink]")
    assert (check["verdict"], says in check["reason"]) == (verdict, True)


def test_series_that_never_existed(variant: Variant, daily: Runner) -> None:
    """A metric is renamed: its silence is a finding, and the latency cannot be known; traffic is still measured."""
    found = daily(
        checkout=variant({"thresholds.yaml": ("http_request_duration_seconds_bucket", "http_request_seconds_bucket")})
    )

    assert found.check("test_selectors[api.latency.p95]")["verdict"] == "UNKNOWN"
    assert found.exit_code == 1
    assert found.check("api.latency.p95")["blocked_by"] == "test_selectors[api.latency.p95]"
    assert found.check("api.requests")["verdict"] == "OK"


def _latency_limits(variant: Variant, *, warning: int, critical: int) -> Path:
    """The checkout with other limits of api.latency.p95."""
    limits = "warning: {{above: {}}}\n  critical: {{above: {}}}"
    return variant({"thresholds.yaml": (limits.format(2, 5), limits.format(warning, critical))})


def test_histogram_without_a_bucket_at_the_limit(variant: Variant, daily: Runner) -> None:
    found = daily("-k", "application", checkout=_latency_limits(variant, warning=3, critical=5))

    assert found.check("test_histogram")["verdict"] == "WARNING"
    assert found.check("api.latency.p95")["verdict"] == "OK"


def test_histogram_that_can_never_pass_the_limit(variant: Variant, daily: Runner) -> None:
    found = daily("-k", "application", checkout=_latency_limits(variant, warning=2, critical=60))

    assert found.check("api.latency.p95")["verdict"] == "UNKNOWN"
    assert "no value above 60 can ever be seen" in found.check("api.latency.p95")["reason"]


def test_changes_that_wait_to_be_saved(variant: Variant, daily: Runner) -> None:
    """The traffic writes all the time, so changes are always waiting; the limit is moved below any wait."""
    found = daily(
        "-k", "redis", checkout=variant({"thresholds.yaml": ("warning: {above: 25}", "warning: {above: -1}")})
    )

    assert found.check("redis.save.age")["verdict"] == "WARNING"


def test_service_that_is_declared_and_not_there(variant: Variant, daily: Runner) -> None:
    found = daily("-k", "services", checkout=variant({DEMO: ("  migrate: {", "  absent: {}\n  migrate: {")}))

    assert found.check("test_state[absent]")["verdict"] == "CRITICAL"
    assert found.check("test_image[absent]")["blocked_by"] == "test_state[absent]"


def test_log_that_is_silent_and_should_not_be(variant: Variant, daily: Runner) -> None:
    """Redis writes nothing for minutes: fine where the target says so, no data where it does not."""
    found = daily(
        "-k", "log", checkout=variant({DEMO: ("redis: {service: redis, on_no_data: ok}", "redis: {service: redis}")})
    )

    assert found.check("log.errors[redis]")["verdict"] == "UNKNOWN"
    assert found.check("log.errors[postgres]")["verdict"] == "OK"


def test_service_that_uses_all_its_cpu(daily: Runner, green: Finished) -> None:
    """sink may have a tenth of a core and wants all of it; judged between two runs."""
    name = stack.container("sink")
    stack.docker("update", "--cpus", "0.1", name)
    try:
        stack.shell("sink", "timeout 60 sh -c 'while :; do :; done'", detach=True)
        daily()
        time.sleep(4)
        busy = daily()
    finally:
        stack.docker("restart", "-t", "1", name)
        stack.docker("update", "--cpus", "2", name)

    assert busy.check("service.cpu[sink]")["verdict"] == "WARNING", busy.output
    stack.wait(lambda: stack.healthy("sink"), "sink is healthy")


def test_readonly_reports_folder_is_said_and_the_run_kept(variant: Variant, daily: Runner, state: Path) -> None:
    import sys

    checkout = variant({})
    (checkout / "reports").rmdir()
    (checkout / "reports").write_text("no folder")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-m", "daily", "--target", "demo", "-k", "redis_answer"],
        cwd=checkout, capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "XDG_STATE_HOME": str(state)},
    )  # fmt: skip

    kept = sorted((state / "agent-v3-conformance" / "demo" / "runs").glob("*/results.json"))
    assert done.returncode == 0, done.stdout
    assert len(kept) == 1
    assert str(kept[0].parent) in done.stdout
