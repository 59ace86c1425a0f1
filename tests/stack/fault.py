"""A fault: how it is injected and removed, and the verdict that each check must turn to."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.stack import stack


@dataclass(frozen=True, slots=True)
class Expect:
    """A verdict, and the check that it must name as its cause ('' for a root). Blocked checks are UNKNOWN."""

    verdict: str
    caused_by: str = ""
    blocked_by: str = ""
    says: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `shows` waits for its state, `gone` for the state after it; both only look.

    `disturbs` names a file of checks that may move too: what they compare with is what the fault changes.
    What leaves no `echo` is over when it is removed: the run of the next fault sees that it is.
    """

    name: str
    inject: Callable[[], Any]
    remove: Callable[[], Any]
    expect: dict[str, Expect]
    shows: Callable[[], bool] = field(default=lambda: True)
    gone: Callable[[], bool] = field(default=lambda: True)
    patience: float = 40  # seconds
    disturbs: str = ""
    echo: bool = True


def root(verdict: str, says: str = "") -> Expect:
    """A finding without a cause."""
    return Expect(verdict, says=says)


def follows(verdict: str, cause: str, says: str = "") -> Expect:
    """A finding that names its cause."""
    return Expect(verdict, caused_by=cause, says=says)


def blocked(cause: str) -> Expect:
    """What cannot be measured because of a cause."""
    return Expect("UNKNOWN", blocked_by=cause)


@contextmanager
def injected(*faults: Fault) -> Iterator[None]:
    """Inject all, wait until all show; remove all, whatever happens, and wait until all are gone."""
    with ExitStack() as undo:
        for fault in faults:
            undo.callback(stack.wait, fault.gone, f"{fault.name} is over", fault.patience)
        for fault in faults:
            undo.callback(fault.remove)
            fault.inject()
        for fault in faults:
            stack.wait(fault.shows, f"{fault.name} shows", fault.patience)
        yield


def differences(results: dict[str, Any], faults: tuple[Fault, ...]) -> list[str]:
    """What a run says that it should not, one line each; empty where it says just what the faults explain."""
    expected = {check: want for fault in faults for check, want in fault.expect.items()}
    checks = {check["id"]: check for check in results["checks"]}
    lines = [f"{check}: no such check in this run" for check in expected if check not in checks]
    roots = {check for check, want in expected.items() if not (want.caused_by or want.blocked_by)}
    disturbed = {fault.disturbs for fault in faults}
    for name, check in checks.items():
        want = expected.get(name)
        if want is not None:
            lines += _against(check, want)
        elif check["verdict"] not in (None, "OK") and check["nodeid"].partition("::")[0] not in disturbed:
            cause = check["caused_by"] or check["blocked_by"]
            if cause not in roots and cause not in expected:
                lines.append(f"{name} moved without a declared cause: {_said(check)}")
    return lines


def _against(check: dict[str, Any], want: Expect) -> list[str]:
    found = (check["verdict"], check["caused_by"] or "", check["blocked_by"] or "")
    wanted = (want.verdict, want.caused_by, want.blocked_by)
    lines = [] if found == wanted else [f"{check['id']}: expected {wanted}, found {found}: {_said(check)}"]
    if want.says not in check["reason"]:
        lines.append(f"{check['id']}: {want.says!r} is not in {check['reason']!r}")
    return lines


def _said(check: dict[str, Any]) -> str:
    reading = check["reading"] or {}
    return f"{check['verdict']} {check['disposition']}: {check['reason']} | {str(reading.get('excerpt'))[:300]}"
