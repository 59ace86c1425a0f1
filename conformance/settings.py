"""Everything a run is told: options, thresholds, target and waivers, validated whole before anything runs."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from conformance import targets, thresholds, waivers
from conformance.document import BadFile
from conformance.target import Target
from conformance.threshold import Row
from conformance.waivers import Waiver


@dataclass(frozen=True, slots=True)
class Settings:
    """`thresholds` are the rows of the file, `rows` the same as this target has them.

    `users` are the check files that name a row.
    `slips` are sentences on entries that do not hold: waivers that cannot be read, what is past its review date.
    """

    checkout: Path
    target: Target
    target_path: Path
    thresholds: Mapping[str, Row]
    rows: Mapping[str, Row]
    users: Mapping[str, Mapping[Path, int]]
    waivers: list[Waiver]
    slips: list[str]
    secrets: frozenset[str]
    state: Path

    @property
    def folder(self) -> Path:
        """The folder beside the target's file: waivers.yaml and what later issues put there."""
        return self.target_path.with_suffix("")


def load(checkout: Path, name: str | None) -> Settings:
    """Read all files of a run; raises UsageError (exit 4) with every slip found, each with file and line."""
    folder = checkout / "targets"
    there = ", ".join(targets.available(folder)) or "none yet: write targets/NAME.yaml"
    if not name:
        raise pytest.UsageError(f"which target? write --target=NAME or set CONFORMANCE_TARGET; there is: {there}")
    path = folder / f"{name}.yaml"
    if path.exists() and not path.is_file():
        raise pytest.UsageError(f"{path}:1: is no file: write the target there, or name another; there is: {there}")
    if not path.is_file():
        raise pytest.UsageError(f"there is no target {name!r} ({path}); there is: {there}")
    slips: list[str] = []
    rows: dict[str, Row] = {}
    used = thresholds.users(checkout / "suites")
    try:
        rows, source = thresholds.load(checkout / "thresholds.yaml")
        slips += map(str, thresholds.unused(source, rows, checkout / "suites", used))
    except BadFile as error:
        slips += map(str, error.slips)
    try:
        target, place, secrets = targets.load(path, os.environ, checkout)
        names = thresholds.check_names(checkout / "suites")
        slips += map(str, targets.unknown(target, place, names))
        in_force = targets.with_overrides(target, place, rows) if rows else rows
    except BadFile as error:
        slips += map(str, error.slips)
    if slips:
        raise pytest.UsageError("\n".join(slips))
    accepted, slips = waivers.load(path.with_suffix("") / "waivers.yaml", names)
    slips += targets.due(target, place)
    return Settings(
        checkout, target, path, rows, in_force, used, accepted, slips, secrets, state_folder(target)
    )  # fmt: skip


def state_folder(target: Target) -> Path:
    """The folder (0700 once made) that keeps what the next run compares with."""
    if target.state_dir:
        return target.path(target.state_dir)
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base, "agent-v3-conformance", target.name)
