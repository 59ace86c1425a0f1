"""Health endpoints on loopback that answer well, badly, too much, too slowly or not at all."""

import json
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.reading import NotMeasured
from fixtures import http
from fixtures.http import Answer, parse_dependencies
from tests.probes.conftest import Serve
from tests.probes.support import Handler, body, closed_port, fault, hang, measure, probing, target, within

WHOLE = 0.9


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "CONNECT", 0.5)
    monkeypatch.setattr(http, "READ", 0.4)
    monkeypatch.setattr(http, "WHOLE", WHOLE)


def response(text: str = "", status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(text.encode())}", *headers]
    return ("\r\n".join(lines) + f"\r\n\r\n{text}").encode()


def say(data: bytes) -> Handler:
    """Read the request, then send this and hang up."""

    def handler(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(data)

    return handler


def drip(*head: bytes, piece: bytes = b"x") -> Handler:
    """Send the head, then a piece every 50 ms for ever."""

    def handler(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"".join(head))
        while True:
            connection.sendall(piece)
            time.sleep(0.05)

    return handler


def stall(data: bytes) -> Handler:
    """Send this, then nothing more."""

    def handler(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(data)
        hang(connection)

    return handler


def ask(port: int, scheme: str = "http", host: str = "127.0.0.1", ca: str | None = None) -> Answer:
    run = probing(http={"direct": {"url": f"{scheme}://{host}:{port}/health", "services": ["api"], "ca": ca}})
    with within(WHOLE + 0.6):
        found = measure("http_answers", run)["direct"]
    assert isinstance(found, Answer)
    reported = fault(run, "endpoint direct")
    assert (None if found.status == "200" else found.status) == (reported and reported.text)
    return found


@pytest.mark.parametrize("text", ['{"status":"ok","dependencies":{"redis":"ok"}}', "{}", "", "ok", "x" * 65_000])
def test_answer_that_is_good(serve: Serve, text: str) -> None:
    found = ask(serve(say(response(text))))
    assert (found.status, found.body) == ("200", text)
    assert found.seconds is not None
    assert 0 < found.seconds < WHOLE


def test_chunked_and_compressed_bodies_are_read_as_a_client_would(serve: Serve) -> None:
    import gzip

    packed = gzip.compress(b'{"dependencies":{"redis":"ok"}}')
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (packed[:9], packed[9:]))
    assert ask(serve(say(head + chunks + b"0\r\n\r\n"))).dependencies == {"redis": "ok"}


def test_body_of_a_503_is_kept_and_names_who_is_unwell(serve: Serve) -> None:
    found = ask(serve(say(response('{"dependencies":{"redis":"down","postgres":"ok"}}', "503 Service Unavailable"))))
    assert (found.status, found.dependencies) == ("503", {"redis": "down", "postgres": "ok"})


@pytest.mark.parametrize("code", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"])
def test_redirect_is_named_and_not_followed(serve: Serve, code: str) -> None:
    asked: list[bytes] = []

    def handler(connection: socket.socket) -> None:
        asked.append(connection.recv(4096))
        connection.sendall(response("", code, "Location: /login"))

    assert ask(serve(handler)).status == f"{code[:3]} to /login"
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("handler", "status"),
    [
        pytest.param(
            say(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}"), "the answer was cut short", id="truncated"
        ),
        pytest.param(
            say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{}"), "the answer was cut short",
            id="truncated-chunk",
        ),
        pytest.param(
            stall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}"), "no answer within 0.4 s", id="stalled"
        ),
        pytest.param(drip(b"HTTP/1.1 200 OK\r\n\r\n"), "200, but the answer does not end", id="endless"),
        pytest.param(
            drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"), "200, but the answer does not end", id="slow"
        ),
        pytest.param(
            drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", piece=b"1\r\nx\r\n"),
            "200, but the answer does not end", id="endless-chunks",
        ),
        pytest.param(drip(b"HTTP/1.1 200 OK\r\n"), "no answer within 0.9 s", id="endless-header"),
        pytest.param(drip(piece=b"H"), "no answer within 0.9 s", id="endless-status-line"),
        pytest.param(
            say(response("x" * 65_537)), "200, but the answer is longer than 65536 B", id="longer-than-read"
        ),
        pytest.param(
            drip(b"HTTP/1.1 200 OK\r\n\r\n", piece=b"x" * 50_000), "200, but the answer is longer than 65536 B",
            id="endless-and-fast",
        ),
        pytest.param(lambda _: None, "connection reset|connection closed without an answer", id="closed-at-once"),
        pytest.param(say(b""), "connection closed without an answer", id="closed-after-the-request"),
        pytest.param(hang, "no answer within 0.4 s", id="silent"),
        pytest.param(say(b"SSH-2.0-OpenSSH_9.2\r\n"), "no HTTP answer", id="no-http"),
        pytest.param(
            say(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"),
            "the answer cannot be decoded", id="no-gzip",
        ),
    ],
)  # fmt: skip
def test_answer_that_is_bad_is_named_in_bounded_time(serve: Serve, handler: Handler, status: str) -> None:
    found = ask(serve(handler))
    assert found.status in status.split("|")
    assert found.seconds is None
    assert found.dependencies is None


def test_what_came_of_an_endless_answer_is_shown(serve: Serve) -> None:
    assert ask(serve(drip(b"HTTP/1.1 200 OK\r\n\r\n", b"the beginning"))).body.startswith("the beginning")


def test_port_where_nobody_listens() -> None:
    assert ask(closed_port()).status == "connection refused"


def test_host_that_has_no_name() -> None:
    assert ask(80, host="nowhere.invalid").status == "name not found"


def test_one_endpoint_that_hangs_hides_no_other(serve: Serve) -> None:
    urls = {"slow": serve(hang), "good": serve(say(response("ok"))), "slower": serve(drip(piece=b"H"))}
    run = probing(http={name: {"url": f"http://127.0.0.1:{port}/"} for name, port in urls.items()})
    found = measure("http_answers", run)
    expected = {"slow": "no answer within 0.4 s", "good": "200", "slower": "no answer within 0.9 s"}
    assert expected == {name: one.status for name, one in found.items()}
    assert run.cost["http_requests"] == 3


def test_proxy_of_the_environment_is_ignored(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = f"http://127.0.0.1:{closed_port()}"
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy)
    monkeypatch.delenv("no_proxy", raising=False)
    assert ask(serve(say(response("ok")))).status == "200"


def test_netrc_of_the_user_is_ignored(serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password canary\n", encoding="ascii")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    heard: list[bytes] = []

    def handler(connection: socket.socket) -> None:
        heard.append(connection.recv(4096))
        connection.sendall(response("ok"))

    ask(serve(handler))
    assert b"authorization" not in heard[0].lower()


# TLS


Context = Callable[[str], ssl.SSLContext]


def test_certificate_that_is_good(serve: Serve, tls: Context, certificates: Path) -> None:
    port = serve(say(response("ok")), tls("good"))
    assert ask(port, "https", "localhost", str(certificates / "ca.pem")).status == "200"


@pytest.mark.parametrize(
    "case",
    [
        ("good", "stranger", "certificate not accepted: unable to get local issuer certificate"),
        ("good", None, "certificate not accepted: unable to get local issuer certificate"),
        ("expired", "ca", "certificate not accepted: certificate has expired"),
        ("elsewhere", "ca", "certificate not accepted: Hostname mismatch, certificate is not valid for 'localhost'."),
    ],
    ids=["of-a-stranger", "of-nobody-known", "expired", "of-another-host"],
)
def test_certificate_that_is_not(
    serve: Serve, tls: Context, certificates: Path, case: tuple[str, str | None, str]
) -> None:
    served, ca, words = case
    port = serve(say(response("ok")), tls(served))
    assert words == ask(port, "https", "localhost", ca and str(certificates / f"{ca}.pem")).status


def test_server_that_speaks_no_tls(serve: Serve) -> None:
    assert ask(serve(say(response("ok"))), "https").status == "TLS failed"


def test_handshake_that_never_ends(serve: Serve) -> None:
    assert ask(serve(hang), "https").status.startswith("no answer within")


def test_ca_file_that_is_not_there_is_no_fault_of_the_endpoint() -> None:
    run = probing(http={"direct": {"url": "https://127.0.0.1:1/", "ca": "/not/there.pem"}})
    found = measure("http_answers", run)["direct"]
    assert isinstance(found, NotMeasured)
    assert found.reason == "the CA file /not/there.pem cannot be read: No such file or directory"
    assert fault(run, "endpoint direct") is None


def test_ca_file_that_holds_no_certificate_is_no_fault_of_the_endpoint(
    serve: Serve, tls: Context, tmp_path: Path
) -> None:
    (tmp_path / "ca.pem").write_text("nothing\n", encoding="ascii")
    port = serve(say(response("ok")), tls("good"))
    run = probing(http={"direct": {"url": f"https://localhost:{port}/", "ca": str(tmp_path / "ca.pem")}})
    found = measure("http_answers", run)["direct"]
    assert isinstance(found, NotMeasured)
    assert "holds no certificate" in found.reason


# Bodies


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"dependencies": {"redis": "ok", "postgres": "down"}}, {"redis": "ok", "postgres": "down"}),
        ({"checks": {"redis": {"status": "pass"}}}, {"redis": "ok"}),
        ({"components": {"db": {"status": "UP", "details": {"database": "PostgreSQL"}}}}, {"db": "ok"}),
        ({"components": {"db": {"status": "DOWN"}}}, {"db": "down"}),
        ({"services": {"a": True, "b": False}}, {"a": "ok", "b": "false"}),
        ({"details": {"a": {"state": "connected"}, "b": {"healthy": True}}}, {"a": "ok", "b": "ok"}),
        ({"dependencies": {"a": {"latency_ms": 3}}}, {"a": "unknown"}),
        ({"dependencies": {"a": None, "b": 1, "c": "", "d": []}}, {"a": "none", "b": "1", "c": "", "d": "[]"}),
        ({"dependencies": {"a": {"status": None}}}, {"a": "none"}),
        ({"dependencies": {"a": {"status": {"ok": True}}}}, {"a": "{'ok': true}"}),
        ({"checks": {"db:ping": [{"status": "pass"}], "disk": [{"status": "pass"}, {"status": "fail"}]}},
         {"db:ping": "ok", "disk": "fail"}),
        ({"dependencies": {"a": "ok"}, "checks": {"b": "fail"}}, {"a": "ok", "b": "fail"}),
        ({"status": "unhealthy", "dependencies": {"a": "ok"}}, {"a": "ok", "the service itself": "unhealthy"}),
        ({"status": "unhealthy", "dependencies": {"a": "down"}}, {"a": "down"}),
        ({"dependencies": {}}, None),
        ({"dependencies": ["redis"]}, None),
        ({"status": "ok"}, None),
        ([], None),
        ("ok", None),
        (None, None),
        (1, None),
    ],
)  # fmt: skip
def test_dependencies_of_a_body(data: object, expected: dict[str, str] | None) -> None:
    assert expected == parse_dependencies(json.dumps(data))


