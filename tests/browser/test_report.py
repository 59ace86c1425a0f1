"""report.html in a real browser."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from conformance import html
from tests.browser import looks, records

Report = Callable[..., Page]

TEXTS = (
    "h1, h2, h3, h4, .sub, .next, .meta, .meta a, .over, nav a, dt, dd, .tag, .aside, .mark, .quiet, .unit, label, "
    "legend, button, thead th, .checks td, .checks th, .checks td a, summary, .list td, .sums th, .sums td"
)


# What a click costs until the page is laid out again, in milliseconds.
CLICKED = """selector => {
  const started = performance.now();
  document.querySelector(selector).click();
  document.body.offsetHeight;
  return performance.now() - started;
}"""


def visible(page: Page, selector: str) -> int:
    return page.locator(selector).locator("visible=true").count()


def test_filters_by_verdict_and_chapter(report: Report) -> None:
    page = report(records.varied())
    everything = visible(page, ".checks tbody")
    fine = visible(page, ".checks tbody.ok")
    page.get_by_label("OK").uncheck()

    assert (0, everything - fine) == (visible(page, ".checks tbody.ok"), visible(page, ".checks tbody"))

    page.get_by_label("SEC").uncheck()
    page.get_by_label("blocked").uncheck()

    assert (visible(page, "#ch-SEC"), visible(page, ".checks tbody.blocked")) == (0, 0)

    page.get_by_role("button", name="Reset").click()

    assert everything == visible(page, ".checks tbody")


def test_filter_words_are_the_groups_and_their_numbers_the_population(report: Report) -> None:
    results = records.varied()
    page = report(results)
    numbers = page.locator("fieldset").first.locator("label .n").all_inner_texts()

    population = results["run"]["population"]
    assert population["selected"] - population["not_run"] == sum(map(int, numbers))


def test_every_check_stands_on_the_page_once_and_each_finding_under_its_root(report: Report) -> None:
    results = records.varied()
    page = report(results)

    assert sorted(one["id"] for one in results["checks"]) == sorted(page.locator(".checks th.id").all_text_contents())

    root = page.locator(".finding").first
    assert "state of redis is exited" in root.locator("h3").inner_text()
    assert "log.errors[redis-client]" in root.locator(".follow .follow").inner_text()
    assert "test_ping" in root.locator(".follow").first.inner_text()


def test_matrix_says_of_each_sentence_what_proves_it(report: Report) -> None:
    page = report(records.varied())
    page.get_by_role("navigation").get_by_role("link", name="Traceability").click()
    lines = page.locator("#matrix tbody tr")

    assert lines.count() == len(records.MATRIX)
    first, second, third = lines.all_inner_texts()
    assert "test_state, test_container_health, service.restarts" in first
    assert "CRITICAL" in first
    assert "signoff.privileges (manual)" in second
    assert "drill: not built yet: drills" in second
    assert "postdeploy: no check and no reason" in third
    assert "not looked at" in third


def test_evidence_opens_by_keyboard(report: Report) -> None:
    page = report(records.varied())
    details = page.locator(".checks details").first
    details.locator("summary").focus()
    page.keyboard.press("Enter")

    assert details.get_attribute("open") is not None
    assert details.locator("dl").is_visible()


def test_everything_is_reached_by_tab(report: Report) -> None:
    """The skip link comes first; after it the tab key reaches links, filters and the evidence."""
    page = report(records.varied())
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.className || document.activeElement.tagName"))

    assert reached[0] == "skip"
    assert {"A", "INPUT", "BUTTON", "SUMMARY"} <= set(reached)


def test_unfolds_all_evidence_without_a_script(report: Report) -> None:
    page = report(records.varied())
    page.get_by_label("unfold all").check()

    assert page.locator(".checks details dl").first.is_visible()
    assert page.locator(".checks details dl").first.bounding_box()["height"] > 20  # type: ignore[index]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_aa(report: Report, scheme: str) -> None:
    page = report(records.varied(), scheme=scheme)
    page.get_by_label("unfold all").check()
    found = looks.contrasts(page, TEXTS)

    assert len(found) > 100
    assert {text: ratio for text, ratio in found.items() if ratio < 4.5} == {}


def test_dark_is_dark(report: Report) -> None:
    page = report(records.varied(), scheme="dark")

    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 28)"


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("results", [records.varied, records.hostile])
def test_nothing_is_wider_than_the_window(report: Report, width: int, results: Callable[[], dict[str, Any]]) -> None:
    page = report(results(), width=width)
    page.get_by_label("unfold all").check()

    assert looks.overflow(page) == 0


def test_prints_with_the_evidence(report: Report) -> None:
    """Chromium writes the number of pages into the page tree of the PDF."""
    page = report(records.varied())
    with_evidence = page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n")
    page.get_by_label("print it").uncheck()
    without = page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n")

    assert 0 < without < with_evidence


def test_paper_is_white(report: Report) -> None:
    page = report(records.varied(), scheme="dark")
    page.emulate_media(media="print")

    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert {text: ratio for text, ratio in looks.contrasts(page, TEXTS).items() if ratio < 4.5} == {}


def test_nothing_runs_in_a_hostile_report(report: Report) -> None:
    page = report(records.hostile())
    page.get_by_label("unfold all").check()
    text = page.locator("body").inner_text()

    assert page.evaluate("window.ran") is None
    assert page.locator("script, img, body style").count() == 0
    assert text.count("<script>window.ran=1</script><img src=x onerror=window.ran=1>") > 100
    assert "{{7*7}}" in text
    assert "\\x1b[31m\\u202eKO\\ud800" in text


def test_nothing_is_fetched(report: Report) -> None:
    """The policy forbids it, and there is nothing on the page that would."""
    page = report(records.varied())

    assert page.evaluate("performance.getEntriesByType('resource').length") == 0
    policy = page.locator("meta[http-equiv]").get_attribute("content")
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")


def test_structure_for_a_screen_reader(report: Report) -> None:
    page = report(records.varied())

    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("h1").count() == 1
    assert page.locator("thead th:not([scope])").count() == 0
    assert page.locator("form fieldset").count() == page.locator("form fieldset > legend").count()
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert sorted(set(ids)) == sorted(ids)
    targets = page.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')].map(a => decodeURIComponent(a.hash.slice(1)))"
    )
    assert set() == set(targets) - set(ids)


def test_an_incomplete_run_says_so_and_names_what_was_not_run(report: Report) -> None:
    page = report(records.run([records.check("test_state[a]")], not_run=("suites/daily/test_some.py::test_lost",)))

    assert "Incomplete" in page.locator("h1").inner_text()
    assert "test_lost" in page.locator("#findings").inner_text()


def test_a_killed_run_has_a_page(report: Report) -> None:
    """A journal without its end: no exit code, no versions, no cost."""
    results = records.run([records.check("test_state[a]")])
    for key in ("git", "clock", "versions", "cost", "trouble", "slips", "gate"):
        del results["run"][key]
    results["run"] |= {"finished": None, "exit_code": None, "complete": False}
    page = report(results)

    assert "Incomplete: the run ended before it could close its journal" in page.locator("h1").inner_text()


def test_a_run_of_nothing_has_a_page(report: Report) -> None:
    page = report(records.run([], not_run=("suites/daily/test_some.py::test_lost",), complete=False))

    assert "No check was run." in page.locator("#checks").inner_text()


def test_findings_that_name_each_other_are_not_lost(report: Report) -> None:
    page = report(
        records.run([
            records.check("a", "CRITICAL", caused_by="b", reason="a is down"),
            records.check("b", "CRITICAL", caused_by="a", reason="b is down"),
        ])
    )  # fmt: skip

    assert {"a", "b"} == set(page.locator(".finding a.id").all_inner_texts())


def test_two_thousand_rows(show: Callable[..., Page], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The size is promised; times are printed, because other work on the machine moves them."""
    results = records.many(2000)
    started = time.perf_counter()
    path = html.write(tmp_path, results)
    rendered = time.perf_counter() - started
    page = show(path)
    opened = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    filtered = page.evaluate(CLICKED, "#f-ok")
    unfolded = page.evaluate(CLICKED, ".checks tbody.warning summary")
    with capsys.disabled():
        print(  # noqa: T201
            f"\n2 000 rows: {path.stat().st_size / 1e6:.2f} MB, rendered in {rendered:.2f} s, opened in "
            f"{opened / 1000:.2f} s, filtered in {filtered / 1000:.3f} s, a row unfolded in {unfolded / 1000:.3f} s"
        )

    assert path.stat().st_size < 3_000_000


