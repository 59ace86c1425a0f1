"""What needs an earlier run: the first, the second, a partial one, another target, a baseline too old."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.plugin.project import DAILY, TARGET, Project

PROBES = """
    @probe(timeout=5)
    def toy_counter(run):
        before = run.previous.get("counter")
        run.keep("counter", (before or 0) + 1)
        if before is None:
            return take(None, baseline="no earlier run")
        return take(before)
    """
CHECKS = """
    @daily
    @runbook("MON-2.1", row="toy.value")
    def test_toy(toy_counter, judge):
        "The counter has not moved far."
        judge(toy_counter)

    @daily
    @runbook("OPS-1.1")
    def test_ok(require): require(take(True))
    """


@pytest.fixture
def counting(project: Project) -> Project:
    project.probes(PROBES)
    project.checks(CHECKS)
    return project


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_the_first_run_is_a_baseline_and_the_second_compares(counting: Project, workers: tuple[str, ...]) -> None:
    first = counting.run(*DAILY, *workers)
    assert first.said("toy.value") == ("OK", "baseline")
    assert (first.exit_code, first.run["baseline"], first.run["previous"]) == (0, 1, None)
    assert first.counts == {"passed": 1, "baseline": 1}
    assert first.run["summary"] == {"OK": 1, "WARNING": 0, "CRITICAL": 0, "UNKNOWN": 0}
    second = counting.run(*DAILY, *workers)
    assert second.said("toy.value") == ("OK", "none")
    assert second.check("toy.value")["reading"]["value"] == 1
    assert first.run["id"] == second.run["previous"]
    third = counting.run(*DAILY, *workers)
    assert [[second.check("toy.value")["reading"]["at"], 1]] == third.check("toy.value")["recent"]


def test_a_compound_expression_is_a_suite_of_its_own(counting: Project) -> None:
    words = ("-m", "daily and not drill", *DAILY[2:])
    first, second = counting.run(*words), counting.run(*words)
    assert (first.said("toy.value"), second.said("toy.value")) == (("OK", "baseline"), ("OK", "none"))
    assert second.run["previous"] == first.run["id"]
    assert counting.run(*DAILY).run["previous"] is None


@pytest.mark.parametrize(
    "words",
    [("-k", "toy"), ("--deselect=suites/daily/test_toy.py::test_ok",), ("suites/daily/test_toy.py",), ("suites/daily",),
     ("--ignore=suites/weekly",), ("--ignore-glob=*weekly*",)],
    ids=["-k", "--deselect", "a file", "a folder", "--ignore", "--ignore-glob"],
)  # fmt: skip
def test_a_partial_run_advances_nothing(counting: Project, words: tuple[str, ...]) -> None:
    counting.run()
    kept = [path.read_bytes() for path in counting.state.iterdir()]
    for _ in range(2):
        ran = counting.run(*DAILY, *words)
        assert ran.check("toy.value")["reading"]["value"] == 1, "it compares with the complete run"
        assert ran.run["partial"]
    assert kept == [path.read_bytes() for path in counting.state.iterdir()]


def test_a_run_that_stopped_early_advances_nothing(counting: Project) -> None:
    counting.run()
    kept = [path.read_bytes() for path in counting.state.iterdir()]
    counting.checks(
        "@daily\n@runbook('OPS-1.2')\ndef test_bad(require): require(take(False))\n", "suites/daily/test_a.py"
    )
    ran = counting.run(*DAILY, "-x")
    assert (ran.exit_code, ran.run["complete"], ran.run["population"]["not_run"]) == (1, False, 2)
    assert "2 selected and not run" in ran.run["gate"]
    assert "INCOMPLETE RUN" in ran.output
    assert kept == [path.read_bytes() for path in counting.state.iterdir()]


def test_an_outage_does_not_lose_what_the_run_before_kept(counting: Project) -> None:
    """The run in between is complete and could not count: the next one compares with the one before it."""
    counting.run()
    counting.probes(
        PROBES.replace("before = run.previous", 'raise NotMeasured("no answer")\n        before = run.previous')
    )
    assert counting.run().said("toy.value") == ("UNKNOWN", "none")
    counting.probes(PROBES)
    assert counting.run().said("toy.value") == ("OK", "none")


def test_targets_that_share_a_state_folder_do_not_mix(counting: Project) -> None:
    for name in ("toy", "other"):
        text = TARGET.replace("name: toy", f"name: {name}") + "state_dir: common\n"
        counting.write(f"targets/{name}.yaml", text)
        assert counting.run("-m", "daily", f"--target={name}").said("toy.value") == ("OK", "baseline")


def test_a_baseline_grows_too_old_and_stays_so(counting: Project) -> None:
    """Each run finds that there is still nothing to compare with; after `baseline_max_age` that is UNKNOWN."""
    counting.probes(PROBES.replace("if before is None", "if True"))
    assert counting.run().said("toy.value") == ("OK", "baseline")
    [path] = counting.state.iterdir()
    kept = json.loads(path.read_text())
    since = datetime.fromisoformat(kept["baselines"]["toy.value"])
    assert abs(datetime.now(UTC) - since) < timedelta(minutes=1)
    assert counting.run().said("toy.value") == ("OK", "baseline")
    assert kept["baselines"] == json.loads(path.read_text())["baselines"], "it has waited since the first run"
    path.write_text(json.dumps(kept | {"baselines": {"toy.value": (since - timedelta(days=8)).isoformat()}}))
    for _ in range(2):
        ran = counting.run()
        assert ran.said("toy.value") == ("UNKNOWN", "none")
        assert "still nothing to compare with after 7d: no earlier run" in ran.check("toy.value")["reason"]
        assert ran.exit_code == 1


@pytest.mark.parametrize("content", ["", "{", "[]"])
def test_a_snapshot_that_is_broken_is_a_first_run(counting: Project, content: str) -> None:
    counting.run()
    next(counting.state.iterdir()).write_text(content)
    assert counting.run().said("toy.value") == ("OK", "baseline")
    assert counting.run().said("toy.value") == ("OK", "none")


def test_a_state_folder_that_cannot_be_written_is_told(counting: Project) -> None:
    counting.write("elsewhere", "a file")
    counting.write("targets/toy.yaml", TARGET + "state_dir: elsewhere\n")
    ran = counting.run()
    words = "elsewhere cannot keep what the next run compares with"
    assert words in ran.output
    assert any(words in text for text in ran.run["trouble"])
    assert ran.exit_code == 0, "what was measured stands"


def test_the_state_is_for_its_owner_alone(counting: Project) -> None:
    counting.run()
    modes = [path.stat().st_mode & 0o777 for path in (counting.state, *counting.state.iterdir())]
    assert modes == [0o700, 0o600]
