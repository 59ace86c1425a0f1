"""pytest.html of a real run, in a real browser: our columns and summary, and nothing of a hostile target runs."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser import looks

ROOT = Path(__file__).parents[2]
BAD = "<script>window.ran=1</script><img src=x onerror=window.ran=1>"

CHECKS = '''
import pytest
import pytest_html
from conformance.reading import NotMeasured, Reading

BAD = "{bad}"

def reading(value, **more):
    return Reading(value=value, how=f"how {BAD}", source=f"source {BAD}", excerpt=f"excerpt {BAD}", **more)

@pytest.mark.daily
@pytest.mark.runbook("MON-2.1", row="some.value")
@pytest.mark.parametrize("value", [1.0, 3.0, 9.0, 10.5], ids=["ok", "warning", BAD, "late"])
def test_value(value, judge, extras):
    """The value is small <img src=x onerror=window.ran=1>."""
    extras += [pytest_html.extras.html(BAD), pytest_html.extras.url("javascript:window.ran=1", name=BAD)]
    print(BAD)
    judge(reading(value, unit="s"))

@pytest.fixture
def broken():
    raise NotMeasured(f"no answer {BAD}", source=f"asked {BAD}")

@pytest.mark.daily
@pytest.mark.runbook("OPS-1.1")
def test_setup(broken, require):
    """It answers."""

@pytest.mark.daily
@pytest.mark.runbook("OPS-1.1")
def test_body(require):
    """It answers in time."""
    raise NotMeasured(f"no answer in time {BAD}")

@pytest.mark.daily
@pytest.mark.runbook("OPS-1.2")
def test_absent(require):
    """It is there."""

@pytest.mark.daily
@pytest.mark.runbook("OPS-1.2")
def test_waived(require):
    """It is so."""
    require(reading(False))

@pytest.mark.daily
@pytest.mark.runbook("OPS-1.2")
def test_first(require):
    """It did not change."""
    require(reading(3, baseline="the first run"), value=3)

@pytest.fixture
def crumbling():
    yield
    raise RuntimeError("teardown")

@pytest.mark.daily
@pytest.mark.runbook("OPS-1.2")
def test_teardown(crumbling, require):
    """It is so."""
    require(reading(True))
'''

FILES = {
    "conftest.py": 'pytest_plugins = ["conformance.plugin", "conformance.pytest_html"]\n',
    "pyproject.toml": """
[tool.pytest]
strict = true
testpaths = ["suites"]
addopts = ["--import-mode=importlib", "-p", "no:pytest11.testinfra", "-p", "no:cacheprovider"]
markers = ["daily: daily", "runbook(id, row=None): the sentence"]
""",
    "thresholds.yaml": "some.value: {runbook: MON-2.1, unit: s, warning: {above: 2}, critical: {above: 5}}\n",
    "targets/toy.yaml": f"""
name: toy
environment: "toy {BAD}"
host: local://
compose: {{project: toy}}
state_dir: state
not_applicable:
  - {{check: test_absent, reason: "absent {BAD}", approver: "ops {BAD}", review: 2099-01-01}}
""",
    "targets/toy/waivers.yaml": f"""
- check: test_waived
  owner: "owner {BAD}"
  approver: "approver {BAD}"
  reason: "reason {BAD}"
  ticket: "T-1 {BAD}"
  created: 2026-01-01
  expires: 2099-01-01
""",
    "suites/daily/test_some.py": CHECKS.replace("{bad}", BAD),
}


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of its own, with checks of every ending."""
    folder = tmp_path_factory.mktemp("toy")
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def pytest_in(folder: Path, *arguments: str) -> Path:
    """Run the daily checks of the checkout and give pytest.html back."""
    shutil.rmtree(folder / "reports", ignore_errors=True)
    command = [sys.executable, "-m", "pytest", "-q", "-m", "daily", "--target", "toy", *arguments]
    done = subprocess.run(
        command, cwd=folder, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "CI_SECRET": BAD, "BUILD_TAG": BAD},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    page = folder / "reports" / "latest" / "pytest.html"
    assert page.is_file(), done.stdout + done.stderr
    return page


