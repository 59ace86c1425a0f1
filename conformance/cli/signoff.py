"""`conformance signoff`: write down that a person looked, as a file that the person then commits."""

import subprocess
from datetime import date
from pathlib import Path
from typing import Annotated

import pytest
import typer
import yaml
from pydantic import ValidationError

from conformance import contacts, settings, signoffs
from conformance.document import BadFile
from conformance.reading import now
from conformance.settings import Settings
from conformance.signoffs import Signoff


def signoff(
    item: Annotated[str, typer.Argument(metavar="ID", help="what is signed off, such as SEC-4.7")],
    *,
    target: Annotated[str, typer.Option(envvar="CONFORMANCE_TARGET", help="the deployment: targets/NAME.yaml")],
    statement: Annotated[str, typer.Option(prompt="What did you look at, and what came of it?", help="in a sentence")],
    signer: Annotated[
        str | None, typer.Option(help="your name or role in contacts.yaml; whose address git has, by default")
    ] = None,
    day: Annotated[
        str | None, typer.Option("--date", help="the day of the look, as 2027-01-31; today by default")
    ] = None,
    checkout: Annotated[Path, typer.Option(help="the checkout")] = Path(),
) -> None:
    """Write a sign-off; exit 4 where the item or the signer is unknown. The commit that adds it is its signature."""
    try:
        told = settings.load(checkout.resolve(), target)
        record, stranger = _record(told, item, statement, signer, day)
        path = told.folder / signoffs.FOLDER / signoffs.name_of(record)
        _write(path, record)
    except (pytest.UsageError, ValueError, OSError, BadFile) as error:
        typer.echo(_said(error), err=True)
        raise typer.Exit(4) from None
    typer.echo(f"written: {path}")
    typer.echo("It counts once it is committed, by you and unchanged:")
    if stranger:
        typer.echo(f"git commits here as {stranger}, who does not sign for {record.signer}", err=True)
    typer.echo(f"  git add {path} && git commit -S -m 'Sign off {record.id} of {target}' -- {path}")


def _record(told: Settings, item: str, statement: str, signer: str | None, day: str | None) -> tuple[Signoff, str]:
    """The record, and git's address here where that is not the signer's; raises ValueError, or BadFile."""
    known = signoffs.items(told.thresholds)
    by_row = {row: name for name, row in known.items()}
    runbook_id = by_row.get(item, item)
    if runbook_id not in known:
        there = ", ".join(f"{name} ({row})" for name, row in sorted(known.items())) or "none"
        raise ValueError(f"{item} is no manual item; there is: {there}")
    roster = contacts.load(told.folder / contacts.NAME)
    address = _git_address(told.checkout)
    role, entry = _signer(roster, signer, address)
    today = now().date()
    looked = date.fromisoformat(day) if day else today
    if looked > today:
        raise ValueError(f"--date {looked} is a day to come: nobody can have looked")
    record = {"id": runbook_id, "signer": entry.name, "role": role, "date": looked, "statement": statement}
    return Signoff.model_validate(record), "" if not address or entry.commits(address) else address


def _signer(roster: contacts.Roster, signer: str | None, address: str) -> tuple[str, contacts.Contact]:
    """Whoever is named by role or name, else whoever commits as git is set up here; raises ValueError."""
    if signer is not None:
        roles = [signer] if signer in roster.roles else roster.roles_of(signer)
        if roles:
            return roles[0], roster.roles[roles[0]]
        there = ", ".join(f"{one.name} ({role})" for role, one in roster.roles.items())
        raise ValueError(f"--signer {signer}: the roster has {there}")
    found = [(role, one) for role, one in roster.roles.items() if address and one.commits(address)]
    if len(found) == 1:
        return found[0]
    why = f"{len(found)} entries of the roster commit as {address}" if address else "git knows no user.email here"
    raise ValueError(f"{why}: say --signer NAME")


def _git_address(checkout: Path) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(checkout), "config", "user.email"], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def _write(path: Path, record: Signoff) -> None:
    """Write the file; raises ValueError where this item was signed on that day already: records are never changed."""
    text = yaml.safe_dump(record.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=100)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ValueError(f"{path} is there already: a sign-off is never changed") from None


def _said(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_url=False))
    return str(error)
