"""Takes the README's picture of a report: `python tests/browser/picture.py reports/latest docs/report.png`."""

import shutil
from pathlib import Path

import typer
from playwright.sync_api import sync_playwright


def main(run: Path, picture: Path, scheme: str = "light", height: int = 1000) -> None:
    """Open report.html of a run in headless Chromium and keep the top of it."""
    chromium = shutil.which("chromium")
    if chromium is None:
        typer.echo("chromium is missing: apt-get install chromium", err=True)
        raise typer.Exit(1)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": height})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.goto((run / "report.html").resolve().as_uri())
        page.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    typer.run(main)
