"""PostgreSQL: messages of the server and of libpq, told by servers on loopback that speak its protocol."""

import socket
import struct
import threading
import time
from typing import Any

import pytest

from conformance.reading import NotMeasured
from fixtures import postgres
from fixtures.postgres import BOUNDS, Server
from fixtures.postgres_session import Bounds, cut_after, explain
from tests.probes.conftest import Serve
from tests.probes.support import Handler, body, closed_port, fault, hang, measure, probing, target, unmeasured, within

AT = 'connection failed: connection to server at "127.0.0.1", port 5432 failed: '


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (AT + "Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?",
         "connection refused"),
        (AT + "timeout expired", "no session within 3 s"),
        ("connection timeout expired", "no session within 3 s"),
        (AT + "FATAL:  sorry, too many clients already", "every connection slot is taken"),
        (AT + "FATAL:  remaining connection slots are reserved for non-replication superuser connections",
         "every connection slot is taken"),
        (AT + "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
         "every connection slot is taken"),
        (AT + "FATAL:  the database system is starting up", "the server is starting up"),
        (AT + "FATAL:  the database system is shutting down", "the server is shutting down"),
        (AT + "FATAL:  the database system is in recovery mode", "the server is recovering"),
        (AT + "server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally",
         "the server closed the connection"),
        ("consuming input failed: server closed the connection unexpectedly", "the server closed the connection"),
        ('[Errno -2] could not translate host name "nowhere" to address: Name or service not known',
         "name not found"),
        ("[Errno -2] Name or service not known", "name not found"),
        (AT + "No route to host", "no route to the host"),
        ("canceling statement due to statement timeout", "a look-up of the statistics took more than 2 s"),
        (AT + 'FATAL:  too many connections for database "agent_v3"',
         f'no session: {AT}FATAL: too many connections for database "agent_v3"'[:132]),
    ],
)  # fmt: skip
def test_server_that_gives_no_session(text: str, words: str) -> None:
    assert words == explain(text, None, BOUNDS)


@pytest.mark.parametrize(
    "text",
    [
        AT + 'FATAL:  password authentication failed for user "conformance"',
        AT + "fe_sendauth: no password supplied",
        AT + 'FATAL:  role "conformance" does not exist',
        AT + 'FATAL:  database "agent_v3" does not exist',
        AT + 'FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "conformance", database "agent_v3", no encryption',
        AT + 'FATAL:  role "conformance" is not permitted to log in',
        AT + 'FATAL:  too many connections for role "conformance"',
        AT + 'FATAL:  permission denied for database "agent_v3"',
        'connection failed: connection to server at "::1", port 5432 failed: Connection refused\n'
        "\tIs the server running on that host and accepting TCP/IP connections?\n"
        'connection to server at "127.0.0.1", port 5432 failed: FATAL:  password authentication failed for user "a"',
    ],
)
def test_server_that_refuses_this_role_only(text: str) -> None:
    assert explain(text, None, BOUNDS) == ""


def test_statement_timeout_is_known_by_its_state_in_any_language() -> None:
    assert explain("Anweisung wird storniert", "57014", BOUNDS) == "a look-up of the statistics took more than 2 s"


# Servers that speak the protocol


def message(kind: bytes, payload: bytes) -> bytes:
    return kind + struct.pack("!i", len(payload) + 4) + payload


def refusal(state: str, text: str) -> bytes:
    return message(b"E", f"SFATAL\0VFATAL\0C{state}\0M{text}\0\0".encode())


LET_IN = message(b"R", struct.pack("!i", 0)) + b"".join(
    message(b"S", f"{name}\0{value}\0".encode())
    for name, value in (("server_version", "15.8"), ("client_encoding", "UTF8"))
) + message(b"K", struct.pack("!ii", 1, 2)) + message(b"Z", b"I")  # fmt: skip


def server(*said: bytes, then: Handler | None = None) -> Handler:
    """Refuse encryption, then say this to the start of a session, and the next to each statement."""

    def handler(connection: socket.socket) -> None:
        while struct.unpack("!i", connection.recv(4096)[4:8])[0] in (80877103, 80877104):
            connection.sendall(b"N")
        connection.sendall(said[0])
        for one in said[1:]:
            connection.recv(65536)
            connection.sendall(one)
        if then:
            then(connection)

    return handler


def at(port: int) -> Any:
    return probing(
        postgres={"host": "127.0.0.1", "port": port, "dbname": "agent_v3", "user": "conformance", "password": "canary"}
    )


@pytest.mark.parametrize(
    ("state", "text", "words"),
    [
        ("53300", "sorry, too many clients already", "every connection slot is taken"),
        ("53300", "remaining connection slots are reserved for roles with the SUPERUSER attribute",
         "every connection slot is taken"),
        ("57P03", "the database system is starting up", "the server is starting up"),
        ("57P03", "the database system is not yet accepting connections", "the server is starting up"),
        ("57P03", "the database system is shutting down", "the server is shutting down"),
        ("57P03", "the database system is in recovery mode", "the server is recovering"),
    ],
)  # fmt: skip
def test_server_that_says_why_it_gives_no_session(serve: Serve, state: str, text: str, words: str) -> None:
    run = at(serve(server(refusal(state, text))))
    with within(2):
        found = measure("postgres_server", run)
    assert (found.answer, found.facts) == (words, {})
    reported = fault(run, "postgres")
    assert reported is not None
    assert (reported.check, reported.text) == ("test_postgres_answer", words)


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ("28P01", 'password authentication failed for user "conformance"'),
        ("28000", 'role "conformance" does not exist'),
        ("28000", 'role "conformance" is not permitted to log in'),
        ("3D000", 'database "agent_v3" does not exist'),
        ("53300", 'too many connections for role "conformance"'),
    ],
)
def test_server_that_does_not_let_the_role_in_is_not_measured_and_no_fault_of_its_own(
    serve: Serve, state: str, text: str
) -> None:
    run = at(serve(server(refusal(state, text))))
    error = unmeasured("postgres_server", run)
    assert "answers, but does not let conformance in" in error.reason
    assert text in error.reason
    assert "canary" not in error.reason + error.next_step
    assert fault(run, "postgres") is None, "it explains nothing of the application"
    reported = fault(run, error.parts[0])
    assert reported is not None
    assert reported.check == "test_postgres_answer", "the one root of all that cannot be asked"


