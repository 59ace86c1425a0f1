"""What proving a backup costs, beside the runbook's own way, on a dump of at least 200 MB of SQL.

Run it by `.venv/bin/python tests/bench/restore.py`; it takes minutes and needs the stack's image, not the stack. It
asserts nothing about time. Interleaved, in turn:

(a) the runbook's own way: gunzip -c | docker exec -i ... psql, into a server with the settings of a default one
(b) ours, every level on, the start of the throw-away server included
(c) bare gunzip -c | psql into the throw-away server with its settings, which is started before the clock

"Production" is a container that this script starts and removes; its WAL and the bytes that it writes are counted.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import typer

CHECKOUT = Path(__file__).parents[2]
sys.path.insert(0, str(CHECKOUT))

from conformance.causes import Faults  # noqa: E402
from conformance.probes import REGISTRY, Probing  # noqa: E402
from conformance.reading import NotMeasured  # noqa: E402
from conformance.target import Target  # noqa: E402
from fixtures.restore import leftovers, place, production, proofs, questions, server  # noqa: E402, F401  they register probes

IMAGE = "agentv3/stack:local"
NAME = "conformance-bench-restore"
TABLES = {"pgbench_accounts": 1, "pgbench_branches": 1, "pgbench_tellers": 1, "documents": 1}
# pgbench's tables, and one with jsonb and texts that do not fit into a page.
DOCUMENTS = """
CREATE TABLE documents (id int PRIMARY KEY, created_at timestamptz NOT NULL, body jsonb NOT NULL, words text NOT NULL);
INSERT INTO documents SELECT n, now() - n * interval '1 s',
  jsonb_build_object('n', n, 'tags', jsonb_build_array(md5(n::text), md5((n + 1)::text)),
                     'deep', jsonb_build_object('x', n)),
  (SELECT string_agg(md5((n * 1000 + k)::text), ' ') FROM generate_series(1, 4 + n % 60) k)
FROM generate_series(1, 60000) n;
CREATE INDEX documents_created_at ON documents (created_at);
"""


def docker(*words: str, stdin: str | None = None) -> str:
    """One docker command; what it printed."""
    return subprocess.run(["docker", *words], input=stdin, capture_output=True, text=True, check=True).stdout.strip()


def sql(statement: str, dbname: str = "postgres") -> str:
    """One statement to production."""
    return docker("exec", "-i", "-u", "postgres", NAME, "psql", "-XAtq", "-h", "/tmp", "-d", dbname, stdin=statement)


@contextmanager
def production_server() -> Iterator[None]:
    """A server with the settings that initdb gives, in a container."""
    script = (
        "b=$(ls -d /usr/lib/postgresql/*/bin); $b/initdb -D /tmp/data --auth=trust --encoding=UTF8 --locale=C "
        ">/dev/null && exec $b/postgres -D /tmp/data -k /tmp -c listen_addresses="
    )
    docker("run", "--rm", "-d", "--name", NAME, "--label", "conformance.tests=1", "--network", "none",
           "--shm-size", "256m", "-u", "postgres", IMAGE, "sh", "-c", script)  # fmt: skip
    try:
        for _ in range(100):
            if subprocess.run(["docker", "exec", NAME, "pg_isready", "-q", "-h", "/tmp"], check=False).returncode == 0:
                break
            time.sleep(0.3)
        yield
    finally:
        docker("rm", "-f", "-v", NAME)


def make_dump(folder: Path, scale: int) -> Path:
    """The backup: its size in SQL is printed."""
    sql("CREATE DATABASE bench")
    bench = "b=$(ls -d /usr/lib/postgresql/*/bin); $b/pgbench -q -i -h /tmp -s"
    docker("exec", "-u", "postgres", NAME, "sh", "-c", f"{bench} {scale} bench 2>/dev/null")
    sql(DOCUMENTS, "bench")
    path = folder / "postgres_20260101T000000Z.sql.gz"
    words = f"docker exec -u postgres {NAME} pg_dump -h /tmp -d bench | {sys.executable} -m conformance.backup_manifest"
    subprocess.run(f"{words} {path}.manifest | gzip >{path}", shell=True, cwd=CHECKOUT, check=True)
    sql("DROP DATABASE bench")
    size = int(re.findall(r'"size": (\d+)', Path(f"{path}.manifest").read_text(encoding="utf-8"))[0])
    typer.echo(f"the dump: {size / 1e6:.0f} MB of SQL, {path.stat().st_size / 1e6:.1f} MB compressed")
    return path


def runbooks_way(path: Path) -> None:
    """(a), as the runbook writes it."""
    sql("CREATE DATABASE test_restore")
    try:
        command = f"gunzip -c {path} | docker exec -i -u postgres {NAME} psql -h /tmp -d test_restore >/dev/null 2>&1"
        subprocess.run(command, shell=True, check=True)
        sql(r"\dt", "test_restore")
    finally:
        sql("DROP DATABASE test_restore")


def ours(path: Path) -> dict[str, float]:
    """(b); what its time went to."""
    restore = {
        "tables": TABLES, "newest": {"documents": "created_at"}, "nice": 0, "io": "best-effort",
        "smoke": {"documents": "SELECT count(*) = 60000 FROM documents"},
    }  # fmt: skip
    target = Target.model_validate({
        "name": "bench", "environment": "bench", "host": "local://", "compose": {"project": "bench"},
        "backups": {"database": {"glob": str(path), "restore": restore}},
    })  # fmt: skip
    results: dict[str, object] = {"production_schemas": {"database": NotMeasured("not compared here")}}

    def probe(name: str) -> object:
        if name not in results:
            results[name] = REGISTRY[name].function(run)
        return results[name]

    run = Probing(target, Faults(), {}, {}, {}, probe, timeout=1800)
    waited: list[float] = []
    asked = questions.Looking.result
    with mock.patch.object(questions.Looking, "result", lambda one: _waited(asked, one, waited)):
        proof = probe("backup_proofs")["database"]  # type: ignore[index]
    assert not isinstance(proof, NotMeasured), proof.reason
    assert proof.restored is not None, (proof.stopped, proof.refused, proof.unread, proof.preflight)
    proof.spent["questions"] -= waited[0]
    return {**proof.spent, "amcheck": waited[0]}


def _waited(result: Callable[[Any], Any], one: Any, waited: list[float]) -> Any:
    """What pg_amcheck found, and how long it took beyond the other questions."""
    start = time.perf_counter()
    found = result(one)
    waited.append(time.perf_counter() - start)
    return found


@contextmanager
def thrown_away() -> Iterator[server.ThrowAway]:
    """A throw-away server that is up, for (c)."""
    made = server.ThrowAway(place.MachinePlace(place.binaries_here()[0], "/var/tmp", place.Yielding(0, "best-effort")))
    try:
        made.start()
        made.create_database("bench")
        made.create_roles(["postgres"], ["postgres"])
        yield made
    finally:
        made.stop()


def bare(path: Path, made: server.ThrowAway) -> None:
    """(c). Not confined as a restore is: it reads the file by itself."""
    environ = {"PGHOST": f"{made.place.folder}/socket", "PGUSER": server.SUPERUSER, "PATH": os.environ["PATH"]}
    psql = f"{place.binaries_here()[0]}/psql -X -q -1 -v ON_ERROR_STOP=1 -o /dev/null -d bench -f -"
    command = f"set -o pipefail; gunzip -c {path} | {psql}"
    subprocess.run(["bash", "-c", command], env=environ, check=True)


def wal() -> int:
    """Bytes of WAL that production has written so far."""
    return int(sql("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"))


def written() -> int:
    """Bytes that production's processes have written so far."""
    pids = docker("top", NAME, "-eo", "pid").splitlines()[1:]
    text = "".join(
        Path(f"/proc/{pid.strip()}/io").read_text(encoding="ascii")
        for pid in pids
        if Path(f"/proc/{pid.strip()}/io").exists()
    )
    return sum(map(int, re.findall(r"^write_bytes: (\d+)", text, re.MULTILINE)))


