"""The access log and the admin whitelist: each monthly check is turned by a fault of the real stack, and back."""

import ast
import contextlib
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.thresholds import rows_named
from tests.stack import stack
from tests.stack.conftest import Finished, Runner
from tests.stack.fault import Fault, differences, injected
from tests.stack.faults.access import (
    BROKEN,
    FORGOTTEN,
    FOUND,
    GARBAGE,
    GUESSER,
    NO_PUBLIC,
    NOT_OURS,
    ONE_ADDRESS,
    OPEN,
    SCANNER,
    SECOND_SERVER,
    SHADOW,
    STRANGER_ANSWERED,
    TRUSTS_EVERYBODY,
    quiet,
)  # fmt: skip

Variant = Callable[..., Path]

OURS = ("-k", "access or admin or nginx")
BATCHES = {
    "trust": (TRUSTS_EVERYBODY, SHADOW, GARBAGE),
    "doors": (SECOND_SERVER, FORGOTTEN, NO_PUBLIC),
    "open": (OPEN,),
    "log": (STRANGER_ANSWERED, GUESSER, SCANNER, FOUND, BROKEN),
    "gateway": (ONE_ADDRESS,),
    "unreadable": (NOT_OURS,),
}
# Turned red below, in a copy of the checkout.
ELSEWHERE = {"access.reach"}
SUITES = ("test_access.py", "test_admin.py")


@pytest.fixture(scope="module")
def green_month(monthly: Runner) -> Finished:
    """The healthy stack."""
    stack.wait(quiet, "no echo of other faults is left in the access log", 60)
    found = monthly(*OURS)
    assert found.findings() == [], found.output
    return found


@pytest.mark.parametrize("faults", BATCHES.values(), ids=BATCHES)
def test_faults_turn_their_checks_and_no_others(
    faults: tuple[Fault, ...], monthly: Runner, green_month: Finished
) -> None:
    with injected(*faults):
        red = monthly(*OURS)
    found = differences(red.results, faults)
    assert found == [], "\n".join([*found, red.output])
    assert red.exit_code == 1, red.output
    last: list[Finished] = []
    with contextlib.suppress(AssertionError):
        stack.wait(lambda: _green(monthly, last), "everything is green again", 60)
    assert last[0].findings() == [], last[0].output


def _green(monthly: Runner, last: list[Finished]) -> bool:
    last[:] = [monthly(*OURS)]
    sys.stderr.write("\n".join(last[0].findings()))
    return last[0].findings() == []


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


def test_every_check_has_a_fault() -> None:
    turned = {
        check.partition("[")[0]
        for faults in BATCHES.values()
        for fault in faults
        for check, want in fault.expect.items()
        if not want.blocked_by and want.verdict != "UNKNOWN"
    }
    names: set[str] = set()
    for file in SUITES:
        path = stack.CHECKOUT / "suites" / "monthly" / file
        rows = {line: row for row, line in rows_named(path).items()}
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                lines = range(node.decorator_list[0].lineno, node.body[0].lineno)
                names.add(next((rows[line] for line in lines if line in rows), node.name))
    assert sorted(names - turned - ELSEWHERE) == []
