"""The script that sudo may run: what it tells, what it refuses, and that it changes nothing."""

import ast
import gzip
import json
import os
import pwd
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures import collector

SCRIPT = Path(collector.__file__)
RULE = "{logs}/*.log {{\n  daily\n  rotate 14\n}}\n"
ID = "0123456789abcdef" * 4


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with logs/, rules/app and a state file, which the collector takes for those of the host."""
    logs, rules = tmp_path / "logs", tmp_path / "rules"
    logs.mkdir()
    rules.mkdir()
    (rules / "app").write_text(RULE.format(logs=logs))
    for name in ("app.log", "app.log.1", "app.log.2.gz", "app.logger", "other.txt"):
        (logs / name).write_text(name)
    (tmp_path / "status").write_text(
        f'logrotate state -- version 2\n"{logs}/app.log" 2026-11-23-9:8:7\n"/secret/x.log" 2026-1-1-0:0:0\n'
    )
    monkeypatch.setattr(collector, "RULE_FOLDER", str(rules))
    monkeypatch.setattr(collector, "STATES", (str(tmp_path / "status"),))
    return tmp_path


def collect(place: Path, **more: list[str]) -> dict[str, Any]:
    given = {"rules": [f"{place}/rules/app"], "configs": [], "states": [f"{place}/status"], "containers": [], **more}
    return json.loads(json.dumps(collector.collect(**given)))  # type: ignore[no-any-return]


def test_facts_of_a_rule(place: Path) -> None:
    found = collect(place)
    assert found["version"] == collector.VERSION
    assert found["rules"][f"{place}/rules/app"]["text"].startswith(f"{place}/logs/*.log")
    assert [(os.path.basename(one["path"]), one["live"]) for one in found["files"]] == [
        ("app.log", True), ("app.log.1", False), ("app.log.2.gz", False)
    ]  # fmt: skip
    status = os.stat(place / "logs" / "app.log")
    first = found["files"][0]
    assert (first["device"], first["inode"], first["size"]) == (status.st_dev, status.st_ino, 7)
    assert 0 <= time.time() - first["folder_born"] < 60


def test_file_is_known_by_its_first_bytes_and_none_of_them_is_told(place: Path) -> None:
    (place / "logs" / "app.log.2.gz").write_bytes(gzip.compress(b"correct horse"))
    (place / "logs" / "app.log.3.gz").write_bytes(b"plain text")
    (place / "logs" / "app.log.4.gz").write_bytes(b"")
    (place / "logs" / "app.log.5.gz").symlink_to("/etc/shadow")
    found = collect(place)["files"]
    assert [one["packed"] for one in found] == ["", "", "gzip", "", "", ""]
    assert "plain text" not in json.dumps(found)


def test_access_to_a_file_and_its_folder_by_name_and_by_number(place: Path) -> None:
    os.chmod(place / "logs", 0o750)
    live = place / "logs" / "app.log"
    os.chmod(live, 0o640)
    if os.geteuid() == 0:
        os.chown(live, 0, 54321)
    me = pwd.getpwuid(os.geteuid()).pw_name
    first = collect(place)["files"][0]
    assert first["access"] == ["0640", me, "54321" if os.geteuid() == 0 else first["access"][2]]
    assert first["folder_access"][:2] == ["0750", me]


def test_state_tells_of_the_files_of_the_rule_alone(place: Path) -> None:
    state = collect(place)["states"][f"{place}/status"]
    assert state["entries"] == {f"{place}/logs/app.log": time.mktime((2026, 11, 23, 9, 8, 7, 0, 0, -1))}
    assert time.time() - state["mtime"] < 60


@pytest.mark.parametrize("path", ["/etc/shadow", "/etc/passwd", "../../../etc/shadow", "/etc/logrotate.d/../shadow"])
def test_no_argument_is_a_free_path(place: Path, path: str) -> None:
    found = collect(place, rules=[path], configs=[path], states=[path])
    for kind in ("rules", "configs", "debug", "states"):
        assert set(found[kind][path]) <= {"error", "absent"}
    assert "root:" not in json.dumps(found)
    assert found["files"] == []


def test_link_out_of_the_folder_of_rules_is_not_followed(place: Path) -> None:
    (place / "rules" / "evil").symlink_to("/etc/passwd")
    found = collect(place, rules=[f"{place}/rules/evil"])
    assert "is not read" in found["rules"][f"{place}/rules/evil"]["error"]


@pytest.mark.parametrize("one", ["", "1", "../1", "x" * 64, ID[:63]])
def test_container_is_named_by_its_whole_id(place: Path, one: str) -> None:
    assert "no id of a container" in collect(place, containers=[one])["open"][one]["error"]


def test_container_that_nobody_sees(place: Path) -> None:
    assert collect(place, containers=[ID])["open"][ID]["error"] == (
        f"no process of the container {ID[:12]} can be seen on this host"
    )


def test_rule_and_state_that_are_not_there(place: Path) -> None:
    (place / "status").unlink()
    found = collect(place, rules=[f"{place}/rules/none"])
    assert found["rules"][f"{place}/rules/none"] == {"absent": f"{place}/rules/none"}
    assert found["states"][f"{place}/status"] == {"absent": f"{place}/status"}


@pytest.fixture
def writer(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A process that writes to app.log, reads app.log.2.gz and writes to other.txt, as the only one of a container."""
    script = "exec 3>>app.log 4<app.log.2.gz 5>>other.txt; echo; exec sleep 60"
    process = subprocess.Popen(["sh", "-c", script], cwd=place / "logs", stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    monkeypatch.setattr(collector, "_is_of", lambda pid, _: pid == str(process.pid))
    yield process.pid
    process.kill()
    process.wait()
    process.stdout.close()


def held(place: Path) -> list[tuple[int, str]]:
    answer = collect(place, containers=[ID])["open"][ID]
    assert answer["unread"] == []
    return [(one["pid"], os.path.basename(one["path"])) for one in answer["files"]]


def test_files_of_the_rule_that_a_process_writes(place: Path, writer: int) -> None:
    assert held(place) == [(writer, "app.log")]


def test_file_that_was_moved_away_is_told_by_its_new_name(place: Path, writer: int) -> None:
    (place / "logs" / "app.log").rename(place / "logs" / "app.log.1")
    (place / "logs" / "app.log").touch()
    assert held(place) == [(writer, "app.log.1")]


def test_file_that_was_deleted_is_told(place: Path, writer: int) -> None:
    (place / "logs" / "app.log").unlink()
    (place / "logs" / "app.log").touch()
    assert held(place) == [(writer, "app.log (deleted)")]


def test_nothing_changes(place: Path) -> None:
    def snapshot() -> list[tuple[str, int, int]]:
        return sorted((str(one), one.stat().st_mtime_ns, one.stat().st_size) for one in place.rglob("*"))

    before, ours = snapshot(), set(Path("/tmp").glob("agent-v3-collector-*"))
    collect(place)
    assert snapshot() == before
    assert set(Path("/tmp").glob("agent-v3-collector-*")) <= ours


def test_rule_of_megabytes_is_bounded(place: Path) -> None:
    (place / "rules" / "app").write_text("#" * 10_000_000)
    assert len(collect(place)["rules"][f"{place}/rules/app"]["text"]) == collector.TEXT


def test_script_runs_alone_as_a_program_of_old_python_and_of_the_standard_library() -> None:
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 8))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported <= set(sys.stdlib_module_names)
    done = subprocess.run([sys.executable, "-I", SCRIPT, "--state=/etc/shadow"], capture_output=True, check=True)
    assert json.loads(done.stdout)["states"]["/etc/shadow"]["error"].startswith("/etc/shadow is not read")
