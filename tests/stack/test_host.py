"""The host's kernel-wide facts, which the demo declares not applicable: proved on this machine, in a mount namespace.

What the kernel says of memory, load and OOM kills is replaced by files that only the run under test sees; the clock is
told by a `date` and a `timedatectl` of the test's own, since no namespace can shift it. CPU is burnt for real.
"""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stack import stack
from tests.stack.running import Finished, Runner

GOOD = {
    "meminfo": "MemTotal:       16000000 kB\nMemFree:          100000 kB\nMemAvailable:   12000000 kB\n",
    "loadavg": "0.10 0.20 0.30 1/200 4242\n",
    "vmstat": "nr_free_pages 1\noom_kill 3\n",
}

HostRun = Callable[..., Finished]


@pytest.fixture
def on_this_host(variant: Callable[..., Path], daily: Runner, tmp_path: Path) -> HostRun:
    """Run the host's checks against this machine, with what `files` and `programs` replace."""
    checkout = variant({})
    path = checkout / "targets" / "demo.yaml"
    text = path.read_text(encoding="utf-8").partition("\nnot_applicable:")[0]
    text = text.replace("host: ssh://agentv3-host?ssh_config=stack/run/ssh/config", "host: local://")
    text = text.replace("overrides:", "overrides:\n  host.cpu: {window: 20s, reason: a burst of the test must show}")
    path.write_text(text + "\n", encoding="utf-8")

    def run(
        word: str, files: dict[str, str] | None = None, programs: dict[str, str] | None = None, state: str = ""
    ) -> Finished:
        fake, programs_folder = tmp_path / "proc", tmp_path / "bin"
        fake.mkdir(exist_ok=True)
        programs_folder.mkdir(exist_ok=True)
        for name, content in {**GOOD, **(files or {})}.items():
            (fake / name).write_text(content, encoding="ascii")
        for name, content in {"timedatectl": "echo NTPSynchronized=yes", **(programs or {})}.items():
            (programs_folder / name).write_text(f"#!/bin/sh\n{content}\n", encoding="ascii")
            (programs_folder / name).chmod(0o755)
        mounts = " && ".join(f"mount --bind {fake}/{name} /proc/{name}" for name in GOOD)
        prefix = ("unshare", "-m", "sh", "-c", f'{mounts} && exec "$@"', "sh")
        environ = {"PATH": f"{programs_folder}:{os.environ['PATH']}", **({"XDG_STATE_HOME": state} if state else {})}
        return daily(*(("-k", word) if word else ()), checkout=checkout, prefix=prefix, environ=environ)

    return run


def _verdict(found: Finished, check: str) -> str:
    return str(found.check(check)["verdict"])


def test_good_facts_are_good(on_this_host: HostRun) -> None:
    found = on_this_host("host or clock")

    verdicts = {name: _verdict(found, name) for name in ("host.memory", "host.load", "host.clock.offset")}
    assert verdicts == dict.fromkeys(verdicts, "OK"), found.output
    assert _verdict(found, "test_clock_synchronised") == "OK"
    assert found.check("host.memory")["reading"]["value"] == 25.0


@pytest.mark.parametrize(("available", "verdict"), [(2_000_000, "WARNING"), (400_000, "CRITICAL")])
def test_memory_of_the_host(on_this_host: HostRun, available: int, verdict: str) -> None:
    found = on_this_host("host_memory", {"meminfo": f"MemTotal: 16000000 kB\nMemAvailable: {available} kB\n"})

    assert _verdict(found, "host.memory") == verdict, found.output


def test_load_of_the_host(on_this_host: HostRun) -> None:
    found = on_this_host("host_load", {"loadavg": f"1 1 {4 * (os.cpu_count() or 1)}.0 1/1 1\n"})

    assert _verdict(found, "host.load") == "WARNING", found.output


def test_oom_kills_since_the_last_run(on_this_host: HostRun, tmp_path: Path) -> None:
    """Counted between complete runs, so both are whole daily suites, with a state folder of their own."""
    state = str(tmp_path / "state")

    before = on_this_host("", state=state)
    after = on_this_host("", {"vmstat": "oom_kill 5\n"}, state=state)

    assert before.check("host.oom")["disposition"] == "baseline", before.output
    assert (_verdict(after, "host.oom"), after.check("host.oom")["reading"]["value"]) == ("WARNING", 2), after.output


def test_clock_that_nobody_holds(on_this_host: HostRun) -> None:
    found = on_this_host("clock", programs={"timedatectl": "echo NTPSynchronized=no"})

    assert _verdict(found, "test_clock_synchronised") == "WARNING", found.output


@pytest.mark.parametrize(("shift", "verdict"), [(30, "WARNING"), (-90, "CRITICAL")])
def test_clock_that_is_off(on_this_host: HostRun, shift: int, verdict: str) -> None:
    found = on_this_host("clock", programs={"date": f'exec /bin/date -d "{shift} seconds" "$@"'})

    assert _verdict(found, "host.clock.offset") == verdict, found.output


def test_cpu_of_the_host(on_this_host: HostRun) -> None:
    """Every core of this machine is kept busy for the length of the window."""
    burners = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(2 * (os.cpu_count() or 1))]
    busy = '100 * (1 - avg(rate(node_cpu_seconds_total{mode="idle"}[20s])))'
    try:
        stack.wait(lambda: stack.prometheus(busy)[0] > 90, "all cores are busy", 60)
        found = on_this_host("host_cpu")
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()

    assert _verdict(found, "host.cpu") == "WARNING", found.output
