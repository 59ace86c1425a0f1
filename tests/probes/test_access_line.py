"""Lines of access logs as servers write them, and the paths that a server may take a target for."""

from datetime import UTC, datetime

import pytest

from fixtures.access_line import Request, is_below, parse, paths, target_of

NOON = datetime(2026, 11, 23, 12, 0, 7, tzinfo=UTC).timestamp()
TAIL = '"status":200,"user_agent":"curl/7","upstream_status":"200"}'


@pytest.mark.parametrize(
    ("line", "want"),
    [
        (
            '1.2.3.4 - - [23/Nov/2026:12:00:07 +0000] "GET /a?b=1 HTTP/1.1" 200 612 "-" "curl/7"',
            Request(NOON, "1.2.3.4", "/a?b=1", 200, "curl/7", None),
        ),
        (
            '2001:db8::1 - bob [23/Nov/2026:13:00:07 +0100] "POST /a HTTP/2.0" 403 0 "x\\"y" "a \\"b\\" c" "-"',
            Request(NOON, "2001:db8::1", "/a", 403, 'a \\"b\\" c', None),
        ),
        (
            'example.org:443 1.2.3.4 - - [23/Nov/2026:12:00:07 +0000] "GET / HTTP/1.1" 304 0',
            Request(NOON, "1.2.3.4", "/", 304, "", None),
        ),
        (
            '1.2.3.4 - - [23/Nov/2026:12:00:07 +0000] "\\x16\\x03\\x01" 400 157 "-" "-"',
            Request(NOON, "1.2.3.4", "\\x16\\x03\\x01", 400, "-", None),
        ),
        (
            '{"ts":"2026-11-23T12:00:07+00:00","remote_addr":"::1","uri":"/a",' + TAIL,
            Request(NOON, "::1", "/a", 200, "curl/7", "200"),
        ),
        (
            '{"time":"2026-11-23T13:00:07.123+01:00","ip":"1.2.3.4","request":"GET /a b HTTP/1.1","status":"404"}',
            Request(NOON, "1.2.3.4", "/a b", 404, "", None),
        ),
        (
            '{"msec":1795435207.000,"remote_addr":"1.2.3.4","path":"/","status":499,"upstream_status":"-"}',
            Request(1795435207.0, "1.2.3.4", "/", 499, "", ""),
        ),
        (
            '{"time_local":"23/Nov/2026:12:00:07 +0000","remote_addr":"1.2.3.4","path":"/","status":200}',
            Request(NOON, "1.2.3.4", "/", 200, "", None),
        ),
    ],
    ids=["combined", "ipv6", "host-first", "garbage", "json", "json-request", "json-msec", "json-local"],
)
def test_line_is_read(line: str, want: Request) -> None:
    assert parse(line) == want


@pytest.mark.parametrize(
    "line",
    [
        "2026/11/23 12:00:07 [error] 7#7: *1 connect() failed",
        '1.2.3.4 - - [23/Nov/2026:12:00:07 +0000] "GET / HTTP/1.1',
        '1.2.3.4 - - [99/Nov/2026:12:00:07 +0000] "GET / HTTP/1.1" 200 1 "-" "-"',
        '{"remote_addr":"1.2.3.4","status":200,"uri":"/"}',
        '{"ts":"2026-11-23T12:00:07+00:00","remote_addr":"","uri":"/","status":200}',
        '{"ts":"2026-11-23T12:00:07+00:00","remote_addr":"1.2.3.4","uri":"/","status":"none"}',
        '{"ts":"yesterday","remote_addr":"1.2.3.4","uri":"/","status":200}',
        '{"ts":{},"remote_addr":"1.2.3.4","uri":"/","status":200}',
        "[1]",
        "{",
        "{}",
        '{"a":' * 5000,
        "",
    ],
)
def test_what_is_no_request_is_none(line: str) -> None:
    assert parse(line) is None


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/api/admin/ping?x=1", "/api/admin/ping"),
        ("//api///admin/", "/api/admin"),
        ("/api/%61dmin", "/api/admin"),
        ("/api/%2561dmin", "/api/admin"),
        ("/api/%252561dmin", "/api/admin"),
        ("/x/../api/./admin", "/api/admin"),
        ("/x/%2e%2e/api/admin", "/api/admin"),
        ("/api%5cadmin", "/api/admin"),
        ("http://example.org/api/admin", "/api/admin"),
        ("/api/admin#a", "/api/admin"),
        ("*", "/"),
        ("", "/"),
        ("/../../..", "/"),
    ],
)
def test_path_in_every_reading(target: str, path: str) -> None:
    assert path in paths(target)


@pytest.mark.parametrize(("path", "below"), [("/api/admin", True), ("/API/Admin/x", True), ("/api/admin;v=1", True),
                                             ("/api/admin.html", True), ("/api/administrators", False),
                                             ("/api/chat", False), ("/", False), ("/x/api/admin", False)])  # fmt: skip
def test_what_lies_below_admin(path: str, below: bool) -> None:
    assert is_below(path, "/api/admin") is below
    assert is_below(path, "/api/admin/") is below


def test_request_line() -> None:
    assert target_of("GET /a HTTP/1.1") == "/a"
    assert target_of("GET /a") == "/a"
    assert target_of("\\x16\\x03 \\x01") == "\\x01"
    assert target_of("-") == "-"