def timed(function: Callable[[], object]) -> float:
    """Seconds that it takes."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def main(rounds: int = 5, scale: int = 18) -> None:
    """Measure in turn and print."""
    if not place.binaries_here():
        raise SystemExit("this machine has no PostgreSQL: the bare restore is measured with its programs")
    times: dict[str, list[float]] = {"runbook": [], "ours": [], "bare": []}
    spent: dict[str, list[float]] = {}
    cost: dict[str, list[float]] = {"wal runbook": [], "wal ours": [], "written runbook": [], "written ours": []}
    with production_server(), tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        os.chmod(name, 0o755)
        path = make_dump(Path(name), scale)
        for number in range(rounds + 1):
            before, io = wal(), written()
            way = timed(lambda: runbooks_way(path))
            between, io_between = wal(), written()
            start = time.perf_counter()
            went = ours(path)
            proof = time.perf_counter() - start
            after, io_after = wal(), written()
            with thrown_away() as made:
                lone = timed(lambda: bare(path, made))
            if number:  # the first round fills caches
                times["runbook"].append(way)
                times["ours"].append(proof)
                times["bare"].append(lone)
                cost["wal runbook"].append((between - before) / 1e6)
                cost["wal ours"].append((after - between) / 1e6)
                cost["written runbook"].append((io_between - io) / 1e6)
                cost["written ours"].append((io_after - io_between) / 1e6)
                for what, seconds in went.items():
                    spent.setdefault(what, []).append(seconds)
                typer.echo(f"round {number}: (a) {way:.1f} s, (b) {proof:.1f} s, (c) {lone:.1f} s")
    report(times, cost)
    typer.echo("where the time of (b) goes, medians; reading holds unpacking, and what is done beside the server:")
    for what, found in spent.items():
        typer.echo(f"{what:<10} {statistics.median(found):6.2f} s")


def report(times: dict[str, list[float]], cost: dict[str, list[float]]) -> None:
    """Print medians with ranges, and the two ratios."""
    for name, found in times.items():
        typer.echo(f"{name:<8} {statistics.median(found):6.1f} s   ({min(found):.1f} to {max(found):.1f})")
    for other, goal in (("bare", 1.35), ("runbook", 1.5)):
        ratios = [one / two for one, two in zip(times["ours"], times[other], strict=True)]
        middle = statistics.median(ratios)
        typer.echo(f"ours / {other:<8} {middle:5.2f}   ({min(ratios):.2f} to {max(ratios):.2f}, goal at most {goal})")
    for name, found in cost.items():
        typer.echo(f"{name:<16} {statistics.median(found):8.1f} MB on production")


if __name__ == "__main__":
    typer.run(main)
