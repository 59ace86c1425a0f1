"""A YAML file whose every value still knows its line, validated by a pydantic model.

Every slip becomes `file:line: what is wrong; what to write instead`, all of them at once, never a traceback.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

Key = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Slip:
    """One mistake in a file that a person wrote."""

    path: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


class BadFile(Exception):
    """A file that cannot be used, with every slip found in it."""

    def __init__(self, slips: Iterable[Slip]) -> None:
        self.slips = tuple(slips)
        super().__init__("\n".join(map(str, self.slips)))


@dataclass(frozen=True, slots=True)
class Document:
    """The plain data of a YAML file and the line of each key in it."""

    path: Path
    data: Any
    lines: dict[Key, int]

    def line(self, key: Key) -> int:
        """The line (from 1) of a key, or of the nearest key above it."""
        while key and key not in self.lines:
            key = key[:-1]
        return self.lines.get(key, 1)

    def slip(self, key: Key, text: str) -> Slip:
        """A mistake at `key`."""
        return Slip(self.path, self.line(key), text)


def load(path: Path) -> Document:
    """Read a YAML file; raises BadFile for a file that is unreadable, no YAML, or that says a key twice."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile([Slip(path, 1, f"cannot be read: {error}")]) from None
    return parse(path, text)


def parse(path: Path, text: str) -> Document:
    """The same of a text that is at hand already; `path` is only named."""
    try:
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(filter(None, (error.context, error.problem)))
        raise BadFile([Slip(path, mark.line + 1 if mark else 1, f"is no YAML: {problem}")]) from None
    except yaml.YAMLError as error:
        raise BadFile([Slip(path, 1, f"is no YAML: {error}")]) from None
    document = Document(path, None, {(): 1})
    if node is None:
        return document
    reader = _Reader(document)
    data = reader.read(node, ())
    if reader.slips:
        raise BadFile(reader.slips)
    return Document(path, data, document.lines)


def validate(document: Document, model: type[Model], describe: Callable[[Key], str] = lambda _: "") -> Model:
    """Make a model of a document; raises BadFile with one slip for each thing that does not fit.

    `describe` may say more of a key, such as the keys that exist there.
    """
    if not isinstance(document.data, dict):
        what = "is empty" if document.data is None else f"holds a {type(document.data).__name__}"
        raise BadFile([document.slip((), f"{what}: write keys and values, one on a line")])
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        raise BadFile(_slips(document, error, describe)) from None


def _slips(document: Document, error: ValidationError, describe: Callable[[Key], str]) -> list[Slip]:
    slips: dict[tuple[Key, str], Slip] = {}
    for detail in error.errors(include_url=False):
        absent = detail["type"] in ("extra_forbidden", "missing")
        key = _key(document, detail["loc"], absent)
        where = ".".join(map(str, key)) or "the file"
        text = f"{where}: {_explain(detail)}"
        if absent:
            text += describe(key)
        slips.setdefault((key, text), document.slip(key, text))
    return list(slips.values())


def _key(document: Document, loc: tuple[str | int, ...], absent: bool) -> Key:
    """Drop the names of union members and validators, which pydantic mixes into the place of an error.

    The last step of a key that is `absent` (or not known) is its name, whether the file has it or not.
    """
    key: Key = ()
    for number, step in enumerate(loc, start=1):
        if (*key, step) in document.lines or (absent and number == len(loc)):
            key = (*key, step)
    return key


def _explain(detail: Any) -> str:
    kind, value = detail["type"], detail.get("input")
    message = str(detail["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    match kind:
        case "extra_forbidden":
            return "is no key that is known here"
        case "missing":
            return "is missing"
        case "value_error" | "assertion_error":
            return message
        case _:
            return f"{message[:1].lower()}{message[1:]}, not {_short(value)}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Reader:
    """Turns a tree of YAML nodes into plain data, keeping lines and refusing doubled keys."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.slips: list[Slip] = []
        self._scalars: Any = yaml.constructor.SafeConstructor()
        self._open: list[yaml.Node] = []

    def read(self, node: yaml.Node, key: Key) -> Any:
        if key not in self.document.lines:
            self.document.lines[key] = node.start_mark.line + 1
        if any(node is one for one in self._open):
            self._slip(node, "this anchor holds itself: write it out")
            return None
        if isinstance(node, yaml.CollectionNode):
            self._open.append(node)
            data = self._collection(node, key)
            self._open.pop()
            return data
        if node.tag == "tag:yaml.org,2002:timestamp":
            return node.value  # the model says better what is wrong with a date, and where
        try:
            return self._scalars.construct_object(node, deep=True)
        except (yaml.YAMLError, ValueError, LookupError, AttributeError) as error:
            self._slip(node, f"cannot be understood: {getattr(error, 'problem', None) or error}")
            return None

    def _collection(self, node: yaml.CollectionNode, key: Key) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, key)
        return [self.read(child, (*key, number)) for number, child in enumerate(node.value)]

    def _mapping(self, node: yaml.MappingNode, key: Key) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for name_node, child in node.value:
            name = name_node.value
            if not isinstance(name_node, yaml.ScalarNode) or name_node.tag == "tag:yaml.org,2002:merge":
                self._slip(name_node, "keys are plain words here: no merge keys and no nested keys")
                continue
            if name in data:
                first = self.document.lines[(*key, name)]
                self._slip(name_node, f"{name}: is written twice, first in line {first}: keep one")
                continue
            self.document.lines[(*key, name)] = name_node.start_mark.line + 1
            data[name] = self.read(child, (*key, name))
        return data

    def _slip(self, node: yaml.Node, text: str) -> None:
        self.slips.append(Slip(self.document.path, node.start_mark.line + 1, text))
