"""What the audit of an access log costs: megabytes a second beside `grep -c`, and the most memory, on the same file.

Run it by `python tests/bench/access_log.py [MEGABYTES]`, 1000 by default, for each format and for a `.gz`. It prints
and asserts nothing; the best of each round counts, in seconds of a clock and of a processor, which other load on the
machine changes less. The audit runs as it does in a run: through a shell of the host, here this machine's.
"""

import gzip
import json
import os
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


def spent() -> tuple[float, float]:
    """The clock, and the processor's time of this process and of those that it has waited for."""
    used = os.times()
    return time.perf_counter(), used.user + used.system + used.children_user + used.children_system


def audit(path: Path) -> tuple[float, float]:
    """Seconds of the clock and of the processor for one audit."""

    def none(_: str) -> None:
        raise NotMeasured("there is no engine here")

    target = Target.model_validate({
        "name": "bench", "environment": "bench", "host": "local://", "compose": {"project": "bench"},
        "nginx": {"access_log": str(path), "admin": {"allow": ["10.0.0.0/8"]}}, "state_dir": str(path.parent),
    })  # fmt: skip
    run = Probing(target, Faults(), {}, {}, {}, none)
    clock, processor = spent()
    REGISTRY["access_log"].function(run)
    return spent()[0] - clock, spent()[1] - processor


def grep(path: Path) -> tuple[float, float]:
    """The same of `grep -c` for the admin path, through gzip where need be."""
    show = "zcat" if path.suffix == ".gz" else "cat"
    clock, processor = spent()
    subprocess.run(["sh", "-c", f"{show} '{path}' | grep -c /api/admin"], stdout=subprocess.DEVNULL, check=True)
    return spent()[0] - clock, spent()[1] - processor


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
            path.unlink()
            for number, name in enumerate(("clock", "processor")):
                ours, theirs = (min(one[who][number] for one in times) for who in (0, 1))
                typer.echo(
                    f"{form:<9} {megabytes} MB by the {name:<9}: audit {megabytes / ours:6.1f} MB/s ({ours:.1f} s), "
                    f"grep -c {megabytes / max(theirs, 0.01):7.1f} MB/s, ratio {ours / max(theirs, 0.01):.0f}"
                )
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    typer.echo(f"most memory, with the Python and libraries of a run: {most:.0f} MB")


if __name__ == "__main__":
    typer.run(main)
