"""Facts of the host: the script really run with /bin/sh, and its output parsed from recordings."""

import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from conformance.reading import NotMeasured
from fixtures import clock, disk, host
from fixtures.disk import parse_df
from fixtures.host import Facts, LogFile, build_script, parse_load, parse_memory, split
from tests.probes.conftest import Serve
from tests.probes.support import body, closed_port, facts, fault, hang, measure, probing, target, unmeasured, within


def run(
    *,
    mounts: list[str] | None = None,
    backups: dict[str, str] | None = None,
    logs: dict[str, str] | None = None,
    files: dict[str, str] | None = None,
    cwd: Path | None = None,
) -> dict[str, str]:
    """The sections that the script prints on this machine."""
    script = build_script(mounts or [], backups or {}, logs or {}, files or {})
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, timeout=20, check=True, cwd=cwd)
    assert done.stderr == b""
    return split(done.stdout.decode())


HOSTILE = ["with space", "it's", 'a "quote"', "$(touch pwned)", "`touch pwned`", "; touch pwned", "& touch pwned",
           "-rf", "a\\nb", "$HOME", "#x", "~", "ü", "!x", "*", "a\\cb"]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_name_is_a_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / f"dir {name}"
    folder.mkdir()
    (folder / f"{name}.log").write_text("the line\n", encoding="utf-8")
    path = f"{folder}/{name}.log"
    found = run(
        backups={"b": path}, logs={"l": f"{folder}/{name}.log"}, files={"f": path}, cwd=tmp_path, mounts=[str(folder)]
    )
    assert not (tmp_path / "pwned").exists()
    assert found["file f"].strip() == "the line"
    assert [(one.path, one.text) for one in Facts(found, "", 0, 0).log("l")] == [(path, "the line\n\n")]
    readable, line = found["backup b"].splitlines()
    assert readable == "readable"
    assert line.split(" ", 2)[1:] == ["9", path]


@pytest.mark.parametrize("name", HOSTILE)
def test_wildcards_find_hostile_names(tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}.log").write_text("the line\n", encoding="utf-8")
    found = run(backups={"b": f"{tmp_path}/*.log"}, logs={"l": f"{tmp_path}/*.l[o]?"}, cwd=tmp_path)
    assert not (tmp_path / "pwned").exists()
    assert f"{tmp_path}/{name}.log" in found["backup b"]
    assert [(one.path, one.text) for one in Facts(found, "", 0, 0).log("l")] == [
        (f"{tmp_path}/{name}.log", "the line\n\n")
    ]


@pytest.mark.parametrize("name", ["it's", "$(touch pwned)", "a b", "a\\nb"])
def test_hostile_name_of_a_declared_set_is_a_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "x").write_text("the line\n", encoding="utf-8")
    every = {name: f"{tmp_path}/x"}
    found = run(backups=every, logs=every, files=every, cwd=tmp_path)
    assert not (tmp_path / "pwned").exists()
    assert {f"backup {name}", f"file {name}", "end"} <= set(found)
    assert [one.text for one in Facts(found, "", 0, 0).log(name)] == ["the line\n\n"]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.gz", {"a 1.gz", "b2.gz", "c3.gz"}),
        ("?2.gz", {"b2.gz"}),
        ("[ab]*.gz", {"a 1.gz", "b2.gz"}),
        ("[!a]*.gz", {"b2.gz", "c3.gz"}),
        ("[b-c]?.gz", {"b2.gz", "c3.gz"}),
        ("a 1.gz", {"a 1.gz"}),
        ("*.xz", set()),
    ],
)
def test_wildcards_stay_alive(tmp_path: Path, pattern: str, names: set[str]) -> None:
    for name in ("a 1.gz", "b2.gz", "c3.gz", "d.txt"):
        (tmp_path / name).touch()
    lines = run(backups={"b": f"{tmp_path}/{pattern}"})["backup b"].splitlines()
    assert names == {line.rpartition("/")[2] for line in lines[1:]}


def logs_of(glob: str) -> list[LogFile]:
    return Facts(run(logs={"l": glob}), "local://", 0, 0).log("l")


def test_all_files_of_a_log_are_read_the_newest_first_and_only_their_ends(tmp_path: Path) -> None:
    for age, name in enumerate(["new", "old", "older"]):
        (tmp_path / f"{name}.log").write_text(f"{name}\n" + "x" * (host.LOG_BYTES + 5), encoding="ascii")
        os.utime(tmp_path / f"{name}.log", (time.time() - 10 * age, time.time() - 10 * age))
    found = logs_of(f"{tmp_path}/*.log")
    assert [one.path for one in found] == [f"{tmp_path}/{name}.log" for name in ("new", "old", "older")]
    assert {(one.text or "").strip() for one in found} == {"x" * host.LOG_BYTES}
    assert 9 <= found[0].modified - found[1].modified <= 11


