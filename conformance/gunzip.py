"""Gzip read to the last byte: what it holds, and what is wrong with it."""

import zlib
from collections.abc import Iterator

PIECE = 1 << 20  # bytes of one piece of what was compressed: a small file may hold gigabytes of zeros
MAGIC = b"\x1f\x8b"


class Gunzip:
    """Decompresses in pieces, over several members too. `fault` says after `finish` what is wrong; empty if nothing."""

    def __init__(self) -> None:
        self.read = 0
        self.fault = ""
        self.trailing = 0  # bytes after the last member: harmless, but nobody meant them
        self._member = zlib.decompressobj(31)
        self._done = False  # a member has ended, and whether another follows is not known yet
        self._held = b""
        self._padding = False

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """What a piece of the file holds; nothing any more once there is a fault, or trailing bytes."""
        self.read += len(piece)
        data = self._held + piece
        self._held = b""
        while data and not self.fault:
            if self._done:
                data = self._next_member(data)
                continue
            try:
                out = self._member.decompress(data, PIECE)
            except zlib.error as error:
                self.fault = f"damaged within its first {self.read} bytes: {_said(error)}"
                return
            data = self._member.unconsumed_tail
            if self._member.eof:
                data, self._done = self._member.unused_data, True
            if out:
                yield out

    def finish(self) -> None:
        """The file is over."""
        self.trailing += len(self._held)
        if self.fault:
            return
        if not self.read:
            self.fault = "empty: not one byte"
        elif not self._done:
            self.fault = f"cut off after {self.read} bytes"

    def _next_member(self, data: bytes) -> bytes:
        """Begin another member where one follows; count as trailing what is none. Gives what is left to read."""
        if self._padding or (len(data) >= 2 and data[:2] != MAGIC):
            self._padding = True
            self.trailing += len(data)
            return b""
        if len(data) < 2:
            self._held = data
            return b""
        self._member, self._done = zlib.decompressobj(31), False
        return data


def _said(error: zlib.error) -> str:
    """'incorrect data check' of 'Error -3 while decompressing data: incorrect data check'."""
    return str(error).rpartition(": ")[2]
