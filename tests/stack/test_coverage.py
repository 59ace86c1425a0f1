"""A check that cannot fail is a defect: every check of every suite has a fault here, and every fault is injected."""

import ast
from importlib import import_module
from itertools import combinations
from pathlib import Path

import pytest

from conformance.thresholds import rows_named
from tests.stack import stack
from tests.stack.batches import plans
from tests.stack.fault import Fault

HERE = Path(__file__).parent
PLANS = plans()


def test_every_suite_has_its_batches() -> None:
    assert {path.parent.name for path in (stack.CHECKOUT / "suites").glob("*/test_*.py")} == set(PLANS)


@pytest.mark.parametrize("suite", PLANS)
def test_every_check_has_a_fault(suite: str) -> None:
    names = _names(suite)

    assert len(names) > 20
    assert sorted(names - PLANS[suite].turned() - set(PLANS[suite].elsewhere)) == []


@pytest.mark.parametrize("suite", PLANS)
def test_what_is_proved_elsewhere_is_there(suite: str) -> None:
    for name, place in PLANS[suite].elsewhere.items():
        file, _, function = place.partition("::")
        text = (HERE / file).read_text(encoding="utf-8")
        assert f"def {function}(" in text, place
        assert name in text, f"{place} does not speak of {name}"
        assert name in _names(suite), f"{name} is no check of suites/{suite}/ any more"


@pytest.mark.parametrize("suite", PLANS)
def test_what_is_injected_together_speaks_of_separate_checks(suite: str) -> None:
    shared = [
        f"{batch}: {one.name} and {other.name} both expect {check}"
        for batch, faults in PLANS[suite].batches.items()
        for one, other in combinations(faults, 2)
        for check in one.expect.keys() & other.expect.keys()
        if one.expect[check] != other.expect[check]
    ]
    assert shared == []


def test_no_fault_is_left_out() -> None:
    used = {_key(one) for plan in PLANS.values() for faults in plan.batches.values() for one in faults}

    assert len(used) > 100
    assert [one.name for one in _written() if _key(one) not in used] == []


def _names(suite: str) -> set[str]:
    """The row of each check of a suite's folder that has one, else its function."""
    names: set[str] = set()
    for path in (stack.CHECKOUT / "suites" / suite).glob("test_*.py"):
        rows = {line: row for row, line in rows_named(path).items()}
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                lines = range(node.decorator_list[0].lineno, node.body[0].lineno)
                names.add(next((rows[line] for line in lines if line in rows), node.name))
    return names


def _key(fault: Fault) -> tuple[str, frozenset[str]]:
    """What stays where a fault is injected with other details than it is written with."""
    return fault.name, frozenset(fault.expect)


def _written() -> list[Fault]:
    """Every fault that a file of faults/ binds to a name, alone or with others."""
    files = [import_module(f"tests.stack.faults.{path.stem}") for path in (HERE / "faults").glob("[!_]*.py")]
    bound = [value for file in files for value in vars(file).values()]
    return [
        one for value in bound for one in (value if isinstance(value, tuple) else (value,)) if isinstance(one, Fault)
    ]