@pytest.mark.parametrize("pattern", ["a b.log", "a*", "*.log"])
def test_rotated_file_is_read_once_and_a_compressed_one_is_named(tmp_path: Path, pattern: str) -> None:
    for name in ("a b.log", "a b.log.1", "a b.log.1.gz"):
        (tmp_path / name).write_text(name, encoding="ascii")
    found = {one.path.rpartition("/")[2]: one.text and one.text.strip() for one in logs_of(f"{tmp_path}/{pattern}")}
    assert found == {"a b.log": "a b.log", "a b.log.1": "a b.log.1", "a b.log.1.gz": None}


def test_one_file_too_many_is_named_and_not_read(tmp_path: Path) -> None:
    for number in range(host.LOG_FILES + 1):
        (tmp_path / f"{number}.log").write_text("x", encoding="ascii")
        os.utime(tmp_path / f"{number}.log", (time.time() - number, time.time() - number))
    unread = [one.path for one in logs_of(f"{tmp_path}/*.log") if one.text is None]
    assert unread == [f"{tmp_path}/{host.LOG_FILES}.log"]


@pytest.mark.parametrize("pattern", ["absent.log", "*.absent", "folder/", "only*"])
def test_log_that_is_not_there_is_not_measured(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "only.gz").touch()
    with pytest.raises(NotMeasured, match="no readable file of the log l on local://"):
        logs_of(f"{tmp_path}/{pattern}")


def test_backup_folder_that_is_not_there_is_not_called_readable(tmp_path: Path) -> None:
    assert run(backups={"b": f"{tmp_path}/absent/*.gz"})["backup b"] == ""
    assert run(backups={"b": f"{tmp_path}/*.gz"})["backup b"] == "readable\n"


def test_first_bytes_of_the_newest_backup_are_read(tmp_path: Path) -> None:
    for age, name in enumerate(["b new.gz", "a old.gz"]):
        (tmp_path / name).write_bytes(b"\x1f\x8b\x08\x00@@end\n" if age == 0 else b"older")
        os.utime(tmp_path / name, (time.time() - 10 * age, time.time() - 10 * age))
    found = run(backups={"b": f"{tmp_path}/*.gz", "none": f"{tmp_path}/*.xz"})
    assert bytes.fromhex(found["backup head b"]) == b"\x1f\x8b\x08\x00@@en"
    assert found["backup head none"] == ""


def test_folder_is_no_backup(tmp_path: Path) -> None:
    (tmp_path / "x.gz").mkdir()
    assert run(backups={"b": f"{tmp_path}/*.gz"})["backup b"] == "readable\n"


def test_one_round_trip_brings_every_section_of_this_machine() -> None:
    found = run(mounts=["/", "/not there"])
    assert {"clock", "memory", "load", "kernel", "mounts", "disk", "inodes", "end"} <= set(found)
    assert abs(float(found["clock"]) - time.time()) < 20
    assert 0 < parse_memory(found["memory"])[0] < 100
    assert parse_load(found["load"].strip("\n"))[0] >= 0
    assert "/" in parse_df(found["disk"])
    assert "/" in parse_df(found["inodes"])


def test_split_keeps_text_between_the_marks() -> None:
    assert split("noise\n@@a\n1\n2\n@@b c\n@@end\n") == {"a": "1\n2\n", "b c": "", "end": ""}
    assert split("") == {}


def test_memory_in_use_is_what_is_not_available() -> None:
    text = "MemTotal:       16000000 kB\nMemFree:          100000 kB\nMemAvailable:   4000000 kB\nSwapTotal: 0 kB\n"
    assert parse_memory(text) == (75.0, "MemTotal: 16000000 kB\nMemAvailable: 4000000 kB")


@pytest.mark.parametrize("text", ["MemTotal: 16000000 kB\nMemFree: 1 kB\n", "MemAvailable: 1 kB\n", "garbage"])
def test_memory_of_a_kernel_that_does_not_say_is_not_measured(text: str) -> None:
    with pytest.raises(NotMeasured, match="lacks MemTotal or MemAvailable"):
        parse_memory(text)


def test_load_is_that_of_15_minutes_for_each_core() -> None:
    assert parse_load("8.00 4.00 3.00 2/345 6789\n4")[0] == 0.75


@pytest.mark.parametrize("text", ["8.00 4.00 3.00 2/345 6789", "8.00 4.00 3.00 2/345 6789\n", "garbage\n4"])
def test_load_without_the_number_of_cores_is_not_measured(text: str) -> None:
    with pytest.raises(NotMeasured, match="number of cores"):
        parse_load(text)


