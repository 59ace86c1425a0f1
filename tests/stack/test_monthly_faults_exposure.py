"""Certificates and listeners: each monthly check is turned by a fault of the real stack, and back."""

import ast
import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.thresholds import rows_named
from tests.stack import stack
from tests.stack.conftest import Finished, Runner
from tests.stack.fault import Fault, differences, injected
from tests.stack.faults.exposure import BATCHES

Variant = Callable[..., Path]

SUITES = ("test_certificates.py", "test_listeners.py")
OURS = ("-k", "certificate or tls or listeners or published or private")


@pytest.fixture(scope="module")
def green_month(monthly: Runner) -> Finished:
    """The healthy stack."""
    found = monthly()
    assert found.findings() == [], found.output
    return found


@pytest.mark.parametrize("faults", BATCHES.values(), ids=BATCHES)
def test_faults_turn_their_checks_and_no_others(
    faults: tuple[Fault, ...], monthly: Runner, green_month: Finished
) -> None:
    with injected(*faults):
        red = monthly(*OURS)
    found = differences(red.results, faults)
    assert found == [], "\n".join([*found, red.output])
    verdicts = {want.verdict for fault in faults for want in fault.expect.values()}
    assert red.exit_code == (0 if verdicts == {"WARNING"} else 1), red.output
    last: list[Finished] = []
    with contextlib.suppress(AssertionError):
        stack.wait(lambda: _green(monthly, last), "everything is green again", 60)
    assert last[0].findings() == [], last[0].output


def _green(monthly: Runner, last: list[Finished]) -> bool:
    last[:] = [monthly(*OURS)]
    return last[0].findings() == []


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


def test_every_check_has_a_fault() -> None:
    turned = {
        check.partition("[")[0]
        for faults in BATCHES.values()
        for fault in faults
        for check, want in fault.expect.items()
        if not want.blocked_by
    }
    names: set[str] = set()
    for file in SUITES:
        path = stack.CHECKOUT / "suites" / "monthly" / file
        rows = {line: row for row, line in rows_named(path).items()}
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                lines = range(node.decorator_list[0].lineno, node.body[0].lineno)
                names.add(next((rows[line] for line in lines if line in rows), node.name))
    assert sorted(names - turned) == []
