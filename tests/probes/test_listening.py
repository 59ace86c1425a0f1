"""What listens on this machine and in networks of the tests' own, against declared lists, both ways."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.reading import NotMeasured, Reading
from fixtures import listening, outside
from fixtures.docker import Container, Engine
from fixtures.listening import Listening
from fixtures.reach import ANSWERS, REFUSED, SILENT
from tests.probes.support import body, measure, probing, target, unmeasured

BASE = Container("", "toy_db_1", "db", "running", "", 0, False, 0, "", "", 0, 0)
# A container, as far as its network goes: a server for others, one for itself, one of UDP.
SERVERS = """
import socket, sys
tcp = socket.create_server(("0.0.0.0", 5432))
six = socket.create_server(("::", 5432), family=socket.AF_INET6)
own = socket.create_server(("127.0.0.1", 8081))
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("0.0.0.0", 323))
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def container() -> Iterator[Container]:
    """A process in a network of its own; its id is what its control groups are called."""
    words = ["unshare", "-n", "sh", "-c", 'ip link set lo up; exec "$0" -c "$1"', sys.executable, SERVERS]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        group = Path(f"/proc/{process.pid}/cgroup").read_text(encoding="ascii").splitlines()[0]
        yield replace(BASE, id=group, pid=process.pid)
        process.stdin.close()


def engine(*containers: Container) -> Engine:
    return Engine({"db": containers}, {}, "", "docker")


def look(*containers: Container) -> Listening:
    found: Listening = measure("listening", probing(results={"docker_engine": engine(*containers)}))
    return found


@pytest.fixture(scope="module")
def seen(container: Container) -> Listening:
    return look(container)


def said(fixture: Any, *words: Any, **listeners: Any) -> Reading:
    where = target(services={"db": {}, "web": {}}, listeners=listeners)
    reading: Reading = body(fixture)(*words, where)
    return reading


def test_sockets_of_a_container_are_read_from_outside_of_it(container: Container, seen: Listening) -> None:
    texts = {str(one) for one in seen.of(container)}
    assert texts == {"0.0.0.0:5432", "[::]:5432", "127.0.0.1:8081", "0.0.0.0:323/udp"}


def test_container_against_the_declared_list_both_ways(container: Container, seen: Listening) -> None:
    words = (seen, engine(container), "db")
    good = {"services": {"db": [5432, "323/udp"]}}
    assert said(listening.service_undeclared, *words, **good).value == "none"
    assert said(listening.service_missing, *words, **good).value == "none"
    none = said(listening.service_undeclared, *words)
    assert none.value == "undeclared 0.0.0.0:323/udp, 0.0.0.0:5432, [::]:5432"
    assert "127.0.0.1:8081 (loopback)" in none.excerpt
    more = {"services": {"db": [5432, "6432", "323/udp", "53/udp"]}}
    assert said(listening.service_missing, *words, **more).value == "nobody on 53/udp, 6432"


def test_declared_for_itself_and_open_to_all_is_a_finding(container: Container, seen: Listening) -> None:
    words = (seen, engine(container), "db")
    found = said(listening.service_undeclared, *words, services={"db": ["127.0.0.1:5432", "323/udp"]})
    assert found.value == "undeclared 0.0.0.0:5432, [::]:5432"


def test_host_both_ways(container: Container) -> None:
    with socket.create_server(("0.0.0.0", 0)) as server, socket.create_server(("127.0.0.1", 0)) as own:
        port, inner = server.getsockname()[1], own.getsockname()[1]
        found = look(container)
        sockets = {one.port for one in found.host}
        assert {port, inner} <= sockets
        wide = said(listening.host_undeclared, found, engine(container))
        assert f"0.0.0.0:{port}" in str(wide.value)
        assert f":{inner}" not in str(wide.value)
        others = [str(one) for one in found.host if one.port != port and not one.is_loopback]
        assert said(listening.host_undeclared, found, engine(container), host=[port, *others]).value == "none"
        assert said(listening.host_missing, found, host=[port]).value == "none"
        published = replace(container, published=(f"0.0.0.0:{port}:5432",))
        assert said(listening.host_undeclared, found, engine(published), host=others).value == "none"
    assert said(listening.host_missing, look(container), host=[port]).value == f"nobody on {port}"


def test_socket_of_udp_that_is_there_for_a_moment_only_is_no_listener() -> None:
    heading = "  sl  local_address rem_address   st\n"
    line = "   0: 00000000:{:04X} 00000000:0000 07 x\n"
    first, second = heading + line.format(323) + line.format(40000), heading + line.format(323)
    found = listening._read({"host tcp 1": heading, "host udp 1": first, "host udp 2": second}, "host", "x")
    assert list(map(str, found)) == ["0.0.0.0:323/udp"]


def test_process_that_is_another_by_now_is_not_believed(container: Container) -> None:
    found = look(replace(container, id="f" * 64))
    with pytest.raises(NotMeasured, match="does not show what listens: the container ffffffffffff"):
        found.of(replace(container, id="f" * 64))


def test_tables_are_open_to_everybody(container: Container) -> None:
    words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c"]
    done = subprocess.run(
        [*words, listening.script([container], "@@")], capture_output=True, text=True, check=False, timeout=20
    )
    assert f"@@{container.id} tcp 1\n  sl  local_address" in done.stdout


