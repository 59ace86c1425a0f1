"""`python3 -m agent_v3`: one process, one event loop, the public port 8000 and the control port 8001."""

from __future__ import annotations

import asyncio
import logging
import os
import signal

import uvicorn
from fastapi import FastAPI

from . import VERSION, control, logs, public, schema, settings
from .cache import Cache
from .chat import Chat
from .database import Database, DatabaseUnavailable
from .faults import Faults
from .llm import LLM

_log = logging.getLogger(__name__)


class _Quiet(uvicorn.Server):
    """A server that leaves the signals to the other one."""

    def install_signal_handlers(self) -> None:
        """Nothing: the public server's handlers end both."""


async def serve() -> None:
    """Run until SIGTERM; SIGHUP reopens the log file."""
    chosen = settings.load()
    file = logs.start(chosen.log_file)
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, file.reopen)
    database, cache, llm, faults = Database(chosen), Cache(chosen), LLM(chosen), Faults()
    chat = Chat(database, cache, llm, chosen.jwt_secret)
    outer = uvicorn.Server(_config(public.application(public.Parts(chosen, database, cache, chat, faults)), 8000))
    inner = _Quiet(_config(control.application(faults), 8001))
    _log.info("starting", extra={"version": VERSION, "pid": os.getpid()})
    helpers = [asyncio.create_task(inner.serve()), asyncio.create_task(_forget(database))]
    await outer.serve()
    inner.should_exit = True
    helpers[1].cancel()
    await asyncio.gather(*helpers, return_exceptions=True)
    await llm.close()
    await cache.close()
    database.close()
    _log.info("stopped")


def _config(app: FastAPI, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host="0.0.0.0",  # of the container; compose publishes 8000 on loopback only
        port=port,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=30,
    )


async def _forget(database: Database) -> None:
    """Once a minute delete chat older than half an hour: a stack left running must not fill its disk."""
    while True:
        await asyncio.sleep(60)
        try:
            await database.run(lambda connection: schema.forget_chat(connection, "30 minutes"))
        except DatabaseUnavailable as error:
            _log.warning("old messages stay for now", extra={"reason": str(error)})


if __name__ == "__main__":
    os.umask(0o027)
    asyncio.run(serve())
