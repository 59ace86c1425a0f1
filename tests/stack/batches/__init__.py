"""For each suite the faults that turn its checks, and what turns the rest: a new suite adds a file of its name.

Such a file has `BATCHES`, faults that are injected together, and `ELSEWHERE`, checks with the test that turns them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from itertools import zip_longest
from pathlib import Path

from tests.stack.fault import Fault

Batches = dict[str, tuple[Fault, ...]]


@dataclass(frozen=True, slots=True)
class Plan:
    """How the checks of one suite are turned."""

    batches: Batches
    elsewhere: Mapping[str, str]

    def turned(self) -> set[str]:
        """The names of the checks that a fault of these batches turns; what is only blocked is not among them."""
        expected = [one.expect for faults in self.batches.values() for one in faults]
        return {check.partition("[")[0] for one in expected for check, want in one.items() if not want.blocked_by}


def plans() -> dict[str, Plan]:
    """The plan of each suite by its name."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py"))
    files = {name: import_module(f"{__name__}.{name}") for name in names}
    return {name: Plan(file.BATCHES, file.ELSEWHERE) for name, file in files.items()}


def in_turn(*parts: Batches) -> Batches:
    """The batches of all parts, one after the other; none may take the name, and so the place, of another."""
    names = [name for one in parts for name in one]
    assert len(names) == len(set(names)), f"two batches of the same name: {sorted(names)}"
    return {name: faults for one in parts for name, faults in one.items()}


def beside(*lanes: Batches) -> Batches:
    """The batches of lanes whose parts do not touch one another: the first of each together, the second, and so on."""
    found: Batches = {}
    for together in zip_longest(*(one.items() for one in lanes)):
        there = [one for one in together if one is not None]
        found[" + ".join(name for name, _ in there)] = tuple(fault for _, faults in there for fault in faults)
    return found
