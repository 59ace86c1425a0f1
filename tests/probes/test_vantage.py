"""Who asks, and from where: the asker's own words, addresses that end by themselves, points, and what keeps it away."""

import json
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.reading import NotMeasured
from conformance.target_nginx import Admin, Point
from fixtures import admin, admin_plan, asker, vantage
from fixtures.admin_plan import Plan, Server
from fixtures.docker import Engine
from tests.probes.conftest import Serve
from tests.probes.support import closed_port, hang, measure, probing, target, unmeasured
from tests.probes.test_docker import container

PAGE = b"HTTP/1.1 403 Forbidden\r\nServer: nginx\r\nContent-Length: 22\r\n\r\n<hr><center>nginx</center>"
Asks = list[dict[str, Any]]


def request(port: int, **other: Any) -> dict[str, Any]:
    return {"key": "k", "to": "127.0.0.1", "port": port, "name": "agent.test", "tls": False, "source": "",
            "target": "//api/%61dmin", "headers": [["X-A", "1"], ["X-A", "2"]], "agent": "marked", **other}  # fmt: skip


def says(text: bytes, heard: list[bytes] | None = None) -> Callable[[socket.socket], object]:
    def answer(connection: socket.socket) -> None:
        said = connection.recv(4096)
        if heard is not None:
            heard.append(said)
        connection.sendall(text)

    return answer


def test_request_is_sent_byte_for_byte(serve: Serve) -> None:
    heard: list[bytes] = []
    found = asker.answer(request(serve(says(PAGE, heard))))
    assert heard == [b"GET //api/%61dmin HTTP/1.1\r\nHost: agent.test\r\nUser-Agent: marked\r\nX-A: 1\r\nX-A: 2\r\n"
                     b"Connection: close\r\n\r\n"]  # fmt: skip
    assert (found["status"], found["server"], "<center>nginx" in found["body"]) == (403, "nginx", True)


def test_request_through_tls_whatever_the_certificate(serve: Serve, tls: Callable[[str], ssl.SSLContext]) -> None:
    found = asker.answer(request(serve(says(PAGE), tls("expired")), tls=True))
    assert found["status"] == 403


