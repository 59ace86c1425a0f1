"""`python3 -m traffic`: chat requests at a steady rate, whatever becomes of them."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter

import httpx

PER_SECOND = 9.0
AT_ONCE = 80  # under a latency fault requests pile up; beyond this they are dropped, not queued
TIMEOUT_S = 15.0
REPORT_EVERY_S = 30.0
USERS = 500
PROMPTS = 300
# So many of 100 requests go through nginx and TLS; so many ask tool and model although the cache knows.
THROUGH_NGINX = 60
FRESH = 35

DIRECT = "http://agent-v3:8000"
EDGE = "https://agent-v3.example"


async def run() -> None:
    """Send until the process is ended; an outage is counted and told of, and ends nothing."""
    outcomes: Counter[str] = Counter()
    pending: set[asyncio.Task[None]] = set()
    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=4, keepalive_expiry=20)
    headers = {"X-API-Key": os.environ["API_KEY"], "User-Agent": "traffic"}
    authority = os.environ.get("TRAFFIC_CA", "/etc/stack/ca/ca.crt")
    async with httpx.AsyncClient(
        limits=limits, timeout=TIMEOUT_S, headers=headers, verify=authority, trust_env=False
    ) as client:
        await _wait_for_service(client)
        report_at = time.monotonic() + REPORT_EVERY_S
        due = time.monotonic()
        while True:
            if len(pending) < AT_ONCE:
                task = asyncio.create_task(_ask(client, outcomes))
                pending.add(task)
                task.add_done_callback(pending.discard)
            else:
                outcomes["dropped"] += 1
            # A little unevenness, as people have it; the schedule is absolute, so that the rate stays.
            due = max(due + random.uniform(0.6, 1.4) / PER_SECOND, time.monotonic() - 1)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            if time.monotonic() > report_at:
                report_at += REPORT_EVERY_S
                print(
                    "answers:",
                    ", ".join(f"{name} {count}" for name, count in sorted(outcomes.items())),
                    flush=True,
                )
                outcomes.clear()


async def _wait_for_service(client: httpx.AsyncClient) -> None:
    """Until the service is there; failures before that would only be errors in everybody's log."""
    while True:
        try:
            if (await client.get(f"{DIRECT}/health")).status_code == httpx.codes.OK:
                return
        except httpx.HTTPError:
            pass
        await asyncio.sleep(0.5)


async def _ask(client: httpx.AsyncClient, outcomes: Counter[str]) -> None:
    base = EDGE if random.randrange(100) < THROUGH_NGINX else DIRECT
    question = {
        "user_id": random.randint(1, USERS),
        "prompt": f"Please summarise report {random.randint(1, PROMPTS)} for me.",
        "fresh": random.randrange(100) < FRESH,
    }
    try:
        answer = await client.post(f"{base}/api/chat", json=question)
    except httpx.HTTPError as error:
        outcomes[type(error).__name__] += 1
    else:
        outcomes[str(answer.status_code)] += 1


if __name__ == "__main__":
    asyncio.run(run())
