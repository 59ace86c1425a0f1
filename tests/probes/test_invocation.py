"""Command lines as people write them: which start the daily suite, which do not, and of which nobody knows."""

import pytest

from fixtures import schedule
from fixtures.invocation import find
from fixtures.pytest_words import marker, slips
from fixtures.schedule import parse
from fixtures.shell_words import BrokenLine, Operator, Unreadable, tokens

COMMAND = "cd /opt/agent-v3-conformance && .venv/bin/pytest -m daily --target toy"
README = f"{COMMAND} --fail-on warning -q >last.log 2>&1 || cat last.log"
RUN = ".venv/bin/pytest -m daily --target toy"


@pytest.fixture(autouse=True)
def _parser(pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pytest hands its parser to a plugin at its start; these tests come later."""
    monkeypatch.setattr(schedule, "_PARSERS", [pytestconfig._parser])


def said(command: str, *settings: str) -> list[str]:
    """What is wrong with a line that starts pytest."""
    found = find(command)
    assert found is not None
    return slips(found, parse, "toy", settings)


@pytest.mark.parametrize(
    "command",
    [
        COMMAND,
        README,
        "cd /c && CONFORMANCE_TARGET=toy .venv/bin/pytest -m daily",
        "cd /c; exec flock -n /run/lock nice -n 10 timeout 300 .venv/bin/python -m pytest -m daily --target toy",
        "cd /c; /c/.venv/bin/pytest -m 'daily and not drill' --target=toy -p no:cacheprovider -W error -n 2 --nagios",
        "bash -lc 'cd /c && .venv/bin/pytest -m daily --target toy --run-dir=/var/x/$(date +%s)'",
        "cd /c && .venv/bin/pytest -m daily --target toy >> /var/log/x.log 2>&1",
        "(cd /c && .venv/bin/pytest -mdaily --target toy --deadline 60 --html=/x.html)",
        f"{COMMAND} || true",
        f"{COMMAND} suites/",
        f"{COMMAND} --run-dir=/x/$(date +%F) # every hour",
        f"MAILTO=x; export A=b; cd /c || exit 1; {RUN}; x=$?; [ $x -eq 0 ] || cat last.log",
        f"flock -n /run/lock -c '{COMMAND}'",
        f"cd /c && flock -w 10 /run/lock chronic -e {RUN}",
        f"cd /c && ionice -c3 nice -n19 timeout -k 10 5m {RUN}",
        f"cd /c && timeout 0 {RUN}",  # no limit, as coreutils has it
        f"cd /c && env -u X CONFORMANCE_TARGET=toy A=1 {RUN.partition(' --target')[0]}",
        f"env -C /c {RUN}",
        f"cd /c && sudo -n -u conformance {RUN}",
        "cd /c && . .venv/bin/activate && pytest -m daily --target toy",
        ". /etc/default/x; cd /c && .venv/bin/python -W error -X utf8 -m pytest -m daily --target toy",
        f"cd /c && .venv/bin/python {RUN}",
        f"sleep 30; git -C /c pull -q; cd /c && {RUN} | tee last.log",
        f"cd /c; false || {RUN}",
        f"cd /c && ! false && {RUN}",
        "docker run --rm -v /etc/x:/x:ro -e CONFORMANCE_TARGET=toy image:1 pytest -m daily",
        "/usr/bin/docker exec -i -w /c checks pytest -m daily --target toy",
        "cd /srv && docker compose -f a.yaml run --rm -T checks pytest -m daily --target toy",
        f"docker exec checks sh -c '{COMMAND}'",
        "cd /c && PATH=/c/.venv/bin:/bin; pytest -m daily --target toy",
    ],
)
def test_command_line_that_is_right(command: str) -> None:
    assert said(command) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("-m daily", "-m dayli", "-m dayli: dayli is no marker, there is daily, weekly"),
        ("-m daily", "-m weekly", "does not select the daily checks"),
        ("-m daily", "-m 'not daily'", "does not select the daily checks"),
        ("-m daily", "", "no -m: write -m daily"),
        ("--target toy", "--target tyo", "it examines tyo, not toy"),
        ("--target toy", "", "no --target: write --target toy"),
        ("--target", "--traget", "--traget is no option of pytest here"),
        ("--target toy", "--target toy --fail-on warnings", "invalid choice: 'warnings'"),
        ("--target toy", "--target toy --deadline soon", "invalid float value: 'soon'"),
        ("--target toy", "--target toy --run-dir /var/x", "write --run-dir=/var/x"),
        ("--target toy", "--target toy --collect-only", "measures nothing"),
        ("--target toy", "--target toy -k redis", "leaves checks out"),
        ("--target toy", "--target toy suites/daily/test_redis.py", "leaves checks out"),
        ("cd /opt/agent-v3-conformance && ", "", "cd to the checkout first"),
        ("--target toy", "--target", "expected one argument"),
        ("--target toy", "--target toy --run-dir=/var/x", "holds a run already from the second time on"),
        ("--target toy", "--target toy suites suites/daily", "a path leaves checks out"),
        ("--target toy", "--target toy --help", "--help measures nothing"),
        ("--target toy", "--target toy -h", "--help measures nothing"),
        ("--target toy", "--target toy --version", "--version measures nothing"),
        ("--target toy", "--target toy --co -q", "--collect-only measures nothing"),
        ("--target toy", "--target toy --fixtures", "--fixtures measures nothing"),
        ("--target toy", "--target toy --setup-plan", "measures nothing"),
        ("--target toy", "--target toy -k nothing", "-k leaves checks out"),
        ("--target toy", "--target toy --deselect suites/daily/test_redis.py", "--deselect leaves checks out"),
        ("--target toy", "--target toy --ignore=suites/daily", "--ignore leaves checks out"),
        ("--target toy", "--target toy -x", "-x or --maxfail leaves checks out"),
        ("-m daily", "-m daily -m weekly", "does not select the daily checks"),
        ("-m daily", "-m 'daily and weekly'", "does not select the daily checks"),
        ("-m daily", "-m 'daily and not postdeploy'", "does not select the daily checks"),
        ("-m daily", "-m 'not weekly'", "does not select the daily checks"),
        ("-m daily", "-m 'daily or'", "-m daily or: "),
        (
            ".venv/bin/pytest",
            "timeout 5 .venv/bin/pytest",
            "after 5 s, before its own deadline of 30 s",
        ),
        (".venv/bin/pytest", "PYTEST_ADDOPTS=--collect-only .venv/bin/pytest", "--collect-only measures nothing"),
        (".venv/bin/pytest", "sh -c .venv/bin/pytest", "no -m: write -m daily"),
        (".venv/bin/pytest", "docker exec -it checks pytest", "needs a terminal"),
        (".venv/bin/pytest", "docker compose exec checks pytest", "write -T"),
        ("cd /opt/agent-v3-conformance && .venv/bin/pytest", "/c/.venv/bin/pytest", "cd to the checkout first"),
    ],
)
def test_command_line_that_is_wrong_says_what(old: str, new: str, says: str) -> None:
    assert old in COMMAND
    assert says in "; ".join(said(COMMAND.replace(old, new)))


def test_target_of_a_crontab_s_own_settings_counts() -> None:
    assert said("cd /c && .venv/bin/pytest -m daily", "CONFORMANCE_TARGET=toy") == []


@pytest.mark.parametrize(
    "command",
    [
        "",
        "true",
        "cat pytest.log",
        "/opt/scripts/health_check.sh",
        f"echo {RUN}",
        f": {RUN}",
        f"# {RUN}",
        f"cd /c # && {RUN}",
        "pgrep pytest",
        "python3 /opt/x.py",
        f"printf '%s' '{RUN}'",
        "echo $(pytest)",
    ],
)
def test_command_that_starts_no_pytest(command: str) -> None:
    assert find(command) is None


@pytest.mark.parametrize("expression", ["daily", "daily or weekly", "(daily)", "daily and not drill"])
def test_marker_that_selects_the_daily_checks(expression: str) -> None:
    assert marker(expression) == []


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (f"true || {RUN}", f"`{RUN}` is never reached: `true` goes before it"),
        (f"false && {RUN}", "is never reached: `false`"),
        (f"cd /c || {RUN}", "is never reached: `cd /c`"),
        (f"sh -c 'true || {RUN}'", "is never reached"),
        (f"'{RUN}", "' is never closed"),
        (f'echo "$(date; {RUN}', "$( is never closed"),
        (f"(cd /c && {RUN.partition(' ')[0]} 'x", "' is never closed"),
        (f"cd /c) && {RUN}", ") stands alone"),
    ],
)
def test_line_that_never_comes_to_pytest(command: str, says: str) -> None:
    with pytest.raises(BrokenLine) as caught:
        find(command)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (f"test -e /run/off || {RUN}", "whether pytest is started depends on `test -e /run/off`"),
        (f"[ -x .venv/bin/pytest ] && {RUN}", "depends on `[ -x .venv/bin/pytest ]`"),
        (f"git pull -q && {RUN}", "depends on `git pull -q`"),
        (f"if true; then {RUN}; fi", "`if`"),
        (f"exit 0; {RUN}", "`exit`"),
        (f"eval '{RUN}'", "`eval`"),
        (f"xargs {RUN}", "`xargs`, which is given pytest"),
        (f"ssh host '{RUN}'", "`ssh`, which is given pytest"),
        ("python3 -c 'import pytest; pytest.main()'", "`python3`, which is given pytest"),
        (f"$PREFIX {RUN}", "which is given pytest"),
        (f"set -n; {RUN}", "`set -n`"),
        (f"sh -nc '{RUN}'", "`sh -nc`"),
        (f"nice --strange {RUN}", "`nice --strange`"),
        (f"timeout soon {RUN}", "`timeout soon`"),
        (f"docker build {RUN}", "`docker build`"),
        (f"docker run --entrypoint x image {RUN}", "`docker run --entrypoint`"),
        (f"{RUN} << EOF", "`<<`"),
        (f"f() {{ {RUN}; }}", "`f(`"),
    ],
)
def test_line_that_nobody_knows_cannot_be_read(command: str, says: str) -> None:
    with pytest.raises(Unreadable) as caught:
        find(command)
    assert says in caught.value.reason


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("-m daily", '-m "$SUITE"', "`-m $SUITE`, whose value the shell puts in"),
        ("--target toy", "--target $(hostname)", "`--target $(hostname)`"),
        ("--target toy", "--target toy $OPTIONS", "`the word $OPTIONS`"),
        ("--target toy", "--target toy -o addopts=", "`-o`"),
        ("--target toy", "--target toy -c other.toml", "`-c`"),
        ("--target toy", "--target toy -p no:conformance.plugin", "`-p no:conformance.plugin`"),
        (".venv/bin/pytest", "pytest", "a PATH that the line does not set"),
        (".venv/bin/pytest", "python3 -m pytest", "a PATH that the line does not set"),
        (".venv/bin/pytest", "PYTEST_PLUGINS=x .venv/bin/pytest", "`PYTEST_PLUGINS=`"),
        (".venv/bin/pytest", "PYTEST_ADDOPTS='\"-q' .venv/bin/pytest", '`PYTEST_ADDOPTS="-q`'),
        ("cd /opt/agent-v3-conformance && .venv/bin/pytest -m daily --target toy",
         ". ./env && cd /c && .venv/bin/pytest -m daily", "no --target, which `./env` may set"),
    ],
)  # fmt: skip
def test_words_of_pytest_that_nobody_knows_cannot_be_read(old: str, new: str, says: str) -> None:
    assert old in COMMAND
    with pytest.raises(Unreadable) as caught:
        said(COMMAND.replace(old, new))
    assert says in caught.value.reason


def test_words_of_a_line() -> None:
    found = tokens("a 'b c'\\''d' \"e $f\" >/x 2>&1 <y &>z; g\\ h&&i # j\nk")
    assert found == ["a", "b c'd", "e $f", Operator(";"), "g h", Operator("&&"), "i", Operator(";"), "k"]
