"""targets/NAME.yaml: every kind of slip, where values come from, and what may never be shown."""

import re
from pathlib import Path
from typing import Any

import pytest

from conformance import targets
from conformance.document import BadFile, Slip
from conformance.target import Target, _compose
from conformance.threshold import Row
from tests.unit.build import row

GOOD = "name: toy\nenvironment: test\ncompose: {project: toy}\n"
OVERRIDE = "overrides:\n  toy.value:\n    reason: a small machine\n"


def load(tmp_path: Path, text: str, name: str = "toy.yaml", **environ: str) -> tuple[Target, frozenset[str]]:
    path = tmp_path / "targets" / name
    path.parent.mkdir(exist_ok=True)
    # At the end, so that the lines of the texts above stay what they are.
    host = "" if "host:" in re.sub("{.*}", "", text) or not text.startswith("name:") else "\nhost: local://\n"
    path.write_text(text + host, encoding="utf-8")
    found, _, secrets = targets.load(path, environ, tmp_path)
    return found, secrets


def slips(tmp_path: Path, text: str, name: str = "toy.yaml", **environ: str) -> list[Slip]:
    with pytest.raises(BadFile) as caught:
        load(tmp_path, text, name, **environ)
    return list(caught.value.slips)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (GOOD + "colour: red\n", 4, "colour: is no key that is known here: a target has alertmanager, allow"),
        (GOOD.replace("environment: test\n", ""), 1, "environment: is missing: a target has"),
        (GOOD.replace("name: toy", "name: Toy"), 1, "name: string should match pattern"),
        (GOOD.replace("name: toy", "name: other"), 1, "name: is 'other' in a file named toy.yaml: make them one"),
        (GOOD + "disposable: 'yes'\n", 4, "disposable: input should be a valid boolean, not 'yes'"),
        (GOOD + "host: docker://x\n", 4, "host: 'docker://x' is no host: write local:// or ssh://user@name:port"),
        (GOOD + "http:\n  api: {url: localhost}\n", 5, "write http://host:port/path or https://"),
        (GOOD + "http:\n  api: {url: 'ftp://a/'}\n", 5, "write http://host:port/path or https://"),
        (GOOD + "http:\n  api: {url: 'http://:80/'}\n", 5, "write http://host:port/path or https://"),
        (GOOD + "http:\n  api: {url: 'http://me:pw@a/'}\n", 5, "keep user and password out of an address"),
        (GOOD + "services:\n  app: {depends_on: [db]}\n", 5, "services.app.depends_on names 'db', which is no service"),
        (
            GOOD + "postgres: {host: x, dbname: d, user: u, pools: {app: {file: /a, role: r}}}\n",
            4,
            "postgres.pools names",
        ),
        (GOOD + "services:\n  app: {replicas: -1}\n", 5, "services.app.replicas: input should be greater than or"),
        (GOOD + "services:\n  app: {processes: 0}\n", 5, "services.app.processes: input should be greater than or"),
        (GOOD + "services: [app]\n", 4, "services: input should be a valid dictionary, not ['app']"),
        (
            GOOD + "postgres: {host: db, dbname: a, user: u, port: '5432'}\n",
            4,
            "postgres.port: input should be a valid",
        ),
        (GOOD + "postgres: {host: db, dbname: a, user: u, port: 70000}\n", 4, "less than or equal to 65535"),
        (GOOD + "logs:\n  app: {}\n", 5, "logs.app: write service (a container's output), or files"),
        (GOOD + "logs:\n  app: {service: a, rotation: {rule: /r}}\n", 5, "rotation needs files (what is rotated) and"),
        (GOOD + "logs:\n  app: {service: a, files: /f, rotation: {rule: r}}\n", 5, "should match pattern"),
        (GOOD + "schedule: {}\n", 4, "schedule: write either crontab (a file, or user) or timer (NAME.timer)"),
        (GOOD + "schedule: {crontab: /c, timer: a.timer}\n", 4, "write either crontab"),
        (GOOD + "schedule: {timer: a.service}\n", 4, "schedule.timer: string should match pattern"),
        (GOOD + "certificates:\n  web: {}\n", 5, "write endpoint (host:port), or file"),
        (GOOD + "certificates:\n  web: {endpoint: web}\n", 5, "is no endpoint: write host:port, such as localhost:443"),
        (GOOD + "certificates:\n  web: {file: /a, key: b}\n", 5, "certificates.web.key: string should match pattern"),
        (GOOD + "listeners:\n  host: [a]\n", 5, "'a' is no socket: write PORT, ADDRESS:PORT or FIRST-LAST"),
        (GOOD + "listeners:\n  host: [70000]\n", 5, "'70000' is no socket"),
        (GOOD + "listeners:\n  host: ['300.1.1.1:22']\n", 5, "is no socket"),
        (GOOD + "listeners:\n  host: ['20-10']\n", 5, "'20-10' is no socket"),
        (GOOD + "listeners:\n  host: [true]\n", 5, "listeners.host.0: input should be a valid string"),
        (GOOD + "listeners:\n  published: {a: ['80']}\n", 5, "'80' is no published port: write ADDRESS:PORT-OF-HOST"),
        (GOOD + "listeners:\n  private: [db]\n", 5, "listeners.private names 'db', which is no service here"),
        (GOOD + "mounts: [data]\n", 4, "mounts.0: string should match pattern"),
        (GOOD + "not_applicable:\n- {check: a, reason: none here, approver: ops}\n", 5, "review: is missing"),
        (
            GOOD + "not_applicable:\n- {check: a, reason: none here, approver: ops, review: soon}\n",
            5,
            "is no date: write",
        ),
        (GOOD + "not_applicable:\n- {check: a, reason: x, approver: ops, review: 2027-01-31}\n", 5, "at least 3"),
        (GOOD + OVERRIDE + "    warnin: {above: 1}\n", 7, "overrides.toy.value.warnin: is no key that is known here"),
        (GOOD + "overrides:\n  toy.value: {warning: {above: 1}}\n", 5, "overrides.toy.value.reason: is missing"),
        (GOOD + "redis: {host: r, keys: {config: ''}}\n", 4, "redis.keys.config: string should have at least 1"),
        (GOOD + "settings:\n  toy.value: {file: a.yaml}\n", 5, "settings.toy.value.key: is missing"),
        (GOOD + "redis: {host: r, password: 123456}\n", 4, "redis.password: input should be a valid string"),
        (GOOD + "http:\n  api: {url: 'http://${HOST}/'}\n", 5, "http.api.url: ${HOST} is not set: export it or add it"),
        (GOOD + "mounts:\n- /a\n- ${B}\n", 6, "mounts.1: ${B} is not set"),
        (GOOD + "env_file: gone.env\n", 4, "gone.env: No such file or directory: write it or start the stack"),
        ("", 1, "is empty: write keys and values"),
        ("- name: toy\n", 1, "holds a list: write keys and values"),
    ],
)
def test_a_slip_has_its_line_and_says_what_to_write(tmp_path: Path, text: str, line: int, words: str) -> None:
    found = slips(tmp_path, text)
    assert any(words in slip.text and line == slip.line for slip in found), found
    assert all(slip.path == tmp_path / "targets" / "toy.yaml" for slip in found)


