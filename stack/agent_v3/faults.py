"""Faults that nobody can inject from outside: latency, and a share of failures, of /api/* only."""

from __future__ import annotations

import asyncio
import logging
import random

from fastapi import HTTPException
from pydantic import BaseModel, Field

_log = logging.getLogger(__name__)


class Fault(BaseModel):
    """What is to go wrong: seconds added to each request, and the share of requests answered 500."""

    latency: float = Field(0.0, ge=0, le=60)
    error_rate: float = Field(0.0, ge=0, le=1)


class Faults:
    """The switch; off until the control port turns it on."""

    def __init__(self) -> None:
        self.current = Fault()

    async def apply(self) -> None:
        """Let the present fault happen to this request; raises HTTPException 500 for its share."""
        if self.current.latency:
            await asyncio.sleep(self.current.latency)
        if random.random() < self.current.error_rate:
            _log.error("injected fault: request fails", extra={"fault": "error_rate"})
            raise HTTPException(500, "injected fault")
