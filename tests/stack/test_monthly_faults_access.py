"""The access log and the admin whitelist: what is measured, what stays, and what needs another window."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stack import stack
from tests.stack.faults.access import quiet
from tests.stack.running import Finished, Runner

Variant = Callable[..., Path]

OURS = ("-k", "access or admin or nginx")


@pytest.fixture(scope="module")
def green_month(monthly: Runner) -> Finished:
    """The healthy stack."""
    stack.wait(quiet, "no echo of other faults is left in the access log", 60)
    found = monthly(*OURS)
    assert found.findings() == [], found.output
    return found


def test_healthy_stack_measures_all_of_it(green_month: Finished) -> None:
    assert green_month.exit_code == 0, green_month.output
    names = {check["id"] for check in green_month.results["checks"]}
    assert {
        "test_admin_lets_in[1.2.3.4]",
        "test_admin_refuses[11.0.0.0]",
        "test_admin_spelling[//api/admin/ping]",
    } <= names
    open_ones = {check["id"]: check["disposition"] for check in green_month.results["checks"]}
    assert {name for name, word in open_ones.items() if word != "none"} <= {"access.reach"}
    doors = green_month.check("test_admin_doors")["reading"]["excerpt"]
    assert "port 443" in doors
    assert "port 80" in doors


def test_nothing_of_the_helper_stays(green_month: Finished) -> None:
    assert stack.docker("ps", "-a", "-q", "--filter", "label=agent-v3-conformance.asker") == ""
    assert "11.0.0.0" not in stack.shell("nginx", "ip addr show lo")


def test_log_that_does_not_reach_back(variant: Variant, monthly: Runner) -> None:
    """The stack's log is young; with a window that is shorter than its life it has no excuse."""
    edit = ("  warning: {below: 30}\n  window: 31d\n  baseline_max_age: 45d", "  warning: {below: 30}\n  window: 1s")
    found = monthly("-k", "access_reach", checkout=variant({"thresholds.yaml": edit}))
    assert found.check("access.reach")["verdict"] == "WARNING", found.output
