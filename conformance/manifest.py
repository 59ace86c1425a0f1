"""The manifest of a dump: what was written, counted while it was written, and hashed so that it can be held against it.

It lies beside the dump, `FILE.manifest`, as JSON. Standard library only, as conformance/dump.py says.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from conformance.dump import Dump

SUFFIX = ".manifest"
VERSION = 2
MOST = 2_000_000  # bytes that are read of one


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a dump held when it was written, and the name of its file, empty where that is not known.

    `schema` is a hash of its statements, `content` one of statements and data; `size` counts the bytes of both, which
    are nearly all of the uncompressed dump: its comments are no part of it.
    """

    file: str
    written: str
    kind: str
    server: str
    program: str
    size: int
    rows: dict[str, int]
    schema: str
    content: str

    @property
    def moment(self) -> float:
        """When it was written, in seconds since the epoch."""
        return _moment(self.written).timestamp()

    def as_json(self) -> str:
        """The text of the file."""
        return json.dumps({"manifest": VERSION, **asdict(self)}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def of(dump: Dump, written: str, path: str = "") -> Manifest:
    """The manifest, to be written as `path`, of a dump that is complete."""
    name = path.rpartition("/")[2]
    file = name.removesuffix(SUFFIX) if name.endswith(SUFFIX) else ""
    return Manifest(
        file, written, dump.kind, dump.server, dump.program, dump.counted, dict(dump.rows), dump.schema, dump.content
    )


def parse(content: bytes) -> Manifest:
    """Read a manifest; raises ValueError with what is wrong with it."""
    if len(content) >= MOST:
        raise ValueError(f"is larger than {MOST} bytes")
    try:
        found = json.loads(content.decode("utf-8"), object_pairs_hook=_once)
    except _Twice as error:
        raise ValueError(f"says {str(error)!r} twice") from None
    except (ValueError, RecursionError):
        raise ValueError("is no JSON") from None
    if not isinstance(found, dict) or found.get("manifest") != VERSION:
        raise ValueError(f"is no manifest of version {VERSION}")
    rows = found.get("rows")
    names = ("file", "written", "kind", "server", "program", "schema", "content")
    texts = {name: found[name] for name in names if _is_text(found.get(name))}
    if not isinstance(rows, dict) or not all(_is_count(one) for one in (*rows.values(), found.get("size"))):
        raise ValueError("holds no whole numbers of rows and size")
    if len(texts) != len(names):
        raise ValueError(f"lacks one of {', '.join(names)}")
    if not all(map(_is_text, rows)):
        raise ValueError("names a table that cannot be one")
    try:
        _moment(texts["written"])
    except (ValueError, OverflowError):
        raise ValueError(f"was written at no time: {texts['written'][:40]!r}") from None
    return Manifest(**texts, size=found["size"], rows=rows)


class _Twice(Exception):
    """A key that an object holds twice."""


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _Twice(key[:60])
        found[key] = value
    return found


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _is_text(value: Any) -> bool:
    """Whether it can be written down: JSON can spell halves of characters."""
    return isinstance(value, str) and value == value.encode("utf-8", "replace").decode("utf-8")


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63
