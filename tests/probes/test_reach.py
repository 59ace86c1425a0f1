"""Doors that answer, refuse or keep silent: on loopback, and behind a firewall in a network of the test's own."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conformance.reading import NotMeasured
from fixtures.reach import ANSWERS, REFUSED, SILENT, addresses_of, knock
from tests.probes.conftest import Serve
from tests.probes.support import closed_port, hang, within

CHECKOUT = Path(__file__).parents[2]
# A network without a way out: one port answers, one is dropped by the firewall, one is closed; nothing leads elsewhere.
NETWORK = """
ip link set lo up
nft add table inet t
nft 'add chain inet t i { type filter hook input priority 0; policy accept; }'
nft add rule inet t i tcp dport 7001 drop
exec "$0" -c "$1"
"""
KNOCK = """
import json, socket, sys
from fixtures.reach import knock
server = socket.create_server(("127.0.0.1", 7000))
silent = socket.create_server(("127.0.0.1", 7001))
found = knock([("127.0.0.1", 7000), ("127.0.0.1", 7001), ("127.0.0.1", 7002), ("203.0.113.1", 80)], 0.7)
print(json.dumps([[*door, said] for door, said in found.items()]))
"""


def test_doors_on_loopback(serve: Serve) -> None:
    opened, closed = ("127.0.0.1", serve(hang)), ("127.0.0.1", closed_port())
    with within(1):
        assert knock([opened, closed, opened], 5) == {opened: ANSWERS, closed: REFUSED}
    assert knock([("::1", closed_port())], 1).popitem()[1] in (REFUSED, "Cannot assign requested address")
    assert knock([], 1) == {}


def test_doors_behind_a_firewall() -> None:
    words = ["unshare", "-n", "sh", "-c", NETWORK, sys.executable, KNOCK]
    start = time.monotonic()
    done = subprocess.run(words, capture_output=True, text=True, cwd=CHECKOUT, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - start < 10
    assert {(door, port): said for door, port, said in json.loads(done.stdout)} == {
        ("127.0.0.1", 7000): ANSWERS,
        ("127.0.0.1", 7001): SILENT,
        ("127.0.0.1", 7002): REFUSED,
        ("203.0.113.1", 80): "Network is unreachable",
    }


def test_names_become_addresses() -> None:
    assert addresses_of("127.0.0.1") == ["127.0.0.1"]
    with pytest.raises(NotMeasured, match=r"nowhere\.invalid has no address"):
        addresses_of("nowhere.invalid")
