"""Errors in the logs of agent-v3."""

from datetime import UTC, datetime, timedelta

from tests.stack import stack
from tests.stack.fault import Fault, root


def _log(level: str, times: int) -> str:
    now = datetime.now(UTC)
    lines = [
        f'{{"ts":"{(now + timedelta(milliseconds=number)).isoformat()}","level":"{level}","service":"agent-v3",'
        f'"msg":"written by a test, number {number}"}}'
        for number in range(times)
    ]
    return "\n".join(lines)


def _write_logs() -> None:
    name = stack.container("agent-v3")
    text = _log("ERROR", 12) + "\n" + _log("CRITICAL", 1) + "\n"
    stack.docker("exec", "-i", "-u", "agent-v3", name, "sh", "-c", "cat > /proc/1/fd/1", stdin=text)
    more = _log("ERROR", 110) + "\n"
    stack.docker("exec", "-i", "-u", "agent-v3", name, "sh", "-c", "cat >> /opt/agent-v3/logs/agent-v3.log", stdin=more)


# Injected last of its batch: the window of the demo is short.
LOGS = Fault(
    "errors in the log of agent-v3, on standard output and in its file",
    inject=_write_logs,
    remove=lambda: None,
    expect={
        "log.errors[agent-v3]": root("WARNING"),
        "log.criticals[agent-v3]": root("WARNING"),
        "log.errors[agent-v3-files]": root("CRITICAL"),
    },
)
