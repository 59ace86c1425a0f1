"""Probes: each once, together, before the first check, and only those that a selected check needs."""

import pytest

from tests.plugin.project import DAILY, TARGET, Project

# Every probe and check writes when it began and ended.
CLOCK = """
    def note(word):
        with open("notes", "a") as file:
            file.write(f"{word} {time.monotonic()}\\n")
    """
TWO = (
    CLOCK
    + """
    @probe(timeout=5)
    def toy_one(run):
        note("begin-one"); time.sleep(0.3); note("end-one")
        return 1

    @probe(timeout=5)
    def toy_two(run):
        note("begin-two"); time.sleep(0.3); note("end-two")
        return 1
    """
)
CHECKS = """
    from toyprobes import note

    @daily
    @runbook("OPS-1.1")
    @parametrize("number", [1, 2, 3])
    def test_both(toy_one, toy_two, number, require):
        "Both answer."
        note("check")
        require(take(toy_one), value=1)

    @daily
    @runbook("OPS-1.2")
    def test_again(toy_one, require):
        "One answers."
        require(take(toy_one), value=1)
    """


def notes(project: Project) -> list[tuple[str, float]]:
    path = project.path / "notes"
    lines = path.read_text().splitlines() if path.exists() else []
    return [(line.split()[0], float(line.split()[1])) for line in lines]


def words(project: Project) -> list[str]:
    return [word for word, _ in notes(project)]


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_each_once_together_and_before_the_first_check(project: Project, workers: tuple[str, ...]) -> None:
    project.probes(TWO)
    project.checks(CHECKS, "suites/daily/test_both.py")
    ran = project.run(*DAILY, *workers)
    assert ran.exit_code == 0, ran.output
    assert ["begin-one", "begin-two", "end-one", "end-two", *["check"] * 3] == sorted(
        words(project)[:4], key=lambda word: (word.partition("-")[0], word)
    ) + words(project)[4:]
    times = dict(notes(project))
    assert abs(times["begin-one"] - times["begin-two"]) < 0.2, "they start at the same moment"
    assert {"toy_one", "toy_two"} == set(ran.run["cost"]["probes_s"])


def test_a_probe_starts_though_its_check_comes_last(project: Project) -> None:
    project.probes(TWO)
    project.checks(
        """
        from toyprobes import note
        @daily
        @runbook("OPS-1.1")
        def test_early(require):
            note("check")
            time.sleep(0.1)
            require(take(True))
        @daily
        @runbook("OPS-1.1")
        def test_late(toy_one, require): require(take(toy_one), value=1)
        """,
    )
    project.write("thresholds.yaml", "toy.value: {runbook: MON-2.1, unit: s, warning: {above: 2}}\n")
    project.checks("@weekly\n@runbook('MON-2.1', row='toy.value')\ndef test_w(judge): ...\n", "suites/weekly/test_w.py")
    assert project.run().exit_code == 0
    times = dict(notes(project))
    assert times["begin-one"] < times["check"] + 0.1 < times["end-one"], "it measures while the first check runs"


def test_a_probe_that_no_selected_check_needs_is_not_started(project: Project) -> None:
    project.probes(TWO)
    project.checks(CHECKS, "suites/daily/test_both.py")
    assert project.run(*DAILY, "-k", "again").exit_code == 0
    assert words(project) == ["begin-one", "end-one"]


def test_a_probe_of_checks_that_are_not_applicable_is_not_started(project: Project) -> None:
    exempt = "not_applicable:\n- {check: test_both, reason: nothing here, approver: ops, review: 2999-01-01}\n"
    project.write("targets/toy.yaml", TARGET + exempt)
    project.probes(TWO)
    project.checks(CHECKS, "suites/daily/test_both.py")
    assert project.run().exit_code == 0
    assert words(project) == ["begin-one", "end-one"]


def test_collecting_starts_nothing_and_leaves_nothing(project: Project) -> None:
    project.probes(TWO)
    project.checks(CHECKS, "suites/daily/test_both.py")
    ran = project.run(*DAILY, "--collect-only", "-q")
    assert ran.exit_code == 0
    assert "test_both[1]" in ran.output
    assert [*words(project), *project.runs()] == []


def test_what_measures_latency_waits_until_the_others_are_done(project: Project) -> None:
    project.probes(
        TWO
        + """
        @probe(timeout=5, quiet=True)
        def toy_apart(run):
            note("begin-quiet"); time.sleep(0.1); note("end-quiet")
            return 1
        """.replace("\n    ", "\n")
    )
    project.checks(
        "@daily\n@runbook('OPS-1.1')\ndef test_a(toy_apart, toy_one, toy_two, require): require(take(1), value=1)\n"
    )
    project.write("suites/weekly/test_w.py", "# row='toy.value'\n")
    project.checks("@weekly\n@runbook('MON-2.1', row='toy.value')\ndef test_w(judge): ...\n", "suites/weekly/test_w.py")
    assert project.run().exit_code == 0
    times = dict(notes(project))
    assert max(times["end-one"], times["end-two"]) <= times["begin-quiet"]


