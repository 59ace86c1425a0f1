"""A container whose log the engine does not give back."""

from tests.stack import stack
from tests.stack.fault import Fault, root

NAME = "agentv3_znolog_tests"


def _start() -> None:
    labels = [
        "--label", f"com.docker.compose.project={stack.PROJECT}", "--label", "com.docker.compose.service=traffic",
        "--label", "com.docker.compose.oneoff=False",
    ]  # fmt: skip
    words = ["--log-driver", "none", "agentv3/stack:local", "sleep", "600"]
    stack.docker("run", "-d", "--name", NAME, *labels, *words)


LOG_NOWHERE = Fault(
    "a container whose log goes nowhere",
    inject=_start,
    remove=lambda: stack.docker("rm", "-f", "-v", NAME, check=False),
    expect={
        "test_log_readable[traffic]": root("CRITICAL", "does not support reading"),
        "test_state[traffic]": root("CRITICAL", "2 of 1 running"),
    },
)
