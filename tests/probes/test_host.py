"""Facts of the host: the script really run with /bin/sh, and its output parsed from recordings."""

import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from conformance.reading import NotMeasured
from fixtures import host
from fixtures.host import Facts, build_script, parse_df, parse_load, parse_memory, parse_mounts, parse_sync, split
from tests.probes.conftest import Serve
from tests.probes.support import body, closed_port, fault, hang, measure, probing, target, unmeasured, within


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
    assert found["log l"] == f"{path}\nthe line\n\n"
    readable, line = found["backup b"].splitlines()
    assert readable == "readable"
    assert line.split(" ", 2)[1:] == ["9", path]


@pytest.mark.parametrize("name", HOSTILE)
def test_wildcards_find_hostile_names(tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}.log").write_text("the line\n", encoding="utf-8")
    found = run(backups={"b": f"{tmp_path}/*.log"}, logs={"l": f"{tmp_path}/*.l[o]?"}, cwd=tmp_path)
    assert not (tmp_path / "pwned").exists()
    assert f"{tmp_path}/{name}.log" in found["backup b"]
    assert found["log l"].startswith(f"{tmp_path}/{name}.log\nthe line\n")


@pytest.mark.parametrize("name", ["it's", "$(touch pwned)", "a b", "a\\nb"])
def test_hostile_name_of_a_declared_set_is_a_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "x").write_text("the line\n", encoding="utf-8")
    every = {name: f"{tmp_path}/x"}
    found = run(backups=every, logs=every, files=every, cwd=tmp_path)
    assert not (tmp_path / "pwned").exists()
    assert {f"backup {name}", f"log {name}", f"file {name}", "end"} <= set(found)


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


def test_newest_of_several_logs_is_read_and_only_its_end(tmp_path: Path) -> None:
    for age, name in enumerate(["new", "old", "older"]):
        (tmp_path / f"{name}.log").write_text(f"{name}\n" + "x" * (host.LOG_BYTES + 5), encoding="ascii")
        os.utime(tmp_path / f"{name}.log", (time.time() - age, time.time() - age))
    path, _, text = run(logs={"l": f"{tmp_path}/*.log"})["log l"].partition("\n")
    assert path == f"{tmp_path}/new.log"
    assert text.strip() == "x" * host.LOG_BYTES


@pytest.mark.parametrize("pattern", ["absent.log", "*.absent", "folder/"])
def test_log_that_is_not_there_is_not_measured(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "folder").mkdir()
    facts = Facts(run(logs={"l": f"{tmp_path}/{pattern}"}), "local://", 0, 0, {"l": pattern})
    with pytest.raises(NotMeasured, match="no readable file matches"):
        facts.log("l")


def test_backup_folder_that_is_not_there_is_not_called_readable(tmp_path: Path) -> None:
    assert run(backups={"b": f"{tmp_path}/absent/*.gz"})["backup b"] == ""
    assert run(backups={"b": f"{tmp_path}/*.gz"})["backup b"] == "readable\n"


def test_folder_is_no_backup(tmp_path: Path) -> None:
    (tmp_path / "x.gz").mkdir()
    assert run(backups={"b": f"{tmp_path}/*.gz"})["backup b"] == "readable\n"


def test_one_round_trip_brings_every_section_of_this_machine() -> None:
    found = run(mounts=["/", "/not there"])
    assert {"clock", "memory", "load", "uptime", "kernel", "mounts", "disk", "inodes", "end"} <= set(found)
    assert abs(float(found["clock"]) - time.time()) < 20
    assert 0 < parse_memory(found["memory"])[0] < 100
    assert parse_load(found["load"].strip("\n"))[0] >= 0
    assert "/" in parse_df(found["disk"])
    assert "/" in parse_df(found["inodes"])


def test_split_keeps_text_between_the_marks() -> None:
    assert split("noise\n@@a\n1\n2\n@@b c\n@@end\n") == {"a": "1\n2\n", "b c": "", "end": ""}
    assert split("") == {}


DF = """Filesystem 1-blocks Used Available Capacity Mounted on
/dev/sda1 1000 750 250 75% /
/dev/mapper/a-very-long-name-of-a-volume-group-and-of-a-logical-volume-that-df-would-wrap 10 1 9 10% /long
//server/a share 100 40 60 40% /mnt/with space
tmpfs 100 0 100 0% /run
none - - - - /none
"""


def test_df_is_read_by_mount_point() -> None:
    found = parse_df(DF)
    assert {mount: line[:2] for mount, line in found.items()} == {
        "/": (750, 250), "/long": (1, 9), "/mnt/with space": (40, 60), "/run": (0, 100), "/none": (0, 0),
    }  # fmt: skip
    assert found["/"][2] == "/dev/sda1 1000 750 250 75% /"


@pytest.mark.parametrize("text", ["", "Filesystem\n", "Filesystem 1-blocks\ndf: broken\n\n"])
def test_df_that_says_nothing_has_no_mount(text: str) -> None:
    assert parse_df(text) == {}


def facts(**sections: str) -> Facts:
    return Facts(sections, "ssh://x", 100.0, 101.0)


def test_free_share_is_of_what_unprivileged_users_may_have() -> None:
    assert body(host.disk_free)(facts(disk=DF), "/").value == 25.0
    assert body(host.disk_inodes)(facts(inodes=DF), "/").value == 25.0


def test_file_system_without_inodes_cannot_run_out_and_one_without_space_is_no_data() -> None:
    assert body(host.disk_inodes)(facts(inodes=DF), "/none").value == 100.0
    assert not body(host.disk_free)(facts(disk=DF), "/none").has_data


