"""/api/chat: one turn of a conversation, from cache, database, tool and language model."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy.engine import Connection

from . import metrics, schema
from .cache import Cache
from .database import Database
from .llm import LLM


class Question(BaseModel):
    """What a user asks; `fresh` asks tool and model even if the cache knows an answer."""

    user_id: int = Field(..., ge=1)
    prompt: str = Field(..., min_length=1, max_length=4000)
    fresh: bool = False


class UnknownUser(Exception):
    """There is no user of that number."""


class Chat:
    """Answers questions; its parts raise CacheUnavailable, DatabaseUnavailable and httpx.HTTPError."""

    def __init__(self, database: Database, cache: Cache, llm: LLM, jwt_secret: str) -> None:
        self._database = database
        self._cache = cache
        self._llm = llm
        self._jwt_secret = jwt_secret.encode()

    async def answer(self, question: Question) -> dict[str, Any]:
        """The answer and how it came about; raises UnknownUser."""
        features = await self._features()
        session = await self._session(question.user_id)
        name = hashlib.sha256(question.prompt.encode()).hexdigest()[:32]
        known = None if question.fresh else await self._cache.get("llm_response", name)
        tool = None
        text = known
        if text is None:
            tool = await self._tool(question.prompt, question.fresh)
            text = await self._llm.complete(f"{question.prompt}\n\n{tool['result']}")
            await self._cache.put("llm_response", name, text)

        def keep(connection: Connection) -> int:
            return schema.add_turn(connection, session["conversation_id"], question.prompt, text, tool)

        message_id = await self._database.run(keep)
        return {
            "answer": text,
            "fake_llm": True,
            "cached": known is not None,
            "conversation_id": session["conversation_id"],
            "message_id": message_id,
            "features": features,
        }

    async def _features(self) -> dict[str, bool]:
        features: dict[str, bool] | None = await self._cache.get("config", "features")
        if features is None:
            features = {"tools": True, "streaming": False}
            await self._cache.put("config", "features", features)
        return features

    async def _session(self, user_id: int) -> dict[str, Any]:
        """The user's session, its signature checked: a cache is no place to be trusted."""
        signature = hmac.new(self._jwt_secret, str(user_id).encode(), "sha256").hexdigest()
        session: dict[str, Any] | None = await self._cache.get("user_session", str(user_id))
        if session is not None and hmac.compare_digest(session["signature"], signature):
            return session
        conversation_id = await self._database.run(lambda link: schema.newest_conversation(link, user_id))
        if conversation_id is None:
            raise UnknownUser(user_id)
        session = {"conversation_id": conversation_id, "signature": signature}
        await self._cache.put("user_session", str(user_id), session)
        return session

    async def _tool(self, prompt: str, fresh: bool) -> dict[str, Any]:
        """Run the one tool there is, or take its cached result."""
        words = " ".join(prompt.split()[:4])
        name = hashlib.sha256(words.encode()).hexdigest()[:32]
        result: dict[str, Any] | None = None if fresh else await self._cache.get("tool_result", name)
        if result is None:
            started = time.perf_counter()
            await asyncio.sleep(0.02)  # what a look-up somewhere else would take
            seconds = time.perf_counter() - started
            metrics.TOOL_SECONDS.labels("word_count").observe(seconds)
            result = {
                "tool": "word_count",
                "arguments": json.dumps({"text": words}),
                "result": json.dumps({"words": len(words.split())}),
                "duration_ms": round(seconds * 1000),
            }
            await self._cache.put("tool_result", name, result)
        return result