def test_a_quiet_probe_starts_when_a_hanging_one_has_had_its_time(project: Project) -> None:
    project.probes(
        """
        @probe(timeout=0.3)
        def toy_hangs(run):
            time.sleep(9)
        @probe(timeout=1, quiet=True)
        def toy_apart(run):
            return 1
        """
    )
    project.checks(
        """
        @daily
        @runbook("OPS-1.1")
        def test_apart(toy_apart, require): require(take(toy_apart), value=1)
        @daily
        @runbook("OPS-1.1")
        def test_hangs(toy_hangs, require): require(take(toy_hangs), value=1)
        """,
        "suites/daily/test_asks.py",
    )
    ran = project.run()
    assert [ran.said("test_apart"), ran.said("test_hangs")] == [("OK", "none"), ("UNKNOWN", "none")]


def test_a_probe_may_ask_another_which_still_runs_once(project: Project) -> None:
    project.probes(
        CLOCK
        + """
    @probe(timeout=5)
    def toy_one(run):
        note("one")
        return 1
    @probe(timeout=5)
    def toy_sum(run):
        return run.probe("toy_one") + run.probe("toy_one")
    """
    )
    project.checks(
        "@daily\n@runbook('OPS-1.1')\ndef test_a(toy_sum, require): require(take(toy_sum), value=2)\n",
        "suites/daily/test_a.py",
    )
    ran = project.run()
    assert ran.said("test_a") == ("OK", "none")
    assert words(project) == ["one"]


def test_probes_know_the_queries_in_force_of_all_rows_that_apply(project: Project) -> None:
    """Of deselected checks too: the request rate explains a P95 without samples. Not of what is not applicable."""
    rows = "toy.{name}: {{runbook: MON-2.1, unit: s, warning: {{above: 2}}, window: 1h, promql: 'rate(x[$window])'}}\n"
    project.write("thresholds.yaml", "".join(rows.format(name=name) for name in "abc"))
    exempt = "not_applicable:\n- {check: toy.c, reason: nothing here, approver: ops, review: 2999-01-01}\n"
    project.write("targets/toy.yaml", TARGET + "overrides: {toy.a: {reason: demo, window: 30s}}\n" + exempt)
    project.probes(
        """
        @probe(timeout=5)
        def toy_queries(run):
            return {name: (one.promql, one.window) for name, one in run.queries.items()}
        """
    )
    project.checks(
        """
        @daily
        @runbook("MON-2.1", row="toy.a")
        def test_a(toy_queries, judge):
            assert toy_queries == {"toy.a": ("rate(x[30s])", 30), "toy.b": ("rate(x[1h])", 3600)}
            judge(take(1))
        @weekly
        @runbook("MON-2.1", row="toy.b")
        def test_b(judge): ...
        @daily
        @runbook("MON-2.1", row="toy.c")
        def test_c(judge): ...
        """
    )
    ran = project.run()
    assert ran.said("toy.a") == ("OK", "none"), ran.check("toy.a")["reason"]


def test_only_rows_of_selected_check_files_are_asked(project: Project) -> None:
    """The weekly rows cost the daily run nothing; a row that two files name is asked for either."""
    row = "  runbook: MON-2.1\n  unit: s\n  warning: {above: 2}\n  promql: up\n"
    project.write("thresholds.yaml", "".join(f"toy.{name}:\n{row}" for name in ("daily", "weekly", "both")))
    project.probes("@probe(timeout=5)\ndef toy_asked(run):\n    return sorted(run.queries)\n")
    for cadence in ("daily", "weekly"):
        project.checks(
            f"""
            @{cadence}
            @runbook("MON-2.1", row="toy.{cadence}")
            def test_a(toy_asked, require):
                require(take(", ".join(toy_asked)), value="nothing", otherwise="WARNING")

            @{cadence}
            @runbook("MON-2.1", row="toy.both")
            @parametrize("one", ["{cadence}"])
            def test_b(one, judge): judge(take(1))
            """,
            f"suites/{cadence}/test_toy.py",
        )
    for cadence in ("daily", "weekly"):
        value = project.run("-m", cadence, "--target=toy").check(f"toy.{cadence}")["reading"]["value"]
        assert value == ", ".join(sorted(["toy.both", f"toy.{cadence}"]))
