"""Hooks for pytest-html: our columns and our summary in pytest.html, everything escaped, evidence for errors too.

pytest-html puts cells, environment and extras into its page as HTML, so all of it is escaped here. A run without
`--html`, and one without the plugin, never gets further than `pytest_configure`.
"""

import platform
import re
from collections.abc import Generator, Mapping
from contextlib import suppress
from html import escape
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from conformance import evidence, page
from conformance.distributed import is_worker
from conformance.run import MEASURING, RUN, Run, suite_of
from conformance.terminal import tally

_LABELS = {
    "failed": "failed (CRITICAL)", "passed": "passed (OK, WARNING, baseline)", "error": "errors (UNKNOWN)",
    "skipped": "skipped (blocked, not applicable)", "xfailed": "expected failures (waived)",
}  # fmt: skip
_ORDER = [*page.KINDS]


def pytest_configure(config: pytest.Config) -> None:
    """Join in where checks run and a page was asked for; conformance.plugin has read the options before."""
    if MEASURING in config.stash and getattr(config.option, "htmlpath", None) and not is_worker(config):
        config.pluginmanager.register(Page(config), "conformance-pytest-html")


class Page:
    """The hooks of one run."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config

    @property
    def run(self) -> Run | None:
        """The run, or None where checks are only collected."""
        return self.config.stash.get(RUN, None)

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_report_title(self, report: Any) -> None:
        """Name the page, say what pytest's outcomes stand for, and keep secrets out of the environment."""
        suite = suite_of(self.config.option.markexpr or "")
        report.title = f"{suite} checks of {self.config.stash[MEASURING].settings.target.name}"
        for outcome, label in _LABELS.items():
            report.outcomes[outcome]["label"] = label
        # pytest-metadata collects whatever CI systems export, and pytest-html prints it as HTML.
        report.set_data("environment", {name: _html(text) for name, text in self._environment().items()})
        if self.config.getini("initial_sort") == "result":
            report.set_data("initialSort", "verdict")

    def _environment(self) -> dict[str, str]:
        told = self.config.stash[MEASURING].settings
        return {
            "Run": self.run.id if self.run else "none", "Target": told.target.name,
            "Environment": told.target.environment, "Python": platform.python_version(),
            "pytest": pytest.__version__, "pytest-html": metadata.version("pytest-html"),
        }  # fmt: skip

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_header(self, cells: list[str]) -> None:
        """Verdict, measured, limit and runbook id beside pytest's own outcome.

        Measured values are not sorted: they are in different units.
        """
        result, test, duration, *rest = cells
        cells[:] = [
            result, _head("verdict", "Verdict"), test.replace(">Test<", ">Check<"), "<th>Measured</th>",
            "<th>Limit</th>", _head("runbook", "Runbook"), duration, *rest,
        ]  # fmt: skip

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_row(self, report: Any, cells: list[str]) -> None:
        """The cells of one row; a report that concludes no check has its id and nothing to say beside it."""
        result, _, duration, *rest = cells
        found = getattr(report, "check", None)
        if found is None:
            name = report.nodeid if report.when == "call" else f"{report.nodeid}::{report.when}"
            ours = [_cell("verdict", "", key="9"), _cell("testId", name), *map(_cell, ("measured", "limit", "runbook"))]
        else:
            ours = _cells(page.row(page.seen(found)))
        cells[:] = [result, *ours, duration, *rest]

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_html(self, report: Any, data: list[str]) -> None:
        """The evidence of a check, whichever phase concluded it, before what pytest captured."""
        found = getattr(report, "check", None)
        if found is None:
            return
        # pytest's own line says the same as the evidence, and of a skip names a path of this machine.
        if report.longreprtext or data == ["No log output captured."]:
            del data[0]
        lines = []
        for label, text, set_as in evidence.facts(page.seen(found)):
            shown = "\n    ".join(["", *text.split("\n")]) if set_as == "pre" else f" {text}"
            lines.append(escape(f"{label}:{shown}"))
        data.insert(0, "\n".join([*lines, ""]))

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_summary(self, prefix: list[str]) -> None:
        """Our headline: pytest-html's own leaves out errors, skips, the deselected and every stop."""
        prefix.append(f"<style>{_sheet()}</style>")
        if self.run is not None and self.run.results is not None:
            prefix.append(summary(page.seen(self.run.results), self._beside()))

    def _beside(self) -> bool:
        """True where report.html lies in the same folder."""
        assert self.run is not None  # noqa: S101  the caller looked
        return Path(self.config.option.htmlpath).resolve().parent == self.run.folder.resolve()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        """Extras are HTML to pytest-html: a check's are shown as text."""
        if getattr(report, "extras", None):
            report.extras = [_harmless(extra) for extra in report.extras]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self) -> Generator[None, None, None]:
        """Give the finished page what its template lacks: a language, a viewport, and a policy."""
        yield
        with suppress(OSError):
            path = Path(self.config.option.htmlpath)
            text = path.read_text(encoding="utf-8")
            path.write_text(_finished(text, alone=self.config.option.self_contained_html), encoding="utf-8")


