"""What production is asked of its catalogues, against a real server."""

from collections.abc import Iterator

import psycopg
import pytest

from conformance.probes import Probing
from conformance.reading import NotMeasured
from fixtures.restore.production import BOUNDS, Production
from fixtures.restore.server import SUPERUSER, ThrowAway
from tests.probes import restoring
from tests.probes.conftest import Serve
from tests.probes.dumps import here
from tests.probes.support import closed_port, fault, hang, measure, probing, within
from tests.probes.test_postgres import LET_IN, server

pytestmark = here  # a server in a container has no network to be asked by


@pytest.fixture(scope="module")
def real() -> Iterator[ThrowAway]:
    with restoring.somewhere() as server:
        restoring.filled(server)
        yield server


def asking(host: str, **more: object) -> Probing:
    where = {"host": host, "dbname": "shop", "user": SUPERUSER, **more}
    return probing(postgres=where, backups={"x": {"glob": "/x", "restore": {"tables": {"a": 1}}}})


def socket_of(server: ThrowAway) -> str:
    return f"{server.place.folder}/socket"


def test_schema_estimates_and_identifier(real: ThrowAway) -> None:
    found = measure("production_schemas", asking(socket_of(real)))["x"]

    assert isinstance(found, Production)
    assert found.system == real.system
    assert set(found.tables) == {"public.customers", "public.orders", "public.lines"}
    assert (found.major, found.large_objects) == (real.place.version[0], 0)
    for line in (
        "column public.customers.name text not null",
        'index CREATE INDEX lines_order ON public.lines USING btree ("order")',
        "constraint orders_customer_fkey on public.orders FOREIGN KEY (customer) REFERENCES public.customers(id)",
        "grant of select on public.customers to reader",
        "table public.orders owned by owner",
    ):
        assert line in found.schema, sorted(found.schema)


def test_lock_on_a_table_is_not_waited_for_and_names_the_chain(real: ThrowAway) -> None:
    run = asking(socket_of(real))
    with psycopg.connect(host=socket_of(real), dbname="shop", user=SUPERUSER) as session:
        session.execute("LOCK TABLE customers IN ACCESS EXCLUSIVE MODE")
        found = measure("production_schemas", run)["x"]

    assert isinstance(found, NotMeasured)
    assert "is locked" in found.reason
    reported = fault(run, "locks of production")
    assert reported is not None
    assert reported.check == "postgres.locks.chain"


def test_table_that_nobody_has_analysed_has_its_size_instead(real: ThrowAway) -> None:
    real.ask("CREATE TABLE fresh (n int); CREATE TABLE bare (n int); SELECT lo_create(4711)")
    real.ask("INSERT INTO fresh SELECT 1")
    real.ask("SELECT pg_stat_reset()")  # as after a crash: the statistics have counted no row
    try:
        found = measure("production_schemas", asking(socket_of(real)))["x"]
        assert isinstance(found, Production)
        assert found.large_objects == 1
        assert (found.tables["public.fresh"].rows, found.tables["public.fresh"].unknown) == (0, 8192)
        assert (found.tables["public.bare"].rows, found.tables["public.bare"].unknown) == (0, 0)

        real.ask("ANALYZE fresh")
        found = measure("production_schemas", asking(socket_of(real)))["x"]
        assert isinstance(found, Production)
        assert (found.tables["public.fresh"].rows, found.tables["public.fresh"].unknown) == (1, 0)
    finally:
        real.ask("DROP TABLE fresh, bare; SELECT lo_unlink(4711)")


def test_server_that_stops_in_the_middle_is_cut_off(serve: Serve) -> None:
    """The timer of the session: the server's own time-out never comes where its process is stopped."""
    stopped = server(LET_IN, then=hang)
    with within(BOUNDS.whole + 3):
        found = measure("production_schemas", asking("127.0.0.1", port=serve(stopped)))["x"]
    assert isinstance(found, NotMeasured)
    assert found.reason == f"production cannot be asked: no answer within {BOUNDS.whole:g} s"
    assert found.parts == ("postgres",)


def test_server_that_does_not_answer_or_has_no_such_database(real: ThrowAway) -> None:
    for run in (asking("127.0.0.1", port=closed_port()), asking(socket_of(real), dbname="nowhere")):
        found = measure("production_schemas", run)["x"]
        assert isinstance(found, NotMeasured)
        assert found.reason.startswith("production cannot be asked")
