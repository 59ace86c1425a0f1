"""A real Chromium for the pages; without one the tests fail and say how to get it."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from conformance import html

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.fail("no chromium on PATH: apt-get install -y chromium", pytrace=False)
    # Chromium refuses to sandbox root.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture
def show(browser: Browser) -> Iterator[Open]:
    """Open a file: `show(path, width=1280, scheme="light")`; what its scripts complain of fails the test."""
    pages: list[Page] = []
    said: list[str] = []

    def opened(path: Path, width: int = 1280, scheme: Any = "light") -> Page:
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.goto(path.resolve().as_uri())
        pages.append(page)
        return page

    yield opened
    for page in pages:
        page.close()
    assert said == []


@pytest.fixture
def report(tmp_path: Path, show: Open) -> Callable[..., Page]:
    """Write report.html of some results and open it."""

    def opened(results: dict[str, Any], **how: Any) -> Page:
        return show(html.write(tmp_path, results), **how)

    return opened
