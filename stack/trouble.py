"""What stops a command, said in one sentence."""

from __future__ import annotations


class Trouble(Exception):
    """Something is missing or failed; the text says what, and what to do. It is exit code 1."""
