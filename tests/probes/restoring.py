"""Real restores for tests: a small database, dumps of it in every form, and what the weekly checks say of a folder."""

import atexit
import inspect
import shutil
import tempfile
import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker

from conformance import duration, thresholds
from conformance.causes import Faults
from conformance.judging import Bench, worst_of
from conformance.probes import REGISTRY, Probing
from conformance.reading import NotMeasured
from fixtures import backups
from fixtures.restore import (  # noqa: F401  they register probes
    comparing,
    contents,
    copied,
    findings,
    leftovers,
    levels,
    losses,
    proofs,
    written,
)
from fixtures.restore.place import ContainerPlace, MachinePlace, Place, Yielding, binaries_here
from fixtures.restore.production import Production
from fixtures.restore.program import LocalProgram, Program
from fixtures.restore.server import SUPERUSER, ThrowAway
from suites.weekly import test_backups, test_restore
from tests.probes.support import target

IMAGE = "agentv3/stack:local"
CHECKOUT = Path(__file__).parents[2]
ROWS = thresholds.load(CHECKOUT / "thresholds.yaml")[0]
WINDOWS = {name: duration.seconds(row.window) for name, row in ROWS.items() if row.window}
SET = "database"
# Of these tests alone, so that other restores on this machine are none of theirs; short, for a socket lies in it.
WORKSPACE = Path(tempfile.mkdtemp(dir="/var/tmp", prefix="tests-"))
WORKSPACE.chmod(0o711)
atexit.register(shutil.rmtree, WORKSPACE, ignore_errors=True)
CALM = Yielding(0, "best-effort")

DATABASE = """
CREATE ROLE owner NOLOGIN; CREATE ROLE reader NOLOGIN;
CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL UNIQUE, note jsonb);
CREATE TABLE orders (id int PRIMARY KEY, customer int NOT NULL REFERENCES customers, placed timestamptz NOT NULL);
CREATE TABLE lines (id int PRIMARY KEY, "order" int NOT NULL REFERENCES orders, words text);
CREATE INDEX lines_order ON lines ("order");
CREATE VIEW busy AS SELECT customer, count(*) FROM orders GROUP BY customer;
CREATE FUNCTION double(int) RETURNS int LANGUAGE sql AS $$ SELECT 2 * $1 $$;
INSERT INTO customers SELECT n, 'customer ' || n, '{"a": 1}' FROM generate_series(1, 100) n;
INSERT INTO orders SELECT n, 1 + n % 100, now() - n * interval '1 minute' FROM generate_series(1, 400) n;
INSERT INTO lines SELECT n, 1 + n % 400, repeat('word ', n % 7) || md5(n::text) FROM generate_series(1, 20000) n;
ALTER TABLE customers OWNER TO owner; ALTER TABLE orders OWNER TO owner; ALTER TABLE lines OWNER TO owner;
GRANT SELECT ON customers TO reader;
"""
TABLES = {"customers": 1, "orders": 1, "lines": 1}
SMOKE = {"customers have orders": "SELECT count(*) > 0 FROM customers c JOIN orders o ON o.customer = c.id"}


