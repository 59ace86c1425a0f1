"""The servers' configuration: config/ copied to run/config/, which the containers mount.

A copy, so that a test may edit what a server reads, and `up` has the original back; and so that its modes are
those that servers under other users can read, whatever umask the checkout was made with.
"""

from __future__ import annotations

import filecmp
import shutil

from . import paths

# Folders of config/ that are not named after the one service that reads them.
_READERS = {"sshd": {"host"}, "logrotate": {"logrotate"}, "collector": {"host"}, "cron": set[str]()}


def ensure() -> set[str]:
    """Bring the copy up to date in place; the services that must read theirs again.

    In place, because a running container keeps the folder that it mounted: a new one under the old name would
    be invisible to it.
    """
    changed: set[str] = set()
    wanted = set()
    for source in sorted(paths.CONFIG_SOURCE.rglob("*")):
        inside = source.relative_to(paths.CONFIG_SOURCE)
        target = paths.CONFIG / inside
        wanted.add(target)
        if source.is_dir():
            target.mkdir(parents=True, exist_ok=True)
            target.chmod(0o755)
        elif not target.exists() or not filecmp.cmp(source, target, shallow=False):
            shutil.copyfile(source, target)
            changed.add(inside.parts[0])
        if source.is_file():
            target.chmod(0o644)
    for stray in sorted(set(paths.CONFIG.rglob("*")) - wanted, reverse=True):
        changed.add(stray.relative_to(paths.CONFIG).parts[0])
        stray.rmdir() if stray.is_dir() else stray.unlink()
    return {service for folder in changed for service in _READERS.get(folder, {folder})}
