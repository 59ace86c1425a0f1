"""The part of targets/NAME.yaml that says what may listen, and what of it must not be reached from outside."""

import re
from ipaddress import ip_address
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from conformance.threshold import Strict

_ADDRESS = r"(?:(?P<address>\[[0-9a-fA-F:.]+\]|[0-9.]+):)?"
_SOCKET = re.compile(_ADDRESS + r"(?P<first>\d{1,5})(?:-(?P<last>\d{1,5}))?(?:/(?:tcp|udp))?")
_PUBLISHED = re.compile(_ADDRESS + r"\d{1,5}:\d{1,5}(?:/(?:tcp|udp))?")


def _is_socket(value: str) -> bool:
    found = _SOCKET.fullmatch(value)
    if not found:
        return False
    try:
        ip_address((found["address"] or "0.0.0.0").strip("[]"))  # noqa: S104  nothing is bound here
    except ValueError:
        return False
    return 0 < int(found["first"]) <= int(found["last"] or found["first"]) <= 65535


def _socket(value: object) -> object:
    """A port alone is a number to YAML."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and not _is_socket(text):
        raise ValueError(f"{text!r} is no socket: write PORT, ADDRESS:PORT or FIRST-LAST, with /udp where it is no TCP")
    return text


def _published(value: str) -> str:
    if not _PUBLISHED.fullmatch(value):
        raise ValueError(f"{value!r} is no published port: write ADDRESS:PORT-OF-HOST:PORT-OF-CONTAINER")
    return value


Socket = Annotated[str, BeforeValidator(_socket)]
Published = Annotated[str, AfterValidator(_published)]


class Listeners(Strict):
    """What listens: sockets of the `host`, of the containers of `services`, and what the engine has `published`.

    A socket is PORT, or ADDRESS:PORT where only that address is meant, with /udp where it is no TCP. What is reached
    by its own machine alone (loopback) need not be declared. `private` are the services that nobody outside may reach;
    `outside` are the addresses of the host that strangers come to, which are tried from where the checks run.
    """

    host: list[Socket] = []
    services: dict[str, list[Socket]] = {}
    published: dict[str, list[Published]] = {}
    private: list[str] = []
    outside: list[Annotated[str, Field(min_length=1)]] = []

    @property
    def named(self) -> dict[str, list[str]]:
        """The services that each key names."""
        return {"services": list(self.services), "published": list(self.published), "private": self.private}