def summary(found: Mapping[str, Any], beside: bool) -> str:
    """The headline of a run as HTML."""
    run = found["run"]
    result, sentence = page.headline(run)
    lines = [
        f'<p class="gate {result}">{_html(sentence)}</p>',
        f"<p>{_html(tally(dict(found)))}</p>",
        f"<p>Started {_html(page.moment(run['started']))}, ended {_html(page.moment(run['finished']))}, "
        f"exit {_html(str(run['exit_code']))}. Command: {_html(run['command'])}</p>",
    ]
    lines += [f"<p>{_html(text)}</p>" for text in [*run.get("trouble", []), *run.get("slips", [])]]
    if run["not_run"]:
        lines.append(f"<p>Not run: {_html(', '.join(run['not_run']))}</p>")
    record = '<a href="report.html">report.html</a>' if beside else "report.html"
    lines.append(
        f"<p>Written by pytest-html {metadata.version('pytest-html')} for developers; "
        f"the record for auditors is {record}.</p>"
    )
    return f'<div class="ours">{"".join(lines)}</div>'


def _cells(row: Mapping[str, Any]) -> list[str]:
    word = row["word"] + (f" ({row['aside']})" if row["aside"] else "")
    look = row["kind"] if row["kind"] in ("ok", "warning", "critical", "unknown") else "aside"
    # A root stands before what follows from it.
    order = f"{_ORDER.index(row['kind'])}{'1' if row['cause'] else '0'}{row['id']}"
    ids = [name for name, _ in row["runbook"]]
    return [
        _cell("verdict", word, key=order, look=look), _cell("testId", row["id"]),
        _cell("measured", f"{row['measured']} {row['unit']}".strip()),
        _cell("limit", row["limit"] + (" (override)" if row["override"] else "")),
        _cell("runbook", " ".join(ids), key=re.sub(r"\d+", lambda n: n[0].zfill(4), " ".join(ids))),
    ]  # fmt: skip


def _head(kind: str, text: str) -> str:
    return f'<th class="sortable" data-column-type="{kind}">{text}</th>'


def _cell(kind: str, text: str = "", *, key: str = "", look: str = "") -> str:
    """A cell of the table; `key` is what its column is sorted by.

    pytest-html sorts by whatever its regular expression finds in the first <td>, so the key stands in a comment.
    """
    hidden = f'<!--<td class="col-{kind}">{_html(key)}</td>-->' if key else ""
    return f'{hidden}<td class="col-{kind}{f" {look}" if look else ""}">{_html(text)}</td>'


def _html(text: str) -> str:
    """Text for HTML, on one line: pytest-html's regular expression reads no further."""
    return escape(" ".join(str(page.seen(text)).split()))


def _harmless(extra: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of an extra in which nothing is HTML and no address is a script."""
    safe = {**extra, "name": _html(str(extra.get("name") or ""))}
    content = extra.get("content")
    if extra.get("format_type") == "html":
        safe["content"] = f"<pre>{escape(str(content))}</pre>"
    elif extra.get("format_type") == "url":
        address = str(content)
        safe["content"] = escape(address) if re.match(r"https?://|[\w./-]+(?:[#?]|$)", address) else "#"
    return safe


def _sheet() -> str:
    return (Path(__file__).parent / "templates" / "pytest.css").read_text(encoding="utf-8")


def _finished(text: str, *, alone: bool) -> str:
    """The page with language and viewport; a self-contained one also admits its own script and no other."""
    head = '<meta name="viewport" content="width=device-width, initial-scale=1">'
    script = re.search(r"<script>(.*?)</script>\s*</footer>", text, re.DOTALL)
    if alone and script:
        # The one handler in pytest-html's template: a button of unfinished pages, which the policy would log.
        text = text.replace(' onclick="location.reload()"', "", 1)
        import hashlib
        from base64 import b64encode

        digest = b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
        head += (
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; media-src data:; '
            f"style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'\">"
        )
    return text.replace("<html>", '<html lang="en">', 1).replace("<head>", f"<head>\n    {head}", 1)