def test_values_come_from_the_environment_before_the_env_file(tmp_path: Path) -> None:
    lines = ["# A=commented", "export A=file", "B = 'quoted'", 'C="a=b"', "no pair", "D=\r"]
    (tmp_path / "some.env").write_text("\n".join(lines))
    text = GOOD + "env_file: some.env\nhost: 'ssh://${A}'\nallow: {services: ['${B}', '${C}', 'x${D}y', '${A}${B}']}\n"
    found, _ = load(tmp_path, text, A="shell")
    assert found.host == "ssh://shell"
    assert found.allow.services == ["quoted", "a=b", "xy", "shellquoted"]


def test_the_env_file_lies_below_root(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / ".env").write_bytes(b"A=value\nB=\xff\n")
    found, _ = load(tmp_path, GOOD + "root: deploy\nenv_file: .env\nhost: 'ssh://${A}'\nstate_dir: state\n")
    assert [tmp_path / "deploy" / "state", "ssh://value"] == [found.path("state"), found.host]


def test_all_unset_names_are_told_at_once(tmp_path: Path) -> None:
    found = slips(tmp_path, GOOD + "host: ${A}\nstate_dir: ${B}/${C}\n")
    assert [slip.line for slip in found] == [4, 5, 5]


def test_passwords_are_secrets_and_never_in_the_representation(tmp_path: Path) -> None:
    text = GOOD + "postgres: {host: h, dbname: d, user: u, password: '${PW}'}\nredis: {host: h, password: other}\n"
    found, secrets = load(tmp_path, text, PW="canary-7431")
    assert secrets == {"canary-7431", "other"}
    assert "canary-7431" not in repr(found) + str(found.model_dump()), "a traceback or report would show it"


