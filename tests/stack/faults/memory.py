"""The memory of a container: a process that the kernel ends, and one that comes near the limit."""

import subprocess
import time

from fixtures.usage import from_cgroup
from tests.stack import stack
from tests.stack.fault import Fault, root

HOG = "python3 -c 'import time; x = bytearray({size}); time.sleep({seconds})'"

OUT_OF_MEMORY = Fault(
    "the kernel ends a process of backup that wants more than the container may have",
    inject=lambda: stack.docker(
        "exec", stack.container("backup"), "sh", "-c", HOG.format(size="300_000_000", seconds=1), check=False
    ),
    # The engine keeps OOMKilled over one restart: it tells of the life before.
    remove=lambda: [stack.docker("restart", "-t", "1", stack.container("backup")) for _ in range(2)],
    gone=lambda: stack.healthy("backup"),
    expect={"test_out_of_memory[backup]": root("CRITICAL")},
)


def _memory_share(service: str) -> float:
    usage = from_cgroup(stack.inspect(service, ".Id"))
    assert usage is not None
    return 100 * usage.memory / int(stack.inspect(service, ".HostConfig.Memory"))


class Hog:
    """A process in redis-exporter that takes a megabyte whenever it is told to."""

    program = "import sys; held = [bytearray(int(line)) for line in sys.stdin]"
    process: "subprocess.Popen[str] | None" = None

    def fill(self) -> None:
        """Take memory until the container is at 89 % of its limit."""
        command = ["docker", "exec", "-i", stack.container("redis-exporter"), "python3", "-c", self.program]
        Hog.process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True)
        assert Hog.process.stdin is not None
        for _ in range(80):
            time.sleep(0.2)
            if _memory_share("redis-exporter") > 89:
                return
            Hog.process.stdin.write("1000000\n")
            Hog.process.stdin.flush()

    def leave(self) -> None:
        """End the process by the end of its input."""
        if Hog.process is not None:
            Hog.process.communicate(timeout=10)


MEMORY = Fault(
    "redis-exporter comes near its memory limit",
    inject=lambda: Hog().fill(),
    remove=lambda: Hog().leave(),
    shows=lambda: _memory_share("redis-exporter") > 86,
    gone=lambda: _memory_share("redis-exporter") < 60,
    expect={"service.memory[redis-exporter]": root("WARNING")},
)
