"""What `nginx -T` prints, read as a tree, and the locations that could answer for admin."""

from ipaddress import ip_network

import pytest

from conformance.reading import NotMeasured
from conformance.target_nginx import Admin
from fixtures import nginx, nginx_config
from fixtures.nginx_config import geos, parse
from fixtures.nginx_guards import could_match, unguarded
from tests.probes.support import body

SHOWN = r"""# configuration file /etc/nginx/nginx.conf:
events { worker_connections 64; }
http {
    include mime.types;   # not printed here
    log_format main '{"a":"$remote_addr"; }' "x\"y";
    include /etc/nginx/conf.d/*.conf;
}

# configuration file /etc/nginx/conf.d/a.conf:
geo $remote_addr $inside { default 0; 10.0.0.0/8 1; ::1 ''; include lists/office; }
server {
    listen 443 ssl; listen 127.0.0.1:8081; listen [::]:8443 ssl; listen 0.0.0.0:80;
    server_name agent.test *.agent.test ~^x\d+$ _;
    location ~* "\.(png|js){1,2}$" { return 404; }
    if ($request_uri ~ "^/a b") { return 403; }
}

# configuration file /etc/nginx/lists/office:
1.2.3.4 office;
"""


def config(text: str) -> nginx.Config:
    return nginx.read(text, "nginx")


def test_tree_is_put_together_from_all_files() -> None:
    root = parse(SHOWN)
    (found,) = geos(root)
    assert (found.of, found.sets, found.default) == ("$remote_addr", "$inside", "0")
    assert found.ranges == {"10.0.0.0/8": "1", "::1": "", "1.2.3.4": "office"}
    assert next(root.all("log_format")).words[2:] == ['{"a":"$remote_addr"; }', r"x\"y"]
    assert nginx_config.names_of(root) == ["agent.test", "any.agent.test"]
    assert nginx_config.ports_of(root) == [443, 8443, 80]
    assert next(root.all("location")).words == ["location", "~*", r"\.(png|js){1,2}$"]
    assert nginx_config.real_ip_header(root) == "X-Real-IP"
    assert nginx.listed(config(SHOWN))[0] == {"10.0.0.0/8", "1.2.3.4/32"}


@pytest.mark.parametrize("text", ["http {", "http { } }", 'http { a "b; }', ""])
def test_what_is_no_configuration_is_not_measured(text: str) -> None:
    with pytest.raises(NotMeasured):
        config(text)


def test_include_of_itself_ends() -> None:
    text = "# configuration file /a.conf:\nhttp { include /a.conf; }\n"
    assert parse(text).own("http")


@pytest.mark.parametrize(
    ("inside", "says"),
    [
        ("location /api/admin { GUARD proxy_pass http://a; }", []),
        ("location ^~ /api/admin { GUARD proxy_pass http://a; } location ~ \\.html$ { proxy_pass http://a; }", []),
        ("location /api/admin { GUARD proxy_pass http://a; } location ~ \\.html$ { return 200 x; }", ["\\.html$"]),
        ("location /api/admin { GUARD proxy_pass http://a; } location ~ \\.html$ { GUARD proxy_pass http://a; }", []),
        ("location /api/admin { GUARD proxy_pass http://a; } location ~ ^/static/ { proxy_pass http://a; }", []),
        ("location /api/admin { GUARD proxy_pass http://a; } location ~ ^/api/ { proxy_pass http://a; }", ["^/api/"]),
        ("location /api/admin { GUARD proxy_pass http://a; } location = /api/admin/x { return 200; }", ["admin/x"]),
        ("location = /api/admin { GUARD proxy_pass http://a; } location / { proxy_pass http://a; }", ["location / of"]),
        ("location = /api/admin { GUARD proxy_pass http://a; } location / { return 404; }", []),
        ("location /api/ { proxy_pass http://a; }", ["/api/"]),
        ("GUARD location / { proxy_pass http://a; }", []),
        ("return 301 https://$host$request_uri;", []),
        ("location /api/admin { allow 10.0.0.0/8; deny all; proxy_pass http://a; }", []),
        ("allow 10.0.0.0/8; deny all; location /api/admin { proxy_pass http://a; }", []),
        ("deny all; location /api/admin { allow all; proxy_pass http://a; }", ["/api/admin"]),
        ("location /api/admin { allow 10.0.0.0/8; proxy_pass http://a; }", ["/api/admin"]),
        ("location /api/admin { allow 10.0.0.0/8; deny all; return 200 x; }", ["/api/admin"]),
        ("location /api/admin { proxy_pass http://a; if ($other = 0) { return 403; } }", ["/api/admin"]),
        ("location /api/admin { GUARD proxy_pass http://a; location /api/admin/in { return 200; } }", ["admin/in"]),
        ("location /api/admin { proxy_pass http://a; if ($refused) { return 403; } }", []),
        ("listen 127.0.0.1:8081; location / { proxy_pass http://a; }", []),
        ("location / { root /srv; }", []),
        ("location / { try_files $uri @app; }", ["location / of"]),
    ],
)  # fmt: skip
def test_places_that_do_not_ask(inside: str, says: list[str]) -> None:
    guard = "if ($inside = 0) { return 403; }"
    text = (
        "http { geo $inside { default 0; 10.0.0.0/8 1; } map $inside $out { 0 1; default 0; } "
        f"map $out $refused {{ 1 1; default 0; }} server {{ {inside.replace('GUARD', guard)} }} }}"
    )
    root = parse(text)
    found = unguarded(root, "/api/admin", geos(root))
    assert len(found) == len(says), found
    assert all(word in one for word, one in zip(says, found, strict=True)), found


