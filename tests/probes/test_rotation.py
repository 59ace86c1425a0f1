"""How the files of a log rotate, from facts as the collector tells them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from conformance.reading import NotMeasured, Reading
from fixtures import rotated, rotation
from fixtures.docker import Engine
from fixtures.host import Facts
from fixtures.privileged import Privileged
from fixtures.rotated import misplaced
from fixtures.rotation import Rotated, stem_of
from tests.probes.support import body, fault, measure, probing, target
from tests.probes.test_docker import container
from tests.probes.test_logrotate import RUNBOOK

NOW = 1_700_000_000.0
HOUR, DAY = 3600.0, 86_400.0
LOGS = "/opt/agent-v3/logs"
RULE = "/etc/logrotate.d/agent-v3"
STATE = "/var/lib/logrotate/status"
OUTPUT = f"rotating pattern: {LOGS}/*.log  after 1 days (14 rotations)\nempty log files are not rotated\n"
Change = Callable[[dict[str, Any]], object]


def file(name: str, inode: int, ago: float = 0, size: int = 100, born: float = 20 * DAY) -> dict[str, Any]:
    return {
        "path": f"{LOGS}/{name}", "pattern": f"{LOGS}/*.log", "live": name.endswith(".log"), "size": size,
        "mtime": NOW - ago, "device": 1, "inode": inode, "folder_born": int(NOW - born) if born else 0,
        "packed": "gzip" if name.endswith(".gz") else "", "access": ["0640", "agent-v3", "agent-v3"],
        "folder_access": ["0755", "agent-v3", "agent-v3"],
    }  # fmt: skip


def facts() -> dict[str, Any]:
    """A log that has rotated daily for 20 days."""
    old = [file(f"a.log.{number}.gz", number + 1, number * DAY) for number in range(2, 15)]
    entry = {f"{LOGS}/a.log": NOW - 5 * HOUR}
    return {
        "version": 2, "user": 0, "now": NOW, "rules": {RULE: {"text": RUNBOOK}}, "configs": {},
        "debug": {RULE: {"exit": 0, "output": OUTPUT}}, "states": {STATE: {"mtime": NOW - HOUR, "entries": entry}},
        "files": [file("a.log", 1), file("a.log.1", 2, 5 * HOUR), *old],
        "open": {"c": {"processes": 1, "unread": [], "files": [held("a.log", 1)]}},
    }  # fmt: skip


def held(name: str, inode: int, pid: int = 7) -> dict[str, Any]:
    return {"pid": pid, "path": f"{LOGS}/{name}", "device": 1, "inode": inode, "links": 1}


def young(found: dict[str, Any]) -> None:
    """A log whose folder was made an hour ago, with nothing rotated yet."""
    found["files"] = [file("a.log", 1, born=HOUR)]


def rotations(
    change: Change = lambda _: None, *, present: tuple[str, ...] = (), files: str = f"{LOGS}/*.log", **declared: Any
) -> tuple[Any, Rotated]:
    found = facts()
    change(found)
    keys = {"rule": RULE, **declared}
    engine = Engine({"api": (container(Id="c"),)}, {}, "", "")
    run = probing(
        results={
            "privileged_facts": Privileged(found, "ssh://x"),
            "docker_engine": engine,
            "host_facts": Facts({f"log l 1 0 {path}": "" for path in present} | {"log l 1 1 /x": "x"}, "ssh://x", 0, 0),
        },
        logs={"l": {"service": "api", "files": files, "rotation": keys}},
    )
    one = measure("log_rotations", run)["l"]
    if isinstance(one, NotMeasured):
        raise one
    assert isinstance(one, Rotated)
    return run, one


def read(name: str, change: Change = lambda _: None, *, window: float = 26 * HOUR) -> Reading:
    one = rotations(change)[1]
    fixture = getattr(rotated, name)
    more = {"rotated_number": [], "rotation_size": [], "rotation_access": [], "rotation_open": [target()]}.get(
        name, [int(window)]
    )
    found: Reading = body(fixture)(one, *more)
    return found


def test_good_log_is_good() -> None:
    run, one = rotations()
    assert body(rotation.rotation_accepted)(one).value == "accepted"
    assert fault(run, "rule l") is None
    assert body(rotation.rotation_count)(one, one.rule).value == 14
    assert (read("rotation_age").value, read("rotated_age").value) == (5.0, 5.0)
    assert (read("rotated_number").value, read("rotated_plain").value) == (14, 0)
    assert read("rotation_reach", window=15 * DAY).value == 14.0
    assert read("rotation_size").value == 100
    assert read("rotation_open").value == "the live file"
    for name in ("rotation_age", "rotated_age", "rotated_plain", "rotation_reach"):
        assert not read(name, window=15 * DAY).baseline


def broken(output: str) -> Change:
    return lambda found: found["debug"][RULE].update(output=output)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (broken("error: /etc/logrotate.d/agent-v3:2 unknown option 'dayly' -- ignoring line\n" + OUTPUT), "dayly"),
        (broken("Handling 0 logs\n"), f"logrotate does not take {RULE}"),
        (lambda found: found["rules"].update({RULE: {"absent": RULE}}), f"there is no {RULE}"),
        (lambda found: found["debug"].update({RULE: {"absent": "logrotate"}}), "there is no logrotate on the host"),
        (lambda found: found["rules"].update({RULE: {"text": "/other/*.log {\n}\n"}}), f"no rule of {RULE} names"),
        (lambda found: found["rules"].update({RULE: {"text": ""}}), f"names {LOGS}/*.log"),
    ],
)
def test_rule_that_is_not_in_force_is_a_fault_of_its_own(change: Change, says: str) -> None:
    run, one = rotations(change)
    assert says in str(body(rotation.rotation_accepted)(one).value)
    reported = fault(run, "rule l")
    assert reported is not None
    assert reported.check == "test_rotation_accepted[l]"


def test_file_that_no_rule_names_would_grow_unseen() -> None:
    _, one = rotations(present=(f"{LOGS}/a.log", f"{LOGS}/b.log"))
    assert one.trouble == f"no rule of {RULE} names {LOGS}/b.log"
    assert rotations(present=(f"{LOGS}/a.log", f"{LOGS}/a.log.1"))[1].trouble == ""


def test_meaning_of_no_rule_is_not_measured_and_names_its_cause() -> None:
    _, one = rotations(lambda found: found["rules"].update({RULE: {"absent": RULE}}))
    with pytest.raises(NotMeasured, match="there is no") as caught:
        body(rotation.ruled)(one, "l")
    assert caught.value.parts == ("rule l",)


@pytest.mark.parametrize(
    ("text", "trouble"),
    [("error: /etc/logrotate.d/other:1 unknown option", ""), (f"error: skipping {LOGS}/a.log because", "skipping")],
)
def test_whole_configuration_is_asked_and_only_complaints_about_the_rule_count(text: str, trouble: str) -> None:
    config = "/etc/logrotate.conf"

    def change(found: dict[str, Any]) -> None:
        found["configs"] = {config: {"text": "weekly\n"}}
        found["debug"][config] = {"exit": 1, "output": f"{text}\n{OUTPUT}"}

    assert trouble in rotations(change, config=config)[1].trouble
    assert bool(trouble) is bool(rotations(change, config=config)[1].trouble)


def test_fact_that_the_collector_could_not_read_is_not_measured() -> None:
    with pytest.raises(NotMeasured, match="is not read"):
        rotations(lambda found: found["states"].update({STATE: {"error": "/x is not read"}}))


# Who may do what


def ruled_by(*lines: str) -> Change:
    text = RUNBOOK.replace("    daily\n", "".join(f"    {line}\n" for line in ("daily", *lines)))
    return lambda found: found["rules"].update({RULE: {"text": text}})


def folder(mode: str, user: str, group: str) -> Change:
    return lambda found: [one.update(folder_access=[mode, user, group]) for one in found["files"]]


@pytest.mark.parametrize(
    ("line", "access", "says"),
    [
        ("missingok", ("0755", "agent-v3", "agent-v3"), ""),
        ("su root adm", ("0755", "agent-v3", "agent-v3"), ""),
        ("su agent-v3 agent-v3", ("0755", "agent-v3", "agent-v3"), ""),
        ("su agent-v3 adm", ("0775", "root", "adm"), ""),
        ("su nobody nogroup", ("0755", "agent-v3", "agent-v3"), f"nobody may not write to {LOGS}"),
        ("su agent-v3 adm", ("0755", "root", "adm"), f"agent-v3 may not write to {LOGS}"),
        ("su agent-v3 agent-v3", ("0555", "agent-v3", "agent-v3"), f"agent-v3 may not write to {LOGS}"),
        ("su nobody nogroup", ("0777", "root", "root"), "nobody may not give files to agent-v3"),
    ],
)
def test_user_that_may_not_rotate_is_seen(line: str, access: tuple[str, str, str], says: str) -> None:
    def change(found: dict[str, Any]) -> None:
        ruled_by(line)(found)
        folder(*access)(found)

    one = rotations(change)[1]
    assert rotation.hindered(one) == says
    meaning = body(rotation.rotation_meaning)(one, one.rule, "l").value
    assert meaning["user"] == (says or "may rotate")
    assert meaning["scripts"] == "none that stops it"


def test_live_file_has_an_owner_and_a_mode() -> None:
    assert read("rotation_access").value == "0640 agent-v3 agent-v3"
    other = read("rotation_access", lambda found: found["files"][0].update(access=["0644", "root", "root"]))
    assert (other.value, other.baseline) == ("0644 root root", "")
    second = {**file("b.log", 90), "access": ["0600", "root", "root"]}
    assert read("rotation_access", lambda found: found["files"].append(second)).value == (
        f"{LOGS}/a.log: 0640 agent-v3 agent-v3; {LOGS}/b.log: 0600 root root"
    )
    assert read("rotation_access", young).baseline
    assert not read("rotation_access", lambda found: found["files"].pop(0)).has_data


# Who writes where


@pytest.mark.parametrize(
    ("open_files", "wrong"),
    [
        ([held("a.log", 1)], []),
        ([held("a.log", 1), held("b.log", 50)], []),
        ([held("a.log.1", 2)], [f"{LOGS}/a.log.1 (process 7)", f"nobody has {LOGS}/a.log open"]),
        ([held("a.log", 1), held("a.log.1", 2, 8)], [f"{LOGS}/a.log.1 (process 8)"]),
        ([held("a.log (deleted)", 77)], [f"{LOGS}/a.log (deleted) (process 7)", f"nobody has {LOGS}/a.log open"]),
        ([], [f"nobody has {LOGS}/a.log open"]),
    ],
    ids=["live", "another log", "moved away", "one of two", "deleted", "nobody"],
)
def test_writer_is_known_by_device_and_inode(open_files: list[dict[str, Any]], wrong: list[str]) -> None:
    one = rotations(lambda found: found["open"]["c"].update(files=open_files))[1]
    assert misplaced(one) == wrong
    assert body(rotated.rotation_open)(one, target()).value == ("; ".join(wrong) or "the live file")


def test_same_inode_on_another_device_is_another_file() -> None:
    def change(found: dict[str, Any]) -> None:
        found["open"]["c"]["files"][0]["device"] = 2

    assert read("rotation_open", change).value != "the live file"


def test_no_live_file_is_a_finding() -> None:
    assert "there is no live file" in str(read("rotation_open", lambda found: found["files"].pop(0)).value)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda found: found["open"]["c"].update(unread=[7]), "root may not look at the processes 7"),
        (lambda found: found.update(open={"c": {"error": "no process of it"}}), "no process of it"),
        (lambda found: found.update(open={}), "says nothing of c"),
    ],
)
def test_process_that_cannot_be_looked_at_is_not_measured(change: Change, reason: str) -> None:
    with pytest.raises(NotMeasured, match=reason):
        read("rotation_open", change)


def test_service_that_does_not_run_has_nothing_open_and_that_is_no_finding_of_its_log() -> None:
    run = probing(
        results={
            "privileged_facts": Privileged(facts(), "x"),
            "host_facts": Facts({}, "x", 0, 0),
            "docker_engine": Engine({"api": (replace(container(Id="c"), status="exited"),)}, {}, "", ""),
        },
        logs={"l": {"service": "api", "files": f"{LOGS}/a.log", "rotation": {"rule": RULE}}},
    )
    one = measure("log_rotations", run)["l"]
    with pytest.raises(NotMeasured, match="api is not running") as caught:
        body(rotated.rotation_open)(one, target())
    assert caught.value.parts == ("api",)


@pytest.mark.parametrize(
    ("path", "pattern", "stem"),
    [
        ("/l/a.log.2.gz", "/l/*.log", "/l/a.log"),
        ("/l/a.log-20260101.gz", "/l/*.log", "/l/a.log"),
        ("/l/agent-v3.log.1", "/l/*.log", "/l/agent-v3.log"),
        ("/l/agent-v3.log.1", "/l/agent-v3.log", "/l/agent-v3.log"),
        ("/l/syslog.1", "/l/syslog", "/l/syslog"),
        ("/l/a.log", "/m/*.log", "/l/a.log"),
    ],
)
def test_rotated_file_belongs_to_the_live_one(path: str, pattern: str, stem: str) -> None:
    assert stem_of(path, pattern) == stem
