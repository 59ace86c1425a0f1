"""When the stack is fit to be examined: all healthy, a full window of samples, a first backup."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from . import paths
from .console import step
from .engine import Engine, Service, tail
from .trouble import Trouble

HEALTHY_WITHIN_S = 120.0
WINDOW_S = 20
WINDOW_WITHIN_S = 90.0
# A scrape a second: one may be missing at either end of the window.
SCRAPES_WANTED = WINDOW_S - 2
REQUESTS_WANTED = 30
TARGETS = 6
PROMETHEUS = "http://127.0.0.1:19090"

_SCRAPED = f"min(count_over_time(up[{WINDOW_S}s])) and count(up) == {TARGETS}"
_ALL_UP = f"min(min_over_time(up[{WINDOW_S}s]))"
_COUNT = 'http_request_duration_seconds_count{job="agent-v3"}'
# Both: enough requests, and a series old enough for the whole window to be its own.
_REQUESTS = (
    f"sum(increase({_COUNT}[{WINDOW_S}s])) and count(count_over_time({_COUNT}[{WINDOW_S}s]) >= {SCRAPES_WANTED})"
)

# Straight to the loopback: a proxy of the environment has no business there.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def start_until_healthy(engine: Engine, expected: frozenset[str]) -> None:
    """Run compose and wait for every expected service to settle; raises Trouble that names who did not."""
    with step("Starting the services") as under_way:
        compose = engine.start("up", "-d", "--no-build", "--remove-orphans")
        try:
            while True:
                found = {service.name: service for service in engine.services()}
                late = [name for name in sorted(expected) if name not in found or not found[name].settled]
                under_way.now(f"{len(expected) - len(late)} of {len(expected)} ready")
                code = compose.poll()
                if code == 0 and not late:
                    return
                if under_way.seconds > HEALTHY_WITHIN_S:
                    raise Trouble(_who_is_late(late, found))
                time.sleep(0.5)
                if code and "unhealthy" not in paths.COMPOSE_LOG.read_text(errors="replace"):
                    raise Trouble(f"compose failed ({paths.COMPOSE_LOG}):\n{tail(paths.COMPOSE_LOG)}")
                if code:
                    # A server that was just started again counts as unhealthy until it was asked, and compose
                    # 1.29 then gives up on all that depend on it.
                    time.sleep(1.5)
                    compose = engine.start("up", "-d", "--no-build", "--remove-orphans")
        finally:
            if compose.poll() is None:
                compose.terminate()
                compose.wait()


def _who_is_late(late: list[str], found: dict[str, Service]) -> str:
    states = [f"{name} ({found[name].detail if name in found else 'not created'})" for name in late]
    return (
        f"Not ready after {HEALTHY_WITHIN_S:.0f} s: {', '.join(states) or 'compose itself'}."
        f" Look at `docker logs` of their containers, and at {paths.COMPOSE_LOG}."
    )


def wait_for_window() -> None:
    """Wait until Prometheus can judge its window of 20 s; raises Trouble that says what is missing."""
    missing = _missing()
    if missing is None:
        return
    with step(f"Waiting for {WINDOW_S} s of measurements") as under_way:
        while missing is not None:
            if under_way.seconds > WINDOW_WITHIN_S:
                raise Trouble(f"No full window of measurements after {WINDOW_WITHIN_S:.0f} s: {missing}.")
            under_way.now(missing)
            time.sleep(1.0)
            missing = _missing()


def _missing() -> str | None:
    """What Prometheus still lacks, or None."""
    scrapes = _value(_SCRAPED)
    if scrapes is None:
        return f"Prometheus does not yet know all {TARGETS} targets"
    if scrapes < SCRAPES_WANTED:
        return f"the window holds too few scrapes ({SCRAPES_WANTED} wanted)"
    if _value(_ALL_UP) != 1:
        return "not every target was up for the whole window"
    requests = _value(_REQUESTS)
    if requests is None or requests < REQUESTS_WANTED:
        return f"the window holds too few requests ({REQUESTS_WANTED} wanted)"
    return None


def _value(query: str) -> float | None:
    """The single value of an instant query; None where there is none, or Prometheus does not answer."""
    address = f"{PROMETHEUS}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    try:
        with _opener.open(address, timeout=3) as answer:
            result: list[dict[str, Any]] = json.load(answer)["data"]["result"]
    except (urllib.error.URLError, OSError, ValueError, KeyError):
        return None
    return float(result[0]["value"][1]) if len(result) == 1 else None
