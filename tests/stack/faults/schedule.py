"""A crontab that starts nothing, the wrong thing, or too seldom."""

from tests.stack import stack
from tests.stack.fault import Expect, Fault, blocked, root

CRONTAB = stack.RUN / "config" / "cron" / "agent-v3-conformance"
_ORIGINAL = stack.CHECKOUT / "stack" / "config" / "cron" / "agent-v3-conformance"


def _edit(old: str, new: str) -> None:
    text = CRONTAB.read_text(encoding="utf-8")
    assert old in text
    CRONTAB.write_text(text.replace(old, new), encoding="utf-8")


def _restore() -> None:
    CRONTAB.write_bytes(_ORIGINAL.read_bytes())


def _not_started(want: Expect) -> dict[str, Expect]:
    """Where nothing starts the run, nothing can be said of how."""
    behind = dict.fromkeys(("test_schedule_hours", "test_schedule_command"), blocked("test_schedule_installed"))
    return {"test_schedule_installed": want, **behind}


MISTYPED = Fault(
    "a crontab with a mistyped marker",
    inject=lambda: _edit("-m daily", "-m dayli"),
    remove=_restore,
    expect={"test_schedule_command": root("CRITICAL", "dayli is no marker")},
)

TOO_SELDOM = Fault(
    "a crontab that starts the run every second hour, with a mistyped option, against another target",
    inject=lambda: (_edit("0 * * * *", "0 */2 * * *"), _edit("--target demo --fail-on", "--target other --failon")),
    remove=_restore,
    expect={
        "test_schedule_hours": root("CRITICAL", "0 */2 * * *"),
        "test_schedule_command": root("CRITICAL", "--failon is no option"),
    },
)

NO_CRONTAB = Fault(
    "a missing crontab",
    inject=CRONTAB.unlink,
    remove=_restore,
    expect=_not_started(root("CRITICAL", "there is no")),
)

COMMENTED = Fault(
    "a crontab whose line was commented out",
    inject=lambda: _edit("0 * * * *", "# 0 * * * *"),
    remove=_restore,
    expect=_not_started(root("CRITICAL", "starts pytest")),
)

ECHOED = Fault(
    "a crontab that prints the command line instead of running it",
    inject=lambda: _edit(".venv/bin/pytest", "echo .venv/bin/pytest"),
    remove=_restore,
    expect=_not_started(root("CRITICAL", "starts pytest")),
)

NEVER_REACHED = Fault(
    "a crontab whose pytest stands behind something that always succeeds",
    inject=lambda: _edit(".venv/bin/pytest", "true || .venv/bin/pytest"),
    remove=_restore,
    expect=_not_started(root("CRITICAL", "is never reached")),
)

MEASURES_NOTHING = Fault(
    "a crontab that asks pytest for its help, and stops at the first finding",
    inject=lambda: _edit("-q >last.log", "--help -x >last.log"),
    remove=_restore,
    expect={"test_schedule_command": root("CRITICAL", "--help measures nothing")},
)

UNREAD = Fault(
    "a crontab whose run depends on a file",
    inject=lambda: _edit(".venv/bin/pytest", "test -e /run/maintenance || .venv/bin/pytest"),
    remove=_restore,
    expect=_not_started(Expect("UNKNOWN", says="cannot be read as a run")),
)
