"""targets/NAME/contacts.yaml: who is called, and who is on call on which day.

A slip in this file is a finding and costs the entry that it stands in; it never stops a run.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from conformance import document
from conformance.document import BadFile, Document
from conformance.pattern import glob
from conformance.threshold import Strict, iso_date

NAME = "contacts.yaml"
ROLES = ("on-call", "dba", "devops", "tech-lead", "team-lead", "cto")

Text = Annotated[str, Field(min_length=1)]


class Contact(Strict):
    """Who fills a role, what for, and how to reach them.

    `confirmed` is the day on which somebody last tried it; `receivers` are the receivers of Alertmanager that mail
    this address; `shared` says why a person has a second role; `commits_as` are the addresses that this person's
    commits carry where that is not `email` (`*` is any text).
    """

    name: Text
    duty: Text
    phone: Text
    email: Text
    confirmed: date
    receivers: list[Text] = []
    shared: str | None = None
    commits_as: list[Text] = []

    @field_validator("confirmed", mode="before")
    @classmethod
    def _iso(cls, value: object) -> object:
        return iso_date(value)

    def commits(self, address: str) -> bool:
        """Whether a commit that carries this address is this person's."""
        return any(glob(one.lower(), address.lower()) for one in self.commits_as or [self.email])


class Turn(Strict):
    """The days, the last one included, on which somebody of the roster is on call."""

    since: Annotated[date, Field(alias="from")]
    until: date
    name: Text

    @field_validator("since", "until", mode="before")
    @classmethod
    def _iso(cls, value: object) -> object:
        return iso_date(value)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until < self.since:
            raise ValueError(f"until ({self.until}) lies before from ({self.since}): exchange them")
        return self


class _Frame(Strict):
    """The file without its entries, which are validated one by one. `domains` are those of its e-mail addresses."""

    timezone: str = "UTC"
    domains: Annotated[list[Text], Field(min_length=1)]
    lists: list[Text] = []
    roles: dict[str, Any]
    on_call: list[Any]

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            zone(value)
        except (OSError, ValueError, LookupError):
            raise ValueError(f"{value!r} is no time zone: write Europe/Berlin, or UTC") from None
        return value

    @field_validator("roles")
    @classmethod
    def _known(cls, value: dict[str, Any]) -> dict[str, Any]:
        strangers = [name for name in value if name not in ROLES]
        if strangers:
            raise ValueError(f"{', '.join(strangers)}: no such role; there is {', '.join(ROLES)}")
        return value


def zone(name: str) -> tzinfo:
    """A time zone by its name; UTC also where no others are installed. Raises LookupError, OSError or ValueError."""
    return UTC if name == "UTC" else ZoneInfo(name)


@dataclass(frozen=True, slots=True)
class Roster:
    """Who has which role, and the turns on call. `lists` are addresses of more than one person."""

    timezone: str
    domains: tuple[str, ...]
    lists: tuple[str, ...]
    roles: dict[str, Contact]
    on_call: tuple[Turn, ...]
    slips: tuple[str, ...] = ()

    def roles_of(self, name: str) -> list[str]:
        """The roles that somebody has."""
        return [role for role, one in self.roles.items() if _same(one.name, name)]

    def today(self) -> date:
        """The day that it is where the turns are written."""
        return datetime.now(zone(self.timezone)).date()

    def on_call_on(self, day: date) -> list[str]:
        """Who is on call on a day."""
        return [turn.name for turn in self.on_call if turn.since <= day <= turn.until]


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def load(path: Path) -> Roster:
    """The valid entries of the file, and a sentence for each slip; raises BadFile where nothing of it can be used."""
    return read(document.load(path))


def read(source: Document) -> Roster:
    """The roster of a file that is read already; raises BadFile."""
    frame = document.validate(source, _Frame, _known_keys)
    slips: list[str] = []
    roles = dict(_entries(source, frame.roles, slips))
    turns = [turn for number, one in enumerate(frame.on_call) for turn in _turn(source, number, one, slips)]
    for number, turn in enumerate(turns):
        if not any(_same(one.name, turn.name) for one in roles.values()):
            slips.append(str(source.slip(("on_call", number), f"on_call: {turn.name!r} is nobody of this roster")))
    return Roster(
        frame.timezone, tuple(frame.domains), tuple(frame.lists), roles, tuple(turns), tuple(slips)
    )  # fmt: skip


def _entries(source: Document, roles: dict[str, Any], slips: list[str]) -> Iterator[tuple[str, Contact]]:
    for role, entry in roles.items():
        try:
            yield role, document.validate(_part(source, ("roles", role), entry), Contact)
        except BadFile as error:
            slips += [f"{slip} ({role})" for slip in error.slips]


def _turn(source: Document, number: int, entry: Any, slips: list[str]) -> Iterator[Turn]:
    try:
        yield document.validate(_part(source, ("on_call", number), entry), Turn)
    except BadFile as error:
        slips += [f"{slip} (on_call)" for slip in error.slips]


def _part(source: Document, place: document.Key, data: Any) -> Document:
    """The part of a document below a key, which knows its lines."""
    depth = len(place)
    lines = {key[depth:]: line for key, line in source.lines.items() if key[:depth] == place}
    return Document(source.path, data, lines)


def _known_keys(key: document.Key) -> str:
    return f": it has {', '.join(_Frame.model_fields)}" if len(key) == 1 else ""
