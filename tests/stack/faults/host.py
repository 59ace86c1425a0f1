"""The host: its disk, its inodes and its mounts."""

from tests.stack import stack
from tests.stack.fault import Fault, root

DISK = Fault(
    "/data is 85 % full",
    inject=lambda: stack.as_root("host", "dd if=/dev/zero of=/data/fill bs=1M count=41 2>/dev/null"),
    remove=lambda: stack.as_root("host", "rm -f /data/fill"),
    expect={"disk.free[/data]": root("WARNING")},
)

INODES = Fault(
    "/var/lib/agent-v3 has hardly an inode left",
    inject=lambda: stack.as_root(
        "host",
        "mkdir -p /var/lib/agent-v3/fill && cd /var/lib/agent-v3/fill && n=0 && "
        'while [ "$(df -Pi . | tail -1 | tr -s " " | cut -d" " -f5 | tr -d %)" -lt 92 ]; do '
        "n=$((n+1)); seq -f f$n.%g 100 | xargs touch; done",
    ),
    remove=lambda: stack.as_root("host", "rm -rf /var/lib/agent-v3/fill"),
    expect={"disk.inodes[/var/lib/agent-v3]": root("CRITICAL")},
)

MOUNT = Fault(
    "somebody mounted a file system that nobody watches",
    inject=lambda: stack.as_root("host", "mount --bind /opt/backups/agent-v3 /srv"),
    remove=lambda: stack.as_root("host", "umount /srv"),
    expect={"test_undeclared_mounts": root("WARNING", "/srv")},
)