def test_an_empty_password_is_no_secret(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD + "redis: {host: h}\n")[1] == frozenset()


@pytest.mark.parametrize("key", ["postgres", "host", "compose", "mounts", "http"])
def test_a_secret_in_the_wrong_place_is_not_quoted(tmp_path: Path, key: str) -> None:
    good = GOOD.replace("compose: {project: toy}\n", "") if key == "compose" else GOOD
    found = slips(tmp_path, good + f"{key}: '${{PW}}'\n", PW="canary-7431")
    assert "canary-7431" not in str(found)


def test_dependencies_are_followed_nearest_first_and_each_once(tmp_path: Path) -> None:
    text = "services:\n  web: {depends_on: [app]}\n  app: {depends_on: [db, cache]}\n  db: {depends_on: [disk]}\n"
    found, _ = load(tmp_path, GOOD + text + "  cache: {depends_on: [disk]}\n  disk: {depends_on: [web]}\n")
    assert found.depends_on("web") == ("web", "app", "db", "cache", "disk")
    assert found.depends_on("cache") == ("cache", "disk", "web", "app", "db")
    assert found.depends_on("elsewhere") == ("elsewhere",)


def overridden(tmp_path: Path, text: str, rows: dict[str, Row]) -> Any:
    path = tmp_path / "toy.yaml"
    path.write_text(f"{GOOD}{text}\nhost: local://\n")
    found, source, _ = targets.load(path, {}, tmp_path)
    return targets.with_overrides(found, source, rows)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (OVERRIDE + "    warning: {above: 3}\n", "loosens warning: add approver and review (a date)"),
        (OVERRIDE + "    warning: {above: 3}\n    approver: release manager\n", "loosens warning: add approver"),
        (OVERRIDE + "    warning: {above: 3}\n    review: 2027-01-31\n", "loosens warning: add approver and review"),
        (OVERRIDE + "    warning: {above: 5}\n", "warning (above 5) must be reached before critical (above 5)"),
        (OVERRIDE + "    warning: {below: 1}\n", "warning says below and critical above: use one direction"),
        (OVERRIDE.replace("toy.value", "toy.other"), "overrides.toy.other: thresholds.yaml has no such row"),
    ],
)
def test_an_override_that_may_not_be_is_a_slip_at_its_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BadFile) as caught:
        overridden(tmp_path, text, {"toy.value": row()})
    [slip] = caught.value.slips
    assert words in slip.text
    assert slip.line == 5


def test_a_setting_of_a_row_that_is_not_there_is_a_slip_at_its_line(tmp_path: Path) -> None:
    text = "settings:\n  toy.value: {file: a.yaml, key: b}\n  toy.other: {file: a.yaml, key: b}\n"
    with pytest.raises(BadFile) as caught:
        overridden(tmp_path, text, {"toy.value": row()})
    [slip] = caught.value.slips
    assert (slip.line, slip.text) == (6, "settings.toy.other: thresholds.yaml has no such row")


def test_a_tightening_override_needs_nobody(tmp_path: Path) -> None:
    found = overridden(tmp_path, OVERRIDE + "    warning: {above: 1}\n", {"toy.value": row(), "toy.free": row()})
    assert [str(found[name].warning) for name in ("toy.value", "toy.free")] == ["above 1", "above 2"]


def test_a_loosening_override_stands_with_approver_and_review(tmp_path: Path) -> None:
    text = OVERRIDE + "    warning: {above: 3}\n    approver: release manager\n    review: 2999-01-31\n"
    assert str(overridden(tmp_path, text, {"toy.value": row()})["toy.value"].warning) == "above 3"


