"""The part of targets/NAME.yaml that says where certificates are served and stored."""

import re
from typing import Annotated, Self

from pydantic import Field, model_validator

from conformance.threshold import Strict

_Path = Annotated[str, Field(pattern=r"^/")]


class Certificate(Strict):
    """A certificate as served by `endpoint` (host:port, asked for `server_name`), as a PEM `file` of the host, or both.

    With both, the one that is served must be the one in the file. `names` are the names by which clients come, `ca` is
    a PEM file of those whom they trust (by default whom this machine trusts), `key` the file of the private key.
    """

    endpoint: str | None = None
    server_name: str | None = None
    names: Annotated[list[Annotated[str, Field(min_length=1)]], Field(max_length=20)] = []
    ca: str | None = None
    file: str | None = None
    key: _Path | None = None
    service: str | None = None

    @model_validator(mode="after")
    def _a_place(self) -> Self:
        if self.endpoint is None and self.file is None:
            raise ValueError("write endpoint (host:port), or file (a path on the host), or both")
        if self.endpoint is not None and not re.fullmatch(r".+:\d{1,5}", self.endpoint):
            raise ValueError(f"{self.endpoint!r} is no endpoint: write host:port, such as localhost:443")
        return self

    @property
    def address(self) -> tuple[str, int]:
        """Where the endpoint is."""
        host, _, port = str(self.endpoint).rpartition(":")
        return host.strip("[]"), int(port)

    @property
    def asked_for(self) -> tuple[str, ...]:
        """The names that clients ask the endpoint for, the likeliest first."""
        return tuple(dict.fromkeys([*([self.server_name] if self.server_name else []), *self.names])) or (
            self.address[0],
        )