@pytest.mark.parametrize(
    ("fixture", "keys", "section"),
    [
        (disk.disk_free, {"mount": "/"}, "disk"),
        (disk.disk_inodes, {"mount": "/"}, "inodes"),
        (disk.undeclared_mounts, {"target": target()}, "mounts"),
        (host.host_memory, {}, "memory"),
        (host.host_load, {}, "load"),
        (clock.clock_offset, {}, "clock"),
    ],
)
@pytest.mark.parametrize("said", [{}, "empty"])
def test_section_that_is_missing_is_not_measured(fixture: Any, keys: dict[str, Any], section: str, said: Any) -> None:
    sections = {section: "\n"} if said else {}
    with pytest.raises(NotMeasured, match=f"ssh://x says nothing of {section}") as caught:
        body(fixture)(Facts(sections, "ssh://x", 0, 0), **keys)
    assert caught.value.parts == ("host",)


def test_kernel_that_counts_no_oom_kills_is_not_measured() -> None:
    for section in ({}, {"kernel": "nothing\n"}):
        error = unmeasured("host_oom", probing(results={"host_facts": Facts(section, "ssh://x", 0, 0)}))
        assert "kernel" in error.reason or "oom_kill" in error.reason


@pytest.mark.parametrize(
    ("before", "value", "baseline"), [(None, 5, True), (5, 0, False), (3, 2, False), (9, 5, False)]
)
def test_oom_kills_since_the_last_run_and_since_a_reboot(before: int | None, value: int, baseline: bool) -> None:
    one = probing(results={"host_facts": facts(kernel="oom_kill 5\n")})
    one.previous = {} if before is None else {"host.oom": before}
    found = measure("host_oom", one)
    assert (value, baseline) == (found.value, bool(found.baseline))
    assert one.kept == {"host.oom": 5}


# The probe itself


def test_this_machine_answers(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("one line\n", encoding="ascii")
    one = probing(mounts=["/"], logs={"l": {"files": f"{tmp_path}/*.log"}}, host="local://")
    found = measure("host_facts", one)
    assert [(one.path, one.text) for one in found.log("l")] == [(f"{tmp_path}/a.log", "one line\n\n")]
    assert body(clock.clock_offset)(found).value < 1
    assert one.cost == {"host_commands": 1}
    assert fault(one, "host") is None


def test_bytes_that_are_no_utf8_blind_nothing(tmp_path: Path) -> None:
    # `tail -c` may cut a character in two.
    (tmp_path / "a.log").write_bytes(b"\xa9 caf\xe9 \xff\n")
    found = measure("host_facts", probing(logs={"l": {"files": f"{tmp_path}/*.log"}}))
    assert (found.log("l")[0].text or "").strip() == "� caf� �"
    assert found.section("memory")


@pytest.mark.parametrize("mark", ["@@memory", "@@end", "@@ -1,3 +1,4 @@", "@@log l", "@@disk"])
def test_line_of_a_log_that_looks_like_a_mark_of_the_script_is_a_line(tmp_path: Path, mark: str) -> None:
    (tmp_path / "a.log").write_text(f"first\n{mark}\nMemTotal: 1 kB\nlast\n", encoding="ascii")
    found = measure("host_facts", probing(logs={"l": {"files": f"{tmp_path}/*.log"}}, mounts=["/"]))
    assert (found.log("l")[0].text or "").split("\n")[:4] == ["first", mark, "MemTotal: 1 kB", "last"]
    assert parse_memory(found.section("memory"))[0] > 0
    assert "/" in parse_df(found.section("disk"))


def test_file_name_with_a_line_break_forges_no_section(tmp_path: Path) -> None:
    (tmp_path / "x\n@@memory\nMemTotal: 1 kB\n.gz").touch()
    found = measure("host_facts", probing(backups={"b": {"glob": f"{tmp_path}/*.gz"}}))
    assert "MemTotal: 1 kB" not in found.section("memory")


def ssh(port: int) -> str:
    return f"ssh://nobody@127.0.0.1:{port}"


def test_port_where_nobody_listens() -> None:
    port = closed_port()
    one = probing(host=ssh(port))
    with within(3):
        error = unmeasured("host_facts", one)
    assert error.reason.startswith(f"{ssh(port)} cannot be asked: ")
    assert "Connection refused" in error.reason
    assert error.parts == ("host",)
    reported = fault(one, "host")
    assert reported is not None
    assert reported.check == "test_host_answer"
    assert "Connection refused" in reported.text


def test_port_that_accepts_and_says_nothing(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "CONNECT", 1)
    one = probing(host=ssh(serve(hang)))
    with within(4):
        error = unmeasured("host_facts", one)
    assert "timed out" in error.reason
    assert fault(one, "host") is not None


def test_server_that_is_no_ssh(serve: Serve) -> None:
    one = probing(host=ssh(serve(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"))))
    with within(4):
        unmeasured("host_facts", one)
    assert fault(one, "host") is not None
