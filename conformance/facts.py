"""Facts about the run itself: who and where, which commit, which files, which versions, what clock."""

import ctypes
import getpass
import hashlib
import os
import platform
import socket
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

from conformance import __version__

_LIBRARIES = ("pytest", "pytest-html", "pytest-testinfra", "docker", "psycopg", "redis", "requests", "pydantic")


def identity() -> dict[str, str]:
    """The machine and the user that this suite runs on and as."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number that no account has
        user = f"uid {os.getuid()}"
    return {"host": socket.gethostname(), "user": user}


def git(checkout: Path) -> dict[str, Any]:
    """The commit of the checkout and whether files differ from it; nulls outside of a repository."""
    try:
        commit = _git(checkout, "rev-parse", "HEAD").strip()
        return {
            "commit": commit,
            "dirty": bool(_git(checkout, "status", "--porcelain", "--untracked-files=no").strip()),
        }
    except (OSError, subprocess.SubprocessError):
        return {"commit": None, "dirty": None}


def _git(checkout: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(checkout), *words], capture_output=True, text=True, timeout=5, check=True)
    return done.stdout


def hashes(checkout: Path, target_path: Path) -> dict[str, str | None]:
    """SHA-256 of the files that decide what is checked and how; null for one that is not there."""
    runbook = hashlib.sha256()
    for page in sorted((checkout / "runbook").glob("*.md")):
        runbook.update(page.name.encode() + b"\0" + page.read_bytes())
    return {
        "thresholds": _sha256(checkout / "thresholds.yaml"),
        "target": _sha256(target_path),
        "waivers": _sha256(target_path.with_suffix("") / "waivers.yaml"),
        "runbook": runbook.hexdigest(),
    }


def _sha256(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def versions() -> dict[str, str]:
    """The versions of this suite, of Python and of the libraries it measures with."""
    found = {"conformance": __version__, "python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


class _Timex(ctypes.Structure):
    """The first fields of struct timex (adjtimex(2)); the rest is room for what the kernel writes."""

    _fields_ = (
        ("modes", ctypes.c_uint), ("offset", ctypes.c_long), ("freq", ctypes.c_long), ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long), ("status", ctypes.c_int), ("rest", ctypes.c_byte * 256),
    )  # fmt: skip


def clock() -> dict[str, Any]:
    """The state of this machine's clock: synchronised (STA_UNSYNC not set) and its greatest error in seconds."""
    timex = _Timex()
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    except (OSError, AttributeError):
        state = -1
    if state < 0:
        return {"synchronised": None, "max_error_s": None}
    return {"synchronised": not timex.status & 0x40, "max_error_s": round(timex.maxerror / 1e6, 6)}