@pytest.mark.parametrize("text", ["", "ok", "<html>", '{"dependencies": {"redis": "ok"', "\x00"])
def test_body_that_is_no_json_names_no_dependency(text: str) -> None:
    assert parse_dependencies(text) is None


def test_body_nested_without_end_names_no_dependency() -> None:
    assert parse_dependencies('{"a":' * 10_000) is None


def answer(dependencies: dict[str, str] | None, status: str = "200") -> Answer:
    return Answer("http://x/health", status, 0.1 if status == "200" else None, "", dependencies)


DECLARED = target(
    services={"nginx": {"depends_on": ["api"]}, "api": {"depends_on": ["redis"]}, "redis": {}},
    http={"nginx": {"url": "http://x/health", "services": ["nginx", "api"]}},
)


def test_unwell_dependencies_are_named_and_are_the_likeliest_cause() -> None:
    found = body(http.health_dependencies)(answer({"redis": "down", "postgres": "ok"}), "nginx", DECLARED)
    assert (found.value, found.samples) == ("redis down", 2)
    assert found.parts == ("nginx", "api", "redis", "health of api")


def test_body_without_dependencies_is_not_measured() -> None:
    with pytest.raises(NotMeasured, match="names no dependencies"):
        body(http.health_dependencies)(answer(None), "nginx", DECLARED)


def test_time_of_an_answer_that_never_came_whole_is_not_measured_and_says_why() -> None:
    with pytest.raises(NotMeasured, match="http://x/health: connection refused") as caught:
        body(http.health_time)(answer(None, "connection refused"), "nginx", DECLARED)
    assert caught.value.parts[0] == "endpoint nginx"
