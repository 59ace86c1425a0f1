"""The application on port 8001, for the stack's own network: faults, log files, the fake model."""

from __future__ import annotations

import asyncio
import os
import random
import signal

from fastapi import FastAPI
from pydantic import BaseModel

from .faults import Fault, Faults


class Prompt(BaseModel):
    """What the model is asked."""

    model: str
    prompt: str


def application(faults: Faults) -> FastAPI:
    """The control application, with its hand on the fault switch of the public one."""
    app = FastAPI(title="Agent-V3 control")

    @app.get("/fault")
    async def show() -> Fault:
        return faults.current

    @app.post("/fault")
    async def inject(fault: Fault) -> Fault:
        faults.current = fault
        return fault

    @app.delete("/fault")
    async def mend() -> Fault:
        faults.current = Fault()
        return faults.current

    @app.post("/logs/reopen")
    async def reopen() -> dict[str, bool]:
        """What `kill -HUP` does, for a logrotate that lives in another container."""
        os.kill(os.getpid(), signal.SIGHUP)
        return {"signalled": True}

    @app.post("/llm/complete")
    async def complete(prompt: Prompt) -> dict[str, str]:
        """A fake model: it thinks for a moment, and says that it is a fake."""
        await asyncio.sleep(random.uniform(0.02, 0.08))
        words = len(prompt.prompt.split())
        return {"model": prompt.model, "text": f"[fake LLM] You wrote {words} words; no model has read them."}

    return app