def test_port_where_nobody_listens() -> None:
    assert measure("postgres_server", at(closed_port())).answer == "connection refused"


def test_server_that_accepts_and_says_nothing(serve: Serve) -> None:
    with within(4.5):
        assert measure("postgres_server", at(serve(hang))).answer == "no session within 3 s"


@pytest.mark.parametrize("said", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b""])
def test_server_that_is_no_postgres(serve: Serve, said: bytes) -> None:
    def handler(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(said)

    run = at(serve(handler))
    with within(4.5):
        found = measure("postgres_server", run)
    assert found.answer != "accepts sessions"
    assert fault(run, "postgres") is not None


def test_backend_that_stops_in_the_middle_of_a_session_is_cut_off(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "BOUNDS", Bounds(statement=2, whole=0.5))
    run = at(serve(server(LET_IN, then=hang)))
    with within(2):
        found = measure("postgres_server", run)
    assert found.answer == "no answer within 0.5 s"
    assert fault(run, "postgres") is not None


def test_backend_that_is_ended_in_the_middle_of_a_session(serve: Serve) -> None:
    run = at(serve(server(LET_IN, b"")))
    with within(2):
        assert measure("postgres_server", run).answer == "the server closed the connection"


def test_look_up_that_takes_too_long(serve: Serve) -> None:
    late = refusal("57014", "canceling statement due to statement timeout").replace(b"FATAL", b"ERROR")
    run = at(serve(server(LET_IN, late + message(b"Z", b"I"), then=hang)))
    with within(2):
        assert measure("postgres_server", run).answer == "a look-up of the statistics took more than 2 s"


def test_cut_wakes_whoever_waits_for_an_answer() -> None:
    ours, theirs = socket.socketpair()
    late = threading.Event()
    with ours, theirs, within(1), cut_after(ours.fileno(), 0.2, late):
        assert ours.recv(1) == b""
    assert late.is_set()


def test_nothing_is_cut_once_the_work_is_done() -> None:
    ours, theirs = socket.socketpair()
    late = threading.Event()
    with ours, theirs:
        with cut_after(ours.fileno(), 0.1, late):
            pass
        time.sleep(0.2)
        theirs.sendall(b"x")
        assert ours.recv(1) == b"x"
    assert not late.is_set()


# Readings


def seen(**facts: Any) -> Server:
    plain = {"may_monitor": True, "role": "conformance", "max_connections": 100, "reserved": 3}
    activity = {"used": 97}
    return Server("accepts sessions", "postgresql://x", plain | facts, activity)


DECLARED = target(postgres={"host": "x", "dbname": "d", "user": "conformance"})


def test_share_is_of_the_slots_of_ordinary_roles() -> None:
    connections = body(postgres.postgres_connections)(seen(), DECLARED)
    assert connections.value == 97
    assert body(postgres.postgres_share)(seen(), connections, DECLARED).value == 100.0


def test_role_that_sees_only_itself_measures_nothing() -> None:
    for fixture in (postgres.postgres_seen, postgres.postgres_role):
        with pytest.raises(NotMeasured, match="no member of pg_monitor") as caught:
            body(fixture)(seen(may_monitor=False), DECLARED)
        assert caught.value.next_step == ("psql -c 'GRANT pg_monitor TO \"conformance\"', as a superuser of the server")


def test_longest_waiter_counts() -> None:
    waiting = tuple({"pid": 1, "seconds": seconds, "blocked_by": [2], "query": "q"} for seconds in (1.5, 7.25, 0.1))
    one = seen()
    found = Server(one.answer, one.source, one.facts, one.activity, (), waiting)
    reading = body(postgres.postgres_waiting)(found, DECLARED)
    assert reading.value == 7.25
    assert body(postgres.postgres_waiting)(one, DECLARED).value == 0.0


def test_longest_idle_transaction_counts_and_its_values_are_not_shown() -> None:
    idle = tuple(
        {"pid": pid, "role": "agent_v3", "application": "", "seconds": seconds, "query": "UPDATE t SET a = 'canary'"}
        for pid, seconds in ((1, 2.5), (2, 301.25))
    )
    one = seen()
    found = Server(one.answer, one.source, one.facts, one.activity, (), (), idle)
    reading = body(postgres.postgres_idle)(found, DECLARED)
    assert reading.value == 301.25
    assert "pid 2 of agent_v3 (-) idle for 301.2 s, last: UPDATE t SET a = ?" in reading.excerpt
    assert "canary" not in reading.excerpt
    assert body(postgres.postgres_idle)(one, DECLARED).value == 0.0
