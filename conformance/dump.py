"""What a plain dump of PostgreSQL holds, read once as it streams past; nothing of it is kept in memory.

Standard library only: a backup job may run it where the suite's environment is not (see `backup_manifest`).
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from conformance.dump_roles import NAME, WORDS, Role, made, named, text
from conformance.quotes import Quotes, connected, unquoted

_TABLE = rb"(" + NAME + rb"(?:\." + NAME + rb")?)"
_COPY = re.compile(rb"COPY " + _TABLE + rb"(?: \(.*\))? FROM stdin;$")
_INSERT = re.compile(rb"INSERT INTO " + _TABLE)
_CREATE_TABLE = re.compile(rb"CREATE (?:UNLOGGED )?TABLE " + _TABLE)
_EXTENSION = re.compile(rb"CREATE EXTENSION (?:IF NOT EXISTS )?(" + NAME + rb")")
_DATABASE = re.compile(rb"(?:CREATE|DROP) DATABASE (?:IF EXISTS )?(" + NAME + rb")")
_CONNECT = re.compile(rb"\\connect (?:-reuse-previous=on )?(.+)")
_VERSION = re.compile(rb"-- Dumped (from database|by pg_dump) version (\S+)")
_TERMINATOR = re.compile(rb"\\\.\r?\n")
_PROGRAM = re.compile(rb"pg_dump(?:all)?: ")
# What pg_dump writes anew each time: comments hold versions, the key of \\restrict is another in each dump.
_NOT_CONTENT = (b"--", b"\\restrict", b"\\unrestrict")
LONGEST = 1 << 28  # bytes of a line that are held at once; pg_dump writes a row as one, and takes COPY by itself
# What is no part of the schema: comments hold versions, the key of \restrict is another in each dump, the rest is data.
_NOT_SCHEMA = (b"--", b"\\restrict", b"\\unrestrict", b"SELECT pg_catalog.setval(", b"COPY ")


@dataclass(slots=True)
class Dump:
    """What was seen. `rows` counts those of each table's COPY (or INSERT).

    `schema` is a hash of what is no data; `content` one of statements and data, which are `counted` bytes.
    """

    size: int = 0
    counted: int = 0
    is_database: bool = False
    is_cluster: bool = False
    ended: bool = False
    server: str = ""
    program: str = ""
    tables: set[str] = field(default_factory=set)
    rows: dict[str, int] = field(default_factory=dict)
    roles: set[str] = field(default_factory=set)
    created_roles: set[str] = field(default_factory=set)
    described_roles: set[str] = field(default_factory=set)
    roles_with_password: set[str] = field(default_factory=set)
    superusers: set[str] = field(default_factory=set)
    extensions: set[str] = field(default_factory=set)
    connects: list[str] = field(default_factory=list)
    noise: list[str] = field(default_factory=list)
    schema: str = ""
    content: str = ""

    @property
    def version(self) -> str:
        """The later of the server's and of pg_dump's: no older server is sure to take what that pg_dump writes."""
        return max(self.server, self.program, key=major)

    @property
    def kind(self) -> str:
        """'a database', or what it is instead."""
        if self.is_cluster:
            return "a whole cluster (pg_dumpall)"
        if not self.is_database and not self.tables and not self.rows:
            return "no dump of PostgreSQL" if self.size else "nothing"
        if not self.tables:
            return "data without a schema" if self.rows else "an empty database"
        return "a database" if self.rows else "a schema without data"


class LineTooLong(ValueError):
    """A statement that cannot be looked at without holding too much of the dump in memory."""


class Reader:
    """Takes a dump in pieces of any size; `dump` is what it held so far.

    `drop` is asked, as `(what, name)`, whether a statement is left out of what is passed on: one that makes a role,
    makes or drops a database, connects to one, changes to a tablespace, or (un)restricts psql. `look` is shown every
    line that begins outside of quotes and of data.
    """

    def __init__(
        self,
        drop: Callable[[str, str], bool] = lambda _what, _name: False,
        look: Callable[[bytes], None] = lambda _line: None,
    ) -> None:
        self.dump = Dump()
        self._drop, self._look = drop, look
        self._schema = hashlib.sha256()
        self._content = hashlib.blake2b(digest_size=32)
        self._rest = b""  # of a line that is not complete yet
        self._more: list[bytes] = []  # what else came of it: a long one is put together once
        self._table = ""  # whose COPY data goes past; empty between statements
        self._row_begins = True
        self._quotes = Quotes()
        self._inserting = ""
        self._marks: set[str] = set()
        self._headed = False

    def feed(self, piece: bytes) -> bytes:
        """Read a piece; gives what may be passed on of it and of what was held back before. Raises LineTooLong."""
        self.dump.size += len(piece)
        if self._rest and not self._table and b"\n" not in piece:
            self._more.append(piece)
            if len(self._rest) + sum(map(len, self._more)) > LONGEST:
                raise LineTooLong(f"a line is longer than {LONGEST} bytes")
            return b""
        data = b"".join([self._rest, *self._more, piece]) if self._rest else piece
        self._rest, self._more = b"", []
        position, kept = 0, []
        while position < len(data):
            if self._table:
                end = self._copy(data, position)
                rows = data[position:end]
                self._hold(rows)
                kept.append(rows)
            else:
                end = self._statements(data, position, kept)
            if end == position:
                break
            position = end
        self._rest = data[position:]
        return kept[0] if len(kept) == 1 else b"".join(kept)

    def finish(self) -> tuple[Dump, bytes]:
        """The dump is over: what it held, and what was held back."""
        rest, self._rest, self._more = b"".join([self._rest, *self._more]), b"", []
        if rest and not self._table:
            self._statement(rest.rstrip(b"\r"))
        self.dump.ended = self._mark in self._marks and not self._table and not self._quotes.open
        self.dump.schema = self._schema.hexdigest()
        self.dump.content = self._content.hexdigest()
        return self.dump, rest

    def _hold(self, content: bytes) -> None:
        """Part of the content, whatever its line ends; what follows the end mark (appended roles) is none."""
        if self._mark not in self._marks:
            plain = content.replace(b"\r", b"") if b"\r" in content else content
            self._content.update(plain)
            self.dump.counted += len(plain)

    @property
    def _mark(self) -> str:
        return "cluster" if self.dump.is_cluster else "database"

    def _copy(self, data: bytes, position: int) -> int:
        """Consume COPY data; gives where to go on, which is the position itself where more is needed first."""
        if self._row_begins:
            mark = _TERMINATOR.match(data, position)
            if mark:
                self._table = ""
                return mark.end()
            if _is_cut_mark(data[position : position + 4]):
                return position
        search = position
        while (hit := data.find(b"\n\\.", search)) >= 0:
            mark = _TERMINATOR.match(data, hit + 1)
            if mark:
                self._count(data.count(b"\n", position, hit + 1))
                self._table = ""
                return mark.end()
            search = hit + 1
        end = len(data)
        last = data.rfind(b"\n", position)
        if last >= 0 and _is_cut_mark(data[last + 1 :]):
            end = last + 1
        self._count(data.count(b"\n", position, end))
        self._row_begins = data[end - 1 : end] == b"\n"
        return end

    def _count(self, rows: int) -> None:
        self.dump.rows[self._table] += rows

    def _statements(self, data: bytes, position: int, kept: list[bytes]) -> int:
        """Consume whole lines up to the next COPY data; gives where to go on."""
        begin = position
        while not self._table and (end := data.find(b"\n", position)) >= 0:
            if not self._statement(data[position:end].rstrip(b"\r")):
                kept.append(data[begin:position])
                begin = end + 1
            position = end + 1
        kept.append(data[begin:position])
        return position

    def _statement(self, line: bytes) -> bool:
        """Look at one line outside of COPY data; False where it is not to be passed on."""
        if not self._headed and _PROGRAM.match(line):
            # A job that wrote 2>&1: what pg_dump said stands in front of the dump.
            self.dump.noise.append(text(line)[:200])
            return False
        passes = True
        if not self._quotes.open:
            self._headed = self._headed or line.startswith((b"--", b"SET ", b"\\restrict"))
            passes = self._begins(line)
            self._look(line)
        if line and (self._quotes.open or not line.startswith(_NOT_CONTENT)):
            self._hold(line + b"\n")
        # What follows the end mark (a job that appends the roles) is no part of it.
        if line and not self._inserting and self._mark not in self._marks and not line.startswith(_NOT_SCHEMA):
            self._schema.update(line + b"\n")
        if self._quotes.follow(line, inserting=bool(self._inserting)):
            self._inserting = ""
        return passes

    def _begins(self, line: bytes) -> bool:
        """A line that no quote of an earlier one covers."""
        first, passes = line[:1], True
        if first == b"-":
            self._comment(line)
        elif first == b"\\":
            passes = self._commanded(line)
        elif first == b"C":
            passes = self._created(line)
        elif first == b"A" and (role := made(line)):
            self._described(role)
        elif line.startswith(b"SET default_tablespace = ") and not line.endswith(b"'';"):
            passes = not self._drop("tablespace", text(line[25:-1]))
        elif first == b"D" and (dropped := _DATABASE.match(line)):
            passes = not self._drop("database", unquoted(text(dropped[1])))
        elif first in (b"I", b"\t"):
            self._inserted(line)
        if line.startswith(WORDS):
            self.dump.roles |= named(line)
        return passes

    def _commanded(self, line: bytes) -> bool:
        if found := _CONNECT.match(line):
            self.dump.connects.append(connected(text(found[1])))
            return not self._drop("connect", self.dump.connects[-1])
        if line.startswith((b"\\restrict ", b"\\unrestrict ")):
            return not self._drop("restrict", "")
        return True

    def _comment(self, line: bytes) -> None:
        if not line.startswith((b"-- PostgreSQL database", b"-- Dumped")):
            return
        version = _VERSION.match(line)
        if version:
            # In a cluster's dump each database has its own; they are of one server.
            name = "server" if version[1].startswith(b"from") else "program"
            setattr(self.dump, name, text(version[2]))
        elif line == b"-- PostgreSQL database dump":
            self.dump.is_database = True
        elif line == b"-- PostgreSQL database cluster dump":
            self.dump.is_cluster = True
        elif line == b"-- PostgreSQL database dump complete":
            self._marks.add("database")
        elif line == b"-- PostgreSQL database cluster dump complete":
            self._marks.add("cluster")

    def _created(self, line: bytes) -> bool:
        if found := _COPY.match(line):
            self._table = text(found[1])
            self._row_begins = True
            self.dump.rows.setdefault(self._table, 0)
        elif found := _CREATE_TABLE.match(line):
            self.dump.tables.add(text(found[1]))
        elif found := _EXTENSION.match(line):
            self.dump.extensions.add(unquoted(text(found[1])))
        elif role := made(line):
            self.dump.created_roles.add(role.name)
            self._described(role)
            return not self._drop("role", role.name)
        elif found := _DATABASE.match(line):
            return not self._drop("database", unquoted(text(found[1])))
        return True

    def _described(self, role: Role) -> None:
        """What a role may."""
        if role.attributes:
            self.dump.described_roles.add(role.name)
        if role.is_superuser:
            self.dump.superusers.add(role.name)
        if role.has_password:
            self.dump.roles_with_password.add(role.name)

    def _inserted(self, line: bytes) -> None:
        """`INSERT INTO t VALUES (...);`, or with --rows-per-insert a line for each row after the first."""
        found = _INSERT.match(line)
        if found:
            self._inserting = text(found[1])
            several = line.endswith(b" VALUES")
            self.dump.rows[self._inserting] = self.dump.rows.get(self._inserting, 0) + (0 if several else 1)
        elif self._inserting and line.startswith(b"\t("):
            self.dump.rows[self._inserting] += 1


def _is_cut_mark(rest: bytes) -> bool:
    """Whether this is a beginning of the line that ends COPY data, which the next piece may complete."""
    return rest in (b"\\", b"\\.", b"\\.\r")


def major(version: str) -> int:
    """15 of '15.18'; 0 where there is none."""
    found = re.match(r"\d+", version)
    return int(found[0]) if found else 0
