"""targets/NAME.yaml: one deployment under examination, and where each of its parts is."""

import shutil
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from conformance.pattern import matches
from conformance.target_certificates import Certificate
from conformance.target_listeners import Listeners
from conformance.target_nginx import Nginx
from conformance.threshold import Duration, NoData, Override, Strict, iso_date

Text = Annotated[str, Field(min_length=1)]


class Service(Strict):
    """A service of the compose project.

    `image` is the pin: an image id (sha256:...), a digest (name@sha256:...) or, weaker, a tag.
    `job` marks a one-shot job, which may have exited 0; `depends_on` feeds the search for causes.
    """

    image: Text | None = None
    replicas: int = Field(1, ge=0)
    processes: int = Field(1, ge=1)
    depends_on: list[str] = []
    job: bool = False


class Compose(Strict):
    """The compose project, by whose labels containers are found."""

    project: Text
    files: list[str] = []


class Endpoint(Strict):
    """A health endpoint. `services` are those that a request passes, the first one first; `ca` a PEM file."""

    url: Text
    services: list[str] = []
    ca: str | None = None

    @field_validator("url")
    @classmethod
    def _http(cls, value: str) -> str:
        return http_url(value)


class Pool(Strict):
    """A service's pool of connections: the YAML `file` on the host and the dotted `section` with its four numbers.

    `role` is the PostgreSQL role that the service connects as; `inside` the file's path in the service's containers,
    where no mount tells it and it is not the same.
    """

    file: Annotated[str, Field(pattern=r"^/")]
    inside: Annotated[str, Field(pattern=r"^/")] | None = None
    section: Text = "database.main"
    role: Text


class Postgres(Strict):
    """How to reach PostgreSQL, as a role that may read statistics (pg_monitor); `pools` by the name of a service."""

    service: str = "postgres"
    host: Text
    port: int = Field(5432, ge=1, le=65535)
    dbname: Text
    user: Text
    password: SecretStr = SecretStr("")
    pools: dict[str, Pool] = {}


class Redis(Strict):
    """How to reach Redis. `keys` are the classes of keys, each with the pattern of its names (`*` is any text)."""

    service: str = "redis"
    host: Text
    port: int = Field(6379, ge=1, le=65535)
    username: str | None = None
    password: SecretStr = SecretStr("")
    keys: dict[str, Text] = {}


class Prometheus(Strict):
    """The Prometheus that watches the deployment.

    `jobs` are the scrape jobs that must be up, each with the service behind it; `measures` is the service whose
    requests the rows speak of, `traffic_from` the parts through which its requests come.
    """

    service: str = "prometheus"
    url: Text
    jobs: dict[str, str] = {}
    measures: str = ""
    traffic_from: list[str] = []

    @field_validator("url")
    @classmethod
    def _http(cls, value: str) -> str:
        return http_url(value)


class Alertmanager(Strict):
    """The Alertmanager that Prometheus sends to."""

    service: str = "alertmanager"
    url: Text

    @field_validator("url")
    @classmethod
    def _http(cls, value: str) -> str:
        return http_url(value)


class Rotation(Strict):
    """How the files of a log rotate: the file with the rule, and logrotate's state file.

    `config` is what logrotate is started with where that is not the rule itself: its defaults hold for the rule.
    """

    rule: Annotated[str, Field(pattern=r"^/")]
    config: Annotated[str, Field(pattern=r"^/")] | None = None
    state: Annotated[str, Field(pattern=r"^/")] = "/var/lib/logrotate/status"


class Log(Strict):
    """A log to read: the output of a service's containers, or `files` of the host by glob, which `service` writes."""

    service: str | None = None
    files: str | None = None
    on_no_data: NoData = "unknown"
    rotation: Rotation | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.service is None and self.files is None:
            raise ValueError("write service (a container's output), or files (a glob on the host), or both")
        if self.rotation is not None and (self.files is None or self.service is None):
            raise ValueError("rotation needs files (what is rotated) and service (who writes them)")
        return self


class Schedule(Strict):
    """What starts the hourly run, on the machine that runs the checks: `crontab` (a file, or `user` for what
    `crontab -l` prints), or a systemd `timer`.
    """

    crontab: Text | None = None
    timer: Annotated[str, Field(pattern=r"^[A-Za-z0-9@_.-]+\.timer$")] | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.crontab is None) == (self.timer is None):
            raise ValueError("write either crontab (a file, or user) or timer (NAME.timer)")
        return self


class Restore(Strict):
    """How a set of backups is proved in a throw-away server, and what must be in it.

    `tables` are the least rows of each table, `newest` the columns whose latest time is the age of the data, `smoke`
    queries whose only answer must be true. `workspace` is a folder of this machine with room for the copy; `nice` (0
    to 19) and `io` are how the restore yields to whatever else runs here.
    """

    dbname: str | None = None
    tables: Annotated[dict[str, Annotated[int, Field(ge=0)]], Field(min_length=1)]
    newest: dict[str, str] = {}
    smoke: dict[str, str] = {}
    workspace: Annotated[str, Field(pattern=r"^/")] = "/var/tmp"  # noqa: S108  its folders are made with mode 0700
    nice: int = Field(10, ge=0, le=19)
    io: Literal["idle", "best-effort"] = "idle"


