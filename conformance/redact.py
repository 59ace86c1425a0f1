"""Keeps secrets out of everything that is written: known values, and what looks like one."""

import base64
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

# Every repetition is bounded or starts at a fixed word: a log of one line of megabytes must not hold a run.
_PATTERNS = (
    # user:password@ in an address
    (re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"), "***"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}"), r"\1 ***"),
    # password=..., "api_key": "...", JWT_SECRET: ..., but not sudo's NOPASSWD: a command stands behind it
    (
        re.compile(
            r"(?i)((?:password|(?<!no)passwd|secret|token|api[_-]?key|authorization)[\w-]{0,40}[\"']?\s{0,9}[=:]\s{0,9}[\"']?)"
            r"(?!\*\*\*)[^\s\"',;&}]+"
        ),
        r"\1***",
    ),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL), "***"),
)


class Redactor:
    """Replaces the given values, and whatever stands where a secret stands, by `***`."""

    def __init__(self, secrets: Iterable[str]) -> None:
        # Very short values would blacken half a report; a secret of that length protects nothing.
        known = {form for secret in secrets if len(secret) >= 4 for form in _forms(secret)}
        self._secrets = sorted(known, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        # File names and logs may hold bytes that are no UTF-8: a report that cannot be written is worse than a "?".
        return text.encode("utf-8", "replace").decode("utf-8")


def _forms(secret: str) -> set[str]:
    """The secret as it is, in an address, in JSON, in Python's quotes and in base64."""
    return {
        secret, quote(secret), quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1], base64.b64encode(secret.encode()).decode(),
    }  # fmt: skip
