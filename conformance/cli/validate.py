"""`conformance validate`: thresholds.yaml, targets and waivers, without asking any server anything."""

from pathlib import Path
from typing import Annotated

import pytest
import typer

from conformance import contacts, settings, targets, waivers
from conformance.document import BadFile
from conformance.reading import now


def validate(
    target: Annotated[list[str] | None, typer.Argument(help="targets to validate; all of them by default")] = None,
    checkout: Annotated[Path, typer.Option(help="the checkout")] = Path(),
) -> None:
    """Say of each file what is wrong and what to write instead; exit 4 where a run would refuse to start."""
    names = target or targets.available(checkout / "targets")
    if not names:
        typer.echo(f"there is no target in {checkout / 'targets'}: write targets/NAME.yaml", err=True)
        raise typer.Exit(4)
    bad = False
    for name in names:
        try:
            told = settings.load(checkout.resolve(), name)
        except pytest.UsageError as error:
            typer.echo(str(error), err=True)
            bad = True
            continue
        for slip in told.slips:
            typer.echo(f"{slip} (every run will say so)", err=True)
        late = waivers.expired(told.folder / "waivers.yaml", now())
        for words in late:
            typer.echo(words, err=True)
        for slip in _of_contacts(told.folder / contacts.NAME):
            typer.echo(f"{slip} (monthly runs will say so)", err=True)
        typer.echo(
            f"{name}: {len(told.rows)} rows, {len(told.target.overrides)} overridden, "
            f"{len(told.target.services)} services, {len(told.waivers)} waivers, "
            f"{len(told.target.not_applicable)} not applicable: "
            f"{'good, but for what is said above' if told.slips or late else 'good'}"
        )
    raise typer.Exit(4 if bad else 0)


def _of_contacts(path: Path) -> list[str]:
    """The slips of a roster; none where there is no roster yet."""
    if not path.exists():
        return []
    try:
        return list(contacts.load(path).slips)
    except BadFile as error:
        return [str(slip) for slip in error.slips]
