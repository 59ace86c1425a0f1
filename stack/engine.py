"""Docker and compose on this machine: finding them, and saying clearly what is missing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import paths
from .trouble import Trouble

PROJECT = "agentv3"
_PROJECT_LABEL = f"label=com.docker.compose.project={PROJECT}"
_ANSWER_S = 15.0
# What a project leaves behind, in the order in which it can be removed, and how each is listed by name.
_LISTINGS = {
    "container": ("--all", "--format", "{{.Names}}"),
    "volume": ("--format", "{{.Name}}"),
    "network": ("--format", "{{.Name}}"),
}


@dataclass(frozen=True)
class Service:
    """One container of the project: its service, state (running, exited, ...), and health or exit code."""

    name: str
    container: str
    state: str
    detail: str

    @property
    def settled(self) -> bool:
        """Healthy, or a job that ended with exit code 0."""
        return self.detail in ("healthy", "exit 0")


@dataclass(frozen=True)
class Engine:
    """A Docker client that reaches its daemon, and a compose of either generation."""

    compose: tuple[str, ...]

    def docker(self, *arguments: str, timeout: float | None = None) -> str:
        """What `docker ARGUMENTS` prints; raises Trouble with its last line where it fails."""
        try:
            done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=timeout, check=False)
        except subprocess.TimeoutExpired:
            raise Trouble(f"`docker {arguments[0]}` gave no answer within {timeout:.0f} s.") from None
        if done.returncode:
            raise Trouble(f"`docker {arguments[0]}` failed: {_last_line(done.stderr)}")
        return done.stdout

    def image_id(self, name: str, label: str | None = None) -> str | None:
        """The id of a local image, or the value of one of its labels; None where there is no such image."""
        field = "{{.Id}}" if label is None else '{{index .Config.Labels "' + label + '"}}'
        done = subprocess.run(
            ["docker", "image", "inspect", "--format", field, name],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.strip() if done.returncode == 0 else None

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start compose with its output in compose.log; for the caller to wait for."""
        with paths.COMPOSE_LOG.open("wb") as log:
            return subprocess.Popen(
                [*self.compose, "-p", PROJECT, "-f", str(paths.COMPOSE_FILE), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def services(self) -> list[Service]:
        """Every container of the project, found by compose's labels, stopped ones too, sorted by name."""
        ids = self.docker("ps", "-aq", "--filter", _PROJECT_LABEL, timeout=_ANSWER_S).split()
        if not ids:
            return []
        # While compose recreates, one may vanish between list and look: inspect fails, and prints the rest.
        done = subprocess.run(
            ["docker", "inspect", "--type", "container", *ids],
            capture_output=True,
            text=True,
            timeout=_ANSWER_S,
            check=False,
        )
        found = json.loads(done.stdout or "[]")
        return sorted((_service(container) for container in found), key=lambda service: service.name)

    def leftovers(self) -> list[str]:
        """The project's containers, volumes and networks that are still there, as `kind name`."""
        return [f"{kind} {name}" for kind in _LISTINGS for name in self._labelled(kind)]

    def strangers(self) -> str:
        """The folder of another checkout whose containers these are; empty where they are ours, or there are none."""
        template = '{{.Label "com.docker.compose.project.working_dir"}}'
        listing = self.docker("ps", "--all", "--filter", _PROJECT_LABEL, "--format", template, timeout=_ANSWER_S)
        return next((folder for folder in listing.split("\n") if folder and folder != str(paths.STACK)), "")

    def sweep(self) -> None:
        """Remove each of the leftovers by itself: compose 1.29 stops at the first that it cannot remove."""
        for kind in _LISTINGS:
            for name in self._labelled(kind):
                force = [] if kind == "network" else ["--force"]
                subprocess.run(["docker", kind, "rm", *force, name], capture_output=True, check=False)

    def _labelled(self, kind: str) -> list[str]:
        listing = [*_LISTINGS[kind], "--filter", _PROJECT_LABEL]
        return self.docker(kind, "ls", *listing, timeout=_ANSWER_S).split()


def find() -> Engine:
    """The engine of this machine; raises Trouble that says what is missing and what to do."""
    if shutil.which("docker") is None:
        raise Trouble("There is no `docker` on the PATH: install Docker Engine (on Debian: apt install docker.io).")
    try:
        asked = subprocess.run(
            ["docker", "version", "--format", "{{.Server.Version}}"],
            capture_output=True,
            text=True,
            timeout=_ANSWER_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Trouble(f"The Docker daemon gave no answer within {_ANSWER_S:.0f} s: restart it.") from None
    if asked.returncode:
        raise Trouble(_why_no_daemon(asked.stderr))
    return Engine(_find_compose())


def _find_compose() -> tuple[str, ...]:
    """`docker compose` where it is there, else docker-compose 1.29."""
    plugin = subprocess.run(["docker", "compose", "version", "--short"], capture_output=True, text=True, check=False)
    # A client without the plugin prints its help for `compose`, and some exit with 0 then.
    if plugin.returncode == 0 and plugin.stdout.strip().lstrip("v")[:1].isdigit():
        return ("docker", "compose")
    if shutil.which("docker-compose") is not None:
        return ("docker-compose",)
    raise Trouble(
        "Docker is there but neither `docker compose` nor `docker-compose`: install the compose plugin"
        " (on Debian: apt install docker-compose)."
    )


def _why_no_daemon(errors: str) -> str:
    """One sentence for what `docker version` complained about."""
    if "permission denied" in errors.lower():
        return (
            "The Docker socket may not be used by this user (permission denied): run as root, or join the"
            " group docker (usermod -aG docker USER) and log in again."
        )
    where = os.environ.get("DOCKER_HOST", "its usual socket")
    return f"The Docker daemon does not answer at {where}: start it (systemctl start docker), or set DOCKER_HOST."


def _service(container: dict[str, Any]) -> Service:
    state = container["State"]
    if state["Status"] == "running":
        detail = state.get("Health", {}).get("Status", "no health check")
    else:
        detail = f"exit {state['ExitCode']}" if state["Status"] == "exited" else state["Status"]
    name = container["Config"]["Labels"]["com.docker.compose.service"]
    return Service(name, container["Id"], state["Status"], detail)


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log file, indented, to be shown when what wrote it has failed."""
    text = log.read_text(errors="replace").strip().splitlines()
    return "\n".join(f"    {line}" for line in text[-lines:])
