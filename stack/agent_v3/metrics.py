"""What the service counts and times, as Prometheus reads it; durations are in seconds."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from prometheus_client import Counter, Gauge, Histogram

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Observer = Callable[[str, str, int, float], None]

# The runbook judges P95 at 2 s and 5 s: both must be bounds, with one above, or the quantile cannot decide.
_BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10)

REQUESTS = Counter("http_requests_total", "Requests answered.", ["method", "handler", "status"])
REQUEST_SECONDS = Histogram(
    "http_request_duration_seconds",
    "Time from request to the end of the answer.",
    ["method", "handler", "status"],
    buckets=_BOUNDS,
)
LLM_SECONDS = Histogram("llm_call_duration_seconds", "Time of one LLM call.", ["model"], buckets=_BOUNDS)
LLM_IN_FLIGHT = Gauge("llm_calls_in_flight", "LLM calls under way.")
HTTP_IN_FLIGHT = Gauge("http_client_requests_in_flight", "Calls under way, waiting for a connection included.")
LLM_LIMIT = Gauge("llm_calls_in_flight_limit", "LLM calls that may be under way at once.")
TOOL_SECONDS = Histogram("tool_execution_duration_seconds", "Time of one tool.", ["tool"], buckets=_BOUNDS)
CACHE_HITS = Counter("cache_hits_total", "Look-ups that the cache answered.", ["cache"])
CACHE_MISSES = Counter("cache_misses_total", "Look-ups that the cache could not answer.", ["cache"])
POOL_IN_USE = Gauge("db_pool_connections_in_use", "Connections checked out of the pool.")
POOL_LIMIT = Gauge("db_pool_connections_limit", "pool_size and max_overflow together.")

# Asked every second or two by the machinery itself: they would dilute the rates that the runbook judges.
_UNCOUNTED = frozenset({"/health", "/metrics"})


class RequestMetrics:
    """ASGI middleware that times every request and tells `observe` (method, path, status, seconds)."""

    def __init__(self, app: App, observe: Observer) -> None:
        self._app = app
        self._observe = observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; a crash of the application counts as 500."""
        if scope["type"] != "http" or scope["path"] in _UNCOUNTED:
            await self._app(scope, receive, send)
            return
        status = 500
        started = time.perf_counter()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            seconds = time.perf_counter() - started
            # The route's own template, so that a stranger's path never becomes a label.
            handler = getattr(scope.get("route"), "path", "unmatched")
            REQUESTS.labels(scope["method"], handler, status).inc()
            REQUEST_SECONDS.labels(scope["method"], handler, status).observe(seconds)
            self._observe(scope["method"], handler, status, seconds)
