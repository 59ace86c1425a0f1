"""A real nginx in a network namespace of its own, with an application behind it, and the suite's look at it."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from conformance.probes import Probing
from fixtures import admin, admin_plan, asker, nginx, vantage
from fixtures.docker import Engine
from tests.probes.support import body, measure, probing
from tests.probes.test_docker import container

ADDRESS = "192.0.2.10"
PROXY = "198.51.100.9"
ALLOW = ["10.0.0.0/8", "1.2.3.4"]
LIST = "10.0.0.0/8 1; 1.2.3.4 1;"
GUARD = "if ($whitelist = 0) { return 403; }"
PASS = "proxy_pass http://127.0.0.1:9000;"
ACCESS = "allow 10.0.0.0/8; allow 1.2.3.4; deny all;"

_FRAME = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; user root;
events {{ worker_connections 64; }}
http {{
    log_format json escape=json '{{"ts":"$time_iso8601","remote_addr":"$remote_addr","uri":"$request_uri",'
        '"status":$status,"upstream_status":"$upstream_status","user_agent":"$http_user_agent"}}';
    access_log {folder}/access.log json;
    client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
    uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
    server {{
        listen 127.0.0.1:9000; access_log off;
        location /api/admin {{ return 200 pong; }}
        location /health {{ return 200 well; }}
        location / {{ return 404 nothing; }}
    }}
    {http}
    server {{
        listen 80 default_server; server_name agent.test;
        location = /health {{ {passes} }}
        location /api/ {{ {passes} }}
        {server}
        location / {{ return 404; }}
    }}
    {more}
}}
"""


@dataclass(frozen=True, slots=True)
class Conf:
    """What differs from one configuration to the next."""

    http: str = f"geo $whitelist {{ default 0; {LIST} }}"
    server: str = f"location /api/admin {{ {GUARD} {PASS} }}"
    more: str = ""
    admin: dict[str, Any] = field(default_factory=dict)

    def text(self, folder: Path) -> str:
        """The whole file."""
        return _FRAME.format(folder=folder, http=self.http, server=self.server, more=self.more, passes=PASS)


@contextmanager
def serving(conf: Conf, folder: Path) -> Iterator[int]:
    """Start it; gives the process id, whose namespace is nginx's."""
    path = folder / "nginx.conf"
    path.write_text(conf.text(folder), encoding="utf-8")
    (folder / "www").mkdir(exist_ok=True)
    lines = f"ip link set lo up && ip addr add {ADDRESS}/32 dev lo && exec nginx -c {path}"
    with subprocess.Popen(["unshare", "--net", "sh", "-c", lines], stderr=subprocess.PIPE, text=True) as server:
        try:
            for _ in range(200):
                if server.poll() is not None:
                    pytest.fail(f"nginx does not start: {server.stderr and server.stderr.read()}")
                if (folder / "nginx.pid").exists():
                    break
                time.sleep(0.05)
            yield server.pid
        finally:
            server.terminate()
            server.wait(10)


def ask(pid: int, plan: dict[str, Any]) -> dict[str, Any]:
    """Run the asker in nginx's namespace, as the container of the suite would."""
    words = ["nsenter", "-t", str(pid), "-n", sys.executable, "-I", asker.__file__, json.dumps(plan)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def examined(conf: Conf, folder: Path, monkeypatch: pytest.MonkeyPatch, **keys: Any) -> Probing:
    """A run in which everything was asked of such a server."""
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
    declared = {
        "allow": ALLOW, "harmless": "/api/admin/ping", "public": "/health", "url": "http://agent.test",
        "namespace": True, **conf.admin, **keys,
    }  # fmt: skip
    results: dict[str, Any] = {"docker_engine": Engine({"nginx": (container(),)}, {}, "", "")}
    run = probing(
        results=results, disposable=True, docker=f"unix://{folder}/no.sock",
        nginx={"access_log": f"{folder}/access.log", "admin": declared},
    )  # fmt: skip
    with serving(conf, folder) as pid:
        shown = subprocess.run(
            ["nginx", "-T", "-q", "-c", str(folder / "nginx.conf")], capture_output=True, text=True, check=True
        )  # fmt: skip
        results["nginx_settings"] = nginx.read(shown.stdout, "nginx")
        monkeypatch.setattr(admin, "_address", lambda *_: ADDRESS)
        monkeypatch.setattr(vantage, "in_namespace", lambda _run, _one, plan: ask(pid, plan))
        results["admin_asked"] = measure("admin_asked", run)
        results["admin_logged"] = measure("admin_logged", run)
    return run


GOOD = {
    "admin_admits": {"let in"}, "admin_refuses": {"refused by nginx"}, "admin_forged": {"refused by nginx"},
    "admin_spelled": {"refused by nginx", "not there"}, "admin_doors": {"none"}, "admin_public": {"200"},
    "admin_source": {"its own"},
}  # fmt: skip
STATIC = {"nginx_trusted": "declared proxies only", "nginx_listed": "as declared", "nginx_unguarded": "none"}
_SUBJECTS = {"admin_admits": "admin_listed", "admin_refuses": "admin_stranger", "admin_forged": "admin_header",
             "admin_spelled": "admin_spelling"}  # fmt: skip


def findings(run: Probing) -> dict[str, Any]:
    """Every reading that is not as it must be, `name[subject]`."""
    asked, target = run.probe("admin_asked"), run.target
    found: dict[str, Any] = {}
    for name, good in GOOD.items():
        kind = _SUBJECTS.get(name, "")
        for one in getattr(admin_plan, kind)(target) if kind else [""]:
            words = [asked, one, target] if kind else [asked, target]
            words.insert(1, run.probe("admin_logged")) if name == "admin_source" else None
            reading = body(getattr(admin, name))(*words)
            if reading.value not in good:
                found[f"{name}[{one}]" if kind else name] = reading.value
    declared = target.nginx.admin if target.nginx else None
    for name, word in STATIC.items():
        value = body(getattr(nginx, name))(run.probe("nginx_settings"), declared).value
        if value != word:
            found[name] = value
    return found
