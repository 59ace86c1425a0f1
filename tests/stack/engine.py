"""The Docker engine behind a socket of the tests' own, which changes what the engine says of its containers.

For what cannot be had on every engine: one with limits of its own for logs gives them to every container.
"""

import http.client
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from threading import Thread
from typing import Any

SOCKET = "/var/run/docker.sock"
MOST = 1_000_000  # bytes of an answer


class _Engine(http.client.HTTPConnection):
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(SOCKET)


class _Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True


@contextmanager
def changed(path: Path, change: Callable[[dict[str, Any]], object]) -> Iterator[str]:
    """The address of an engine whose `docker inspect` of a container went through `change`; it only reads."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            engine = _Engine("localhost", timeout=10)
            engine.request("GET", self.path)
            answer = engine.getresponse()
            body = answer.read(MOST)
            if "/containers/" in self.path and self.path.endswith("/json") and answer.status == 200:
                said = json.loads(body)
                if isinstance(said, dict):
                    change(said)
                    body = json.dumps(said).encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers.get("Content-Type", ""))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            engine.close()

        def address_string(self) -> str:
            return "tests"

        def log_message(self, *_: Any) -> None:
            """Nothing: pytest shows what matters."""

    server = _Server(str(path), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"unix://{path}"
    finally:
        server.shutdown()
        server.server_close()
