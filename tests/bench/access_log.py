"""What the audit of an access log costs: megabytes a second beside `grep -c`, and the most memory, on the same file.

Run it by `python tests/bench/access_log.py [MEGABYTES]`, 1000 by default, for each format and for a `.gz`. It prints
and asserts nothing. The audit runs as it does in a run: through a shell of the host, here this machine's.
"""

import gzip
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
sys.path.insert(0, str(CHECKOUT))

import typer  # noqa: E402

from conformance.causes import Faults  # noqa: E402
from conformance.probes import REGISTRY, Probing  # noqa: E402
from conformance.reading import NotMeasured  # noqa: E402
from conformance.target import Target  # noqa: E402
from fixtures import access  # noqa: E402

AGENTS = ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "curl/7.88.1", "traffic")
PLACES = ("/api/chat", "/api/chat", "/health", "/static/app.js", "/api/admin/ping", "/.env", "/users/{}?page={}")


def write(path: Path, megabytes: int, form: str) -> None:
    """A log of that size: mostly answered, some refused and failed, from a few thousand addresses, IPv6 among them."""
    chance = random.Random(17)  # the same log each time
    start, size = time.time() - 86_400 * 20, 0
    with path.open("w", encoding="ascii") as file:
        while size < megabytes * 1_000_000:
            text = "".join(_line(chance, start + size / 1000, form) for _ in range(2000))
            file.write(text)
            size += len(text)


def _line(chance: random.Random, when: float, form: str) -> str:
    number = chance.randrange(4000)
    source = f"203.0.{number >> 8}.{number & 255}" if number % 5 else f"2001:db8:{number:x}::{number:x}"
    uri = chance.choice(PLACES).format(chance.randrange(10_000), chance.randrange(9))
    status = chance.choices((200, 304, 404, 403, 401, 502), (80, 8, 6, 3, 2, 1))[0] if "admin" not in uri else 403
    agent, moment = chance.choice(AGENTS), datetime.fromtimestamp(when, UTC)
    if form == "combined":
        stamp = moment.strftime("%d/%b/%Y:%H:%M:%S +0000")
        return f'{source} - - [{stamp}] "GET {uri} HTTP/1.1" {status} {number} "-" "{agent}"\n'
    body = {"ts": moment.isoformat(timespec="seconds"), "service": "nginx", "remote_addr": source, "method": "GET",
            "uri": uri, "host": "agent-v3.example", "status": status, "bytes": number, "seconds": 0.013,
            "upstream_status": "" if status == 403 else str(status), "user_agent": agent}  # fmt: skip
    return json.dumps(body, separators=(",", ":")) + "\n"


def audit(path: Path) -> tuple[float, int]:
    """Seconds, and lines, of one audit."""

    def none(_: str) -> None:
        raise NotMeasured("there is no engine here")

    target = Target.model_validate({
        "name": "bench", "environment": "bench", "host": "local://", "compose": {"project": "bench"},
        "nginx": {"access_log": str(path), "admin": {"allow": ["10.0.0.0/8"]}}, "state_dir": str(path.parent),
    })  # fmt: skip
    run = Probing(target, Faults(), {}, {}, {}, none)
    start = time.perf_counter()
    REGISTRY["access_log"].function(run)
    return time.perf_counter() - start, run.cost["access_log_lines"]


def grep(path: Path) -> float:
    """Seconds of `grep -c` for the admin path, through gzip where need be."""
    show = "zcat" if path.suffix == ".gz" else "cat"
    start = time.perf_counter()
    subprocess.run(["sh", "-c", f"{show} '{path}' | grep -c /api/admin"], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def main(megabytes: int = typer.Argument(1000), rounds: int = 3) -> None:
    """Measure in turn and print the best of each."""
    assert access  # its import makes the probe known
    with tempfile.TemporaryDirectory() as folder:
        for form in ("combined", "json", "json.gz"):
            path = Path(folder, f"{form}.log")
            write(path, megabytes, form.partition(".")[0])
            if form.endswith(".gz"):
                packed = Path(folder, "access.log.gz")
                with path.open("rb") as plain, gzip.open(packed, "wb", compresslevel=1) as file:
                    shutil.copyfileobj(plain, file, 1 << 20)
                path.unlink()
                path = packed
            times = [(audit(path), grep(path)) for _ in range(rounds)]
            ours, lines = min(one for one, _ in times)
            theirs = min(one for _, one in times)
            path.unlink()
            typer.echo(
                f"{form:<9} {megabytes} MB, {lines} lines: audit {megabytes / ours:6.1f} MB/s ({ours:.1f} s), "
                f"grep -c {megabytes / theirs:7.1f} MB/s, ratio {ours / theirs:.1f}, "
                f"most memory so far {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"
            )


if __name__ == "__main__":
    typer.run(main)
