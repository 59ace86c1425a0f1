"""targets/NAME/waivers.yaml: findings that an owner and an approver accepted until a date.

A slip in this file is reported and waives nothing; it never stops a run.
"""

from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import Field, RootModel, field_validator

from conformance import document
from conformance.document import BadFile, Document
from conformance.pattern import matches, names_any, nearest
from conformance.threshold import Strict

Text = Annotated[str, Field(min_length=3)]


class Waiver(Strict):
    """One accepted finding; `check` is an id or a pattern with `*`, `expires` an ISO date or time with its zone."""

    check: Text
    subject: str | None = None
    owner: Text
    approver: Text
    reason: Text
    ticket: Text
    created: datetime
    expires: datetime

    @field_validator("check")
    @classmethod
    def _some_check(cls, value: str) -> str:
        if not value.strip("*[]"):
            raise ValueError(f"{value!r} waives every check: name the ones that are meant")
        return value

    @field_validator("created", "expires", mode="before")
    @classmethod
    def _time(cls, value: object) -> object:
        """ISO with a zone, or a plain date (00:00 UTC): a time without a zone is another moment on each machine."""
        text = value.isoformat() if hasattr(value, "isoformat") else str(value)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f"{text!r} is no ISO time: write 2027-01-31 or 2027-01-31T12:00:00+00:00") from None
        if moment.tzinfo is None:
            if len(text) > len("2027-01-31"):
                raise ValueError(f"{text!r} has no zone: write it as 2027-01-31T12:00:00+00:00")
            moment = moment.replace(tzinfo=UTC)
        return moment

    def covers(self, check_id: str) -> bool:
        """True where this waiver names the check."""
        return matches(self.check, check_id, self.subject)

    def is_expired(self, at: datetime) -> bool:
        """A waiver holds until, and not at, the moment it expires."""
        return at >= self.expires

    def as_json(self) -> dict[str, str | None]:
        """The form in which results.json keeps it."""
        return {
            "check": self.check, "subject": self.subject, "owner": self.owner, "approver": self.approver,
            "reason": self.reason, "ticket": self.ticket, "created": self.created.isoformat(),
            "expires": self.expires.isoformat(),
        }  # fmt: skip


class _List(RootModel[list[Waiver]]):
    """The whole file."""


def load(path: Path, names: Collection[str] = ("*",)) -> tuple[list[Waiver], list[str]]:
    """The valid waivers, and a sentence for each slip; a file that is not there holds none.

    A waiver whose check is none of `names` is a slip too: somebody believes that it waives something.
    """
    if not path.exists():
        return [], []
    try:
        source = document.load(path)
    except BadFile as error:
        return [], [str(slip) for slip in error.slips]
    if source.data is None:
        return [], []
    if not isinstance(source.data, list):
        return [], [f"{path}:1: holds no list: write one '- check: ...' for each waiver"]
    waivers, slips = [], []
    for number, entry in enumerate(source.data):
        lines = {key[1:]: line for key, line in source.lines.items() if key[:1] == (number,)}
        try:
            waiver = document.validate(Document(path, entry, lines), Waiver, _known_keys)
        except BadFile as error:
            slips += [str(slip) for slip in error.slips]
            continue
        waivers.append(waiver)
        if "*" not in names and not names_any(waiver.check, names):
            words = f"{waiver.check!r} names no check below suites/: {nearest(waiver.check, names)}"
            slips.append(f"{path}:{source.line((number, 'check'))}: {words}")
    return waivers, slips


def _known_keys(_key: document.Key) -> str:
    """The keys of a waiver, for an error about one of them."""
    return f": a waiver has {', '.join(Waiver.model_fields)}"


def expired(path: Path, at: datetime) -> list[str]:
    """A sentence for each waiver that holds no longer, with file and line; a file that cannot be read has none."""
    found = []
    try:
        source = document.load(path)
        entries = source.data if isinstance(source.data, list) else []
    except BadFile:
        return []
    for number, entry in enumerate(entries):
        with suppress(BadFile):
            one = document.validate(Document(path, entry, {}), Waiver)
            place = f"{path}:{source.line((number, 'check'))}"
            if one.is_expired(at):
                found.append(
                    f"{place}: the waiver of {one.check} expired on {one.expires:%Y-%m-%d}: the check counts again; "
                    "renew the date or remove the entry"
                )
    return found
