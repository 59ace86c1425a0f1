"""Packed files read to the last byte: gzip, bzip2, xz and zstd, what they hold, and what is wrong with them."""

import bz2
import lzma
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from conformance.reading import NotMeasured

PIECE = 1 << 20  # bytes of one piece of what was packed: a small file may hold gigabytes of zeros
MEMORY = 1 << 28  # bytes that xz may take to unpack: its own -9 takes 65 MB, zstd refuses above 128 MB by itself

# How a member of each begins. pzstd begins with a frame that holds no data, which is to be skipped.
_MAGIC = {
    "gzip": re.compile(rb"\x1f\x8b"),
    "bzip2": re.compile(rb"BZh[1-9]"),
    "xz": re.compile(rb"\xfd7zXZ\x00"),
    "zstd": re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"),
}
_LENGTH = {"gzip": 2, "bzip2": 4, "xz": 6, "zstd": 4}
LONGEST = max(_LENGTH.values())


def packer_of(head: bytes) -> str:
    """Which of them a file is by its first bytes, of which there are six; empty where it is none."""
    return next((name for name, magic in _MAGIC.items() if magic.match(head)), "")


class Unpacking:
    """Unpacks in pieces, over several members too. `fault` says after `finish` what is wrong; empty if nothing."""

    def __init__(self, packer: str) -> None:
        self.read = 0
        self.fault = ""
        self.trailing = 0  # bytes after the last member: harmless, but nobody meant them
        self._magic, self._length = _MAGIC[packer], _LENGTH[packer]
        self._new = _MEMBERS[packer]
        self._member = self._new()
        self._done = False  # a member has ended, and whether another follows is not known yet
        self._held = b""
        self._padding = False

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """What a piece of the file holds; nothing any more once there is a fault, or trailing bytes.

        Raises NotMeasured where it takes more memory than a reader should give.
        """
        self.read += len(piece)
        data = self._held + piece
        self._held = b""
        while data and not self.fault:
            if self._done:
                data = self._next_member(data)
                continue
            try:
                yield from self._member.pieces(data)
            except Exception as error:  # noqa: BLE001  each library has its own, and no base of them
                self._broken(error)
                return
            data, self._done = self._member.rest, self._member.ended

    def _broken(self, error: Exception) -> None:
        said = str(error).rpartition(": ")[2]  # 'incorrect data check' of 'Error -3 while ...: incorrect data check'
        if isinstance(error, MemoryError) or re.search("memory", said, re.IGNORECASE):
            raise NotMeasured(
                f"it takes too much memory to unpack: {said}",
                next_step="pack it with a smaller window: xz -9 and zstd --long=27 are the most that is read here",
            ) from None
        self.fault = f"damaged within its first {self.read} bytes: {said}"

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
        if self._padding or (len(data) >= self._length and not self._magic.match(data)):
            self._padding = True
            self.trailing += len(data)
            return b""
        if len(data) < self._length:
            self._held = data
            return b""
        self._member, self._done = self._new(), False
        return data


class _Gzip:
    """One member; `rest` is what follows it in the bytes that it was given, once it has `ended`."""

    def __init__(self) -> None:
        self._it = zlib.decompressobj(31)
        self.ended, self.rest = False, b""

    def pieces(self, data: bytes) -> Iterator[bytes]:
        out = b"-"
        while (data or len(out) == PIECE) and not self._it.eof:
            out = self._it.decompress(data, PIECE)
            data = self._it.unconsumed_tail
            if out:
                yield out
        self.ended, self.rest = self._it.eof, self._it.unused_data


class _Other:
    """The same of the libraries that have one way of it."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._it = make()
        self.ended, self.rest = False, b""

    def pieces(self, data: bytes) -> Iterator[bytes]:
        while not self._it.eof:
            out = self._it.decompress(data, PIECE)
            data = b""
            if out:
                yield out
            if self._it.needs_input:
                break
        self.ended = self._it.eof
        self.rest = self._it.unused_data if self.ended else b""


def _zstd() -> Any:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd.ZstdDecompressor()


_MEMBERS: dict[str, Callable[[], Any]] = {
    "gzip": _Gzip,
    "bzip2": lambda: _Other(bz2.BZ2Decompressor),
    "xz": lambda: _Other(lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MEMORY)),
    "zstd": lambda: _Other(_zstd),
}
