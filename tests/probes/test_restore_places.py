"""Where a throw-away server lives, and what is kept from it."""

import os
import socket
from pathlib import Path

import docker
import pytest

from conformance.reading import NotMeasured
from fixtures.restore import choosing
from fixtures.restore.place import LABEL, MachinePlace, binaries_here, knows_restrict, version_of
from fixtures.restore.server import ThrowAway
from tests.probes.dumps import Material, engine, here, look_at, packed
from tests.probes.restoring import CALM, WORKSPACE, container
from tests.probes.support import probing


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", (15, 18)),
        ("postgres (PostgreSQL) 18beta1", (18, 0)),
        ("16.2", (16, 2)),
        ("9.6.24", (9, 6)),
        ("", (0, 0)),
    ],
)
def test_version(text: str, version: tuple[int, int]) -> None:
    assert version_of(text) == version


@pytest.mark.parametrize(
    ("version", "knows"), [((15, 13), False), ((15, 14), True), ((12, 99), False), ((18, 0), True)]
)
def test_psql_that_can_be_restricted(version: tuple[int, int], knows: bool) -> None:
    assert knows_restrict(version) is knows


@here
def test_machine_server_is_another_users_without_network_and_leaves_nothing() -> None:
    made = MachinePlace(binaries_here()[0], str(WORKSPACE), CALM)
    thrown = ThrowAway(made)
    try:
        thrown.start()
        assert os.stat(made.folder).st_mode & 0o777 == 0o700
        pid = int(Path(made.folder, "data", "postmaster.pid").read_text(encoding="ascii").split()[0])
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        if os.geteuid() == 0:
            assert "\nUid:\t0" not in status
            assert os.readlink(f"/proc/{pid}/ns/net") != os.readlink("/proc/self/ns/net")
        assert "NoNewPrivs:\t1" in status or os.geteuid() != 0
        settings = thrown.ask("SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings "
                              "WHERE name IN ('fsync', 'listen_addresses', 'wal_level')")  # fmt: skip
        assert settings == "fsync=off listen_addresses= wal_level=minimal"
    finally:
        thrown.stop()
    assert not Path(made.folder).exists()
    assert not Path(f"/proc/{pid}").exists()


def test_container_server_has_no_network_and_leaves_nothing() -> None:
    api = docker.APIClient(version="auto")
    with container() as made:
        name = Path(made.folder).name
        thrown = ThrowAway(made)
        thrown.start()
        inspected = api.inspect_container(name)
        assert inspected["HostConfig"]["NetworkMode"] == "none"
        assert inspected["HostConfig"]["CapDrop"] == ["ALL"]
        assert inspected["Config"]["Labels"][LABEL] == f"{socket.gethostname()}:{WORKSPACE / name}"
        assert inspected["Mounts"] == []
        assert thrown.ask("SELECT 1") == "1"
        assert thrown.free() > 0
    with pytest.raises(docker.errors.NotFound):
        api.inspect_container(name)
    api.close()


def test_production_itself_is_refused() -> None:
    chooser = choosing.Chooser(probing(), 10)
    chooser.production = frozenset({"4711"})
    chooser.refuse_production("4712")
    with pytest.raises(NotMeasured, match="is the production cluster 4711"):
        chooser.refuse_production("4711")


def test_command_of_psql_in_a_dump_is_refused_and_runs_nothing(material: Material, tmp_path: Path) -> None:
    target = tmp_path / "ran"
    tmp_path.chmod(0o777)
    content = material.good.replace(
        b"SET default_tablespace", b"\\! touch " + bytes(target) + b"\nSET default_tablespace", 1
    )
    look = look_at(tmp_path, packed(content), None, material)
    if not binaries_here():
        look.engine = engine()
    said = look()["test_restore"]
    assert (said.verdict, "backslash commands are restricted" in said.text) == ("CRITICAL", True)
    assert not target.exists()