@pytest.fixture(scope="session")
def alone(toy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """pytest.html of a run in one process; the run's folder is kept apart from later runs."""
    kept = tmp_path_factory.mktemp("alone") / "run"
    shutil.copytree(pytest_in(toy).parent, kept)
    return kept / "pytest.html"


def cells(page: Page, column: str) -> list[str]:
    return page.locator(f"#results-table td.col-{column}").all_inner_texts()


def test_our_columns(show: Callable[..., Page], alone: Path) -> None:
    """Worst first; the teardown's error has no verdict of its own and stands last."""
    page = show(alone)
    rows = list(zip(cells(page, "verdict"), cells(page, "result"), cells(page, "measured"), strict=True))

    expected = [
        ("CRITICAL", "Failed", "9 s"), ("CRITICAL", "Failed", "10.5 s"), ("UNKNOWN", "Error", ""),
        ("UNKNOWN", "Error", ""), ("WARNING", "Passed", "3 s"), ("OK", "Passed", "1 s"), ("OK", "Passed", "True"),
        ("CRITICAL (waived)", "XFailed", "False"), ("OK (baseline)", "Passed", "3"), ("not applicable", "Skipped", ""),
        ("", "Error", ""),
    ]  # fmt: skip
    assert expected == rows
    assert "MON-2.1" in cells(page, "runbook")
    assert "warning above 2, critical above 5" in cells(page, "limit")


def test_our_summary_counts_errors_and_skips(show: Callable[..., Page], alone: Path) -> None:
    page = show(alone)
    text = page.locator(".ours").inner_text()

    assert "Failed: 4 checks at or past UNKNOWN" in text
    assert (
        "2 OK, 1 WARNING, 2 CRITICAL, 2 UNKNOWN; 0 blocked, 1 waived, 1 not applicable, 1 baseline, 0 not run" in text
    )
    assert not page.locator(".run-count").is_visible()


@pytest.mark.parametrize("workers", ["alone", "xdist"])
def test_nothing_runs(show: Callable[..., Page], toy: Path, alone: Path, workers: str) -> None:
    """Ids, readings, reasons, waivers, extras, output, metadata: all of it is shown as text."""
    page = show(alone if workers == "alone" else pytest_in(toy, "-n", "1"))
    page.get_by_role("button", name="Show all details").click()
    page.wait_for_timeout(100)

    assert page.evaluate("window.ran") is None
    assert page.locator("#results-table script, #results-table img[onerror], #environment img").count() == 0
    assert f"some.value[{BAD}]" in cells(page, "testId")
    logs = page.locator(".log").all_inner_texts()
    assert any(f"reason: no answer {BAD}" in log and f"source: asked {BAD}" in log for log in logs)
    assert any(f"waiver: in force: reason {BAD}" in log for log in logs)


def test_escaping_does_not_lean_on_the_policy(show: Callable[..., Page], alone: Path, tmp_path: Path) -> None:
    """The same page without its content security policy."""
    text = alone.read_text(encoding="utf-8")
    bare = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    assert bare != text
    copy = tmp_path / "pytest.html"
    copy.write_text(bare, encoding="utf-8")
    page = show(copy)
    page.get_by_role("button", name="Show all details").click()
    for link in page.locator(".col-links a").all():
        assert link.get_attribute("href") == "#"
    page.wait_for_timeout(100)

    assert page.evaluate("window.ran") is None


def test_environment_holds_no_variable_of_the_machine(show: Callable[..., Page], alone: Path) -> None:
    page = show(alone)

    names = page.locator("#environment td:first-child").all_inner_texts()
    assert names == ["Run", "Target", "Environment", "Python", "pytest", "pytest-html"]
    assert "BUILD_TAG" not in alone.read_text(encoding="utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_aa(show: Callable[..., Page], alone: Path, scheme: str) -> None:
    page = show(alone, scheme=scheme)
    page.get_by_role("button", name="Show all details").click()
    texts = "h1, h2, p, .ours p, .ours a, #results-table th, #results-table td, .log, .filters span, .collapse button"
    found = looks.contrasts(page, texts)

    assert len(found) > 20
    assert {text: ratio for text, ratio in found.items() if ratio < 4.5} == {}


def test_sorting_by_verdict_is_by_severity(show: Callable[..., Page], alone: Path) -> None:
    """The guard of the pin: pytest-html reads the key of a cell by a regular expression of its own."""
    page = show(alone)
    page.locator("th[data-column-type=verdict]").click()

    assert cells(page, "verdict")[:3] == ["", "not applicable", "OK (baseline)"]
    assert cells(page, "verdict")[-1] == "CRITICAL"


def test_language_and_viewport(show: Callable[..., Page], alone: Path) -> None:
    page = show(alone, width=390)

    assert page.locator("html").get_attribute("lang") == "en"
    assert looks.overflow(page) == 0


def test_a_stopped_run_says_so(show: Callable[..., Page], toy: Path) -> None:
    page = show(pytest_in(toy, "-x"))
    text = page.locator(".ours").inner_text()

    assert "Incomplete" in text
    assert "Not run: suites/daily/test_some.py::test_value[late]" in text


def test_a_run_without_the_plugin(toy: Path) -> None:
    """No page, no error: the hooks are optional."""
    shutil.rmtree(toy / "reports", ignore_errors=True)
    command = [sys.executable, "-m", "pytest", "-q", "-m", "daily", "-k", "late", "--target", "toy", "-p", "no:html"]
    done = subprocess.run(
        command, cwd=toy, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode == 1, done.stdout + done.stderr
    assert not (toy / "reports" / "latest" / "pytest.html").exists()
