"""targets/NAME/signoffs/: what a person looked at and vouches for, a dated file for each time.

A manual item is a row of thresholds.yaml named `signoff.*`: its `runbook` is the id that people sign, and its limits
are the age that the newest record may have.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from conformance import document
from conformance.threshold import Row, RunbookId, Strict, iso_date

FOLDER = "signoffs"
PREFIX = "signoff."


class Signoff(Strict):
    """One record: who vouches for what, on which day, and what they looked at."""

    id: RunbookId
    signer: Annotated[str, Field(min_length=1)]
    role: Annotated[str, Field(min_length=1)]
    date: date
    statement: Annotated[str, Field(min_length=20)]

    @field_validator("date", mode="before")
    @classmethod
    def _iso(cls, value: object) -> object:
        return iso_date(value)

    @field_validator("statement")
    @classmethod
    def _said(cls, value: str) -> str:
        if re.search(r"\{\{|\}\}|\bTODO\b|\bTBD\b", value):
            raise ValueError("holds text of a template: write what was looked at, and what came of it")
        return value


@dataclass(frozen=True, slots=True)
class Signed:
    """A record and the file that it stands in."""

    path: Path
    record: Signoff


def items(rows: Mapping[str, Row]) -> dict[str, str]:
    """The manual items: the id that is signed, and its row."""
    return {row.runbook: name for name, row in rows.items() if name.startswith(PREFIX)}


def name_of(record: Signoff) -> str:
    """The name of the file of a record."""
    return f"{record.date.isoformat()}-{record.id}.yaml"


def load(folder: Path) -> tuple[list[Signed], list[str]]:
    """The valid records, the oldest first, and a sentence for each that is not; raises OSError."""
    signed, slips = [], []
    for path in sorted(folder.glob("*.yaml")) if folder.is_dir() else ():
        try:
            record = document.validate(document.load(path), Signoff)
        except document.BadFile as error:
            slips += [str(slip) for slip in error.slips]
            continue
        if path.name != name_of(record):
            slips.append(f"{path}:1: is named otherwise than what it holds: call it {name_of(record)}")
            continue
        signed.append(Signed(path, record))
    return sorted(signed, key=lambda one: one.record.date), slips