def test_declared_mount_that_is_none_is_not_measured() -> None:
    # df names the file system that holds the folder: its space is not that of the mount that should be there.
    with pytest.raises(NotMeasured, match="/data is no mount point on ssh://x"):
        body(host.disk_free)(facts(disk=DF), "/data")


MOUNTS = r"""/dev/sda1 / ext4 rw 0 0
proc /proc proc rw 0 0
tmpfs /run tmpfs rw 0 0
overlay /var/lib/docker/overlay2/x/merged overlay rw 0 0
/dev/sdb1 /mnt/with\040space\011tab\134 xfs rw 0 0
nas:/x /srv/nfs nfs4 rw 0 0
sshfs /mnt/fuse fuse.sshfs rw 0 0
/dev/fuse /mnt/plain-fuse fuse rw 0 0
lxcfs /var/lib/lxcfs fuse.lxcfs rw 0 0
/dev/sdc1 /mnt/Bücher ext4 rw 0 0
/dev/sda1 / ext4 rw 0 0
short line
"""


def test_mounts_of_real_storage() -> None:
    expected = ["/", "/mnt/Bücher", "/mnt/fuse", "/mnt/plain-fuse", "/mnt/with space\ttab\\", "/srv/nfs"]
    assert expected == parse_mounts(MOUNTS)


def test_undeclared_mounts_are_those_neither_declared_nor_allowed() -> None:
    declared = target(mounts=["/", "/srv/nfs"], allow={"mounts": ["/mnt/*"]})
    assert body(host.undeclared_mounts)(facts(mounts=MOUNTS), declared).value == "none"
    declared = target(mounts=["/", "/srv/nfs"], allow={"mounts": ["/mnt/B*", "/mnt/w*"]})
    assert body(host.undeclared_mounts)(facts(mounts=MOUNTS), declared).value == "/mnt/fuse, /mnt/plain-fuse"


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


CHRONY = "chrony=C0000201,ntp.test,3,1763884732.1,0.0001,-0.0002,0.0003,-10.1,0.0,0.05,0.02,0.001,64.5,{}"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NTPSynchronized=yes", "yes"),
        ("NTPSynchronized=no", "no"),
        (CHRONY.format("Normal"), "yes"),
        (CHRONY.format("Insert second"), "yes"),
        (CHRONY.format("Not synchronised"), "chrony: Not synchronised"),
        ("NTPSynchronized=no\n" + CHRONY.format("Normal"), "yes"),
        ("NTPSynchronized=yes\n" + CHRONY.format("Not synchronised"), "yes"),
        ("NTPSynchronized=no\n" + CHRONY.format("Not synchronised"), "no"),
        ("chrony=506 Cannot talk to daemon", "chrony: 506 Cannot talk to daemon"),
    ],
)
def test_clock_held_by_a_time_service(text: str, value: str) -> None:
    assert value == parse_sync(text)
    assert value == body(host.clock_synchronised)(facts(sync=text + "\n")).value


@pytest.mark.parametrize("text", ["", "\n", "System has not been booted with systemd as init system"])
def test_clock_that_nobody_can_be_asked_of_is_not_measured(text: str) -> None:
    with pytest.raises(NotMeasured, match="neither timedatectl nor chronyc is there to ask") as caught:
        body(host.clock_synchronised)(facts(sync=text))
    assert caught.value.next_step == "install chrony"


@pytest.mark.parametrize(
    ("moment", "offset"),
    [(100.0, 0.0), (100.5, 0.0), (101.0, 0.0), (99.0, 1.0), (40.0, 60.0), (103.5, 2.5)],
)
def test_offset_of_the_clock_is_what_the_journey_cannot_explain(moment: float, offset: float) -> None:
    # Asked at 100, answered at 101.
    assert offset == body(host.clock_offset)(facts(clock=f"{moment}\n")).value


@pytest.mark.parametrize(
    ("fixture", "keys", "section"),
    [
        (host.disk_free, {"mount": "/"}, "disk"),
        (host.disk_inodes, {"mount": "/"}, "inodes"),
        (host.undeclared_mounts, {"target": target()}, "mounts"),
        (host.host_memory, {}, "memory"),
        (host.host_load, {}, "load"),
        (host.clock_offset, {}, "clock"),
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
    assert found.log("l") == ("one line\n\n", f"{tmp_path}/a.log")
    assert body(host.clock_offset)(found).value < 1
    assert one.cost == {"host_commands": 1}
    assert fault(one, "host") is None


def test_bytes_that_are_no_utf8_blind_nothing(tmp_path: Path) -> None:
    # `tail -c` may cut a character in two.
    (tmp_path / "a.log").write_bytes(b"\xa9 caf\xe9 \xff\n")
    found = measure("host_facts", probing(logs={"l": {"files": f"{tmp_path}/*.log"}}))
    assert found.log("l")[0].strip() == "� caf� �"
    assert found.section("memory")


@pytest.mark.parametrize("mark", ["@@memory", "@@end", "@@ -1,3 +1,4 @@", "@@log l", "@@disk"])
def test_line_of_a_log_that_looks_like_a_mark_of_the_script_is_a_line(tmp_path: Path, mark: str) -> None:
    (tmp_path / "a.log").write_text(f"first\n{mark}\nMemTotal: 1 kB\nlast\n", encoding="ascii")
    found = measure("host_facts", probing(logs={"l": {"files": f"{tmp_path}/*.log"}}, mounts=["/"]))
    assert found.log("l")[0].split("\n")[:4] == ["first", mark, "MemTotal: 1 kB", "last"]
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
