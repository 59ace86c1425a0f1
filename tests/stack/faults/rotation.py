"""Logs that do not rotate, or not as the runbook says, and the script that may not look."""

import shlex

from tests.stack import stack
from tests.stack.fault import Expect, Fault, blocked, follows, root

LOG = "agent-v3-files"
RULE = "/etc/logrotate.d/agent-v3"
STATE = "/var/lib/logrotate/status"
FOLDER = "/opt/agent-v3/logs"


def _edit(expression: str) -> None:
    """Change the rule in force, which the machine sees too."""
    stack.as_root("logrotate", f"sed -i.before {shlex.quote(expression)} {RULE} && mv {RULE}.before /etc/before")


def _restore() -> None:
    stack.as_root("logrotate", f"install -o root -g root -m 0644 /etc/stack/logrotate/agent-v3 {RULE}")


def _rotate_with_the_original_postrotate() -> None:
    """The runbook's own words: they fail without a terminal, and `|| true` swallows that."""
    _edit("s#^ *curl .*#docker compose exec agent-v3 kill -HUP 1 2>/dev/null || true#")
    stack.shell("logrotate", f"logrotate --force --state {STATE} {RULE}")


SIGNALS_NOTHING = Fault(
    "a rule that signals nothing: the process keeps the file that was moved away",
    inject=_rotate_with_the_original_postrotate,
    remove=lambda: (_restore(), stack.docker("kill", "--signal", "HUP", stack.container("agent-v3"))),
    expect={f"test_rotation_open[{LOG}]": root("CRITICAL", "agent-v3.log.1 (process")},
)

OTHER_VALUES = Fault(
    "a rule with wrong values",
    inject=lambda: _edit("s/rotate 14/rotate 7/; s/daily/weekly/"),
    remove=_restore,
    expect={
        f"test_rotation_rule[{LOG}]": root("CRITICAL", "period weekly"),
        f"rotation.count[{LOG}]": root("CRITICAL", "is 7"),
    },
)

SYNTAX = Fault(
    "a rule with a syntax error, which logrotate reports and then goes on without it",
    inject=lambda: _edit("s/daily/dayly/"),
    remove=_restore,
    expect={
        f"test_rotation_accepted[{LOG}]": root("CRITICAL", "unknown option 'dayly'"),
        f"test_rotation_rule[{LOG}]": follows("CRITICAL", f"test_rotation_accepted[{LOG}]", "period size 1M"),
    },
)

WRITABLE = Fault(
    "a rule that logrotate leaves out because its group may write it",
    inject=lambda: stack.as_root("logrotate", f"chmod 0666 {RULE}"),
    remove=_restore,
    expect={f"test_rotation_accepted[{LOG}]": root("CRITICAL", "writable by group or others")},
)

NO_RULE = Fault(
    "no rule at all",
    inject=lambda: stack.as_root("logrotate", f"rm {RULE}"),
    remove=_restore,
    expect={
        f"test_rotation_accepted[{LOG}]": root("CRITICAL", f"there is no {RULE}"),
        f"test_rotation_rule[{LOG}]": blocked(f"test_rotation_accepted[{LOG}]"),
        f"rotation.count[{LOG}]": blocked(f"test_rotation_accepted[{LOG}]"),
        # The rotated files are found by the patterns of the rule.
        **dict.fromkeys(
            [f"{name}[{LOG}]" for name in ("rotation.age", "rotation.size", "rotated.age", "rotated.number",
             "rotated.plain", "rotation.reach", "test_rotation_access", "test_rotation_open")],
            blocked(f"test_rotation_accepted[{LOG}]"),
        ),
    },
)  # fmt: skip

STANDS_STILL = Fault(
    "a state file that stands still for 60 hours, and as old rotated files",
    inject=lambda: (
        stack.as_root("logrotate", f"cp -p {STATE} /etc/status.before && sed -i \"s/^\\(.*agent-v3.log\\\" \\).*/\\1"
                                   f"$(date -d '60 hours ago' +%Y-%-m-%-d-%-H:%-M:%-S)/\" {STATE}"),
        stack.as_root("logrotate", f"touch -d '60 hours ago' {FOLDER}/agent-v3.log.*"),
    ),
    remove=lambda: (
        stack.as_root("logrotate", f"cat /etc/status.before > {STATE}"),
        stack.as_root("logrotate", f"touch {FOLDER}/agent-v3.log.*"),
    ),
    expect={
        f"rotation.age[{LOG}]": root("CRITICAL", "is 60"),
        f"rotated.age[{LOG}]": root("CRITICAL", "is 60"),
    },
)  # fmt: skip

