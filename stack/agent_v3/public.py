"""The application on port 8000: /health, /metrics, /api/chat and /api/admin."""

from __future__ import annotations

import hmac
import logging
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from . import VERSION, health, metrics
from .cache import Cache, CacheUnavailable
from .chat import Chat, Question, UnknownUser
from .database import Database, DatabaseUnavailable
from .faults import Faults
from .settings import Settings

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Parts:
    """What the application is put together from."""

    settings: Settings
    database: Database
    cache: Cache
    chat: Chat
    faults: Faults


def application(parts: Parts) -> FastAPI:
    """The whole application; requests are timed, and one in `log_every` leaves a line."""
    app = FastAPI(title="Agent-V3", version=VERSION)
    app.add_middleware(metrics.RequestMetrics, observe=_sampler(parts.settings.log_every))
    app.include_router(_api(parts), prefix="/api", dependencies=[Depends(parts.faults.apply)])
    app.add_exception_handler(CacheUnavailable, _dependency_failed("redis"))
    app.add_exception_handler(DatabaseUnavailable, _dependency_failed("postgres"))
    app.add_exception_handler(httpx.HTTPError, _dependency_failed("llm"))

    @app.get("/health")
    async def answer_health() -> Response:
        status, body = await health.examine(parts.database, parts.cache, parts.settings.dependency_timeout)
        return JSONResponse(body, status)

    @app.get("/metrics")
    async def answer_metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return app


def _api(parts: Parts) -> APIRouter:
    """Everything below /api."""
    router = APIRouter()
    settings = parts.settings

    @router.post("/chat")
    async def answer_chat(question: Question, x_api_key: str = Header("")) -> dict[str, Any]:
        if not hmac.compare_digest(x_api_key.encode(), settings.api_key.encode()):
            raise HTTPException(401, "X-API-Key is missing or wrong")
        try:
            return await parts.chat.answer(question)
        except UnknownUser:
            raise HTTPException(404, "no such user") from None

    async def administrator(authorization: str = Header("")) -> None:
        if not hmac.compare_digest(authorization.encode(), f"Bearer {settings.admin_token}".encode()):
            raise HTTPException(401, "an administrator's bearer token is needed")

    admin = APIRouter(prefix="/admin", dependencies=[Depends(administrator)])

    @admin.get("/ping")
    async def answer_ping() -> dict[str, bool]:
        """Changes nothing: the path on which the whitelist may be tried."""
        return {"pong": True}

    @admin.get("/limits")
    async def answer_limits() -> dict[str, Any]:
        """The limits in force in this process."""
        return {
            "pool": vars(settings.pool),
            "http": vars(settings.http),
            "llm": {"max_concurrent": settings.llm_max_concurrent},
            "cache_ttl": settings.cache_ttl,
        }

    router.include_router(admin)
    return router


def _dependency_failed(name: str) -> Any:
    """A handler that answers 503 at once, and leaves an ERROR line."""

    async def answer(request: Request, error: Exception) -> Response:
        _log.error("request failed", extra={"dependency": name, "reason": str(error)})
        return JSONResponse({"detail": f"{name} is unavailable"}, 503)

    return answer


def _sampler(every: int) -> metrics.Observer:
    """An observer that logs each request that was slow, and one in `every` of the others."""
    seen = 0

    def observe(method: str, handler: str, status: int, seconds: float) -> None:
        nonlocal seen
        seen += 1
        slow = seconds > 2
        if slow or seen % every == 0:
            extra = {"method": method, "handler": handler, "status": status, "ms": round(seconds * 1000, 1)}
            _log.log(logging.WARNING if slow else logging.INFO, "slow request" if slow else "request", extra=extra)

    return observe
