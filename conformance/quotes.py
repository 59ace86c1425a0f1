"""Quotes of SQL: names, and what goes on over the end of a line. Standard library only, as conformance/dump.py says."""

import re

_OPENING = re.compile(rb"'|\"|\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?\$|--|/\*")


class Quotes:
    """Follows them, so that text that looks like a statement is taken for none. `open` is what the last line left."""

    def __init__(self) -> None:
        self.open = b""

    def follow(self, line: bytes, *, inserting: bool) -> bool:
        """Look at the next line; True where a statement that inserts rows ends with it."""
        if inserting:
            # Its values hold no other quote than this one, doubled inside: the number says all.
            if line.count(b"'") % 2:
                self.open = b"" if self.open else b"'"
            return not self.open and line.endswith(b";")
        position = 0
        while True:
            if self.open:
                end = line.find(self.open, position)
                if end < 0:
                    return False
                position, self.open = end + len(self.open), b""
            found = _OPENING.search(line, position)
            if not found or found[0] == b"--":
                return False
            self.open = b"*/" if found[0] == b"/*" else found[0]
            position = found.end()


def unquoted(name: str) -> str:
    """'Odd' for '"Odd"', and what needs no quotes as it is."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def connected(words: str) -> str:
    """The database of `\\connect words`: a name, or a connection string for a name that is an odd one."""
    string = re.search(r"dbname='((?:[^'\\]|\\.)*)'", words)
    return re.sub(r"\\(.)", r"\1", string[1]) if string else unquoted(words.strip())