FILES = Fault(
    "rotated files that are too many, too large and not compressed",
    inject=lambda: stack.as_root(
        "logrotate",
        f"cd {FOLDER} && for n in $(seq 20 36); do gzip </dev/null >agent-v3.log.$n.gz; done "
        "&& truncate -s 600M agent-v3.log.20.gz && : > agent-v3.log.19 "
        "&& touch -d '5 days ago' agent-v3.log.19 agent-v3.log.[23]?.gz",
    ),
    remove=lambda: stack.as_root("logrotate", f"cd {FOLDER} && rm -f agent-v3.log.19 agent-v3.log.[23]?.gz"),
    expect={
        f"rotated.number[{LOG}]": root("WARNING"),
        f"rotation.size[{LOG}]": root("WARNING", "is 629.1 MB (warning above 500 MB"),
        f"rotated.plain[{LOG}]": root("CRITICAL", "is 1 "),
    },
)

GROWN = Fault(
    "a live log that grew past its size",
    inject=lambda: stack.as_root("logrotate", f"truncate -s 2500M {FOLDER}/agent-v3.log"),
    # What the service writes comes behind the hole; the file is cut where a rotation would have ended it.
    remove=lambda: stack.as_root("logrotate", f"truncate -s 0 {FOLDER}/agent-v3.log"),
    expect={f"rotation.size[{LOG}]": root("CRITICAL")},
)

UNDONE = Fault(
    "a rule whose other words undo what it says",
    inject=lambda: _edit(
        "s#^ *daily$#daily\\nmaxsize 1M\\nminage 7#; s#^ *compress$#compress\\ncompresscmd /bin/cat#; "
        "s#^ *notifempty$#notifempty\\nmaxage 7\\ncopy\\ndateext\\ndateformat -%Y#; "
        "s#^ *sharedscripts$#sharedscripts\\nsu nobody agent-v3\\nprerotate\\nexit 1\\nendscript#"
    ),
    remove=_restore,
    expect={
        f"test_rotation_rule[{LOG}]": root(
            "CRITICAL",
            "period daily if older than 7 days, earlier from 1M on, compress by /bin/cat, delaycompress True, "
            "notifempty True, create copy, sharedscripts True, names two days alike by -%Y, scripts prerotate ends "
            "with exit 1, user nobody may not write to /opt/agent-v3/logs",
        ),
        f"rotation.count[{LOG}]": root("CRITICAL", "is 7"),
    },
)

STATE_AHEAD = Fault(
    "a state file that dates the last rotation next year",
    inject=lambda: stack.as_root(
        "logrotate",
        f'cp -p {STATE} /etc/status.before && sed -i "s/^\\(.*agent-v3.log\\" \\).*/\\1'
        f"$(date -d '400 days' +%Y-%-m-%-d-%-H:%-M:%-S)/\" {STATE}",
    ),
    remove=lambda: stack.as_root("logrotate", f"cat /etc/status.before > {STATE}"),
    expect={f"rotation.age[{LOG}]": Expect("UNKNOWN", says="which is yet to come")},
)

FILES_AHEAD = Fault(
    "a rotated file of next year, plain text under the name of a compressed one",
    inject=lambda: stack.as_root(
        "logrotate", f"cd {FOLDER} && echo plain >agent-v3.log.9.gz && touch -d '400 days' agent-v3.log.9.gz"
    ),
    remove=lambda: stack.as_root("logrotate", f"rm -f {FOLDER}/agent-v3.log.9.gz"),
    expect={
        f"rotated.age[{LOG}]": Expect("UNKNOWN", says="agent-v3.log.9.gz is dated"),
        f"rotated.plain[{LOG}]": root("CRITICAL"),
    },
)

OTHERS_READ = Fault(
    "a live log that everybody may read",
    inject=lambda: stack.as_root("logrotate", f"chmod 0644 {FOLDER}/agent-v3.log"),
    remove=lambda: stack.as_root("logrotate", f"chmod 0640 {FOLDER}/agent-v3.log"),
    expect={f"test_rotation_access[{LOG}]": root("CRITICAL", "0644 agent-v3 agent-v3")},
)

_BEHIND_COLLECTOR = (
    "test_rotation_accepted", "test_rotation_rule", "rotation.count", "rotation.age", "rotation.size", "rotated.age",
    "rotated.number", "rotated.plain", "rotation.reach", "test_rotation_access", "test_rotation_open",
)  # fmt: skip

NO_SUDO = Fault(
    "the right to run the collector is missing",
    inject=lambda: stack.as_root("host", "mv /etc/sudoers.d/agent-v3-conformance /etc/sudoers.before"),
    remove=lambda: stack.as_root("host", "mv /etc/sudoers.before /etc/sudoers.d/agent-v3-conformance"),
    expect={
        "test_collector": Expect("UNKNOWN", says="does not run as root"),
        **{f"{name}[{LOG}]": blocked("test_collector") for name in _BEHIND_COLLECTOR},
    },
)
