"""The four commands: up, down, clean, status."""

from __future__ import annotations

import shutil
import subprocess
import time

import yaml

from . import certificates, configuration, credentials, engine, image, paths, readiness, ssh_keys
from .console import say, step
from .engine import Engine
from .lock import alone
from .trouble import Trouble

DOWN_WITHIN_S = 120.0
_DOWN = ("--profile", "grafana", "down", "--volumes", "--remove-orphans", "--timeout", "5")
# Tried again: a network may keep an endpoint for a moment after its last container is gone.
_SWEEP_PAUSES_S = (0.0, 2.0)


def up() -> None:
    """Bring the whole stack up and wait until it is fit to be examined; raises Trouble."""
    docker = engine.find()
    with alone():
        image_id = image.ensure(docker)
        new_secrets = credentials.ensure()
        stale = certificates.ensure() | configuration.ensure()
        ssh_keys.ensure()
        other = docker.strangers()
        if other:
            say(f"The stack of {other} is there, and its data knows other secrets: starting from nothing.")
            _take_down(docker)
        elif new_secrets and docker.leftovers():
            say("The secrets are new, and the old data knows the old ones: starting from nothing.")
            _take_down(docker)
        _wake(docker, stale)
        readiness.start_until_healthy(docker, _expected())
        credentials.write_conformance(image_id)
        readiness.wait_for_window()
        image.forget_old(docker)
    say(f"The stack is up: https://127.0.0.1:18443/health, credentials in {paths.CONFORMANCE_ENV}")


def down() -> None:
    """Take containers, networks and volumes away, and keep the image; raises Trouble where one stays."""
    docker = engine.find()
    with alone():
        _refuse_leftovers(_take_down(docker))


def clean() -> None:
    """down, and the images and every generated file too; raises Trouble."""
    docker = engine.find()
    with alone():
        left = _take_down(docker)
        with step("Removing images and generated files"):
            image.remove(docker)
            for path in paths.RUN.iterdir():
                # The lock stays: somebody may be waiting for it.
                if path == paths.LOCK:
                    continue
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        _refuse_leftovers(left)


def status() -> bool:
    """Print one line for each service; True where all that should be there is ready."""
    docker = engine.find()
    found = {service.name: service for service in docker.services()}
    expected = _expected()
    for name in sorted(expected | found.keys()):
        service = found.get(name)
        say(f"{name:18} {service.state if service else 'missing':10} {service.detail if service else ''}")
    return all(name in found and found[name].settled for name in expected)


def _wake(docker: Engine, stale: set[str]) -> None:
    """Let containers that are already there go on, and read what is new to them; compose does neither."""
    for service in docker.services():
        if service.state == "paused":
            say(f"{service.name} was paused: letting it go on")
            docker.docker("unpause", service.container)
        if service.state in ("running", "paused") and service.name in stale:
            say(f"{service.name} has a new configuration or certificate: starting it again")
            docker.docker("restart", "--time", "5", service.container)


def _take_down(docker: Engine) -> list[str]:
    """Remove what is there; what Docker would not let go, by name. Raises Trouble where compose hangs."""
    left = docker.leftovers()
    if not left:
        say("Nothing is running.")
        return []
    with step("Taking the stack down"):
        # compose reads every env_file even to take things down; run/ may have been deleted by hand.
        credentials.ensure()
        compose = docker.start(*_DOWN)
        try:
            compose.wait(DOWN_WITHIN_S)
        except subprocess.TimeoutExpired:
            compose.kill()
            raise Trouble(f"compose did not end within {DOWN_WITHIN_S:.0f} s: {paths.COMPOSE_LOG}") from None
        for pause_s in _SWEEP_PAUSES_S:
            left = docker.leftovers()
            if not left:
                break
            time.sleep(pause_s)
            docker.sweep()
        return docker.leftovers()


def _refuse_leftovers(left: list[str]) -> None:
    """Raise Trouble that names what stayed, with the one known reason that is not ours."""
    if not left:
        return
    hint = ""
    if all(name.startswith("network ") for name in left):
        hint = (
            " Either another container uses it (`docker network inspect` lists it), or the daemon counts an"
            " endpoint that is gone: then only a restart of the daemon removes it; `up` works with it."
        )
    raise Trouble(f"Still there after `down`: {', '.join(left)}.{hint}")


def _expected() -> frozenset[str]:
    """The services that `up` starts: all of the compose file but those of a profile."""
    services = yaml.safe_load(paths.COMPOSE_FILE.read_text())["services"]
    return frozenset(name for name, service in services.items() if "profiles" not in service)