def test_bytes_have_a_prefix_and_the_exact_number_stands_in_the_evidence(report: Report) -> None:
    row = records.threshold("warning above 32 MiB", "B", warning={"above": 33554432})
    page = report(records.run([records.check("log.size", reading=records.reading(12897485, "B"), threshold=row)]))
    page.get_by_label("unfold all").check()

    assert page.locator(".checks .m").inner_text() == "12.3 MiB"
    assert "12897485 B" in page.locator(".checks dl").inner_text()


def test_good_check_repeats_no_next_step(report: Report) -> None:
    page = report(records.run([records.check("good"), records.check("bad", "CRITICAL", reason="it is bad")]))
    page.get_by_label("unfold all").check()

    assert ["next step" in text for text in page.locator(".checks dl").all_inner_texts()] == [True, False]
    assert "see runbook/operations.md" not in page.locator(".checks dl").last.inner_text()


def test_long_values_end_between_words_and_long_names_stand_whole(report: Report) -> None:
    name = "test_rotation_rule_of_a_very_long_name_indeed[agent-v3-files-of-the-other-deployment]"
    value = ", ".join(f"key{number} value{number}" for number in range(40))
    for width in (1280, 400):
        page = report(records.run([records.check(name, "CRITICAL", reading=records.reading(value))]), width=width)
        assert page.locator(".checks th.id").inner_text() == name
        assert page.locator(".checks th.id").evaluate("e => e.scrollWidth <= e.clientWidth")
        assert page.locator(".checks .m").inner_text().endswith(", key14…")


def test_lists_of_a_narrow_page_are_not_out_of_sight(report: Report) -> None:
    page = report(records.varied(), width=400)

    assert (
        page.evaluate("[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth).length")
        == 0
    )
    assert "because" in page.locator("#exceptions .list td[data-label]").nth(1).evaluate(
        "e => getComputedStyle(e, '::before').content"
    )