class Backups(Strict):
    """A set of backups: what `glob` finds on the host, files or (directory dumps) folders; the newest counts.

    One is written `every` so often and the last `keep` stay; `roles` names the set that holds the roles of this one.
    """

    glob: Text
    every: Duration | None = None
    keep: int | None = Field(None, ge=1)
    roles: str | None = None
    restore: Restore | None = None


class Setting(Strict):
    """Where a number of the application is configured: a YAML `file` and the `key` in it, with dots.

    An absolute path is a file of the host, a relative one lies below `root`.
    """

    file: Text
    key: Text


class Allow(Strict):
    """What exists without being declared above, and may."""

    services: list[str] = []
    mounts: list[str] = []


class NotApplicable(Strict):
    """Checks that make no sense on this target. `check` is an id or a pattern with `*`."""

    check: Text
    reason: Annotated[str, Field(min_length=3)]
    approver: Text
    review: date

    @field_validator("review", mode="before")
    @classmethod
    def _iso(cls, value: object) -> object:
        return iso_date(value)

    def covers(self, check_id: str) -> bool:
        """True where this entry names the check, and is not due for review: past that day the check counts again."""
        return not self.is_due and matches(self.check, check_id)

    @property
    def is_due(self) -> bool:
        """Past its review date."""
        return date.today() > self.review


_PLUGINS = ("~/.docker", "/usr/local/lib/docker", "/usr/local/libexec/docker", "/usr/lib/docker", "/usr/libexec/docker")


@cache
def _compose() -> str:
    """`docker compose`, but where only version 1 is installed; asking the client itself would take 50 ms."""
    plugins = (Path(folder, "cli-plugins", "docker-compose").expanduser() for folder in _PLUGINS)
    second = any(map(Path.exists, plugins)) or not shutil.which("docker-compose")
    return "docker compose" if second else "docker-compose"


class Target(Strict):
    """The whole file; relative paths are resolved against `root`, which is relative to the checkout."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    environment: Text
    disposable: bool = False
    root: str = "."
    env_file: str | None = None
    host: Text
    docker: str = "unix:///var/run/docker.sock"
    compose: Compose
    services: dict[str, Service] = {}
    http: dict[str, Endpoint] = {}
    postgres: Postgres | None = None
    redis: Redis | None = None
    prometheus: Prometheus | None = None
    alertmanager: Alertmanager | None = None
    nginx: Nginx | None = None
    logs: dict[str, Log] = {}
    backups: dict[str, Backups] = {}
    certificates: dict[str, Certificate] = {}
    listeners: Listeners | None = None
    settings: dict[str, Setting] = {}
    mounts: list[Annotated[str, Field(pattern=r"^/")]] = []
    schedule: Schedule | None = None
    allow: Allow = Allow()
    overrides: dict[str, Override] = {}
    not_applicable: list[NotApplicable] = []
    state_dir: str | None = None

    @field_validator("host")
    @classmethod
    def _backend(cls, value: str) -> str:
        if urlsplit(value).scheme not in ("local", "ssh"):
            raise ValueError(f"{value!r} is no host: write local:// or ssh://user@name:port")
        return value

    @model_validator(mode="after")
    def _roles_of_a_set(self) -> Self:
        for name, one in self.backups.items():
            if one.roles is not None and one.roles not in self.backups:
                raise ValueError(f"backups.{name}.roles: there is no set {one.roles!r} among backups")
        return self

    @property
    def overrides_in_force(self) -> dict[str, Override]:
        """The overrides that are not past their review date."""
        return {name: override for name, override in self.overrides.items() if not override.is_due}

    def path(self, text: str) -> Path:
        """A path of this file, resolved against `root`."""
        return Path(self.root, text)

    @property
    def compose_command(self) -> str:
        """What a person types before `ps`, `logs` or `up`, in the version of compose that this machine has."""
        files = "".join(f" -f {file}" for file in self.compose.files)
        return f"{_compose()} -p {self.compose.project}{files}"

    def look(self, service: str) -> str:
        """The step of a person before a service that does not answer: is it up, and what did it say last?"""
        return f"{self.compose_command} ps {service}; {self.compose_command} logs --tail=50 {service}"

    def depends_on(self, *names: str) -> tuple[str, ...]:
        """The named parts and everything that they depend on, nearest first, each once."""
        found: dict[str, None] = dict.fromkeys(names)
        queue = list(names)
        while queue:
            service = self.services.get(queue.pop(0))
            for name in service.depends_on if service else ():
                if name not in found:
                    found[name] = None
                    queue.append(name)
        return tuple(found)


def http_url(value: str) -> str:
    """An http or https address with a host; raises ValueError with the accepted form."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{value!r} is no address: write http://host:port/path or https://...")
    if parts.username or parts.password:
        raise ValueError("keep user and password out of an address: reports show addresses")
    return value