@pytest.mark.parametrize("text", [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n"])
def test_what_is_no_answer_is_an_error(text: bytes, serve: Serve) -> None:
    found = asker.answer(request(serve(says(text))))
    assert found["status"] == 0
    assert "no HTTP answer" in found["error"]


def test_nobody_there_and_nobody_who_answers(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asker, "TIMEOUT", 0.3)
    assert "ConnectionRefusedError" in asker.answer(request(closed_port()))["error"]
    assert "TimeoutError" in asker.answer(request(serve(hang)))["error"]
    assert asker.answer(request(serve(says(PAGE)), source="203.0.113.9"))["status"] == 0


def test_addresses_of_the_kernels_table() -> None:
    assert asker._place("0100007F:0050") == ("127.0.0.1", 80)
    assert asker._place("00000000000000000000000001000000:01BB") == ("::1", 443)
    assert asker.listening("/nonexistent") == []


def test_addresses_are_brought_and_taken_away_and_would_end_by_themselves(tmp_path: Path) -> None:
    text = f"""
import sys; sys.path.insert(0, {str(Path(asker.__file__).parents[1])!r})
import subprocess
from fixtures import asker
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
show = lambda: subprocess.run(["ip", "addr", "show", "lo"], capture_output=True, text=True).stdout
print(asker._addresses("add", ["11.0.0.0", "2001:db8::1"], "valid_lft 60 preferred_lft 60"), show())
print(asker._addresses("del", ["11.0.0.0", "2001:db8::1"], ""), "after", show())
"""
    done = subprocess.run(
        ["unshare", "--net", sys.executable, "-c", text], capture_output=True, text=True, check=True, timeout=30
    )  # fmt: skip
    before, _, after = done.stdout.partition("after")
    assert before.count("valid_lft 60sec") == 2
    assert "11.0.0.0" not in after
    assert "2001:db8" not in after


def test_address_that_cannot_be_brought_is_trouble() -> None:
    plan = json.dumps({"addresses": ["11.0.0.1", "nonsense"], "asks": []})
    done = subprocess.run(
        ["unshare", "--net", sys.executable, "-I", asker.__file__, plan],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    with pytest.raises(NotMeasured, match="addresses could not be brought"):
        vantage.parse(done.stdout, done.stderr, done.returncode, "here")


@pytest.mark.parametrize(("out", "error"), [("", "python3: not found"), ("{}", ""), ("[]", ""), ('{"answers":1}', "")])
def test_asker_that_says_nothing_is_not_measured(out: str, error: str) -> None:
    with pytest.raises(NotMeasured, match="gave no answer") as caught:
        vantage.parse(out, error, 127, "here")
    assert error in caught.value.reason


# The plan


def test_first_last_and_next_door_of_every_range() -> None:
    admin_key = {"allow": ["10.0.0.0/8", "11.0.0.0/24", "1.2.3.4", "2001:db8:1::/48"], "harmless": "/api/admin/ping",
                 "url": "https://a.test", "namespace": True}  # fmt: skip
    told = target(disposable=True, nginx={"admin": admin_key})
    assert list(admin_plan.admin_listed(told)) == [
        "10.0.0.0", "10.255.255.255", "11.0.0.0", "11.0.0.255", "1.2.3.4", "2001:db8:1::",
        "2001:db8:1:ffff:ffff:ffff:ffff:ffff",
    ]  # fmt: skip
    assert list(admin_plan.admin_stranger(told)) == [
        "9.255.255.255", "11.0.1.0", "1.2.3.3", "1.2.3.5", "2001:db8:0:ffff:ffff:ffff:ffff:ffff", "2001:db8:2::",
        "203.0.113.9",
    ]  # fmt: skip


def test_nothing_is_tried_where_nobody_said_that_it_may() -> None:
    for told in (target(), target(nginx={}), target(nginx={"admin": {"allow": ["10.0.0.0/8"]}})):
        for kind in (admin_plan.admin_listed, admin_plan.admin_stranger, admin_plan.admin_spelling,
                     admin_plan.admin_header):  # fmt: skip
            assert list(kind(told)) == []
    found = unmeasured("admin_asked", probing(nginx={"admin": {"allow": ["10.0.0.0/8"]}}))
    assert "harmless" in found.next_step


def test_spellings_that_nginx_takes_for_admin() -> None:
    one = Admin(allow=["10.0.0.0/8"], harmless="/api/admin/ping", public="/health", url="http://a", namespace=True)
    told = {text: admin_plan.is_admin_to_nginx(text, one) for text in admin_plan.spellings(one)}
    assert [text for text, is_admin in told.items() if not is_admin] == [
        "/api/%2561dmin/ping", "/API/ADMIN/ping", "/api/Admin/ping",
    ]  # fmt: skip
    assert {"//api/admin/ping", "/api/%61dmin/ping", "/api/admin/../admin/ping", "/health/../api/admin/ping"} <= set(
        told
    )


# Points


def point_target(port: int, **points: Any) -> dict[str, Any]:
    return {"admin": {"allow": ["10.0.0.0/8"], "harmless": "/api/admin/ping", "public": "/health",
                      "url": f"http://127.0.0.1:{port}", "points": points}}  # fmt: skip


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.mark.usefixtures("key")
def test_points_ask_with_their_own_addresses(serve: Serve) -> None:
    heard: list[bytes] = []
    port = serve(says(PAGE, heard))
    office, home = {"host": "local://", "listed": True}, {"host": "local://", "listed": False}
    run = probing(results={}, nginx=point_target(port, office=office, home=home))
    run.probe = lambda name: (_ for _ in ()).throw(NotMeasured(f"no {name}"))
    asked = measure("admin_asked", run)

    assert set(admin_plan.admin_listed(run.target)) == {"office"}
    assert [one.came(asked.admin) for one in asked.of("from home")] == ["refused by nginx"]
    assert asked.of("path //api/admin/ping")
    assert len(asked.of("header X-Forwarded-For")) == 4
    assert run.cost["admin_requests"] == len(heard), "those of TLS are heard too, and not understood"


@pytest.mark.usefixtures("key")
def test_point_that_is_away_is_not_measured_and_hides_no_other(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vantage, "host_command", lambda told, _: ["false"] if "away" in told.host else ["echo", ""])
    away = {"host": "ssh://away", "listed": True}
    run = probing(nginx=point_target(1, away=away, home={"host": "local://", "listed": False}))
    run.probe = lambda name: (_ for _ in ()).throw(NotMeasured(f"no {name}"))
    asked = measure("admin_asked", run)
    with pytest.raises(NotMeasured, match=r"the asker in away \(ssh://away\) gave no answer"):
        asked.of("from away")


def test_point_runs_python_where_it_is(serve: Serve) -> None:
    port = serve(says(PAGE))
    one = Admin(
        allow=["10.0.0.0/8"], harmless="/api/admin/x", url="http://a", points={"p": Point(host="local://", listed=True)}
    )
    plan = Plan(one, Server("127.0.0.1", port, "a", False), b"")
    plan.everybody([""])
    found = vantage.at_point(probing(), "p", one.points["p"], plan.of_point())
    assert [answer["status"] for answer in found["answers"]] == [403]


def test_helper_without_an_engine_is_not_measured(tmp_path: Path) -> None:
    run = probing(docker=f"unix://{tmp_path}/none.sock")
    with pytest.raises(NotMeasured, match="Docker engine"):
        vantage.in_namespace(run, container(), {"asks": []})


def test_nginx_that_does_not_run_blocks_what_asks_in_its_namespace() -> None:
    keys = {"allow": ["10.0.0.0/8"], "harmless": "/api/admin/x", "url": "http://a", "namespace": True}
    results: dict[str, Any] = {"docker_engine": Engine({}, {}, "", ""), "nginx_settings": None}
    found = unmeasured("admin_asked", probing(results=results, disposable=True, nginx={"admin": keys}))
    assert found.parts == ("nginx",)


def test_words_of_an_answer() -> None:
    one = Admin(allow=["10.0.0.0/8"], answers=401)
    assert [admin.Answer(status, page, "").came(one) for status, page in
            ((0, False), (403, True), (403, False), (401, False), (401, True), (502, True))] == [
        "", "refused by nginx", "403 by the application", "let in", "401 by nginx", "502 by nginx",
    ]  # fmt: skip
