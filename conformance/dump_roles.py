"""The roles in the statements of a dump. Standard library only, as conformance/dump.py says."""

import re
from dataclasses import dataclass

from conformance.quotes import unquoted

NAME = rb'(?:"(?:[^"]|"")+"|[^\s".,;()]+)'
# What a line begins with in which a role may be named.
WORDS = (b"ALTER ", b"GRANT ", b"REVOKE ", b"SET SESSION", b"CREATE POLICY", b"CREATE USER MAPPING")

_CREATE = re.compile(rb"CREATE (?:ROLE|USER|GROUP) (" + NAME + rb")(?: WITH ([^;]*))?;$")
# pg_dumpall makes a role without a word on what it may, and says that in a statement of its own.
_ALTER = re.compile(rb"ALTER (?:ROLE|USER) (" + NAME + rb") WITH (.+);$")
# Every place in which pg_dump names a role.
_PLACES = (
    re.compile(rb"ALTER .* OWNER TO (" + NAME + rb");$"),
    re.compile(rb"GRANT .* TO (" + NAME + rb")(?: WITH [A-Z ,]+)?(?: GRANTED BY " + NAME + rb")?;$"),
    re.compile(rb"REVOKE .* FROM (" + NAME + rb")(?: GRANTED BY " + NAME + rb")?;$"),
    re.compile(rb"ALTER DEFAULT PRIVILEGES FOR ROLE (" + NAME + rb") "),
    re.compile(rb"ALTER DEFAULT PRIVILEGES .* (?:TO|FROM) (" + NAME + rb")(?: WITH GRANT OPTION)?;$"),
    re.compile(rb"SET SESSION AUTHORIZATION (" + NAME + rb");$"),
    re.compile(rb"CREATE POLICY .* TO (" + NAME + rb"(?:, " + NAME + rb")*)(?: USING| WITH CHECK|;)"),
    re.compile(rb"CREATE USER MAPPING FOR (" + NAME + rb") "),
)
_NOBODY = {"PUBLIC", "DEFAULT", "CURRENT_USER", "SESSION_USER"}


@dataclass(frozen=True, slots=True)
class Role:
    """A role that a statement makes or changes, and what it may; of its password only that there is one."""

    name: str
    attributes: bool
    is_superuser: bool
    has_password: bool


def made(line: bytes) -> Role | None:
    """The role that a line makes, or says the attributes of; None where it does neither."""
    found = _CREATE.match(line) or _ALTER.match(line)
    if not found:
        return None
    attributes = found[2] or b""
    return Role(
        unquoted(text(found[1])), bool(attributes), attributes.startswith(b"SUPERUSER"),
        bool(re.search(rb"(?:^| )PASSWORD '", attributes)),
    )  # fmt: skip


def named(line: bytes) -> set[str]:
    """The roles that a line owns or grants by; none that every server has."""
    names = {
        unquoted(text(one)) for place in _PLACES if (found := place.match(line)) for one in re.findall(NAME, found[1])
    }
    return {name for name in names if name not in _NOBODY and not name.startswith("pg_")}


def text(word: bytes) -> str:
    """A word of a dump, whatever its encoding."""
    return word.decode("utf-8", "replace")
