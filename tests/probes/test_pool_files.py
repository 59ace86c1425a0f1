"""A pool's file on the host against the one that the service's containers have."""

import io
import tarfile
from typing import Any

import docker as library
import pytest

from conformance.reading import NotMeasured
from fixtures import docker, pool_files, pools
from fixtures.docker import Container, Engine
from fixtures.pool_files import places
from tests.probes.support import body, measure, probing
from tests.probes.test_pools import AGREED

FILE = "/etc/api/pool.yaml"


def box(name: str = "api_1", status: str = "running") -> Container:
    return Container(name, name, "api", status, "", 0, False, 0, "", "", 0, 0)


class Api:
    """An engine whose containers have these files; a text that begins with -> is a link."""

    def __init__(self, mounts: list[dict[str, str]], **files: dict[str, str]) -> None:
        self.mounts, self.files = mounts, files
        self.closed = False

    def inspect_container(self, _: str) -> dict[str, Any]:
        return {"Mounts": self.mounts}

    def get_archive(self, container: str, path: str) -> tuple[Any, dict[str, Any]]:
        text = self.files[container].get(path)
        if text is None:
            raise library.errors.NotFound("no such file")
        held = io.BytesIO()
        with tarfile.open(fileobj=held, mode="w") as archive:
            member = tarfile.TarInfo("pool.yaml")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
        target = text.removeprefix("-> ") if text.startswith("-> ") else ""
        return (one for one in (held.getvalue()[:700], held.getvalue()[700:])), {"linkTarget": target}

    def close(self) -> None:
        self.closed = True


def reading(monkeypatch: pytest.MonkeyPatch, api: Api, *boxes: Container, text: str = AGREED, **pool: str) -> Any:
    declared = {"host": "x", "dbname": "d", "user": "u", "pools": {"api": {"file": FILE, "role": "app", **pool}}}
    engine = Engine({"api": boxes or (box(),)}, {}, "20", "x")
    run = probing(results={"docker_engine": engine}, services={"api": {}}, postgres=declared)
    monkeypatch.setattr(docker, "client", lambda _: api)
    copies = measure("pool_copies", run)
    assert api.closed
    return body(pool_files.pool_file)({"api": pools.parse(text, "database.main")}, copies, "api", run.target)


@pytest.mark.parametrize(
    ("mounts", "path"),
    [
        ([], FILE),
        ([{"Source": "/etc/api", "Destination": "/app/config"}], "/app/config/pool.yaml"),
        ([{"Source": "/etc/api/pool.yaml", "Destination": "/pool.yaml"}], "/pool.yaml"),
        ([{"Source": "/etc/ap", "Destination": "/app/config"}], FILE),
        ([{"Source": "", "Destination": "/tmp"}], FILE),
    ],
)
def test_file_is_looked_for_where_a_mount_puts_it(
    monkeypatch: pytest.MonkeyPatch, mounts: list[dict[str, str]], path: str
) -> None:
    assert places(FILE, mounts)[0] == path
    assert reading(monkeypatch, Api(mounts, api_1={path: AGREED})).value == "the same numbers"


def test_file_is_read_where_the_target_says_and_through_links(monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api([], api_1={"/app/a.yaml": "-> ../data/b.yaml", "/data/b.yaml": "-> /c.yaml", "/c.yaml": AGREED})
    assert reading(monkeypatch, api, inside="/app/a.yaml").value == "the same numbers"
    circle = Api([], api_1={"/app/a.yaml": "-> a.yaml"})
    with pytest.raises(NotMeasured, match="has no such file"):
        reading(monkeypatch, circle, inside="/app/a.yaml")


def test_file_of_another_service_with_the_same_numbers_is_not_the_declared_one(monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api([{"Source": "/etc/worker", "Destination": "/config"}], api_1={"/config/pool.yaml": AGREED})
    with pytest.raises(
        NotMeasured, match=r"/etc/api/pool\.yaml may be another service's: api_1 has no such file"
    ) as caught:
        reading(monkeypatch, api)
    assert "`inside` of postgres.pools.api" in caught.value.next_step


def test_containers_that_have_other_numbers_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api([], api_1={FILE: AGREED}, api_2={FILE: AGREED.replace("40", "80")}, api_3={FILE: "{"})
    found = reading(monkeypatch, api, box("api_1"), box("api_2"), box("api_3"))
    assert found.value == "api_2: max_overflow 80; api_3: no YAML from line 1 on"
    assert found.excerpt.splitlines()[0] == "api_1: the same numbers"


def test_service_that_does_not_run_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotMeasured, match="api is not running") as caught:
        reading(monkeypatch, Api([]), box(status="paused"))
    assert caught.value.parts == ("api",)
