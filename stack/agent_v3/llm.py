"""The language model: at most so many calls at once, over the HTTP client that the runbook limits."""

from __future__ import annotations

import asyncio
import time

import httpx

from . import metrics
from .settings import Settings

MODEL = "fake-llm"


class LLM:
    """A client for the model; callers beyond the limit wait their turn."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.llm_url
        self._key = settings.openai_api_key
        self._turns = asyncio.Semaphore(settings.llm_max_concurrent)
        self._client = httpx.AsyncClient(
            limits=httpx.Limits(
                max_keepalive_connections=settings.http.max_keepalive_connections,
                max_connections=settings.http.max_connections,
            ),
            timeout=httpx.Timeout(settings.http.timeout),
            trust_env=False,
        )
        metrics.LLM_LIMIT.set(settings.llm_max_concurrent)

    async def complete(self, prompt: str) -> str:
        """The model's answer; raises httpx.HTTPError."""
        async with self._turns:
            started = time.perf_counter()
            with metrics.LLM_IN_FLIGHT.track_inprogress(), metrics.HTTP_IN_FLIGHT.track_inprogress():
                answer = await self._client.post(
                    self._url,
                    json={"model": MODEL, "prompt": prompt},
                    headers={"Authorization": f"Bearer {self._key}"},
                )
            metrics.LLM_SECONDS.labels(MODEL).observe(time.perf_counter() - started)
        answer.raise_for_status()
        text: str = answer.json()["text"]
        return text

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()
