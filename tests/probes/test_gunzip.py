"""Gzip to the last byte, in pieces of any size."""

import gzip

import pytest

from conformance.gunzip import PIECE, Gunzip

TEXT = b"".join(b"line %d\n" % number for number in range(5000))
PACKED = gzip.compress(TEXT)


def read(data: bytes, size: int = 1000) -> tuple[bytes, Gunzip]:
    gunzip = Gunzip()
    found = b"".join(b"".join(gunzip.feed(data[start : start + size])) for start in range(0, len(data), size))
    gunzip.finish()
    return found, gunzip


@pytest.mark.parametrize("size", [1, 7, 1000, 1 << 20])
def test_whole_archive(size: int) -> None:
    found, gunzip = read(PACKED, size)
    assert found == TEXT
    assert (gunzip.fault, gunzip.trailing, gunzip.read) == ("", 0, len(PACKED))


@pytest.mark.parametrize("size", [1, 1000])
@pytest.mark.parametrize("rest", [b"garbage", b"x", bytes(512), bytes(100) + b"x", b"\x1f", b"\n"])
def test_what_follows_the_end_is_counted_and_is_no_fault(rest: bytes, size: int) -> None:
    found, gunzip = read(PACKED + rest, size)
    assert found == TEXT
    assert (gunzip.fault, gunzip.trailing) == ("", len(rest))


@pytest.mark.parametrize("size", [1, 13, 100000])
def test_several_members_are_one_text(size: int) -> None:
    found, gunzip = read(PACKED + gzip.compress(b"") + PACKED, size)
    assert found == TEXT + TEXT
    assert gunzip.fault == ""


@pytest.mark.parametrize("length", [0, 1, 9, 10, 500, len(PACKED) - 8, len(PACKED) - 1])
def test_archive_that_is_cut_off(length: int) -> None:
    fault = read(PACKED[:length])[1].fault
    assert fault == (f"cut off after {length} bytes" if length else "empty: not one byte")


@pytest.mark.parametrize("place", [12, len(PACKED) // 2, len(PACKED) - 6, len(PACKED) - 2])
def test_one_bit_flipped_is_seen_wherever_it_is(place: int) -> None:
    bad = PACKED[:place] + bytes([PACKED[place] ^ 8]) + PACKED[place + 1 :]
    assert read(bad)[1].fault.startswith(("damaged within its first", "cut off"))


def test_member_that_is_cut_off_behind_a_whole_one() -> None:
    assert read(PACKED + PACKED[:100])[1].fault.startswith("cut off")


def test_file_of_zeros_does_not_come_in_one_piece() -> None:
    gunzip = Gunzip()
    pieces = list(gunzip.feed(gzip.compress(bytes(10 * PIECE))))
    assert max(map(len, pieces)) <= PIECE
    assert sum(map(len, pieces)) == 10 * PIECE
