"""`conformance render`: a run's reports once more from its journal, also of a run that was killed."""

from pathlib import Path
from typing import Annotated

import typer

from conformance import journal
from conformance.render import again
from conformance.terminal import tally


def render(run: Annotated[Path, typer.Argument(help="the folder of a run, such as reports/latest")]) -> None:
    """Write results.json, report.html and junit.xml from journal.jsonl; exit 4 where there is none."""
    if not (run / journal.NAME).is_file():
        typer.echo(f"{run / journal.NAME} is not there: name the folder of a run, such as reports/latest", err=True)
        raise typer.Exit(4)
    try:
        found = again(run)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        typer.echo(f"{run / journal.NAME} is no journal of a run: {type(error).__name__} {error}", err=True)
        raise typer.Exit(4) from None
    for text in found["run"]["trouble"]:
        typer.echo(text, err=True)
    typer.echo(tally(found))
    typer.echo(f"evidence: {run / 'report.html'}")