@pytest.mark.parametrize(
    ("pattern", "able"),
    [(r"\.html$", True), ("^/api", True), ("^/api/admin/x", True), ("^/static", False), ("^/api/adm?z", True),
     (r"^/API\/admin", True), ("^/x/?", False)],
)  # fmt: skip
def test_regular_expressions_that_could_take_the_path(pattern: str, able: bool) -> None:
    assert could_match(pattern, "/api/admin") is able


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("", "declared proxies only"),
        ("set_real_ip_from 192.0.2.9;", "declared proxies only"),
        ("set_real_ip_from unix:;", "declared proxies only"),
        ("set_real_ip_from 192.0.2.0/24;", "set_real_ip_from 192.0.2.0/24"),
        ("set_real_ip_from ::/0;", "set_real_ip_from ::/0"),
        ("set_real_ip_from proxy.test;", "set_real_ip_from proxy.test"),
        ("server { location / { set_real_ip_from 0.0.0.0/0; } }", "set_real_ip_from 0.0.0.0/0"),
        ("geo $x { proxy 10.0.0.0/8; default 0; }", "geo $x: proxy 10.0.0.0/8"),
    ],
)
def test_whom_it_trusts(line: str, value: str) -> None:
    admin = Admin(allow=["10.0.0.0/8"], proxies=["192.0.2.9"])
    assert body(nginx.nginx_trusted)(config(f"http {{ {line} }}"), admin).value == value


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("geo $x { default 0; 10.0.0.0/8 1; }", "as declared"),
        ("server { location /a { allow 10.0.0.0/8; deny all; } }", "as declared"),
        ("geo $x { default 1; 10.0.0.0/8 1; }", "$x is 1 for everybody"),
        ("geo $x { default 0; 10.0.0.0/9 1; }", "10.0.0.0/9 is not declared; 10.0.0.0/8 is missing"),
        ("geo $http_x $x { default 0; 10.0.0.0/8 1; }", "$x asks $http_x"),
    ],
)
def test_whom_it_lists(line: str, value: str) -> None:
    assert body(nginx.nginx_listed)(config(f"http {{ {line} }}"), Admin(allow=["10.0.0.0/8"])).value == value


def test_list_that_cannot_be_read_here_is_not_measured() -> None:
    with pytest.raises(NotMeasured, match="lists anybody"):
        body(nginx.nginx_listed)(config("http { map $remote_addr $x { default 0; } }"), Admin(allow=["10.0.0.0/8"]))


def test_without_a_declared_list_nothing_is_compared() -> None:
    from tests.probes.support import target

    for declared in (target(), target(nginx={})):
        with pytest.raises(NotMeasured, match="who may use admin"):
            body(nginx.admin_declared)(declared)


def test_hints_without_a_configuration() -> None:
    assert nginx.hints(None) == ([], [], "X-Real-IP")


def test_widest() -> None:
    allowed = (ip_network("192.0.2.0/24"), ip_network("2001:db8::/32"))
    assert nginx_config.widest("192.0.2.128/25", allowed)
    assert nginx_config.widest("2001:db8:1::1", allowed)
    assert not nginx_config.widest("192.0.0.0/16", allowed)
