"""Backups that are gone, old, or empty."""

from tests.stack import stack
from tests.stack.fault import Fault, blocked, root

# Each file by the same time, so that the newest stays the newest.
AGED = 'for f in postgres_*; do touch -d "$(stat -c %y $f) 30 hours ago" $f; done'

BACKUPS_GONE = Fault(
    "every dump of the globals is gone",
    inject=lambda: stack.as_root("backup", "cd /opt/backups/agent-v3 && mkdir -p aside && mv globals_* aside/"),
    remove=lambda: stack.as_root("backup", "cd /opt/backups/agent-v3 && mv aside/* . && rmdir aside"),
    expect={
        "test_backup_exists[globals]": root("CRITICAL"),
        "backup.age[globals]": blocked("test_backup_exists[globals]"),
        "backup.size[globals]": blocked("test_backup_exists[globals]"),
        "backup.size.share[globals]": blocked("test_backup_exists[globals]"),
        "test_backup_format[globals]": blocked("test_backup_exists[globals]"),
    },
)

BACKUPS_OLD = Fault(
    "no dump of the database for 30 hours",
    inject=lambda: stack.as_root(
        "backup", f"cd /opt/backups/agent-v3 && mkdir -p aside2 && cp -p postgres_* aside2/ && {AGED}"
    ),
    remove=lambda: stack.as_root("backup", "cd /opt/backups/agent-v3 && mv aside2/* . && rmdir aside2"),
    expect={"backup.age[database]": root("CRITICAL")},
)  # fmt: skip

BACKUP_TINY = Fault(
    "the newest dump is the frame of an empty one",
    inject=lambda: stack.as_root(
        "backup",
        "cd /opt/backups/agent-v3 && : | gzip > postgres_99991231T000000Z.sql.gz && chmod 0640 postgres_9999* "
        "&& chgrp backup postgres_9999*",
    ),
    remove=lambda: stack.as_root("backup", "rm -f /opt/backups/agent-v3/postgres_9999*"),
    expect={
        "backup.size[database]": root("CRITICAL"),
        "backup.size.share[database]": root("CRITICAL"),
    },
)

BACKUP_GARBAGE = Fault(
    "the newest dump of the globals is no archive",
    inject=lambda: stack.as_root(
        "backup",
        "cd /opt/backups/agent-v3 && (printf no; head -c 5000 /dev/urandom) > globals_99991231T000000Z.sql.gz "
        "&& chmod 0640 globals_9999* && chgrp backup globals_9999*",
    ),
    remove=lambda: stack.as_root("backup", "rm -f /opt/backups/agent-v3/globals_9999*"),
    expect={"test_backup_format[globals]": root("CRITICAL", "neither an archive nor SQL")},
)
