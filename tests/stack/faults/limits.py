"""The limits of the application: configured otherwise than agreed, and passed."""

import json
import threading

from tests.stack import stack
from tests.stack.fault import Fault, root
from tests.stack.faults.traffic import quiet

CONFIG = stack.RUN / "config" / "agent-v3" / "base"
MOST = 'max(max_over_time(llm_calls_in_flight{job="agent-v3"}[20s]))'
AT_ONCE = 60


class Edited:
    """A configuration file with other numbers, until it has its own again."""

    def __init__(self, name: str, edits: dict[str, str]) -> None:
        self._path, self._edits, self._original = CONFIG / name, edits, ""

    def inject(self) -> None:
        """Write the other numbers, in place: the containers hold the file's folder."""
        self._original = text = self._path.read_text(encoding="utf-8")
        for old, new in self._edits.items():
            assert old in text, f"{self._path} no longer holds {old!r}"
            text = text.replace(old, new)
        self._path.write_text(text, encoding="utf-8")

    def remove(self) -> None:
        """Write its own numbers."""
        self._path.write_text(self._original, encoding="utf-8")


HTTP = Edited(
    "http.yaml",
    {"max_connections: 100": "max_connections: 1000", "keepalive_connections: 20": "keepalive_connections: 2",
     "timeout: 30": "timeout: 300"},
)  # fmt: skip
LLM = Edited("llm.yaml", {"max_concurrent: 10": "max_concurrent: 500"})

HTTP_POOL = Fault(
    "the HTTP pool is configured otherwise",
    inject=HTTP.inject,
    remove=HTTP.remove,
    expect={
        "http.pool.connections": root("CRITICAL", "1000"),
        "http.pool.keepalive": root("CRITICAL"),
        "http.pool.timeout": root("CRITICAL"),
    },
)


class Crowd:
    """Many who ask at once, for as long as they are let."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def come(self) -> None:
        """Ask for fresh answers, each again as soon as it is answered."""
        self._stop.clear()
        self._threads = [threading.Thread(target=self._ask, args=(n,), daemon=True) for n in range(AT_ONCE)]
        for one in self._threads:
            one.start()

    def _ask(self, number: int) -> None:
        import requests

        with requests.Session() as session:
            session.headers["X-API-Key"] = stack.secret("API_KEY")
            while not self._stop.is_set():
                body = json.dumps({"user_id": number + 1, "prompt": f"fault {number}", "fresh": True})
                try:
                    session.post(
                        "http://127.0.0.1:18000/api/chat", data=body, timeout=20,
                        headers={"Content-Type": "application/json"},
                    )  # fmt: skip
                except requests.RequestException:
                    self._stop.wait(0.5)

    def go(self) -> None:
        """Stop, and wait until the last has its answer."""
        self._stop.set()
        for one in self._threads:
            one.join(timeout=25)


CROWD = Crowd()


def _restart() -> None:
    stack.docker("restart", "-t", "5", stack.container("agent-v3"))
    stack.wait(lambda: stack.healthy("agent-v3"), "agent-v3 is healthy", 60)


LLM_WIDE = Fault(
    "far more LLM calls may run at once, and do",
    inject=lambda: (LLM.inject(), _restart(), CROWD.come()),
    remove=lambda: (CROWD.go(), LLM.remove(), _restart()),
    shows=lambda: any(value > 10 for value in stack.prometheus(MOST)),
    gone=lambda: all(value <= 10 for value in stack.prometheus(MOST)) and quiet(),
    patience=90,
    expect={"llm.concurrency": root("CRITICAL", "500"), "llm.in_flight": root("CRITICAL", "critical above 10")},
)
