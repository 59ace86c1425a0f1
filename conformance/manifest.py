"""The manifest of a dump: how many rows of each table were written, counted while it was written.

It lies beside the dump, `FILE.manifest`, as JSON. Standard library only, as conformance/dump.py says.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

from conformance.dump import Dump

SUFFIX = ".manifest"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a dump held when it was written. `size` is in bytes, uncompressed; `schema` a hash of its statements."""

    written: str
    kind: str
    server: str
    program: str
    size: int
    rows: dict[str, int]
    schema: str

    def as_json(self) -> str:
        """The text of the file."""
        return json.dumps({"manifest": VERSION, **asdict(self)}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def of(dump: Dump, written: str) -> Manifest:
    """The manifest of a dump that is complete."""
    return Manifest(written, dump.kind, dump.server, dump.program, dump.size, dict(dump.rows), dump.schema)


def parse(text: str) -> Manifest:
    """Read a manifest; raises ValueError with what is wrong with it."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ValueError(f"is no JSON: {error}") from None
    if not isinstance(found, dict) or found.get("manifest") != VERSION:
        raise ValueError(f"is no manifest of version {VERSION}")
    rows = found.get("rows")
    names = ("written", "kind", "server", "program", "schema")
    texts = {name: str(found[name]) for name in names if isinstance(found.get(name), str)}
    if not isinstance(rows, dict) or not all(_is_count(one) for one in (*rows.values(), found.get("size"))):
        raise ValueError("holds no whole numbers of rows and size")
    if len(texts) != len(names):
        raise ValueError(f"lacks one of {', '.join(names)}")
    return Manifest(**texts, size=found["size"], rows=rows)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
