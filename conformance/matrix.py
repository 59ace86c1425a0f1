"""The traceability matrix: each sentence of the runbook with the checks that prove it, read as text.

What runbook/README.md promises (id, sentence, suites) on one side, the markers of the check functions on the other.
Nothing is imported: a check file that is broken still counts with what its text says.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.check import SUITES
from conformance.signoffs import PREFIX

_ID = r"(?:OPS|MON|PERF|SEC|EMG|CHG)-\d+\.\d+"
_SENTENCE = re.compile(rf"^\| \[({_ID})\]\((\w+\.md)#\1\) +\| (.+?) +\| ([a-z, ]+?) +\|$", re.MULTILINE)
_REASON = re.compile(rf"^\| ({_ID}) +\| ([a-z, ]+?) +\| (.+?) +\|$", re.MULTILINE)


_SECTION = re.compile(rf'<a id="({_ID})"></a>|^Suite: (.+?)(?:Original|\n\n)', re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the runbook: its page, and the suites in which it is to be checked."""

    id: str
    page: str
    text: str
    suites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """A check function: its row or name, the ids that it proves, and the suites that it is part of."""

    name: str
    ids: tuple[str, ...]
    suites: tuple[str, ...]
    row: str | None
    file: str

    @property
    def is_manual(self) -> bool:
        """A person's sign-off is what it reads."""
        return bool(self.row and self.row.startswith(PREFIX))


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a sentence is not checked in some suites."""

    id: str
    suites: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """Both sides; `broken` are check files whose text Python refuses."""

    sentences: tuple[Sentence, ...]
    proofs: tuple[Proof, ...]
    reasons: tuple[Reason, ...]
    broken: tuple[str, ...] = ()

    def of(self, runbook_id: str) -> list[Proof]:
        """The checks that prove a sentence."""
        return [proof for proof in self.proofs if runbook_id in proof.ids]

    def reason(self, runbook_id: str, suite: str) -> str:
        """The written reason why a sentence is not checked in a suite; empty where there is none."""
        return next((one.text for one in self.reasons if one.id == runbook_id and suite in one.suites), "")

    def gaps(self) -> list[str]:
        """Every way in which the sides do not fit, in words; empty where each sentence is accounted for."""
        return [*self._unproved(), *self._unknown(), *self._stale()]

    def _unproved(self) -> Iterator[str]:
        for sentence in self.sentences:
            there = {suite for proof in self.of(sentence.id) for suite in proof.suites}
            for suite in sentence.suites:
                if suite not in there and not self.reason(sentence.id, suite):
                    yield f"{sentence.id} has neither a {suite} check nor a reason"

    def _unknown(self) -> Iterator[str]:
        known = {sentence.id for sentence in self.sentences}
        for proof in self.proofs:
            yield from (f"{proof.name} proves {one}, which is no sentence" for one in proof.ids if one not in known)
        yield from (
            f"a reason is given for {one.id}, which is no sentence" for one in self.reasons if one.id not in known
        )
        yield from (f"{name} cannot be read as Python" for name in self.broken)

    def _stale(self) -> Iterator[str]:
        for one in self.reasons:
            there = {suite for proof in self.of(one.id) for suite in proof.suites}
            yield from (
                f"{one.id} has a {suite} check, and a reason for none" for suite in one.suites if suite in there
            )

    def as_json(self) -> list[dict[str, Any]]:
        """The form in which results.json keeps it, a sentence on a line."""
        return [
            {
                "id": one.id, "sentence": one.text, "suites": list(one.suites),
                "checks": [{"name": proof.name, "suites": list(proof.suites), "manual": proof.is_manual}
                           for proof in self.of(one.id)],
                "reasons": {suite: text for suite in one.suites if (text := self.reason(one.id, suite))},
            }
            for one in self.sentences
        ]  # fmt: skip


def sentences(readme: str) -> tuple[Sentence, ...]:
    """The table of every sentence in runbook/README.md."""
    return tuple(
        Sentence(found[1], found[2], found[3], tuple(_words(found[4]))) for found in _SENTENCE.finditer(readme)
    )


def sections(page: str) -> dict[str, frozenset[str]]:
    """The ids whose sections a page has, each with the suites that its line `Suite:` names."""
    found: dict[str, frozenset[str]] = {}
    for place in _SECTION.finditer(page):
        if place[1]:
            found[place[1]] = frozenset()
        elif found:
            found[list(found)[-1]] = frozenset(set(re.findall(r"\w+", place[2])) & set(SUITES))
    return found


def reasons(readme: str) -> tuple[Reason, ...]:
    """The table of what is not checked yet."""
    return tuple(Reason(found[1], tuple(_words(found[2])), found[3]) for found in _REASON.finditer(readme))


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",")]


def proofs(suites: Path) -> tuple[list[Proof], list[str]]:
    """Every check function below `suites`, and the files that cannot be read as Python."""
    found, broken = [], []
    for path in sorted(suites.rglob("test_*.py")):
        name = str(path.relative_to(suites.parent))
        try:
            tree = ast.parse(path.read_text(encoding="utf-8", errors="replace"))
        except (SyntaxError, ValueError):
            broken.append(name)
            continue
        found += [_proof(node, name) for node in tree.body if isinstance(node, ast.FunctionDef) and _is_check(node)]
    return found, broken


def _is_check(node: ast.FunctionDef) -> bool:
    return node.name.startswith("test_") and any(name == "runbook" for name, _ in _markers(node))


def _proof(node: ast.FunctionDef, file: str) -> Proof:
    ids, rows, cadences = list[str](), list[str](), list[str]()
    for name, call in _markers(node):
        if name in SUITES:
            cadences.append(name)
        if name == "runbook" and call is not None:
            ids += _texts(call.args)
            rows += _texts(word.value for word in call.keywords if word.arg == "row")
    row = rows[0] if rows else None
    return Proof(row or node.name, tuple(ids), tuple(cadences), row, file)


def _markers(node: ast.FunctionDef) -> Iterator[tuple[str, ast.Call | None]]:
    for decorator in node.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        named = call.func if call else decorator
        if isinstance(named, ast.Attribute):
            yield named.attr, call


def _texts(nodes: Iterable[ast.expr]) -> list[str]:
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def build(runbook: Path, suites: Path) -> Matrix:
    """The matrix of a checkout; raises OSError where runbook/README.md cannot be read."""
    readme = (runbook / "README.md").read_text(encoding="utf-8")
    found, broken = proofs(suites)
    return Matrix(sentences(readme), tuple(found), reasons(readme), tuple(broken))