def test_machine_that_shows_nothing() -> None:
    with pytest.raises(NotMeasured, match="does not show what listens: the host"):
        listening._read({"host tcp 1": ""}, "host", "x")


def test_target_without_a_list_is_unknown(container: Container, seen: Listening) -> None:
    with pytest.raises(NotMeasured, match="does not say what may listen"):
        body(listening.service_undeclared)(seen, engine(container), "db", target(services={"db": {}}))


def test_container_that_does_not_run(seen: Listening) -> None:
    stopped = replace(BASE, status="exited", exit_code=137)
    with pytest.raises(NotMeasured, match="db is not running"):
        said(listening.service_undeclared, seen, engine(stopped), "db")


def test_service_in_the_network_of_the_host_is_judged_there(container: Container, seen: Listening) -> None:
    shared = replace(container, network="host")
    assert said(listening.service_undeclared, seen, engine(shared), "db").value == "none"
    host = Listening(seen.of(container), {}, "x")
    listed = {"services": {"db": [5432, "323/udp"]}}
    assert said(listening.host_undeclared, host, engine(shared), **listed).value == "none"
    assert said(listening.host_undeclared, host, engine(container), **listed).value != "none"


def test_published_ports_both_ways() -> None:
    one = replace(BASE, published=("127.0.0.1:15432:5432", "0.0.0.0:25432:5432"))
    lists = {"published": {"db": ["127.0.0.1:15432:5432", "80:80"]}}
    assert said(listening.published_undeclared, engine(one), "db", **lists).value == "undeclared 0.0.0.0:25432:5432"
    assert said(listening.published_missing, engine(one), "db", **lists).value == "not there: 80:80"
    good = {"published": {"db": ["127.0.0.1:15432:5432", "25432:5432"]}}
    assert said(listening.published_undeclared, engine(one), "db", **good).value == "none"
    assert said(listening.published_missing, engine(one), "db", **good).value == "none"


def test_private_service_is_published_to_the_host_at_most(container: Container, seen: Listening) -> None:
    def value(*published: str, network: str = "bridge", **lists: Any) -> object:
        one = replace(container, published=published, network=network)
        return said(listening.private_published, engine(one), seen, "db", **lists).value

    assert value() == "none"
    assert value("127.0.0.1:15432:5432", "[::1]:15432:5432") == "none"
    assert value("127.0.0.1:15432:5432", "0.0.0.0:25432:5432") == "0.0.0.0:25432:5432"
    assert value("172.30.0.1:25432:5432") == "172.30.0.1:25432:5432"
    assert value(network="host", services={"db": [5432]}) == "0.0.0.0:5432, [::]:5432"


def test_doors_of_private_services_are_knocked_at(container: Container, seen: Listening) -> None:
    with socket.create_server(("127.0.0.2", 0)) as server:
        port = server.getsockname()[1]
        run = probing(
            services={"db": {}}, listeners={"private": ["db"], "outside": ["127.0.0.2", "127.0.0.3"], "host": [22]},
            results={"docker_engine": engine(replace(container, published=(f"127.0.0.1:{port}:5432",))),
                     "listening": seen},
        )  # fmt: skip
        doors = measure("doors_outside", run)
    assert {port, 5432, 22} == {number for _, number in doors}
    assert (doors["127.0.0.2", port], doors["127.0.0.3", port]) == (ANSWERS, REFUSED)
    assert run.cost["doors_knocked"] == 6


def reached(container: Container, seen: Listening, doors: dict[tuple[str, int], str]) -> Reading:
    reading: Reading = body(outside.private_reached)(doors, engine(container), seen, "db")
    return reading


def test_open_door_is_the_finding(container: Container, seen: Listening) -> None:
    assert reached(container, seen, {("192.0.2.1", 5432): ANSWERS}).value == "192.0.2.1:5432"
    assert reached(container, seen, {("2001:db8::1", 5432): ANSWERS}).value == "[2001:db8::1]:5432"
    assert reached(container, seen, {("192.0.2.1", 5432): REFUSED}).value == "none"


def test_silence_counts_only_of_an_address_that_is_alive(container: Container, seen: Listening) -> None:
    quiet = {("192.0.2.1", 5432): SILENT}
    assert reached(container, seen, {**quiet, ("192.0.2.1", 443): ANSWERS}).value == "none"
    assert reached(container, seen, {**quiet, ("192.0.2.1", 22): REFUSED}).value == "none"
    for doors in (quiet, {**quiet, ("192.0.2.2", 443): ANSWERS}, {("192.0.2.1", 5432): "Network is unreachable"}):
        with pytest.raises(NotMeasured, match=r"nothing at all answers at 192\.0\.2\.1"):
            reached(container, seen, doors)


def test_private_service_that_listens_nowhere_has_no_door(seen: Listening) -> None:
    with pytest.raises(NotMeasured, match="db listens nowhere"):
        reached(BASE, seen, {("192.0.2.1", 443): ANSWERS})


def test_addresses_of_strangers_must_be_declared() -> None:
    assert "at which addresses strangers come" in unmeasured("doors_outside", probing(listeners={})).reason
    assert "at which addresses strangers come" in unmeasured("doors_outside", probing()).reason