def quick_programs() -> list[Path]:
    """This machine's programs of PostgreSQL, whose initdb copies a cluster that was made once; empty without any."""
    folder = WORKSPACE / "quick" / "bin"
    if not binaries_here() or folder.exists():
        return [folder] if folder.exists() else []
    real = binaries_here()[0]
    with somewhere() as server:
        made = server.run(
            ["initdb", "-D", "clean", "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        )
        assert made[0].code == 0, made[0].said
        folder.mkdir(parents=True)
        shutil.move(f"{server.place.folder}/clean", folder.parent)
    for one in real.iterdir():
        if one.name != "initdb":
            (folder / one.name).symlink_to(one)
    (folder / "initdb").write_text(f"#!/bin/sh\nexec cp -R -p {folder.parent}/clean data\n", encoding="ascii")
    (folder / "initdb").chmod(0o755)
    return [folder]


def _machine() -> Place:
    return MachinePlace(binaries_here()[0], str(WORKSPACE), CALM)


@contextmanager
def container() -> Iterator[Place]:
    """A place in a container of the stack's image."""
    api = docker.APIClient(timeout=30, version="auto")
    made = ContainerPlace(api, IMAGE, str(WORKSPACE), CALM, 300)
    try:
        yield made
    finally:
        made.remove()
        api.close()


@contextmanager
def somewhere() -> Iterator[ThrowAway]:
    """A throw-away server of the kind that this machine has."""
    with _place() as found:
        server = ThrowAway(found)
        try:
            server.start()
            yield server
        finally:
            server.stop()


@contextmanager
def _place() -> Iterator[Place]:
    if binaries_here():
        made = _machine()
        try:
            yield made
        finally:
            made.remove()
    else:
        with container() as made:
            yield made


def filled(server: ThrowAway) -> None:
    """Make the test's database."""
    server.create_database("shop")
    for statement in DATABASE.split(";\n"):
        if statement.strip():
            server.ask(statement)


def dumped(server: ThrowAway, *words: str) -> bytes:
    """What pg_dump, pg_dumpall or another program prints. It may do what is kept from a restore: pg_dump -Ft must."""
    made = server.place
    if isinstance(made, MachinePlace):
        environ = {**made._environ, **server._environ}
        program: Program = LocalProgram([*made._prefix, *words], environ, made.folder)
    else:
        program = server.open(list(words))
    try:
        program.close()
        said = b"".join(program.output())
        ended = program.wait()
    finally:
        program.kill()
    assert ended.code == 0, ended.said
    return said


@dataclass(frozen=True, slots=True)
class Said:
    """What a check says: its verdict, 'blocked' where an earlier level is why, and its reason or value."""

    verdict: str
    text: str


@dataclass(slots=True)
class Look:
    """The weekly checks of backups against a folder of this machine."""

    folder: Path
    restore: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, Any] = field(default_factory=dict)
    production: Production | NotMeasured = field(default_factory=lambda: NotMeasured("no production in this test"))
    previous: dict[str, Any] = field(default_factory=dict)
    sets: dict[str, Any] = field(default_factory=dict)
    engine: Any = None
    timeout: float = 300
    run: Probing | None = None

    def __call__(self, *only: str) -> dict[str, Said]:
        """Every weekly check's verdict on the set, or those named."""
        declared = {"tables": TABLES, "newest": {"orders": "placed"}, "smoke": SMOKE, "workspace": str(WORKSPACE),
                    **self.restore}  # fmt: skip
        sets = {SET: {"glob": f"{self.folder}/postgres_*", "restore": declared, **self.keys}, **self.sets}
        results: dict[str, Any] = {"production_schemas": {SET: self.production}, "docker_engine": self.engine}

        def probe(name: str) -> Any:
            if name not in results:
                results[name] = REGISTRY[name].function(run)
            if isinstance(results[name], NotMeasured):
                raise results[name]
            return results[name]

        run = self.run = Probing(
            target(backups=sets), Faults(), {}, WINDOWS, self.previous, probe, timeout=self.timeout
        )
        return self.again(*only)

    def again(self, *only: str) -> dict[str, Said]:
        """The same checks once more, on what was measured already."""
        run = self.run
        assert run is not None
        found = {}
        for module in (test_backups, test_restore):
            for name, check in vars(module).items():
                if name.startswith("test_") and (not only or name in only):
                    found[name] = _said(name, check, run)
        return found


_FIXTURES = {
    name: one.__wrapped__
    for module in (backups, levels, contents, written, copied, comparing, losses, findings, proofs)
    for name, one in vars(module).items()
    if hasattr(one, "__wrapped__")
}


def _said(name: str, check: types.FunctionType, run: Probing) -> Said:
    row = next((mark.kwargs.get("row") for mark in check.pytestmark if mark.name == "runbook"), None)  # type: ignore[attr-defined]
    bench = Bench(name, SET, ROWS.get(row) if row else None, row, ROWS)
    try:
        check(**{one: _value(one, run, bench, check) for one in inspect.signature(check).parameters})
    except NotMeasured as error:
        cause = run.faults.cause(error.parts, f"{name}[{SET}]", lambda _: True)
        return Said("blocked", cause.check) if cause else Said("UNKNOWN", error.reason)
    worst = worst_of(bench.judgements)
    assert worst is not None
    value = worst.reason or str(worst.reading.value)
    return Said("baseline" if worst.reading.baseline else str(worst.verdict), value)


def _value(name: str, run: Probing, bench: Bench, check: types.FunctionType) -> Any:
    plain = {"judge": bench.judge, "require": bench.require, "target": run.target, "backup": SET, "dump": SET,
             "row_window": 90 * 86400,
             "smoke": f"{SET}/{next(iter(run.target.backups[SET].restore.smoke))}"}  # type: ignore[union-attr]  # fmt: skip
    if name in plain:
        return plain[name]
    if name in REGISTRY:
        return run.probe(name)
    body = _FIXTURES[name]
    return body(**{one: _value(one, run, bench, check) for one in inspect.signature(body).parameters})
