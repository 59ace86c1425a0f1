"""Subjects: what a check is about, one case for each, taken from the target."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pytest

from conformance.target import Target

NOTHING = "nothing-declared"


@dataclass(frozen=True, slots=True)
class Subject:
    """A kind of subject: its name is the argument of a check; `where` is the key of the target that lists it."""

    name: str
    where: str
    names: Callable[[Target], Iterable[str]]


REGISTRY: dict[str, Subject] = {}


def subject(where: str) -> Callable[[Callable[[Target], Iterable[str]]], Any]:
    """Register a function that lists the subjects of a target under the function's own name."""

    def register(function: Callable[[Target], Iterable[str]]) -> Any:
        REGISTRY[function.__name__] = Subject(function.__name__, where, function)
        return function

    return register


def parametrize(metafunc: pytest.Metafunc, target: Target) -> None:
    """Give a check one case for each of its subjects, or one placeholder case where the target declares none."""
    for kind in REGISTRY.values():
        if kind.name in metafunc.fixturenames:
            names = sorted(kind.names(target)) or [NOTHING]
            metafunc.parametrize(kind.name, names, ids=names)


def missing(item: pytest.Item) -> Subject | None:
    """The kind of subject that the target of this (placeholder) case declares none of."""
    callspec = getattr(item, "callspec", None)
    for name, value in (callspec.params if callspec else {}).items():
        if value == NOTHING and name in REGISTRY:
            return REGISTRY[name]
    return None
