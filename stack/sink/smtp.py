"""The mail server on port 1025: STARTTLS, then AUTH PLAIN, then it takes everything."""

from __future__ import annotations

import hmac
import os
import ssl
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from .mailbox import Mailbox

PORT = 1025


class _Taker:
    """Takes every message into the mailbox."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep one message: envelope, headers of interest, text."""
        message = message_from_bytes(envelope.content, policy=policy.default)
        body = message.get_body(("plain", "html"))
        self._mailbox.add(
            "smtp",
            sender=envelope.mail_from,
            recipients=envelope.rcpt_tos,
            subject=str(message["subject"]),
            text=body.get_content() if body else "",
            tls=session.ssl is not None,
            user=session.auth_data.login.decode() if session.auth_data else None,
        )
        return "250 kept"


def server(mailbox: Mailbox, tls: Path) -> Controller:
    """A mail server with the certificate in folder `tls`, not yet started.

    User and password are SMTP_USER and SMTP_PASSWORD of the environment; raises KeyError where one is
    missing.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls / "sink.crt", tls / "sink.key")
    user, password = os.environ["SMTP_USER"].encode(), os.environ["SMTP_PASSWORD"].encode()

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        known = (
            isinstance(data, LoginPassword)
            and hmac.compare_digest(data.login, user)
            and hmac.compare_digest(data.password, password)
        )
        return AuthResult(success=known, auth_data=data if known else None)

    return Controller(
        _Taker(mailbox),
        hostname="0.0.0.0",  # of the container; compose publishes none of it
        port=PORT,
        tls_context=context,
        require_starttls=True,
        authenticator=authenticate,
        auth_required=True,
        # Alertmanager 0.25 fails aiosmtpd's LOGIN; with PLAIN alone on offer it takes that.
        auth_exclude_mechanism=["LOGIN"],
    )
