"""The audit of an access log: what is ours, and memory that strangers cannot fill."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures import access, access_audit, access_files, marks
from fixtures.access_audit import About, Audit, Bursts, Table, neighbourhood, suspicion
from fixtures.access_line import Request
from fixtures.docker import Engine
from tests.probes.access_logs import ADMIN, NOW, combined, strangers
from tests.probes.support import measure, probing, unmeasured
from tests.probes.support import target as make_target
from tests.probes.test_docker import container


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


# What is ours


def marked(uri: str, source: str = "9.9.9.9", agent: str = "", secret: bytes = b"") -> str:
    target = make_target()
    return combined(source, uri, 200, ago=1, agent=agent or marks.make(secret or marks.key(target), uri))


def test_our_own_marked_requests_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text(marked("/api/admin/ping") + combined())
    found = strangers(tmp_path)
    assert (found.value, found.samples) == (0, 1)
    assert "1 marked requests of our own left out" in found.excerpt


@pytest.mark.parametrize("agent", ["agent-v3-conformance", "agent-v3-conformance/1.2.3", "agent-v3-conformance/..",
                                   f"agent-v3-conformance/{int(NOW)}.ab.{'0' * 32}"])  # fmt: skip
def test_nobody_hides_behind_our_name(tmp_path: Path, agent: str) -> None:
    (tmp_path / "access.log").write_text(marked("/api/admin/ping", agent=agent))
    assert strangers(tmp_path).value == 1


def test_mark_of_another_path_time_or_machine_hides_nothing(tmp_path: Path) -> None:
    secret = marks.key(make_target())
    for agent in (marks.make(secret, "/health"), marks.make(b"another", "/api/admin")):
        (tmp_path / "access.log").write_text(combined("9.9.9.9", "/api/admin", agent=agent, ago=1))
        assert strangers(tmp_path).value == 1
    late = combined("9.9.9.9", "/api/admin", agent=marks.make(secret, "/api/admin"), ago=marks.LATE + 60)
    (tmp_path / "access.log").write_text(late)
    assert strangers(tmp_path).value == 1


def test_key_of_the_marks_is_private_and_stays(tmp_path: Path) -> None:
    one, path = marks.key(make_target()), tmp_path / "state" / "agent-v3-conformance" / "toy" / marks.FILE
    assert len(one) == marks.SIZE
    assert (marks.key(make_target()), path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (
        one,
        0o600,
        0o700,
    )


def test_without_a_key_nothing_is_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(blocked))
    assert marks.key(make_target()) == b""
    assert not marks.is_ours(b"", Request(NOW, "", "/", 200, marks.make(b"", "/"), None))


# Bounds


def test_table_forgets_the_rarest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_audit, "KEYS", 100)
    table = Table()
    for _ in range(5):
        table.count("often")
    for number in range(5000):
        table.count(str(number))
    assert len(table) <= 100
    assert table["often"] == 5
    assert table.text(2).splitlines() == ["5 x often", table.text(2).splitlines()[1],
                                          f"and {len(table) - 2} more", "rare ones are left out"]  # fmt: skip


def test_bursts_of_ever_new_sources_stay_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_audit, "KEYS", 100)
    bursts = Bursts()
    for number in range(5000):
        bursts.add(str(number), number / 1000)
        bursts.add("guesser", number / 1000)
    assert len(bursts.recent) <= 101
    assert len(bursts.most) <= 201
    assert max(bursts.most.values()) <= 100


def test_quick_look_misses_nothing_that_the_long_one_finds() -> None:
    look = suspicion("/api/admin").search
    for target in ("/api/admin", "/API/ADMIN", "/%61pi/admin", "/api/%61dmin", "/api\\admin", "/.env", "/.git/config",
                   "/wp-login.php", "/a.sql", "/x?y=${jndi:ldap}", "/a/../b", "/server-status", "/id.pem"):  # fmt: skip
        assert look(target), target
    assert not look("/api/chat?x=1")


def test_neighbourhoods() -> None:
    assert neighbourhood("2001:db8::1") == neighbourhood("2001:db8::2") == "2001:db8::/64"
    assert neighbourhood("::ffff:1.2.3.4") == "1.2.3.4"
    assert len(neighbourhood("x" * 500)) == 60


def test_about_is_asked_only_of_requests_with_an_agent() -> None:
    asked: list[Request] = []
    judge: Callable[[Request], bool] = lambda one: bool(asked.append(one))  # noqa: E731
    audit = Audit(About("/api/admin", (), frozenset(), judge), 0)
    audit.add(Request(1, "1.1.1.1", "/", 200, "", None), False)
    audit.add(Request(1, "1.1.1.1", "/", 200, "curl", None), False)
    assert len(asked) == 1


# Where there is no file


class FakeApi:
    """The two calls of the engine that are made."""

    def __init__(self, text: bytes) -> None:
        self.text, self.asked = text, dict[str, object]()

    def logs(self, _: str, **keys: object) -> list[bytes]:
        self.asked = keys
        return [self.text[:10], self.text[10:]]

    def inspect_container(self, _: str) -> dict[str, object]:
        networks = {"a": {"Gateway": "172.18.0.1", "IPv6Gateway": ""}, "b": {"Gateway": "", "IPv6Gateway": "fd00::1"}}
        return {"NetworkSettings": {"Networks": networks}}

    def close(self) -> None:
        """Nothing is open."""


def test_without_files_the_log_is_what_the_container_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    api = FakeApi(combined("9.9.9.9", "/api/admin").encode() + combined("fd00::1").encode())
    for module in (access, access_files):
        monkeypatch.setattr(module, "client", lambda _: api)
    engine = Engine({"nginx": (container(Created="2026-01-01T00:00:00Z"),)}, {}, "", "")
    run = probing(results={"docker_engine": engine}, nginx={"admin": ADMIN})
    log, audit = measure("access_log", run)["access.admin.strangers"]
    assert (audit.requests, audit.strangers, audit.through_gateway) == (2, 1, 1)
    assert api.asked["stderr"] is False
    assert log.source.born == pytest.approx(1767225600)
    assert audit.about.gateways == {"172.18.0.1", "fd00::1"}


def test_container_that_is_not_there_has_no_log() -> None:
    found = unmeasured("access_log", probing(results={"docker_engine": Engine({}, {}, "", "")}, nginx={"admin": ADMIN}))
    assert (found.reason, found.parts) == ("nginx has no container to read a log of", ("nginx",))
