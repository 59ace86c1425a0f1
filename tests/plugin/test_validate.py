"""`conformance validate`: the same answers as a run gives, without a run."""

import pytest
from typer.testing import CliRunner

from conformance.cli import app
from tests.plugin.project import ROWS, TARGET, Project


def validate(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["validate", *words])
    return done.exit_code, done.output


def test_good_files_are_counted(project: Project) -> None:
    project.waive("toy.value")
    exit_code, output = validate()
    assert (exit_code, output) == (0, "toy: 1 rows, 0 overridden, 1 services, 1 waivers, 0 not applicable: good\n")
    assert project.runs() == []


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("thresholds.yaml", ROWS + "  colour: red\n", "thresholds.yaml:7: toy.value.colour: is no key"),
        ("targets/toy.yaml", TARGET + "colour: red\n", "toy.yaml:5: colour: is no key"),
    ],
)
def test_what_a_run_would_refuse_is_exit_4(project: Project, name: str, text: str, words: str) -> None:
    project.write(name, text)
    exit_code, output = validate()
    assert exit_code == 4
    assert words in output
    assert "Traceback" not in output


def test_a_good_target_is_validated_though_another_is_bad(project: Project) -> None:
    project.write("targets/other.yaml", TARGET)
    exit_code, output = validate()
    assert exit_code == 4
    assert "name: is 'toy' in a file named other.yaml: make them one" in output
    assert "toy: 1 rows" in output
    assert validate("toy")[0] == 0


def test_a_slip_in_waivers_is_told_and_refuses_nothing(project: Project) -> None:
    project.write("targets/toy/waivers.yaml", "- words\n")
    exit_code, output = validate()
    assert exit_code == 0
    assert "waivers.yaml:1: holds a str" in output


WHO = "owner: on call, approver: ops, reason: known fault, ticket: OPS-7, created: 2026-01-01"
LONG = f"{WHO}, expires: 2999-01-01"
ENTRY = "reason: it is not there, approver: ops"


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (f"- {{check: toy.vlaue, {LONG}}}", "names no check below suites/: did you mean toy.value? else"),
        (f"- {{check: qqq.qqq, {LONG}}}", "names no check below suites/: mend the name or remove it"),
        (f"- {{chekc: toy.value, {LONG}}}", "chekc: is no key that is known here: a waiver has check,"),
        (f"- {{check: toy.value, {WHO}}}", "expires: is missing: a waiver has check, subject, owner"),
        (f"- {{check: toy.value, {WHO}, expires: soon}}", "expires: 'soon' is no ISO time: write 2027-01-31"),
        (f"- {{check: toy.value, {WHO}, expires: 2026-02-01}}", "the waiver of toy.value expired on 2026-02-01: "),
    ],
)  # fmt: skip
def test_every_slip_in_waivers_has_file_and_line_and_what_to_write(project: Project, entry: str, words: str) -> None:
    project.write("targets/toy/waivers.yaml", f"# accepted\n{entry}\n")
    exit_code, output = validate()
    place, _, rest = output.partition("waivers.yaml:2: ")
    assert (exit_code, place.endswith("targets/toy/")) == (0, True), output
    assert words in rest
    assert "good, but for what is said above" in rest


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (f"{{check: toy.vlaue, {ENTRY}, review: 2999-01-01}}", "did you mean toy.value? else remove it"),
        (f"{{check: toy.value, {ENTRY}}}", "review: is missing: an entry has check, reason, approver, review"),
        (f"{{chek: toy.value, {ENTRY}, review: 2999-01-01}}", "known here: an entry has check, reason"),
    ],
)  # fmt: skip
def test_every_slip_in_not_applicable_is_exit_4_and_says_what_to_write(
    project: Project, entry: str, words: str
) -> None:
    project.write("targets/toy.yaml", f"{TARGET}not_applicable:\n- {entry}\n")
    exit_code, output = validate()
    assert (exit_code, "toy.yaml:6: not_applicable.0" in output) == (4, True), output
    assert words in output


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- words\n", "contacts.yaml:1: holds a list"),
        ("domains: [a]\nroles: {cto: {}}\non_call: []\n", "name: is missing"),
    ],
)
def test_slip_in_the_roster_is_told_and_refuses_nothing(project: Project, text: str, words: str) -> None:
    project.write("targets/toy/contacts.yaml", text)
    exit_code, output = validate()
    assert exit_code == 0
    assert words in output
    assert "(monthly runs will say so)" in output


def test_no_target_at_all(project: Project) -> None:
    (project.path / "targets" / "toy.yaml").unlink()
    exit_code, output = validate()
    assert exit_code == 4
    assert "write targets/NAME.yaml" in output
