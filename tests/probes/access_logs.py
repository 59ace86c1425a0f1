"""Access logs for the tests of their audit: lines in both formats, and readings of what was written."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from conformance.reading import Reading
from conformance.target import Target
from fixtures import access
from fixtures.docker import Engine
from tests.probes.support import body, measure, probing

NOW = time.time()
ADMIN = {"allow": ["10.0.0.0/8", "1.2.3.4", "2001:db8:1::/48"]}


def combined(source: str = "192.0.2.1", uri: str = "/", status: int = 200, ago: float = 60, agent: str = "curl") -> str:
    when = datetime.fromtimestamp(NOW - ago, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f'{source} - - [{when}] "GET {uri} HTTP/1.1" {status} 17 "-" "{agent}"\n'


def structured(source: str, uri: str, status: int, upstream: str = "", ago: float = 60) -> str:
    when = datetime.fromtimestamp(NOW - ago, UTC).isoformat()
    return json.dumps({"ts": when, "remote_addr": source, "uri": uri, "status": status, "upstream_status": upstream,
                       "user_agent": "curl"}) + "\n"  # fmt: skip


def audited(folder: Path, **keys: Any) -> tuple[dict[str, Any], Target]:
    nginx = {"access_log": f"{folder}/access.log", "admin": ADMIN} | keys
    run = probing(results={"docker_engine": Engine({}, {}, "", "")}, nginx=nginx, docker=f"unix://{folder}/no.sock")
    return measure("access_log", run), run.target


def read(name: str, row: str, folder: Path, **keys: Any) -> Reading:
    found, target = audited(folder, **keys)
    given: dict[str, Any] = {"target": target} | ({"row_window": access.MONTH} if name == "access_reach" else {})
    found_reading: Reading = body(getattr(access, name))(found if name == "access_unparsed" else found[row], **given)
    return found_reading


def strangers(folder: Path, **keys: Any) -> Reading:
    return read("admin_strangers", "access.admin.strangers", folder, **keys)
