"""Memory and CPU of containers, from recorded counters of both versions of cgroups and of the engine."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.reading import NotMeasured, Reading
from fixtures import usage
from fixtures.docker import Engine
from fixtures.usage import Usage, cpu_since, from_cgroup, parse_stats
from tests.probes.support import body, target
from tests.probes.test_docker import RUNNING, container

ID = "c0ffee" * 10 + "c0de"

VERSION_1 = {
    "memory": {
        "memory.stat": "cache 900\nrss 100\ninactive_file 1\ntotal_cache 900\ntotal_inactive_file 700\n",
        "memory.usage_in_bytes": "1000\n",
        "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
    },
    "cpuacct": {"cpuacct.usage": "2500000000\n"},
}
VERSION_2 = {
    "memory.stat": "anon 100\nfile 900\ninactive_anon 5\ninactive_file 700\nactive_file 200\n",
    "memory.current": "1000\n",
    "cpu.stat": "usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\n",
    "memory.events": "low 0\nhigh 0\nmax 4\noom 2\noom_kill 2\n",
}


def write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="ascii")


def version_1(root: Path, group: str) -> None:
    for controller, files in VERSION_1.items():
        write(root / controller / group, files)


@pytest.mark.parametrize("group", [f"docker/{ID}", f"system.slice/docker-{ID}.scope"])
@pytest.mark.parametrize("version", [1, 2])
def test_counters_of_both_versions_and_both_drivers(tmp_path: Path, version: int, group: str) -> None:
    version_1(tmp_path, group) if version == 1 else write(tmp_path / group, VERSION_2)
    found = from_cgroup(ID, tmp_path)
    assert found is not None
    assert (found.memory, found.cpu_s, found.oom_kills) == (300, 2.5, 2)
    assert group in found.how


@pytest.mark.parametrize(
    "missing", ["memory/docker/{}/memory.stat", "memory/docker/{}/memory.usage_in_bytes",
                "memory/docker/{}/memory.oom_control", "cpuacct/docker/{}/cpuacct.usage"],
)  # fmt: skip
def test_version_1_without_one_of_its_files_is_not_read(tmp_path: Path, missing: str) -> None:
    version_1(tmp_path, f"docker/{ID}")
    (tmp_path / missing.format(ID)).unlink()
    assert from_cgroup(ID, tmp_path) is None


@pytest.mark.parametrize("missing", sorted(VERSION_2))
def test_version_2_without_one_of_its_files_is_not_read(tmp_path: Path, missing: str) -> None:
    write(tmp_path / "docker" / ID, VERSION_2)
    (tmp_path / "docker" / ID / missing).unlink()
    assert from_cgroup(ID, tmp_path) is None


@pytest.mark.parametrize("text", ["", "file 900\n", "inactive_file many\n", "total_inactive_file_x 1\n"])
def test_counter_that_is_absent_or_no_number_is_not_read(tmp_path: Path, text: str) -> None:
    write(tmp_path / "docker" / ID, VERSION_2 | {"memory.stat": text})
    assert from_cgroup(ID, tmp_path) is None


def test_container_of_no_known_group_is_not_read(tmp_path: Path) -> None:
    version_1(tmp_path, "docker/another")
    assert from_cgroup(ID, tmp_path) is None


def test_memory_is_never_below_zero(tmp_path: Path) -> None:
    # The two files are read one after the other.
    write(tmp_path / "docker" / ID, VERSION_2 | {"memory.current": "600\n"})
    found = from_cgroup(ID, tmp_path)
    assert found is not None
    assert found.memory == 0


@pytest.mark.parametrize(
    ("stats", "memory"),
    [
        ({"total_inactive_file": 700, "inactive_file": 1}, 300),
        ({"inactive_file": 700}, 300),
        ({"anon": 5}, 1000),
        ({"inactive_file": 2000}, 0),
    ],
)
def test_answer_of_the_engine(stats: dict[str, int], memory: int) -> None:
    answer = {
        "memory_stats": {"usage": 1000, "stats": stats, "limit": 4000},
        "cpu_stats": {"cpu_usage": {"total_usage": 2_500_000_000}, "online_cpus": 2},
    }
    found = parse_stats(answer)
    assert (memory, 2.5, None) == (found.memory, found.cpu_s, found.oom_kills)


def test_answer_of_the_engine_for_a_container_that_stopped_meanwhile_is_an_error() -> None:
    with pytest.raises(KeyError):
        parse_stats({"memory_stats": {}, "cpu_stats": {"cpu_usage": {"total_usage": 0}}})


# CPU since the last run

LONG_AGO = time.time() - 86400
ONE = replace(container(), id="1", name="one", cpus=1.0, started=LONG_AGO)
TWO = replace(container(), id="2", name="two", cpus=1.0, started=LONG_AGO)


def used(**seconds: float) -> dict[str, Usage]:
    return {key.strip("_"): Usage(0, value, "") for key, value in seconds.items()}


def before(ago: float, **seconds: float) -> dict[str, Any]:
    return {"at": time.time() - ago, "seconds": {key.strip("_"): value for key, value in seconds.items()}}


def since(containers: tuple[Any, ...], now: dict[str, Usage], earlier: dict[str, Any] | None) -> Reading:
    return cpu_since(containers, now, earlier, Engine({}, {}, "", "test", cores=16))


def test_first_run_is_a_baseline() -> None:
    found = since((ONE,), used(_1=10), None)
    assert (found.value, found.baseline) == (None, "there is no earlier run to count from")


def test_share_of_the_time_since_the_last_run() -> None:
    found = since((ONE,), used(_1=35), before(100, _1=10))
    assert found.value == pytest.approx(25, abs=0.1)
    assert found.baseline == ""


def test_share_is_of_the_quota() -> None:
    half = replace(ONE, cpus=0.5)
    assert since((half,), used(_1=35), before(100, _1=10)).value == pytest.approx(50, abs=0.1)


def test_without_a_quota_it_is_of_all_cores_of_the_machine_that_runs_it() -> None:
    free = replace(ONE, cpus=0.0)
    assert since((free,), used(_1=410), before(100, _1=10)).value == pytest.approx(400 / 16, abs=0.1)


def test_busiest_of_several_containers_counts() -> None:
    found = since((ONE, TWO), used(_1=20, _2=80), before(100, _1=10, _2=0))
    assert found.value == pytest.approx(80, abs=0.1)
    assert "one: 10.0 %" in found.excerpt
    assert "two: 80.0 %" in found.excerpt


def started(ago: float) -> Any:
    return replace(ONE, started=time.time() - ago)


def test_container_that_came_after_the_last_run_counts_from_its_start() -> None:
    found = since((started(80),), used(_1=60), before(100, other=3))
    assert found.value == pytest.approx(75, abs=0.5)
    assert found.baseline == ""


def test_new_replica_hides_behind_no_older_one() -> None:
    new = replace(TWO, started=time.time() - 80)
    found = since((ONE, new), used(_1=20, _2=76), before(100, _1=10))
    assert found.value == pytest.approx(95, abs=0.5)


def test_busy_start_is_spread_over_a_minute() -> None:
    assert since((started(2),), used(_1=2), before(100)).value == pytest.approx(100 * 2 / 60, abs=0.1)


@pytest.mark.parametrize("earlier", [50, 4])
def test_container_started_anew_counts_from_its_start(earlier: float) -> None:
    """Its counter begins at zero, and may have passed the earlier value since."""
    assert since((started(80),), used(_1=8), before(100, _1=earlier)).value == pytest.approx(10, abs=0.1)


def test_clock_set_back_since_the_last_run_is_a_baseline() -> None:
    found = since((ONE,), used(_1=20), before(-100, _1=10))
    assert found.value is None
    assert found.baseline


@pytest.mark.parametrize("earlier", [None, before(100, _1=10)])
def test_container_whose_counters_could_not_be_read_is_no_data_and_no_baseline(earlier: dict[str, Any] | None) -> None:
    found = since((ONE,), {}, earlier)
    assert not found.has_data
    assert found.baseline == ""


def test_one_of_two_whose_counters_could_not_be_read_is_no_data() -> None:
    found = since((ONE, TWO), used(_1=20), before(100, _1=10, _2=0))
    assert not found.has_data
    assert found.baseline == ""


def test_service_without_a_container_is_no_data() -> None:
    found = since((), {}, before(100, _1=10))
    assert not found.has_data
    assert found.baseline == ""


# Memory


def test_memory_is_the_share_of_the_limit_of_the_fullest() -> None:
    one, two = replace(ONE, memory_limit=1000), replace(TWO, memory_limit=4000)
    found = body(usage.service_memory)({"1": Usage(500, 0, ""), "2": Usage(1000, 0, "")}, (one, two), "api", target())
    assert (found.value, found.source) == (50.0, "one")


def test_memory_without_a_limit_is_blocked_by_the_check_of_limits() -> None:
    with pytest.raises(NotMeasured, match="no memory limit") as caught:
        body(usage.service_memory)({"1": Usage(500, 0, "")}, (replace(ONE, memory_limit=0),), "api", target())
    assert caught.value.parts == ("api limit",)


def test_memory_that_could_not_be_read_does_not_blame_the_limit() -> None:
    with pytest.raises(NotMeasured, match="one") as caught:
        body(usage.service_memory)({}, (replace(ONE, memory_limit=1000),), "api", target())
    assert caught.value.parts == ()


@pytest.mark.parametrize(("kills", "value"), [(0, False), (2, True), (None, None)])
def test_process_ended_inside_a_container_that_went_on_is_seen(kills: int | None, value: bool | None) -> None:
    engine = Engine({"api": (RUNNING,)}, {}, "", "test")
    found = body(usage.service_oom)(engine, {RUNNING.id: Usage(0, 0, "", kills)}, "api")
    assert value is found.value
