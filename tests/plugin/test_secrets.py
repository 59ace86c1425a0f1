"""Planted canaries: a password of the target is in no file of the run and not on the screen."""

import base64
from urllib.parse import quote

import pytest

from tests.plugin.project import DAILY, TARGET, Project, Ran

CANARY = "c4nary/7431 word"
FORMS = (CANARY, quote(CANARY, safe=""), quote(CANARY), base64.b64encode(CANARY.encode()).decode(), "c4nary")

# The secret comes up in every place that something else writes down: exception, command, excerpt, value, output.
LEAKS = """
    @probe(timeout=5)
    def toy_raises(run):
        raise RuntimeError(f"login as reader with {run.target.redis.password.get_secret_value()} failed")

    @probe(timeout=5)
    def toy_reading(run):
        secret = run.target.redis.password.get_secret_value()
        return take(9, how=f"redis-cli -a {secret}", source=f"redis://:{secret}@cache", excerpt=f"log: {secret}",
                    next_step=f"try {secret}")

    @probe(timeout=5)
    def toy_value(run):
        secret = run.target.redis.password.get_secret_value()
        return take({secret: secret, "state": f"with {secret}", "list": (secret,)})

    @probe(timeout=5)
    def toy_unmeasured(run):
        secret = run.target.redis.password.get_secret_value()
        raise NotMeasured(f"no {secret}", source=f"redis://:{secret}@cache", next_step=secret)

    @pytest.fixture
    def talks(target):
        secret = target.redis.password.get_secret_value()
        print("setup", secret)
        print("setup", secret, file=sys.stderr)
        import logging
        logging.getLogger("toy").warning("logged %s", secret)
        yield secret
        print("teardown", secret)

    @pytest.fixture
    def leaves(target):
        yield
        raise RuntimeError(f"teardown {target.redis.password.get_secret_value()}")
    """
CHECKS = """
    @daily
    @runbook("OPS-1.1")
    def test_raises(toy_raises, require): ...
    @daily
    @runbook("MON-2.1", row="toy.value")
    def test_toy(toy_reading, judge): judge(toy_reading)
    @daily
    @runbook("OPS-1.2")
    def test_value(toy_value, require): require(toy_value, state="well")
    @daily
    @runbook("OPS-1.3")
    def test_unmeasured(toy_unmeasured, require): ...
    @daily
    @runbook("OPS-1.4")
    def test_talks(talks, require):
        print("call", talks)
        require(take(True))
    @daily
    @runbook("OPS-1.5")
    def test_breaks(talks, require):
        print("call", talks)
        raise ValueError(talks)
    @daily
    @runbook("OPS-1.6")
    def test_fails(talks, require):
        print("call", talks)
        assert talks == "another"
    @daily
    @runbook("OPS-1.7")
    def test_leaves(leaves, require): require(take(True))
    """


@pytest.fixture
def planted(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("TOY_PASSWORD", CANARY)
    project.write("targets/toy.yaml", TARGET + "redis: {host: cache, password: '${TOY_PASSWORD}'}\n")
    project.probes(LEAKS)
    project.checks(CHECKS)
    return project


def assert_nowhere(project: Project, ran: Ran) -> None:
    texts = {"the screen": ran.output}
    places = [project.path / "reports", project.path / "own.xml", project.state]
    files = [path for place in places for path in ([place] if place.is_file() else place.rglob("*")) if path.is_file()]
    texts |= {str(path.name): path.read_text(encoding="utf-8") for path in files}
    assert {"results.json", "journal.jsonl", "report.html", "junit.xml", "pytest.html", "own.xml"} <= set(texts)
    found = [
        f"{form!r} in {name}: ...{text[max(0, text.index(form) - 80) :][:160]}"
        for form in FORMS
        for name, text in texts.items()
        if form in text
    ]
    assert found == []


@pytest.mark.parametrize(
    "words",
    [(), ("-n", "2"), ("--tb=long", "-rA", "-o", "junit_logging=all", "-vv")],
    ids=["plain", "xdist", "talkative"],
)
def test_a_secret_is_nowhere(planted: Project, words: tuple[str, ...]) -> None:
    ran = planted.run(*DAILY, *words, "--junitxml=own.xml")
    assert ran.exit_code == 1
    assert len(ran.checks) == 8, "every leak was tried"
    assert_nowhere(planted, ran)
    assert "***" in ran.check("toy.value")["reading"]["how"]


def test_a_secret_is_not_in_the_status_line(planted: Project) -> None:
    ran = planted.run(*DAILY, "--nagios")
    assert "c4nary" not in ran.output


def test_a_secret_on_the_command_line_is_not_kept(planted: Project) -> None:
    ran = planted.run(*DAILY, "-o", f"junit_suite_name={CANARY}")
    assert ran.folder is not None
    assert "c4nary" not in (ran.folder / "results.json").read_text()


def test_a_secret_in_the_wrong_place_of_the_target_is_not_quoted(planted: Project) -> None:
    planted.write("targets/toy.yaml", TARGET + "host: '${TOY_PASSWORD}'\n")
    ran = planted.run()
    assert ran.exit_code == 4
    assert "c4nary" not in ran.output
    assert "${TOY_PASSWORD}" in ran.output
