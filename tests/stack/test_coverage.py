"""A check that cannot fail is a defect: every check function of the daily suite has a fault in these tests."""

import ast
from pathlib import Path

from conformance.thresholds import rows_named
from tests.stack import stack
from tests.stack.batches import BATCHES

# Turned red in a file of its own, by the test named here.
ELSEWHERE = {
    "test_engine": "test_variants.py::test_docker_socket_that_is_missing",
    "test_selectors": "test_variants.py::test_series_that_never_existed",
    "test_histogram": "test_variants.py::test_histogram_without_a_bucket_at_the_limit",
    "redis.save.age": "test_variants.py::test_changes_that_wait_to_be_saved",
    "service.cpu": "test_variants.py::test_service_that_uses_all_its_cpu",
    "test_health_dependencies": "test_daily.py::test_stopped_redis_is_the_one_root_and_explains_everything_else",
    "host.memory": "test_host.py::test_memory_of_the_host",
    "host.load": "test_host.py::test_load_of_the_host",
    "host.oom": "test_host.py::test_oom_kills_since_the_last_run",
    "host.cpu": "test_host.py::test_cpu_of_the_host",
    "host.clock.offset": "test_host.py::test_clock_that_is_off",
    "test_clock_synchronised": "test_host.py::test_clock_that_nobody_holds",
}


def test_every_daily_check_has_a_fault() -> None:
    turned = {
        check.partition("[")[0]
        for faults in BATCHES.values()
        for fault in faults
        for check, want in fault.expect.items()
        if not want.blocked_by
    }

    assert sorted(_names() - turned - set(ELSEWHERE)) == []


def test_what_is_proved_elsewhere_is_there() -> None:
    for name, place in ELSEWHERE.items():
        file, _, function = place.partition("::")
        text = (Path(__file__).parent / file).read_text(encoding="utf-8")
        assert f"def {function}(" in text, place
        assert name in text, f"{place} does not speak of {name}"
        assert name in _names(), f"{name} is no daily check any more"


def _names() -> set[str]:
    """The row of each daily check that has one, else its function."""
    names: set[str] = set()
    for path in (stack.CHECKOUT / "suites" / "daily").glob("test_*.py"):
        rows = {line: row for row, line in rows_named(path).items()}
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                lines = range(node.decorator_list[0].lineno, node.body[0].lineno)
                names.add(next((rows[line] for line in lines if line in rows), node.name))
    return names
