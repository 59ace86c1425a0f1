"""report.html: one static page for an auditor, rendered by Jinja2 with autoescape; it needs no JavaScript."""

import re
from pathlib import Path
from typing import Any

from conformance import evidence, page, tracing

NAME = "report.html"
TEMPLATES = Path(__file__).parent / "templates"


def write(folder: Path, found: dict[str, Any]) -> Path:
    """Write report.html into the folder of a run."""
    path = folder / NAME
    path.write_text(render(found), encoding="utf-8")
    return path


def render(found: dict[str, Any]) -> str:
    """The page of a run, from its results."""
    from conformance.templating import environment

    filters = {
        "moment": page.moment, "day": page.day, "link": page.link, "facts": evidence.facts,
        "standing": evidence.standing, "changed": evidence.changed, "before": evidence.before, "shown": page.shown,
    }  # fmt: skip
    clean = page.seen(found)
    template = environment(filters).get_template("report.html.j2")
    return template.render(**context(clean["run"], clean["checks"]))


def context(run: dict[str, Any], checks: list[dict[str, Any]]) -> dict[str, Any]:
    """What the template lays out."""
    rows = [page.row(check) for check in checks]
    result, sentence = page.headline(run)
    return {
        "run": run, "css": style(run), "result": result, "headline": sentence, "sums": page.sums(run),
        "findings": page.tree(checks), "chapters": page.by_chapter(rows), "tally": page.tally(rows),
        "kinds": page.KINDS, "exits": page.EXITS, "total": len(rows),
        "waived": [row for row in rows if row["check"]["waiver"]],
        "exempt": [row for row in rows if row["kind"] == "not-applicable"],
        "baselines": [row for row in rows if row["kind"] == "baseline"],
        "manual": [row for row in rows if row["check"]["disposition"] == "manual"],
        "overrides": page.overrides(rows), "matrix": tracing.rows(run.get("matrix") or [], rows),
    }  # fmt: skip


def style(run: dict[str, Any]) -> Any:
    """The style sheet, with the name of the run in the margin of printed pages."""
    from markupsafe import Markup

    sheet = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    name = f"{run['suite']} checks of {run['target']} ({run['environment']}), run {run['id']}"
    return Markup(sheet.replace('"RUN"', _css_string(name)))  # noqa: S704  ours, but for a string escaped here


def _css_string(text: str) -> str:
    """A CSS string in which whatever is no letter, digit or harmless sign is spelt as its number."""
    return '"' + re.sub(r"[^A-Za-z0-9 ,.:()_-]", lambda found: f"\\{ord(found[0]):06x}", text) + '"'
