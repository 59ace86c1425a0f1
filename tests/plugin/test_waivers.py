"""Waivers in a run: measured all the same, out of the gate until the day, and listed whatever becomes of them."""

import pytest

from tests.plugin.project import DAILY, JUDGED, Project


@pytest.fixture
def critical(project: Project) -> Project:
    project.checks(JUDGED.format(value=9))
    return project


def test_a_waived_finding_is_measured_and_fails_nothing(critical: Project) -> None:
    critical.waive("toy.value")
    critical.checks(
        "@daily\n@runbook('OPS-1.1')\ndef test_ok(require): require(take(True))\n", "suites/daily/test_ok.py"
    )
    ran = critical.run(*DAILY, "--fail-on=warning", "-rx")
    assert ran.said("toy.value") == ("CRITICAL", "waived")
    check = ran.check("toy.value")
    assert check["reading"]["value"] == 9
    assert tuple(check["waiver"][key] for key in ("ticket", "owner", "approver")) == (
        "OPS-7",
        "on call",
        "release manager",
    )
    assert ran.exit_code == 0
    assert ran.counts == {"passed": 1, "xfailed": 1}
    assert "waived: toy.value, OPS-7, owner on call, until 2999-01-01" in ran.output
    assert ran.run["summary"] == {"OK": 1, "WARNING": 0, "CRITICAL": 0, "UNKNOWN": 0}
    assert ran.run["population"]["waived"] == 1


def test_a_run_of_nothing_but_waived_findings_measured_something(critical: Project) -> None:
    critical.waive("toy.value")
    assert critical.run().exit_code == 0


def test_an_expired_waiver_counts_again_and_is_listed(critical: Project) -> None:
    critical.waive("toy.value", expires="2026-01-02")
    ran = critical.run()
    assert ran.said("toy.value") == ("CRITICAL", "none")
    assert ran.check("toy.value")["waiver"]["expired"]
    assert ran.exit_code == 1
    assert "waiver expired, the check counts again: toy.value, OPS-7, owner on call" in ran.output


def test_back_to_ok_it_passes_and_the_waiver_is_listed_as_no_longer_needed(project: Project) -> None:
    """A mark of pytest would fail it under strict once it is mended."""
    project.waive("toy.value")
    ran = project.run()
    assert ran.said("toy.value") == ("OK", "none")
    assert not ran.check("toy.value")["waiver"]["needed"]
    assert (ran.counts, ran.exit_code) == ({"passed": 1}, 0)
    assert "waiver no longer needed: toy.value, OPS-7" in ran.output


@pytest.mark.parametrize(
    ("slip", "words"),
    [
        ("- {check: other, colour: red}\n", "waivers.yaml:2: colour: is no key that is known here"),
        ("- {check: other, owner: on call, approver: release manager, reason: known, ticket: OPS-8, "
         "created: 2026-01-01, expires: 2027/01/01}\n", "waivers.yaml:2: expires: '2027/01/01' is no ISO time"),
        ("- words\n", "waivers.yaml:2: holds a str: write keys and values"),
    ],
    ids=["unknown key", "no ISO time", "words"],
)  # fmt: skip
def test_a_slip_is_listed_waives_nothing_and_stops_nothing(critical: Project, slip: str, words: str) -> None:
    critical.waive("toy.value", more=slip)
    ran = critical.run()
    assert ran.said("toy.value") == ("CRITICAL", "waived"), "the other waiver stands"
    assert words in ran.output
    assert any(words in text for text in ran.run["slips"])
    assert ran.exit_code == 0


def test_a_file_that_is_no_yaml_waives_nothing_and_stops_nothing(critical: Project) -> None:
    critical.write("targets/toy/waivers.yaml", "- check: [\n")
    ran = critical.run()
    assert ran.said("toy.value") == ("CRITICAL", "none")
    assert "waivers.yaml:2: is no YAML" in ran.output
    assert ran.exit_code == 1
    assert critical.run(*DAILY, "--nagios").exit_code == 2


@pytest.mark.parametrize(("value", "verdict"), [(1, "OK"), (3, "WARNING"), (9, "CRITICAL")])
def test_a_sign_off_counts_by_its_verdict(project: Project, value: int, verdict: str) -> None:
    project.checks(JUDGED.format(value=f"{value}, manual=True"))
    ran = project.run(*DAILY, "--fail-on=warning")
    assert (verdict, "manual") == ran.said("toy.value")
    assert (0 if verdict == "OK" else 1) == ran.exit_code
    assert ran.run["summary"][verdict] == 1
