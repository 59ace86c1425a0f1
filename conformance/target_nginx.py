"""The target's key `nginx`: its access log, and whom its admin path lets in."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from conformance.threshold import Strict

Network = IPv4Network | IPv6Network
Path = Annotated[str, Field(pattern=r"^/")]


class Point(Strict):
    """A place to ask from: a `host`, written as the target's own, with python3; `listed` says what must come of it."""

    host: Annotated[str, Field(pattern=r"^(local|ssh)://")]
    listed: bool


class Admin(Strict):
    """The admin path, and who may use it: `allow` are the ranges of the whitelist.

    With `harmless`, a path below it that changes nothing, the whitelist is tried by requests, and only then: `url` is
    where clients ask, `answers` the status that the application gives there, `refusal` what nginx gives to strangers
    and `page` a piece of its page with that. `public` is a page that everybody may see. `proxies` are the load
    balancers in front, whose word on addresses counts. The asker is `namespace`: a helper in nginx's own network
    namespace, which brings the addresses with it, for disposable targets alone; or `points`, places with real ones.
    """

    path: Path = "/api/admin"
    allow: Annotated[list[str], Field(min_length=1)]
    harmless: Path | None = None
    answers: int = Field(200, ge=100, le=599)
    refusal: int = Field(403, ge=100, le=599)
    page: Annotated[str, Field(min_length=3)] = "<center>nginx"
    public: Path | None = None
    proxies: list[str] = []
    namespace: bool = False
    points: dict[str, Point] = {}
    url: Annotated[str, Field(pattern=r"^https?://[^/]+$")] | None = None

    @field_validator("allow", "proxies")
    @classmethod
    def _networks(cls, value: list[str]) -> list[str]:
        for one in value:
            try:
                ip_network(one)
            except ValueError as error:
                raise ValueError(f"{error}: write an address or a range, such as 10.0.0.0/8") from None
        return value

    @model_validator(mode="after")
    def _one_asker(self) -> Self:
        if self.harmless is None and (self.namespace or self.points):
            raise ValueError("say on which path the whitelist may be tried: harmless")
        if self.harmless is not None:
            if not self.harmless.startswith(self.path.rstrip("/") + "/"):
                raise ValueError(f"harmless must lie below {self.path}")
            if self.namespace == bool(self.points):
                raise ValueError("say where to ask from: either namespace: true or points")
            if self.url is None:
                raise ValueError("say where clients ask: url, such as https://agent-v3.example")
        return self

    @property
    def networks(self) -> tuple[Network, ...]:
        """The ranges of the whitelist."""
        return tuple(map(ip_network, self.allow))

    @property
    def trusted(self) -> tuple[Network, ...]:
        """The load balancers in front."""
        return tuple(map(ip_network, self.proxies))


class Nginx(Strict):
    """The web server in front of everything.

    `access_log` is a glob of its log files on the host, rotated ones beside them; without it the log is what its
    containers print. `show` are the words that print its whole configuration, in its container.
    """

    service: str = "nginx"
    access_log: Path | None = None
    show: Annotated[list[str], Field(min_length=1)] = ["nginx", "-T"]
    admin: Admin | None = None
