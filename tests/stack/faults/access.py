"""Whom nginx lets in, and what its access log says: open doors, wrong trust, strangers, scanners, failures."""

from dataclasses import replace
from pathlib import Path

from conformance.target_nginx import Admin
from fixtures import admin_plan
from tests.stack import stack
from tests.stack.fault import Expect, Fault, root
from tests.stack.faults.nginx import Certificate

CONFIG = stack.RUN / "config" / "nginx"
SITE, LISTS, MAIN = CONFIG / "conf.d" / "agent-v3.conf", CONFIG / "conf.d" / "security.conf", CONFIG / "nginx.conf"
LOG = "/var/log/nginx/access.log"
HEALTH = "    location = /health {\n"
EDGE = "https://agent-v3.example"
ADMIN = Admin(allow=["10.0.0.0/8", "1.2.3.4"], harmless="/api/admin/ping", answers=401, public="/health",
              namespace=True, url=EDGE)  # fmt: skip
LISTED = ("1.2.3.4", "10.0.0.0", "10.255.255.255")
STRANGERS = ("1.2.3.3", "1.2.3.5", "11.0.0.0", "203.0.113.9", "9.255.255.255")


def _edit(path: Path, old: str, new: str) -> None:
    """Replace a piece of a file, and have nginx read it; several edits of one file can be taken back in any order."""
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} no longer holds {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    Certificate.reload()


def edited(name: str, path: Path, old: str, new: str, expect: dict[str, Expect]) -> Fault:
    """A fault that is one edit of nginx's configuration."""
    return Fault(name, lambda: _edit(path, old, new), lambda: _edit(path, new, old), expect)


def ask(words: str, user_agent: str = "tests") -> str:
    """Ask the edge from the container of the traffic, whose address is not listed."""
    return stack.shell("traffic", f"curl -sk -A {user_agent} -o /dev/null {words}")


def ask_until(status: int, words: str) -> None:
    """Ask until a worker answers that has read the new configuration: the old ones take requests for a moment yet."""
    code = "-w '%{http_code}'"
    stack.wait(lambda: ask(f"{code} {words}") == str(status), f"{words.rpartition(' ')[2]} answers {status}")


TRUSTS_EVERYBODY = edited(
    "real_ip believes everybody",
    LISTS,
    "geo $whitelist {",
    "set_real_ip_from 0.0.0.0/0;\nreal_ip_header X-Forwarded-For;\ngeo $whitelist {",
    {
        "test_admin_header[X-Forwarded-For]": root("CRITICAL", "let in"),
        "test_admin_header[real_ip_header]": root("CRITICAL", "let in"),
        "test_nginx_trusted": root("CRITICAL", "set_real_ip_from 0.0.0.0/0"),
    },
)

SHADOW = edited(
    "a regular expression takes pages away from the guarded location",
    SITE,
    HEALTH,
    "    location ~ \\.html$ {\n        proxy_pass $agent;\n    }\n" + HEALTH,
    {
        "test_admin_spelling[/api/admin/index.html]": root("CRITICAL", "404 by the application"),
        "test_admin_spelling[/api/admin/ping.html]": root("CRITICAL", "404 by the application"),
        "test_nginx_guards": root("CRITICAL", "location ~ \\.html$"),
    },
)

_SECOND = """server {
    listen 443 ssl http2;
    server_name other.example;
    ssl_certificate /etc/stack/tls/server.crt;
    ssl_certificate_key /etc/stack/tls/server.key;
    set $other http://agent-v3:8000;
    location / { proxy_pass $other; }
}
"""
SECOND_SERVER = edited(
    "a second server on the port, without the guard",
    SITE,
    "server {\n    listen 80 default_server;",
    _SECOND + "server {\n    listen 80 default_server;",
    {
        "test_admin_doors": root("CRITICAL", "other.example"),
        "test_nginx_guards": root("CRITICAL", "other.example on 443"),
    },
)

OPEN = edited(
    "everybody is listed",
    LISTS,
    "default 0;",
    "default 1;",
    {
        **{f"test_admin_refuses[{one}]": root("CRITICAL", "let in") for one in STRANGERS},
        **{f"test_admin_header[{one}]": root("CRITICAL", "let in")
           for one in (*admin_plan.HEADERS, admin_plan.CONFIGURED)},
        **{f"test_admin_spelling[{one}]": root("CRITICAL")
           for one in admin_plan.spellings(ADMIN) if admin_plan.is_admin_to_nginx(one, ADMIN)},
        "test_admin_doors": root("CRITICAL", "port 443"),
        "test_nginx_listed": root("CRITICAL", "$whitelist is 1 for everybody"),
    },
)  # fmt: skip

FORGOTTEN = edited(
    "the internal network was taken off the list",
    LISTS,
    "    10.0.0.0/8 1;",
    "    #10.0.0.0/8 1;",
    {
        "test_admin_lets_in[10.0.0.0]": root("CRITICAL", "refused by nginx"),
        "test_admin_lets_in[10.255.255.255]": root("CRITICAL", "refused by nginx"),
        "test_nginx_listed": root("CRITICAL", "10.0.0.0/8 is missing"),
    },
)

NO_PUBLIC = edited(
    "nobody sees the page that is for everybody",
    SITE,
    HEALTH,
    f"{HEALTH}        return 403;\n",
    {"test_admin_public": root("CRITICAL", "403")},
)

_STRANGER_ANSWERED = edited(
    "the stack's own network was listed, and somebody of it used admin",
    LISTS,
    "    1.2.3.4 1;",
    "    1.2.3.4 1; 172.30.77.0/24 1;",
    {
        "access.admin.strangers": root("CRITICAL"),
        "test_nginx_listed": root("CRITICAL", "172.30.77.0/24 is not declared"),
    },
)


def _use_admin() -> None:
    _STRANGER_ANSWERED.inject()
    ask_until(200, f"-H 'Authorization: Bearer {stack.secret('ADMIN_TOKEN')}' {EDGE}/api/admin/limits")


def quiet() -> bool:
    """True where nothing of the last faults is left in the window of 20 s."""
    text = stack.shell("nginx", f"tail -n 400 {LOG}; date +now:%s")
    return not any(_is_young(line, text) and _is_odd(line) for line in text.splitlines())


def _is_young(line: str, text: str) -> bool:
    from fixtures.access_line import parse

    one = parse(line)
    return one is not None and one.moment > int(text.rpartition("now:")[2]) - 22


def _is_odd(line: str) -> bool:
    return '"user_agent":"tests"' in line or '"status":5' in line or '"remote_addr":"172.30.77.1"' in line


STRANGER_ANSWERED = replace(_STRANGER_ANSWERED, inject=_use_admin, gone=quiet)

GUESSER = Fault(
    "somebody is refused seventy times within seconds",
    inject=lambda: ask(f"'{EDGE}/api/admin/ping?[1-70]'"),
    remove=lambda: None,
    expect={"access.denied": root("WARNING")},
    gone=quiet,
)

SCANNER = Fault(
    "a scanner comes sixty times",
    inject=lambda: ask(f"'{EDGE}/wp-login.php?[1-60]'"),
    remove=lambda: None,
    expect={"access.scans": root("WARNING")},
    gone=quiet,
)

_FOUND = edited(
    "a scanner finds a file with secrets",
    SITE,
    HEALTH,
    "    location = /.env {\n        return 200 x;\n    }\n" + HEALTH,
    {"access.scans.answered": root("WARNING")},
)
FOUND = replace(_FOUND, inject=lambda: (_FOUND.inject(), ask_until(200, f"{EDGE}/.env")), gone=quiet)

_BROKEN = edited(
    "a page fails forty times",
    SITE,
    HEALTH,
    "    location = /broken {\n        return 502;\n    }\n" + HEALTH,
    {"access.errors": root("CRITICAL")},
)
BROKEN = replace(
    _BROKEN,
    inject=lambda: (_BROKEN.inject(), ask_until(502, f"{EDGE}/broken"), ask(f"'{EDGE}/broken?[1-40]'")),
    gone=quiet,
)

_ONE_ADDRESS = edited(
    "nginx knows everybody by the address of the gateway",
    MAIN,
    '"remote_addr":"$remote_addr"',
    '"remote_addr":"172.30.77.1"',
    {
        "test_admin_source": root("CRITICAL", "arrives as 172.30.77.1"),
        "access.gateway": root("CRITICAL"),
    },
)


def _all_by_gateway() -> bool:
    text = stack.shell("nginx", f"tail -n 400 {LOG}; date +now:%s")
    young = [line for line in text.splitlines() if _is_young(line, text)]
    return bool(young) and all('"remote_addr":"172.30.77.1"' in line for line in young)


ONE_ADDRESS = replace(_ONE_ADDRESS, shows=_all_by_gateway, gone=quiet)

GARBAGE = Fault(
    "lines in the log that nobody understands",
    inject=lambda: stack.shell("nginx", f"n=$(wc -l <{LOG}); seq $((n / 50 + 1)) | sed s/^/tests:/ >>{LOG}"),
    # In place: nginx keeps its file.
    remove=lambda: stack.shell("nginx", f"grep -v ^tests: {LOG} >/run/stack/log; cat /run/stack/log >{LOG}; "
                                        "rm /run/stack/log"),
    expect={"access.unparsed": root("WARNING")},
)  # fmt: skip

ROWS = ("admin.strangers", "denied", "errors", "scans", "scans.answered", "gateway", "reach", "unparsed")
NOT_OURS = Fault(
    "the suite may not read the access log",
    inject=lambda: stack.shell("nginx", f"chmod 0600 {LOG}"),
    remove=lambda: stack.shell("nginx", f"chmod 0644 {LOG}"),
    expect={**{f"access.{row}": root("UNKNOWN") for row in ROWS}, "test_admin_source": root("UNKNOWN")},
)
