"""Certificates and listeners: what is measured, and what a target that says something else turns."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stack.running import Finished, Runner

Variant = Callable[..., Path]

SUITES = ("test_certificates.py", "test_listeners.py")
OURS = ("-k", "certificate or tls or listeners or published or private")


@pytest.fixture(scope="module")
def green_month(monthly: Runner) -> Finished:
    """The healthy stack."""
    found = monthly()
    assert found.findings() == [], found.output
    return found


def test_healthy_stack_measures_all_of_it(monthly: Runner, green_month: Finished) -> None:
    files = tuple(f"suites/monthly/{name}" for name in SUITES)
    ours = [check for check in monthly(*OURS).results["checks"] if check["nodeid"].startswith(files)]
    assert len(ours) == 8 + 1 + 14 + 14 + 8 + 8
    assert {(check["verdict"], check["disposition"]) for check in ours} == {("OK", "none")}
    controls = green_month.check("test_tls_versions[nginx]")["reading"]["excerpt"]
    assert controls.count("control: a server of our own") == 3


@pytest.mark.parametrize(
    ("edit", "check", "says"),
    [
        (("postgres: [5432]", "postgres: [5432, 6432]"), "test_service_listeners[postgres]", "6432"),
        (("host: [22]\n  services", "host: [22, 2222]\n  services"), "test_host_listeners", "2222"),
        (('postgres: ["127.0.0.1:15432:5432"]', 'postgres: ["127.0.0.1:15432:5432", "5432:5432"]'),
         "test_published_ports[postgres]", "5432:5432"),
        (("    host: [22]\n", "    host: [23]\n"), "test_service_listeners[host]", "0.0.0.0:22"),
    ],
)  # fmt: skip
def test_declared_but_gone(variant: Variant, monthly: Runner, edit: tuple[str, str], check: str, says: str) -> None:
    found = monthly(*OURS, checkout=variant({"targets/demo.yaml": edit}))

    turned = found.check(check)
    assert (turned["verdict"], says in turned["reason"]) == ("WARNING", True), turned["reason"]
    assert len(found.findings()) == 1, found.output


@pytest.mark.parametrize(
    ("edit", "check", "says"),
    [
        (("outside: [172.30.77.250]", "outside: [172.30.77.251]"), "test_private_reached[redis]", "nothing at all"),
        (("server.key\n", "gone.key\n"), "test_certificate_key_access[nginx]", "is not there"),
        (("tls/server.crt\n", "tls/gone.crt\n"), "test_certificate_loaded[nginx]", "is not there, holds no"),
        (("ca: stack/run/tls/ca/ca.crt\n    file", "ca: stack/run/gone.crt\n    file"), "test_certificate_chain[nginx]",
         "cannot be read"),
    ],
)  # fmt: skip
def test_what_cannot_be_measured_is_unknown(
    variant: Variant, monthly: Runner, edit: tuple[str, str], check: str, says: str
) -> None:
    found = monthly(*OURS, checkout=variant({"targets/demo.yaml": edit}))

    turned = found.check(check)
    assert (turned["verdict"], says in turned["reason"]) == ("UNKNOWN", True), turned["reason"]
