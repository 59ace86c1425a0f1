"""Alertmanager mails others than the roster names, or nobody."""

import requests

from tests.stack import stack
from tests.stack.fault import Fault, blocked, follows, root

CONFIG = stack.RUN / "config" / "alertmanager" / "alertmanager.yml"
_ORIGINAL = stack.CHECKOUT / "stack" / "config" / "alertmanager" / "alertmanager.yml"
_URL = "http://127.0.0.1:19093"


def _mail(text: str) -> None:
    CONFIG.write_text(text, encoding="utf-8")
    requests.post(f"{_URL}/-/reload", timeout=5).raise_for_status()


def _mails(address: str) -> bool:
    return address in str(requests.get(f"{_URL}/api/v2/status", timeout=5).json()["config"]["original"])


def _strange() -> None:
    text = _ORIGINAL.read_text(encoding="utf-8")
    assert text.count("ops@agent-v3.example, oncall@agent-v3.example") == 1
    _mail(text.replace("ops@agent-v3.example, oncall@agent-v3.example", "ops@agent-v3.example, old@agent-v3.example"))


STRANGE_ADDRESS = Fault(
    "a receiver that mails somebody who left, and not whoever is on call",
    inject=_strange,
    remove=lambda: _mail(_ORIGINAL.read_text(encoding="utf-8")),
    shows=lambda: _mails("old@agent-v3.example"),
    gone=lambda: not _mails("old@agent-v3.example"),
    expect={
        "test_receivers": root(
            "CRITICAL", "team-ops-critical mails old@agent-v3.example, whom the roster has not for it"
        )
    },
)

ALERTMANAGER_GONE = Fault(
    "alertmanager is stopped, and nobody can say whom it would mail",
    inject=lambda: stack.docker("stop", "-t", "2", stack.container("alertmanager")),
    remove=lambda: stack.docker("start", stack.container("alertmanager")),
    gone=lambda: stack.healthy("alertmanager") and stack.prometheus('up{job="alertmanager"}') == [1.0],
    expect={
        "test_state[alertmanager]": root("CRITICAL", "exited"),
        "test_alertmanager_ready": follows("CRITICAL", "test_state[alertmanager]"),
        "test_receivers": blocked("test_state[alertmanager]"),
    },
)
