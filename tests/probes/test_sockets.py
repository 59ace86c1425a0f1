"""The kernel's tables and the declared lists, on recorded text."""

from ipaddress import ip_address

import pytest

from fixtures.sockets import Socket, binding, covers, is_published, listed, missing, ordered, published, undeclared

# As a Debian 12 container of Docker 20.10 printed it: the resolver, a server, and a connection to it.
TCP = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0B00007F:A269 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1228850 1
   1: 00000000:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   102        0 1231474 1
   2: 0B4D1EAC:1538 0D4D1EAC:E238 01 00000000:00000000 02:000AE5C0 00000000   102        0 1233683 2
"""
TCP6 = """  sl  local_address                         remote_address                        st tx_queue rx_queue
   0: 00000000000000000000000000000000:1538 00000000000000000000000000000000:0000 0A 00000000:00000000
   1: 00000000000000000000000001000000:0CEA 00000000000000000000000000000000:0000 0A 00000000:00000000
   2: 0000000000000000FFFF00000100007F:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000
   3: B80D01200000000000000000010000FF:0050 00000000000000000000000000000000:0000 0A 00000000:00000000
"""
UDP = """   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
 9048: 0B00007F:A86C 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1228845 2
   17: 00000000:0143 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1228846 2
   18: 0B4D1EAC:9C40 08080808:0035 01 00000000:00000000 00:00000000 00000000     0        0 1228847 2
"""


def socket(text: str) -> Socket:
    rest, _, kind = text.partition("/")
    address, _, port = rest.rpartition(":")
    return Socket(kind or "tcp", ip_address(address.strip("[]")), int(port))


def texts(found: set[Socket]) -> list[str]:
    return list(map(str, ordered(found)))


def test_tables_of_the_kernel() -> None:
    assert texts(listed("tcp", TCP)) == ["0.0.0.0:5432", "127.0.0.11:41577"]
    six = ["[2001:db8::ff00:1]:80", "[::1]:3306", "[::]:5432", "127.0.0.1:8080"]
    assert texts(listed("tcp", TCP6)) == six
    assert texts(listed("udp", UDP)) == ["0.0.0.0:323/udp", "127.0.0.11:43116/udp"]


@pytest.mark.parametrize("text", ["", "  sl  local_address rem_address   st\n", "garbage\n: : :\n"])
def test_table_without_a_line(text: str) -> None:
    assert listed("tcp", text) == set()


@pytest.mark.parametrize("text", ["127.0.0.1:1", "127.0.0.11:53", "[::1]:1"])
def test_loopback_is_reached_by_its_own_machine_alone(text: str) -> None:
    assert undeclared([socket(text)], []) == []


@pytest.mark.parametrize(
    ("declared", "found", "expected"),
    [
        ("22", "0.0.0.0:22", True), ("22", "[::]:22", True), ("22", "10.0.0.1:22", True), ("22", "0.0.0.0:222", False),
        ("22", "0.0.0.0:22/udp", False), ("323/udp", "0.0.0.0:323/udp", True), ("323/udp", "0.0.0.0:323", False),
        ("127.0.0.1:8081", "127.0.0.1:8081", True), ("127.0.0.1:8081", "0.0.0.0:8081", False),
        ("[::1]:25", "[::1]:25", True), ("5000-5010/tcp", "0.0.0.0:5010", True), ("5000-5010", "0.0.0.0:5011", False),
        ("0.0.0.0:80", "[::]:80", False), ("nonsense", "0.0.0.0:80", False),
    ],
)  # fmt: skip
def test_declared_socket_covers(declared: str, found: str, expected: bool) -> None:
    assert covers(declared, socket(found)) is expected


def test_both_ways() -> None:
    found = [socket(one) for one in ("0.0.0.0:22", "[::]:5432", "127.0.0.1:8081", "0.0.0.0:323/udp")]
    assert list(map(str, undeclared(found, ["22"]))) == ["0.0.0.0:323/udp", "[::]:5432"]
    assert missing(found, ["22", "127.0.0.1:8081", "80", "53/udp"]) == ["80", "53/udp"]


@pytest.mark.parametrize(
    ("declared", "found", "expected"),
    [
        ("127.0.0.1:15432:5432", "127.0.0.1:15432:5432", True), ("127.0.0.1:15432:5432", "0.0.0.0:15432:5432", False),
        ("443:443", "0.0.0.0:443:443", True), ("443:443", "[::]:443:443", True), ("443:444", "0.0.0.0:443:443", False),
        ("53:53/udp", "0.0.0.0:53:53/udp", True), ("53:53", "0.0.0.0:53:53/udp", False), ("x", "0.0.0.0:1:1", False),
    ],
)  # fmt: skip
def test_declared_port_is_the_published_one(declared: str, found: str, expected: bool) -> None:
    assert is_published(declared, binding(found)) is expected
    assert str(binding(found)) == found


def test_published_ports_read_as_compose_writes_them() -> None:
    ports = {
        "5432/tcp": [{"HostIp": "0.0.0.0", "HostPort": "15432"}, {"HostIp": "::", "HostPort": "15432"}],
        "53/udp": [{"HostIp": "127.0.0.1", "HostPort": "10053"}],
        "9000/tcp": None,
        "1/tcp": [{"HostIp": "", "HostPort": "2"}],
    }
    assert published(ports) == ("0.0.0.0:15432:5432", "0.0.0.0:2:1", "127.0.0.1:10053:53/udp", "[::]:15432:5432")


def test_text_that_is_no_published_port() -> None:
    with pytest.raises(ValueError, match="'x' is no published port"):
        binding("x")
