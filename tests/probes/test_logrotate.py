"""Rules of logrotate read by meaning, and what `logrotate --debug` 3.21 said, as recorded."""

import pytest

from fixtures import collector
from fixtures.logrotate import Options, complaints, defaults_of, parse, takes

RUNBOOK = """# a comment
/opt/agent-v3/logs/*.log {
    daily
    rotate 14
    compress
    delaycompress
    notifempty
    create 0640 agent-v3 agent-v3
    sharedscripts
    postrotate
        cd /opt/agent-v3 && docker compose kill -s HUP agent-v3
        : weekly
    endscript
}
"""
MEANING = {
    "period": "daily", "compress": True, "delaycompress": True, "notifempty": True,
    "create": "create 0640 agent-v3 agent-v3", "sharedscripts": True, "names": "one for each day",
}  # fmt: skip


def meaning(text: str, defaults: Options | None = None) -> dict[str, str | bool]:
    """What the first rule of a text means."""
    return dict(parse(text, defaults)[0].options.meaning)


def with_line(old: str, new: str) -> str:
    assert old in RUNBOOK
    return RUNBOOK.replace(old, new)


def test_rule_of_the_runbook_means_what_it_says() -> None:
    rule = parse(RUNBOOK)[0]
    assert rule.patterns == ("/opt/agent-v3/logs/*.log",)
    assert dict(rule.options.meaning) == MEANING
    assert rule.options.kept == 14
    assert "kill -s HUP" in rule.scripts


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    daily\n    rotate 14\n", "    rotate=14\n    weekly\n    daily\n"),
        ("    daily\n", "    size 10M\n    daily # after size, so it holds\n"),
        ("    compress\n", "    nocompress\n    compress\n"),
        ("create 0640", "create 640"),
        ("# a comment\n/opt", "weekly\nrotate 4\n/opt"),
        ("/opt/agent-v3/logs/*.log {", "/opt/agent-v3/logs/*.log\n{"),
        ("/opt/agent-v3/logs/*.log {", '"/var/log/with space.log"\n/opt/agent-v3/logs/*.log {'),
        ("    daily\n", "\tdaily\n\n    # weekly\n"),
        ("    daily\n", "    daily\n    minage 0\n    missingok\n    maxage 0\n"),
        ("    compress\n", "    compress\n    compresscmd /usr/bin/zstd\n    compressoptions -T 4 -19\n"),
        ("    compress\n", "    compress\n    copy\n    nocopy\n    uncompresscmd /bin/cat\n"),
        ("    compress\n", "    compress\n    dateext\n"),
        ("    compress\n", "    compress\n    dateext\n    dateformat .%Y%m%d-%s\n"),
        ("    compress\n", "    compress\n    dateformat -%d\n"),
        ("    compress\n", "    compress\n    dateext\n    dateformat -%d\n    nodateext\n"),
    ],
)
def test_other_words_for_the_same_meaning(old: str, new: str) -> None:
    rule = parse(with_line(old, new))[0]
    assert dict(rule.options.meaning) == MEANING
    assert rule.options.kept == 14


@pytest.mark.parametrize(
    ("old", "new", "key", "value"),
    [
        ("    daily\n", "    weekly\n", "period", "weekly"),
        ("    daily\n", "    daily\n    size 10M\n", "period", "size 10M"),
        ("    daily\n", "    daily\n    minsize 1M\n", "period", "daily from 1M on"),
        ("    daily\n", "", "period", "size 1M"),
        ("    compress\n", "    compress\n    nocompress\n", "compress", False),
        ("    delaycompress\n", "", "delaycompress", False),
        ("    notifempty\n", "    ifempty\n", "notifempty", False),
        ("create 0640 agent-v3 agent-v3", "create 0644 agent-v3 agent-v3", "create", "create 0644 agent-v3 agent-v3"),
        ("create 0640 agent-v3 agent-v3", "create", "create", "create"),
        ("create 0640 agent-v3 agent-v3", "nocreate", "create", "nocreate"),
        ("    sharedscripts\n", "    sharedscripts\n    copytruncate\n", "create", "copytruncate"),
        ("    sharedscripts\n", "    nosharedscripts\n", "sharedscripts", False),
        ("    daily\n", "    daily\n    maxsize 10M\n", "period", "daily, earlier from 10M on"),
        ("    daily\n", "    daily\n    minage 7\n", "period", "daily if older than 7 days"),
        ("    daily\n", "    weekly 3\n", "period", "weekly"),
        ("    sharedscripts\n", "    sharedscripts\n    copy\n", "create", "copy"),
        ("    compress\n", "    compress\n    compresscmd /bin/cat\n", "compress", "by /bin/cat"),
        ("    compress\n", "    compress\n    compressoptions -d\n", "compress", "by gzip -d"),
        ("    compress\n", "    compress\n    compressoptions --list -9\n", "compress", "by gzip --list -9"),
        ("    compress\n", "    compress\n    dateext\n    dateformat -%d\n", "names", "two days alike by -%d"),
        ("    compress\n", "    compress\n    dateformat .%Y\n    dateext\n", "names", "two days alike by .%Y"),
    ],
)
def test_other_meaning_is_seen(old: str, new: str, key: str, value: str | bool) -> None:
    assert meaning(with_line(old, new)) == {**MEANING, key: value}


