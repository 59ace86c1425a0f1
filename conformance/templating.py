"""Jinja2 as the reports use it; imported only where a page is rendered, because it costs more than the rendering."""

import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import jinja2
from jinja2.bccache import Bucket

TEMPLATES = Path(__file__).parent / "templates"


class _Cache(jinja2.FileSystemBytecodeCache):
    """Compiled templates beside their sources, as Python does it: compiling takes longer than rendering 150 checks.

    A checkout that cannot be written is a reason to compile again and none to fail.
    """

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a compiled template where that is possible."""
        with suppress(OSError):
            Path(self.directory).mkdir(exist_ok=True)
            super().dump_bytecode(bucket)


def environment(filters: Mapping[str, Any]) -> jinja2.Environment:
    """Every value is escaped, and a name that is not there is an error."""
    # Compiled code belongs to one version of Jinja2; Jinja2 itself tells apart only those of Python.
    cache = _Cache(str(TEMPLATES / "__pycache__"), f"jinja2-{jinja2.__version__}-%s.cache")
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, bytecode_cache=None if sys.dont_write_bytecode else cache,
    )  # fmt: skip
    found.filters |= filters
    return found