def test_the_targets_that_there_are(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yaml", "c.txt"):
        (tmp_path / name).touch()
    assert targets.available(tmp_path) == ["a", "b"]


@pytest.mark.parametrize(("review", "covers"), [("2020-01-01", False), ("2999-12-31", True)])
def test_what_is_past_its_review_date_counts_again(tmp_path: Path, review: str, covers: bool) -> None:
    entry = f"not_applicable:\n- {{check: host.*, reason: a container, approver: lead, review: {review}}}\n"
    found, _ = load(tmp_path, GOOD + entry)
    assert covers is found.not_applicable[0].covers("host.memory")


@pytest.mark.parametrize(("review", "limit"), [("2020-01-01", "above 2"), ("2999-12-31", "above 3")])
def test_override_that_is_past_its_review_date_changes_nothing(tmp_path: Path, review: str, limit: str) -> None:
    text = OVERRIDE + f"    warning: {{above: 3}}\n    approver: release manager\n    review: {review}\n"
    assert limit == str(overridden(tmp_path, text, {"toy.value": row()})["toy.value"].warning)
    assert (limit == "above 3") is bool(targets.load(tmp_path / "toy.yaml", {}, tmp_path)[0].overrides_in_force)


def test_what_is_past_its_review_date_is_said_with_its_line(tmp_path: Path) -> None:
    text = OVERRIDE + "    warning: {above: 3}\n    approver: release manager\n    review: 2020-01-01\n"
    overridden(tmp_path, text, {"toy.value": row()})
    exempt = "not_applicable:\n- {check: host.*, reason: a container, approver: lead, review: 2020-01-01}\n"
    path = tmp_path / "toy.yaml"
    path.write_text(path.read_text() + exempt)
    target, source, _ = targets.load(path, {}, tmp_path)
    override, scope = targets.due(target, source)
    assert override.startswith(
        f"{path}:{source.line(('overrides', 'toy.value'))}: overrides.toy.value was to be reviewed"
    )
    assert scope.startswith(f"{path}:{source.line(('not_applicable', 0))}: not_applicable host.* was to be reviewed")


def test_not_applicable_that_names_no_check_is_a_slip_with_its_line(tmp_path: Path) -> None:
    entries = "not_applicable:\n" + "".join(
        f"- {{check: '{check}', reason: a container, approver: lead, review: 2999-01-01}}\n"
        for check in ("host.memory", "host.memry", "test_disk[/data]", "host.*", "hst.*")
    )
    path = tmp_path / "toy.yaml"
    path.write_text(f"{GOOD}{entries}host: local://\n")
    target, source, _ = targets.load(path, {}, tmp_path)
    found = targets.unknown(target, source, ["host.memory", "test_disk"])
    first = source.line(("not_applicable", 0, "check"))
    assert [(slip.line, slip.text.split("'")[1]) for slip in found] == [(first + 1, "host.memry"), (first + 4, "hst.*")]


@pytest.mark.parametrize(
    ("installed", "plugin", "command"),
    [(True, False, "docker-compose"), (True, True, "docker compose"), (False, False, "docker compose")],
)
def test_commands_are_those_of_the_compose_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: bool, plugin: bool, command: str
) -> None:
    if plugin:
        (tmp_path / "cli-plugins").mkdir()
        (tmp_path / "cli-plugins" / "docker-compose").touch()
    monkeypatch.setattr("conformance.target._PLUGINS", (str(tmp_path),))
    monkeypatch.setattr("shutil.which", lambda _: "/usr/bin/docker-compose" if installed else None)
    assert command == _compose.__wrapped__()


ADMIN = "nginx: {admin: {allow: [10.0.0.0/8], harmless: /api/admin/ping, url: 'https://a.test', %s}}\n"
POINT = "points: {p: {host: 'local://', listed: true}}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "nginx: {admin: {allow: [10.0.0.1/8]}}\n",
            "has host bits set: write an address or a range, such as 10.0.0.0/8",
        ),
        ("nginx: {admin: {allow: []}}\n", "should have at least 1 item"),
        ("nginx: {access_log: access.log}\n", "should match pattern"),
        ("nginx: {admin: {allow: [1.2.3.4], namespace: true}}\n", "say on which path the whitelist may be tried"),
        (ADMIN.replace("/api/admin/ping", "/health") % POINT, "harmless must lie below /api/admin"),
        (ADMIN % "public: /x", "say where to ask from: either namespace: true or points"),
        (ADMIN % f"namespace: true, {POINT}", "say where to ask from: either namespace: true or points"),
        (ADMIN.replace("url: 'https://a.test', ", "") % POINT, "say where clients ask: url"),
        (ADMIN.replace("a.test", "a.test/x") % POINT, "should match pattern"),
        (ADMIN % "namespace: true", "takes addresses away from their owners: only where disposable is true"),
    ],
)
def test_slips_of_the_whitelist(tmp_path: Path, text: str, words: str) -> None:
    assert any(words in slip.text for slip in slips(tmp_path, GOOD + text)), slips(tmp_path, GOOD + text)


def test_whitelist_that_may_be_tried(tmp_path: Path) -> None:
    found, _ = load(tmp_path, GOOD + "disposable: true\n" + ADMIN % "namespace: true, proxies: [192.0.2.1]")
    assert found.nginx
    assert found.nginx.admin
    assert [str(net) for net in (*found.nginx.admin.networks, *found.nginx.admin.trusted)] == [
        "10.0.0.0/8",
        "192.0.2.1/32",
    ]
