"""How the collector is brought to the host, and what is said where it may not run."""

import json
import subprocess

import pytest

from conformance.reading import NotMeasured
from conformance.target import Rotation
from fixtures import collector, privileged
from fixtures.docker import Engine
from fixtures.host import Said
from fixtures.privileged import Privileged, command, install, parse
from tests.probes.support import body, closed_port, fault, measure, probing, unmeasured

RULE = Rotation(rule="/etc/logrotate.d/it's a rule")
LOGS = {"l": {"service": "api", "files": "/l/*.log", "rotation": {"rule": "/etc/logrotate.d/none"}}}


def test_as_root_the_checkout_s_own_script_runs() -> None:
    run = probing(results={"docker_engine": Engine({}, {}, "", "")}, logs=LOGS)
    found: Privileged = measure("privileged_facts", run)
    assert found.of("rules", "/etc/logrotate.d/none") == {"absent": "/etc/logrotate.d/none"}
    reading = body(privileged.collector_answer)(found)
    assert reading.value == "root"
    assert fault(run, "collector") is None


def test_without_the_right_the_line_to_add_is_said() -> None:
    words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c", command([RULE], [])]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=20)
    with pytest.raises(NotMeasured, match="does not run as root on ssh://x: ") as caught:
        parse(Said(done.stdout, done.stderr.strip(), done.returncode), "ssh://x")
    assert "nobody ALL=(root) NOPASSWD: /usr/local/sbin/agent-v3-collector" in caught.value.next_step
    assert caught.value.parts == ("collector",)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (Said("ops\n", "sudo: a password is required", 0), "sudo: a password is required"),
        (Said("ops\n", "sudo: /usr/local/sbin/agent-v3-collector: command not found", 0), "command not found"),
        (Said("[]", "", 0), "it said nothing readable, exit 0"),
        (Said("", "", 127), "it said nothing readable, exit 127"),
        (Said("{}", "", 0), "it said nothing readable"),
        (Said(json.dumps({"version": 99}), "", 0), f"is version 99, this checkout's is {collector.VERSION}"),
    ],
)
def test_answer_that_is_none_is_not_measured(said: Said, reason: str) -> None:
    with pytest.raises(NotMeasured, match=r"collector") as caught:
        parse(said, "ssh://x")
    assert reason in caught.value.reason
    assert caught.value.parts == ("collector",)


def test_fault_of_the_collector_is_reported_by_its_own_check() -> None:
    run = probing(results={"docker_engine": Engine({}, {}, "", "")}, host=f"ssh://nobody@127.0.0.1:{closed_port()}")
    error = unmeasured("privileged_facts", run)
    assert error.parts == ("collector", "host")
    reported = fault(run, "collector")
    assert reported is not None
    assert reported.check == "test_collector"


def test_name_of_a_user_is_not_taken_from_whatever_was_said() -> None:
    assert "USER ALL=(root)" in install('{"half": "json')
    assert "agent-v3_ops ALL=(root)" in install("agent-v3_ops")


def test_engine_that_does_not_answer_leaves_the_other_facts() -> None:
    def results(name: str) -> object:
        raise NotMeasured("no engine")

    run = probing(logs=LOGS)
    run.probe = results
    assert measure("privileged_facts", run).facts["open"] == {}


def test_fact_that_could_not_be_read_says_why() -> None:
    found = Privileged({"rules": {"/a": {"error": "why"}}}, "x")
    with pytest.raises(NotMeasured, match="why"):
        found.of("rules", "/a")
    with pytest.raises(NotMeasured, match="says nothing of /b"):
        found.of("rules", "/b")
