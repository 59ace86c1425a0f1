"""Causes: the root has none, what follows names it, what cannot be measured is blocked by it."""

import pytest

from tests.plugin.project import DAILY, TARGET, Project, Ran

SERVICES = TARGET.replace("{redis: {}}", "{redis: {}, app: {depends_on: [redis]}, web: {depends_on: [app]}}")
PROBES = """
    @subject("services")
    def service(target):
        return target.services

    @probe(timeout=5)
    def docker_states(run):
        run.faults.report("redis", "test_state[redis]", "exited", 0)
        return {"redis": "exited", "app": "running", "web": "running"}
    """
CHECKS = """
    @daily
    @runbook("OPS-1.1")
    def test_state(docker_states, service, require):
        "Every service runs."
        require(take(docker_states[service], parts=(service,)), value="running")

    @daily
    @runbook("OPS-1.2")
    def test_ping(require):
        "Redis answers."
        raise NotMeasured("connection refused", parts=("redis",))

    @daily
    @runbook("OPS-1.3")
    @parametrize("name", ["app", "web"])
    def test_health(name, target, require):
        "The service says that it is well."
        require(take(503, parts=target.depends_on(name)), value=200)

    @daily
    @runbook("OPS-1.4")
    def test_errors(require):
        "No line says ERROR."
        require(take(7, parts=("app", "redis")), otherwise="WARNING", value=0)

    @daily
    @runbook("OPS-1.5")
    def test_elsewhere(require):
        "The disk has room."
        require(take(False, parts=("disk",)))
    """


@pytest.fixture
def stopped(project: Project) -> Project:
    project.write("targets/toy.yaml", SERVICES)
    project.probes(PROBES)
    project.checks(CHECKS, "suites/daily/test_services.py")
    return project


def causes(ran: Ran) -> dict[str, tuple[str | None, str, str | None]]:
    return {
        key: (check["verdict"], check["disposition"], check["blocked_by"] or check["caused_by"])
        for key, check in ran.checks.items()
        if check["verdict"] != "OK"
    }


ROOT = "test_state[redis]"
EXPECTED = {
    ROOT: ("CRITICAL", "none", None),
    "test_ping": ("UNKNOWN", "blocked", ROOT),
    "test_health[app]": ("CRITICAL", "none", ROOT),
    "test_health[web]": ("CRITICAL", "none", ROOT),
    "test_errors": ("WARNING", "none", ROOT),
    "test_elsewhere": ("CRITICAL", "none", None),
}


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_the_root_has_no_cause_and_all_else_names_it(stopped: Project, workers: tuple[str, ...]) -> None:
    ran = stopped.run(*DAILY, *workers)
    assert causes(ran) == EXPECTED
    assert ran.exit_code == 1


def test_the_last_screen_leads_with_the_root(stopped: Project) -> None:
    output = stopped.run().output
    screen = output[output.index("daily checks of toy") :]
    order = ["CRITICAL state of redis is exited", "CRITICAL elsewhere", "follow from it", "test_health[app]", "blocked"]
    places = [screen.index(words) for words in order]
    assert sorted(places) == places, screen
    assert "blocked  test_ping <- test_state[redis]" in screen
    assert "see runbook/operations.md#OPS-1.1" in screen


def test_with_the_check_of_the_cause_deselected_everything_stands_for_itself(stopped: Project) -> None:
    """Causes come from probes, but what points at a check that nobody runs would be lost: it is UNKNOWN itself."""
    ran = stopped.run(*DAILY, "-k", "not test_state")
    expected = {key: (verdict, "none", None) for key, (verdict, _, _) in EXPECTED.items() if key != ROOT}
    assert expected == causes(ran)
    assert ran.run["gate"] != ["2 at or past UNKNOWN"]


def test_a_cause_that_is_not_applicable_is_no_cause(stopped: Project) -> None:
    exempt = "not_applicable:\n- {check: 'test_state[redis]', reason: not here, approver: ops, review: 2999-01-01}\n"
    stopped.write("targets/toy.yaml", SERVICES + exempt)
    found = causes(stopped.run())
    assert found.pop(ROOT) == (None, "not_applicable", None)
    assert {key: (verdict, "none", None) for key, (verdict, _, _) in EXPECTED.items() if key != ROOT} == found


def test_what_a_waived_cause_blocks_is_unknown(stopped: Project) -> None:
    stopped.waive(ROOT)
    ran = stopped.run(*DAILY, "-k", "state or ping")
    assert causes(ran) == {ROOT: ("CRITICAL", "waived", None), "test_ping": ("UNKNOWN", "none", ROOT)}
    assert ran.exit_code == 1


def test_what_a_waived_cause_blocks_may_be_waived_too(stopped: Project) -> None:
    stopped.waive("test_*")
    ran = stopped.run(*DAILY, "-k", "state or ping")
    assert causes(ran) == {ROOT: ("CRITICAL", "waived", None), "test_ping": ("UNKNOWN", "waived", ROOT)}
    assert ran.exit_code == 0, ran.output


def test_a_cause_that_found_nothing_after_all_leaves_its_blocked_as_unknown(stopped: Project) -> None:
    """A probe reports a fault and the check that should say so is OK: neither may make the other disappear."""
    stopped.probes(PROBES.replace('"redis": "exited"', '"redis": "running"'))
    ran = stopped.run(*DAILY, "-k", "state or ping")
    assert causes(ran) == {"test_ping": ("UNKNOWN", "blocked", ROOT)}
    assert ran.exit_code == 1
    assert "UNKNOWN test_ping: blocked by test_state[redis], which found nothing" in ran.output
    assert stopped.run(*DAILY, "-k", "state or ping", "--nagios").exit_code == 3


ROWS = """
    api.rate: {runbook: MON-2.3, unit: 1/min, warning: {below: 10}, window: 5m}
    api.p95: {runbook: MON-2.1, unit: s, warning: {above: 2}, window: 5m, min_samples: 30}
    """
TRAFFIC = """
    @daily
    @runbook("MON-2.3", row="api.rate")
    def test_rate(judge): judge(take(RATE, unit="1/min"))
    @daily
    @runbook("MON-2.1", row="api.p95")
    def test_p95(judge):
        judge(take(1, samples=3), starved_by=take(RATE, unit="1/min", row="api.rate"))
    """


@pytest.mark.parametrize(
    ("rate", "words", "expected"),
    [
        ("3", (), ("UNKNOWN", "blocked", "api.rate")),
        ("30", (), ("UNKNOWN", "none", None)),
        ("3", ("-k", "p95"), ("UNKNOWN", "none", None)),
    ],
    ids=["too little traffic", "traffic enough", "the rate is not in the run"],
)
def test_too_little_traffic_blocks_the_latency(
    project: Project, rate: str, words: tuple[str, ...], expected: tuple[str, str, str | None]
) -> None:
    project.write("thresholds.yaml", ROWS)
    project.checks(TRAFFIC.replace("RATE", rate))
    assert expected == causes(project.run(*DAILY, *words))["api.p95"]
