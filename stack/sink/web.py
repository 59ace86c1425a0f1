"""The web server on port 8080: webhooks come in, and what arrived can be read."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .mailbox import Mailbox

PORT = 8080
LARGEST = 1_000_000
_SLACK_NEEDS = ("text", "blocks", "attachments")


def server(mailbox: Mailbox) -> ThreadingHTTPServer:
    """A web server over `mailbox`, not yet started.

    POST /slack/NAME keeps Slack's contract; POST /webhook/NAME takes any JSON; GET /messages?after=NUMBER
    reads; DELETE /messages forgets; GET /health answers 200.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path)
            if path.path == "/health":
                self._answer(200, "ok")
            elif path.path == "/messages":
                after = parse_qs(path.query).get("after", ["0"])[0]
                self._answer(200, json.dumps(mailbox.after(int(after) if after.isdigit() else 0)))
            else:
                self._answer(404, "not_found")

        def do_DELETE(self) -> None:
            if self.path == "/messages":
                mailbox.clear()
                self._answer(200, "ok")
            else:
                self._answer(404, "not_found")

        def do_POST(self) -> None:
            kind, _, name = self.path.strip("/").partition("/")
            body = self._json()
            if kind not in ("slack", "webhook") or not name:
                self._answer(404, "no_service")
            elif body is None:
                self._answer(400, "invalid_payload")
            elif kind == "slack" and not any(body.get(field) for field in _SLACK_NEEDS):
                # What Slack answers to Alertmanager's own payload, which has none of the three.
                self._answer(400, "no_text")
            else:
                mailbox.add(f"{kind}/{name}", body=body)
                self._answer(200, "ok")

        def log_message(self, format: str, *arguments: object) -> None:
            # The health check asks every few seconds and is not worth a line.
            if self.path != "/health":
                super().log_message(format, *arguments)

        def _json(self) -> dict[str, Any] | None:
            length = self.headers.get("Content-Length", "")
            if not length.isdigit() or int(length) > LARGEST:
                return None
            try:
                body = json.loads(self.rfile.read(int(length)))
            except ValueError:
                return None
            return body if isinstance(body, dict) else None

        def _answer(self, status: int, text: str) -> None:
            content = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json" if text[:1] in "[{" else "text/plain")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return ThreadingHTTPServer(("0.0.0.0", PORT), Handler)