@pytest.mark.parametrize(("extra", "kept"), [("maxage 7", 7), ("maxage 30", 14), ("", 14), ("rotate 3", 3)])
def test_files_that_are_forgotten_by_age_are_not_kept(extra: str, kept: int) -> None:
    assert parse(with_line("    compress\n", f"    compress\n    {extra}\n"))[0].options.kept == kept


@pytest.mark.parametrize(
    ("script", "stopped"),
    [
        ("prerotate\n exit 1\n endscript", "prerotate ends with exit 1"),
        ("prerotate\n logger x\n exit 12;\n endscript", "prerotate ends with exit 12"),
        ("firstaction\n false # never\n endscript", "firstaction ends with false"),
        ("prerotate\n if [ -e /x ]; then\n  exit 1\n fi\n endscript", ""),
        ("prerotate\n exit 0\n endscript", ""),
        ("prerotate\n logger x\n endscript\n preremove\n exit 1\n endscript", ""),
    ],
)
def test_script_that_always_fails_before_a_rotation_stops_it(script: str, stopped: str) -> None:
    assert parse(with_line("    sharedscripts\n", f"    sharedscripts\n    {script}\n"))[0].stopped == stopped


def test_defaults_of_the_configuration_hold_for_its_rules() -> None:
    config = "weekly\nrotate 4\ncompress\nsu root adm\ninclude /etc/logrotate.d\nmonthly\n"
    found = parse("/a.log {\n rotate 14\n}\n", defaults_of(config))[0].options
    assert (found.period, found.rotate, found.flags["compress"], found.values) == (
        "weekly",
        14,
        True,
        {"su": "root adm"},
    )


@pytest.mark.parametrize("text", ["", "# nothing\n", "daily\n", "}\n", "/a.log\n", "{\n", "\x00\x01\n", '/a "b {\n'])
def test_text_that_is_no_rule_is_none_and_no_traceback(text: str) -> None:
    assert all(rule.patterns in ((), ("/a", '"b')) for rule in parse(text))


def test_rule_that_is_never_closed_still_is_one() -> None:
    assert parse("/a.log {\n daily\n postrotate\n  x\n")[0].options.period == "daily"


def test_patterns_are_the_same_for_the_collector() -> None:
    text = (
        'weekly\n"/var/log/with space.log" /b/*.log\n/c.log {\n  daily\n  olddir /old\n  postrotate\n    /bin/x { y }\n'
        "  endscript\n}\n# /not/this.log {\n/d.log {\n}\ninclude /etc/logrotate.d\n"
    )
    named = [pattern for rule in parse(text) for pattern in rule.patterns]
    assert named == ["/var/log/with space.log", "/b/*.log", "/c.log", "/d.log"]
    assert collector.patterns_of(text) == named


ACCEPTED = """reading config file /etc/logrotate.d/a
Reading state from file: /tmp/status
Handling 1 logs

rotating pattern: /logs/*.log
"/logs/with space.log"  after 1 days (14 rotations)
empty log files are not rotated, old logs are removed
considering log /logs/a.log
"""
WRITABLE = """warning: Potentially dangerous mode on /etc/logrotate.d/a: 0666
error: Ignoring /etc/logrotate.d/a because it is writable by group or others.
Handling 0 logs
"""


def test_what_logrotate_takes_and_what_it_complains_of() -> None:
    assert takes(ACCEPTED, ("/logs/*.log", "/logs/with space.log"))
    assert complaints(ACCEPTED) == []
    assert not takes(WRITABLE, ("/logs/*.log",))
    assert not takes("", ("/logs/*.log",))
    assert complaints(WRITABLE) == [WRITABLE.splitlines()[1]]


def test_complaint_about_the_rule_of_others_is_theirs() -> None:
    output = (
        "error: stat of /var/log/other failed: No such file or directory\nerror: /etc/logrotate.d/a:3 unknown option"
    )
    assert complaints(output, ("/etc/logrotate.d/a",)) == ["error: /etc/logrotate.d/a:3 unknown option"]
