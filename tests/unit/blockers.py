"""Which checks a check can be blocked by, read from the text of suites/ and fixtures/: nothing is imported or run.

A check takes its readings from fixtures, these from others and from probes, and all of them from what they call. What
is reached that way names the parts whose trouble explains a finding, and reports faults of parts.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from conformance.check import SUITES
from conformance.thresholds import rows_named

CHECKOUT = Path(__file__).parents[2]
Place = tuple[str, str]  # a module, and a name at its left margin


@dataclass(frozen=True, slots=True)
class Written:
    """A check as it is written: its id without a subject, its markers, the fixtures that it asks for."""

    name: str
    markers: frozenset[str]
    fixtures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A fault that is reported at a place: the words of its part, and the names of the checks that may say so.

    The words are None where the part is a service, whose name only the target knows.
    """

    place: Place
    part: str | None
    checks: tuple[str, ...]


@cache
def checks() -> Mapping[str, Written]:
    """Every check of suites/ by its name."""
    files = sorted(CHECKOUT.glob("suites/*/test_*.py"))
    return {one.name: one for path in files for one in _checks_of(path)}


def _checks_of(path: Path) -> Iterator[Written]:
    rows = {line: row for row, line in rows_named(path).items()}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            lines = range(node.decorator_list[0].lineno, node.body[0].lineno)
            words = {ast.unparse(one).rpartition(".")[2] for one in node.decorator_list}
            name = next((rows[line] for line in lines if line in rows), node.name)
            yield Written(name, frozenset(SUITES) & words, tuple(one.arg for one in node.args.args))


@cache
def reports() -> tuple[Report, ...]:
    """Every fault that fixtures/ reports, and those of probes that get no answer in time."""
    return tuple(one for place in _written() for one in _reports_at(place))


def _reports_at(place: Place) -> Iterator[Report]:
    for call in _calls(place):
        says = {word.arg: word.value for word in call.keywords}
        if ast.unparse(call.func).endswith("faults.report"):
            part, check = call.args[:2]
            words = _words(part)
            yield Report(place, None if words == "{}" else words, _named(_words(check), place))
        elif ast.unparse(call.func) == "probe" and "check" in says:
            yield Report(place, None, _named(_words(says["check"]), place))


def _named(words: str, place: Place) -> tuple[str, ...]:
    """The checks that an id may be of; a piece that is put in is one of the words of the places around."""
    name = words.partition("[")[0]
    if "{}" not in name:
        return (name,)
    texts = {_words(inner) for one in reached(place) for inner in ast.walk(_written()[one])}
    return tuple(sorted(set(checks()) & {name.replace("{}", text) for text in texts}))


@cache
def blockers(name: str) -> frozenset[str]:
    """The checks that a check can be blocked by."""
    places = {place for one in checks()[name].fixtures if one in _fixtures() for place in reached(_fixtures()[one])}
    parts = {words for one in places for words in _parts(one)}
    found = {
        check
        for one in reports()
        for check in one.checks
        if (one.place in places if one.part is None else any(_alike(one.part, words) for words in parts - {"{}"}))
    }
    # Whoever names a service can be blocked by its state, wherever that is looked at.
    return frozenset((found | ({"test_state"} if "{}" in parts else set())) - {name})


def fixtures_reached(check: Written) -> set[Place]:
    """Every fixture that a check asks for, and those that they ask for in turn."""
    known = set(_fixtures().values())
    return {place for one in check.fixtures if one in _fixtures() for place in reached(_fixtures()[one])} & known


def _alike(part: str, words: str) -> bool:
    """Whether the words, which may have pieces put in as the part's may, can be those of the part."""
    return re.fullmatch(re.escape(part).replace(r"\{\}", ".+"), words) is not None


@cache
def reached(start: Place) -> frozenset[Place]:
    """A place, and all that it leads to."""
    found: set[Place] = set()
    ahead = [start]
    while ahead:
        place = ahead.pop()
        if place in _written() and place not in found:
            found.add(place)
            ahead += _leads_to(place)
    return frozenset(found)


@cache
def _written() -> Mapping[Place, ast.stmt]:
    """What stands at the left margin of every file of fixtures/, by the name that it binds."""
    found: dict[Place, ast.stmt] = {}
    for path in CHECKOUT.glob("fixtures/**/*.py"):
        module = ".".join(path.relative_to(CHECKOUT).with_suffix("").parts)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            found |= {(module, name): node for name in _bound(node)}
    return found


def _bound(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.ImportFrom):
        return [one.asname or one.name for one in node.names]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [one.id for one in targets if isinstance(one, ast.Name)]


@cache
def _fixtures() -> Mapping[str, Place]:
    """Where each fixture is written, probes included."""
    return {place[1]: place for place, node in _written().items() if _is_fixture(node)}


def _is_fixture(node: ast.stmt) -> bool:
    decorators = node.decorator_list if isinstance(node, ast.FunctionDef) else []
    return any(ast.unparse(one).startswith(("pytest.fixture", "probe(")) for one in decorators)


def _leads_to(place: Place) -> Iterator[Place]:
    """What is spoken of at a place; a class is meant with all its methods."""
    node = _written()[place]
    if isinstance(node, ast.ImportFrom):
        yield from ((node.module or "", one.name) for one in node.names if (one.asname or one.name) == place[1])
        return
    if isinstance(node, ast.FunctionDef) and _is_fixture(node):
        yield from (_fixtures()[one.arg] for one in node.args.args if one.arg in _fixtures())
    yield from ((place[0], one.id) for one in ast.walk(node) if isinstance(one, ast.Name))
    # run.probe("name"), request.getfixturevalue("name")
    asked = (_words(call.args[0]) for call in _calls(place) if call.args)
    yield from (_fixtures()[name] for name in asked if name in _fixtures())


def _calls(place: Place) -> Iterator[ast.Call]:
    return (one for one in ast.walk(_written()[place]) if isinstance(one, ast.Call))


def _parts(place: Place) -> Iterator[str]:
    """The words of the parts named at a place: `parts=...`, `part = ...`, or what a function `_parts` gives."""
    for node in ast.walk(_written()[place]):
        match node:
            case ast.keyword(arg="parts", value=value) | ast.Assign(targets=[ast.Name("part" | "parts")], value=value):
                yield from map(_words, _elements(value))
            case ast.Return(value=ast.expr() as value) if place[1] == "_parts":
                yield from map(_words, _elements(value))


def _elements(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.Tuple):
        yield from (inner for one in node.elts for inner in _elements(one))
    elif isinstance(node, ast.IfExp):
        yield from (*_elements(node.body), *_elements(node.orelse))
    else:
        yield node


def _words(node: ast.AST) -> str:
    """'rule {}' of f"rule {name}"; '{}' of what is no text."""
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_words, node.values))
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else "{}"
