"""Packed files to the last byte, in pieces of any size."""

import bz2
import gzip
import lzma
import random
import sys
from collections.abc import Callable

import pytest

from conformance.reading import NotMeasured
from conformance.unpack import PIECE, Unpacking, packer_of

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TEXT = b"".join(b"line %d %d\n" % (number, random.Random(number).getrandbits(60)) for number in range(5000))
CHECKED = {int(zstd.CompressionParameter.checksum_flag): 1}
PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": lambda text: zstd.compress(text, options=CHECKED),  # as the program zstd does
}
PACKED = {name: pack(TEXT) for name, pack in PACK.items()}
# The shortest beginning that another member could have, a byte less each.
STARTS = {"gzip": b"\x1f", "bzip2": b"BZh", "xz": b"\xfd7zXZ", "zstd": b"\x28\xb5\x2f"}

each = pytest.mark.parametrize("packer", PACK)


def read(packer: str, data: bytes, size: int = 1000) -> tuple[bytes, Unpacking]:
    unpacking = Unpacking(packer)
    found = b"".join(b"".join(unpacking.feed(data[start : start + size])) for start in range(0, len(data), size))
    unpacking.finish()
    return found, unpacking


@each
def test_packer_is_known_by_the_first_bytes(packer: str) -> None:
    assert packer_of(PACKED[packer][:6]) == packer
    assert packer_of(b"--\n-- P") == ""
    assert packer_of(b"BZhang") == ""


@each
@pytest.mark.parametrize("size", [1, 7, 1000, 1 << 20])
def test_whole_archive(packer: str, size: int) -> None:
    found, unpacking = read(packer, PACKED[packer], size)
    assert found == TEXT
    assert (unpacking.fault, unpacking.trailing, unpacking.read) == ("", 0, len(PACKED[packer]))


@each
@pytest.mark.parametrize("size", [1, 1000])
@pytest.mark.parametrize("rest", [b"garbage", b"x", bytes(512), bytes(100) + b"x", b"\n", None])
def test_what_follows_the_end_is_counted_and_is_no_fault(packer: str, rest: bytes | None, size: int) -> None:
    rest = STARTS[packer] if rest is None else rest
    found, unpacking = read(packer, PACKED[packer] + rest, size)
    assert found == TEXT
    assert (unpacking.fault, unpacking.trailing) == ("", len(rest))


@each
@pytest.mark.parametrize("size", [1, 13, 100000])
def test_several_members_are_one_text(packer: str, size: int) -> None:
    found, unpacking = read(packer, PACKED[packer] + PACK[packer](b"") + PACKED[packer], size)
    assert found == TEXT + TEXT
    assert unpacking.fault == ""


@each
@pytest.mark.parametrize("length", [0, 1, 9, 10, 500, -8, -1])
def test_archive_that_is_cut_off(packer: str, length: int) -> None:
    cut = PACKED[packer][:length]
    fault = read(packer, cut)[1].fault
    assert fault == (f"cut off after {len(cut)} bytes" if cut else "empty: not one byte")


@each
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 1])
def test_one_bit_flipped_is_seen_wherever_it_is(packer: str, share: float) -> None:
    good = PACKED[packer]
    place = int((len(good) - 6) * share)
    bad = good[:place] + bytes([good[place] ^ 8]) + good[place + 1 :]
    assert read(packer, bad)[1].fault.startswith(("damaged within its first", "cut off"))


@each
def test_member_that_is_cut_off_behind_a_whole_one(packer: str) -> None:
    assert read(packer, PACKED[packer] + PACKED[packer][:100])[1].fault.startswith("cut off")


@each
def test_file_of_zeros_does_not_come_in_one_piece(packer: str) -> None:
    unpacking = Unpacking(packer)
    pieces = list(unpacking.feed(PACK[packer](bytes(10 * PIECE))))
    assert max(map(len, pieces)) <= PIECE
    assert sum(map(len, pieces)) == 10 * PIECE
    unpacking.finish()
    assert unpacking.fault == ""


def test_frame_that_is_to_be_skipped_is_none_of_the_text() -> None:
    """As pzstd writes them."""
    skipped = b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"
    assert packer_of(skipped[:6]) == "zstd"
    found, unpacking = read("zstd", skipped + PACKED["zstd"] + skipped + PACKED["zstd"])
    assert (found, unpacking.fault, unpacking.trailing) == (TEXT + TEXT, "", 0)


@pytest.mark.parametrize(
    ("packer", "data"),
    [
        ("xz", lzma.compress(TEXT, filters=[{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 30}])),
        # The head of a frame whose window is 2 GB.
        ("zstd", b"\x28\xb5\x2f\xfd\x00\xa8" + bytes(30)),
    ],
)
def test_window_that_takes_too_much_memory_is_not_measured(packer: str, data: bytes) -> None:
    with pytest.raises(NotMeasured, match="too much memory"):
        read(packer, data)
