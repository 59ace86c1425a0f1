"""Logs as streams of lines: cut where they are too long, left out where they are too old, selected as asked."""

import gzip
import itertools
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fixtures import stream
from fixtures.stream import Line, Wanted, dated, lines, of_files, of_service, recent, select
from tests.probes.support import target, within

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ALL = Wanted(NOON - timedelta(days=1))


def texts(found: list[Line]) -> list[str]:
    return [line.text for line in found]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_lines_are_put_together_from_blocks(size: int) -> None:
    whole = b"one\ntwo\r\n\n  \nthr\xffee"
    blocks = [whole[at : at + size] for at in range(0, len(whole), size)]
    assert list(lines(blocks)) == ["one", "two", "thr\N{REPLACEMENT CHARACTER}ee"]


def test_line_without_an_end_fills_no_memory() -> None:
    blocks = itertools.chain(itertools.repeat(b"x" * 10_000, 5_000), [b"\nnext\n"])
    found = list(lines(blocks))
    assert [len(one) for one in found] == [stream.LINE + len(" [cut]"), 4]
    assert found[0].endswith("x [cut]")


def block_of(moment: datetime, number: int) -> bytes:
    return "".join(f"{moment.isoformat()} INFO {number}\n" for _ in range(20)).encode()


@pytest.mark.parametrize("cut", [0, 13])
def test_old_blocks_are_left_out_without_a_look_at_their_lines(cut: int) -> None:
    whole = b"".join(block_of(NOON - timedelta(hours=100 - number), number) for number in range(101))
    blocks = [whole[at : at + 997 + cut] for at in range(0, len(whole), 997 + cut)]
    kept = b"".join(recent(blocks, NOON - timedelta(hours=5), "+0000"))
    assert len(kept) < len(whole) / 5
    assert whole.endswith(kept)
    young = [one for one in dated(lines([kept]), "x", "+0000") if one.moment >= NOON - timedelta(hours=5)]
    assert len(young) == 6 * 20


@pytest.mark.parametrize("text", [b"", b"no time\nat all\n", b"2026-11-23T12:00:01Z one line without an end"])
def test_what_carries_no_time_is_kept(text: bytes) -> None:
    assert b"".join(recent([text] if text else [], NOON, "+0000")) == text


def test_log_that_is_old_to_its_end_leaves_its_last_block() -> None:
    blocks = [block_of(NOON - timedelta(hours=50 - number), number) for number in range(3)]
    assert len(b"".join(recent(blocks, NOON, "+0000"))) < len(blocks[0])


def test_line_without_a_time_has_that_of_the_line_before() -> None:
    found = list(dated(["cut off", "2026-11-23 12:00:01 INFO a", "  more", "on 2020-01-01 00:00:00"], "x", "+0100"))
    assert texts(found) == ["2026-11-23 12:00:01 INFO a", "  more", "on 2020-01-01 00:00:00"]
    assert {one.moment for one in found} == {datetime(2026, 11, 23, 11, 0, 1, tzinfo=UTC)}


LOG = [
    "2026-11-23T12:00:00Z DEBUG a",
    "2026-11-23T12:00:01Z INFO b",
    "2026-11-23T12:00:02Z WARNING c",
    "2026-11-23T12:00:03Z ERROR d of 0 errors",
    "Traceback (most recent call last):",
    "ValueError: d",
    "2026-11-23T12:00:04Z INFO e, which is no ERROR",
    "Traceback (most recent call last):",
    "ValueError: e",
    "2026-11-23T12:00:05Z CRITICAL f",
]


def chosen(**keys: Any) -> list[str]:
    wanted = Wanted(**{"since": ALL.since, **keys})
    return [text.rpartition("Z ")[2] for text in texts(list(select(dated(LOG, "x", "+0000"), wanted)))]


@pytest.mark.parametrize(
    ("level", "found"),
    [
        ("", len(LOG)),
        ("debug", len(LOG)),
        ("info", len(LOG) - 1),
        ("warning", 7),
        ("error", 6),
        ("critical", 1),
    ],
)
def test_level_and_above_with_what_belongs_to_each_line(level: str, found: int) -> None:
    assert len(chosen(level=level)) == found


def test_word_is_looked_for_in_each_line() -> None:
    assert chosen(pattern=re.compile("ValueError")) == ["ValueError: d", "ValueError: e"]
    assert chosen(pattern=re.compile("d|e"), level="critical") == []


def test_time_has_two_ends() -> None:
    at = NOON + timedelta(seconds=1)
    assert chosen(since=at, until=at + timedelta(seconds=1)) == ["INFO b", "WARNING c"]


# Files


def read(path: Path, glob: str, wanted: Wanted) -> list[str]:
    with of_files(target(), "log", f"{path}/{glob}", wanted, follow=False) as found:
        return texts(list(select(found, wanted)))


def write(path: Path, name: str, text: str, ago: float) -> None:
    (path / name).write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    os.utime(path / name, (NOON.timestamp() - ago, NOON.timestamp() - ago))


def test_rotated_and_compressed_files_come_first(tmp_path: Path) -> None:
    write(tmp_path, "a b.log.2.gz", "2026-11-23T09:00:00Z INFO 1\n", 7200)
    write(tmp_path, "a b.log.1", "2026-11-23T10:00:00Z INFO 2\n", 3600)
    write(tmp_path, "a b.log", "2026-11-23T11:00:00Z INFO 3\n", 60)
    write(tmp_path, "old.log", "2026-11-20T11:00:00Z INFO old\n", 300_000)
    assert [one[-1] for one in read(tmp_path, "*.log", ALL)] == ["1", "2", "3"]
    assert [one[-1] for one in read(tmp_path, "*.log", Wanted(NOON - timedelta(hours=1, minutes=30)))] == ["3"]


