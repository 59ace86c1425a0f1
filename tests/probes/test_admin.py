"""The whitelist by its behaviour: the configurations that people write, each served by a real nginx, judged rightly."""

from pathlib import Path
from typing import Any

import pytest

from tests.probes.nginx_server import ACCESS, GUARD, LIST, PASS, PROXY, Conf, examined, findings

HEADERS = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP", "CF-Connecting-IP", "X-Client-IP")
LISTED = ("10.0.0.0", "10.255.255.255", "1.2.3.4")
STRANGERS = ("9.255.255.255", "11.0.0.0", "1.2.3.3", "1.2.3.5", "203.0.113.9")


def real_ip(*lines: str) -> str:
    return " ".join([*lines, f"geo $whitelist {{ default 0; {LIST} }}"])


CONFIGURATIONS = {
    "geo on the address": Conf(),
    "real_ip trusts everybody": Conf(real_ip("set_real_ip_from 0.0.0.0/0; real_ip_header X-Forwarded-For;")),
    "real_ip trusts the proxy": Conf(
        real_ip(f"set_real_ip_from {PROXY}; real_ip_header X-Forwarded-For;"), admin={"proxies": [PROXY]}
    ),
    "real_ip trusts the proxy, recursive": Conf(
        real_ip(f"set_real_ip_from {PROXY}; real_ip_header X-Forwarded-For; real_ip_recursive on;"),
        admin={"proxies": [PROXY]},
    ),
    "geo on a header": Conf(f"geo $http_x_forwarded_for $whitelist {{ default 0; {LIST} }}"),
    "geo with a proxy": Conf(f"geo $whitelist {{ default 0; proxy 0.0.0.0/0; {LIST} }}"),
    "real_ip by its own header": Conf(real_ip("set_real_ip_from 0.0.0.0/0;")),
    "return before access": Conf("", f"location /api/admin {{ {ACCESS} return 200 pong; }}"),
    "a regular expression beside it": Conf(
        "", f"location /api/admin {{ {ACCESS} {PASS} }} location ~ \\.html$ {{ {PASS} }}"
    ),
    "the exact path only": Conf(server=f"location = /api/admin {{ {GUARD} {PASS} }}"),
    "an inner location for all": Conf(
        "", f"location /api/admin {{ {ACCESS} {PASS} location /api/admin/ping {{ allow all; {PASS} }} }}"
    ),
    "a second server": Conf(more=f"server {{ listen 80; server_name other.test; location / {{ {PASS} }} }}"),
    "another port": Conf(more=f"server {{ listen 8080; location / {{ {PASS} }} }}"),
    "a password instead": Conf(
        "", f'location /api/admin {{ satisfy any; {ACCESS} auth_basic "x"; auth_basic_user_file /dev/null; {PASS} }}'
    ),
}  # fmt: skip

WRONG: dict[str, set[str]] = {
    "geo on the address": set(),
    "real_ip trusts everybody": {"admin_forged[X-Forwarded-For]", "admin_forged[real_ip_header]", "nginx_trusted"},
    "real_ip trusts the proxy": set(),
    "real_ip trusts the proxy, recursive": set(),
    "geo on a header": {*(f"admin_admits[{one}]" for one in LISTED), "admin_forged[X-Forwarded-For]", "nginx_listed"},
    "geo with a proxy": {"admin_forged[X-Forwarded-For]", "nginx_trusted"},
    "real_ip by its own header": {"admin_forged[X-Real-IP]", "admin_forged[real_ip_header]", "nginx_trusted"},
    "return before access": {"*"},
    "a regular expression beside it": {
        "admin_spelled[/api/admin/index.html]", "admin_spelled[/api/admin/ping.html]", "nginx_unguarded",
    },
    "the exact path only": {"*"},
    "an inner location for all": {"*"},
    "a second server": {"admin_doors", "nginx_unguarded"},
    "another port": {"admin_doors", "nginx_unguarded"},
    "a password instead": {"401"},
}  # fmt: skip


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_configuration_is_judged_rightly(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = findings(examined(CONFIGURATIONS[name], tmp_path, monkeypatch))
    if WRONG[name] == {"*"}:
        assert {f"admin_refuses[{one}]" for one in STRANGERS} <= set(found)
        assert not [one for one in found if one.startswith("admin_admits")], "the control case gets in"
        assert "nginx_unguarded" in found
    elif WRONG[name] == {"401"}:
        assert {found[f"admin_refuses[{one}]"] for one in STRANGERS} == {"401 by nginx"}
    else:
        assert set(found) == WRONG[name], found


def test_refusal_that_is_declared_as_401_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = examined(CONFIGURATIONS["a password instead"], tmp_path, monkeypatch, refusal=401)
    assert findings(run) == {}


def test_proxy_that_nobody_declared_is_found_in_the_files_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = examined(CONFIGURATIONS["real_ip trusts the proxy"], tmp_path, monkeypatch, proxies=[])
    assert findings(run) == {"nginx_trusted": f"set_real_ip_from {PROXY}"}


@pytest.mark.parametrize(
    ("conf", "says"),
    [
        (Conf(f"geo $whitelist {{ default 0; {LIST} 172.16.0.0/12 1; }}"), "172.16.0.0/12 is not declared"),
        (Conf("geo $whitelist { default 0; 10.0.0.0/8 1; }"), "1.2.3.4/32 is missing"),
    ],
)
def test_list_is_compared_both_ways(conf: Conf, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = findings(examined(conf, tmp_path, monkeypatch))
    assert found["nginx_listed"] == says
    assert ("admin_admits[1.2.3.4]" in found) is ("missing" in says)


def test_refusing_everybody_is_an_outage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conf = Conf(server=f"location /api/admin {{ {GUARD} {PASS} }} deny all;")
    found = findings(examined(conf, tmp_path, monkeypatch))
    assert found["admin_public"] == "403"
    assert found["admin_admits[1.2.3.4]"] == "refused by nginx"


def test_refusal_of_the_application_is_none_of_nginx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deny = "server { listen 127.0.0.1:9001; access_log off; location / { return 403 no; } }"
    conf = Conf(server="location /api/admin { proxy_pass http://127.0.0.1:9001; }", more=deny)
    found: dict[str, Any] = findings(examined(conf, tmp_path, monkeypatch))
    assert {found[f"admin_refuses[{one}]"] for one in STRANGERS} == {"403 by the application"}


def test_dead_application_is_no_strict_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conf = Conf(server=f"location /api/admin {{ {GUARD} proxy_pass http://127.0.0.1:9; }}")
    found = findings(examined(conf, tmp_path, monkeypatch))
    assert found["admin_admits[1.2.3.4]"] == "502 by nginx"
    assert not [one for one in found if one.startswith("admin_refuses")]