@pytest.mark.parametrize("name", ["it's.log", "$(touch pwned).log", "a;touch pwned.log", "-n.log", "a\\nb.log"])
def test_hostile_name_is_a_name(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, name, "2026-11-23T11:00:00Z INFO 3\n", 60)
    assert len(read(tmp_path, name, ALL)) == 1
    assert len(read(tmp_path, "*.log", ALL)) == 1
    assert not (tmp_path / "pwned").exists()


def test_log_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="there is no file"):
        read(tmp_path, "*.log", ALL)


def test_file_that_is_followed_gives_each_line_at_once_and_survives_its_rotation(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    now = datetime.now(UTC)
    path.write_text(f"{now.isoformat()} INFO 1\n")
    wanted = Wanted(now - timedelta(hours=1))
    with within(8), of_files(target(), "log", f"{tmp_path}/*.log", wanted, follow=True) as found:
        assert next(found).text.endswith("1")
        with path.open("a") as file:
            file.write(f"{now.isoformat()} INFO 2\n")
        assert next(found).text.endswith("2")
        path.rename(tmp_path / "a.log.1")
        time.sleep(0.2)
        path.write_text(f"{now.isoformat()} INFO 3\n")
        assert next(found).text.endswith("3")


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a log of two files, of which a stranger may read one; the stranger is who reads."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o755)
    stranger = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    monkeypatch.setattr(stream, "host_command", lambda _, words: [*stranger, *words])
    for name, mode in (("a.log", 0o644), ("b.log", 0o000)):
        (folder / name).write_text(f"{datetime.now(UTC).isoformat()} INFO {name}\n")
        (folder / name).chmod(mode)
    yield folder
    shutil.rmtree(folder)


def test_file_that_may_not_be_read_is_said_after_the_lines_of_the_others(
    unread: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    wanted = Wanted(datetime.now(UTC) - timedelta(hours=1))
    with of_files(target(), "log", f"{unread}/*.log", wanted, follow=False) as found:
        assert next(found).text.endswith("a.log")
        with pytest.raises(OSError, match="may be read, as said above"):
            next(found)
    said = capfd.readouterr().err
    assert f"{unread}/b.log: " in said
    assert "may not read it, it is ---------- " in said
    assert "let its group read it" in said


def test_old_file_that_may_not_be_read_is_not_missed(unread: Path, capfd: pytest.CaptureFixture[str]) -> None:
    os.utime(unread / "b.log", (0, 0))
    wanted = Wanted(datetime.now(UTC) - timedelta(hours=1))
    with of_files(target(), "log", f"{unread}/*.log", wanted, follow=False) as found:
        assert [one.text[-5:] for one in found] == ["a.log"]
    assert capfd.readouterr().err == ""


def test_files_that_may_not_be_read_are_not_followed_for_ever(unread: Path) -> None:
    wanted = Wanted(datetime.now(UTC) - timedelta(hours=1))
    with (
        within(8), of_files(target(), "log", f"{unread}/b.log", wanted, follow=True) as found,
        pytest.raises(OSError, match="may be read"),
    ):  # fmt: skip
        next(found)


def test_words_of_ssh_carry_the_script_in_one() -> None:
    declared = target(host="ssh://me@there:2222?ssh_config=/c")
    words = stream.host_command(declared, ["sh", "-c", "echo 'a b'"])
    assert words[:3] == ["ssh", "-F", "/c"]
    assert words[-4:] == ["-p", "2222", "me@there", "sh -c 'echo '\"'\"'a b'\"'\"''"]
    assert stream.host_command(target(), ["x"]) == ["x"]


# Containers


class FakeApi:
    """The two calls of the engine that are made."""

    def __init__(self, *frames: bytes) -> None:
        self.frames, self.asked = frames, dict[str, Any]()

    def containers(self, **keys: Any) -> list[dict[str, Any]]:
        self.asked |= keys
        return [{"Id": "1", "Names": ["/toy_api_1"]}]

    def logs(self, _: str, **keys: Any) -> Iterator[bytes]:
        self.asked |= keys
        return iter(self.frames)


def test_service_without_a_container_is_said() -> None:
    class Empty(FakeApi):
        def containers(self, **keys: Any) -> list[dict[str, Any]]:
            return []

    with pytest.raises(OSError, match="api has no container: look with docker compose ps --all api"):
        of_service(Empty(), "toy", "api", Wanted(NOON), follow=False)


def test_engine_bounds_the_time_and_its_own_time_is_taken_off() -> None:
    api = FakeApi(b"2026-11-23T12:00:00.123456789Z hel", b"lo\n2026-11-23T12:00:01Z ERROR no time of its own\n")
    wanted = Wanted(NOON, NOON + timedelta(minutes=1))
    (found,) = of_service(api, "toy", "api", wanted, follow=False)
    assert [(one.source, one.text, one.moment.second) for one in found] == [
        ("toy_api_1", "hello", 0), ("toy_api_1", "ERROR no time of its own", 1)
    ]  # fmt: skip
    assert api.asked["since"] == NOON.timestamp()
    assert api.asked["until"] == NOON.timestamp() + 60
    assert api.asked["filters"]["label"][0] == "com.docker.compose.project=toy"
