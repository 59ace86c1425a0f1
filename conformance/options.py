"""The command line of a run of checks, and what it must not say."""

import os
from pathlib import Path

import pytest

from conformance.check import SUITES
from conformance.gate import FAIL_ON
from conformance.run import RunOptions, deadline_of

_ANSWERS = ("help", "version", "markers", "showfixtures", "show_fixtures_per_test")


def add(parser: pytest.Parser) -> None:
    """Add our options. Those that take a path are written with `=`: a space would move pytest's root."""
    group = parser.getgroup("conformance", "runbook conformance")
    group.addoption(
        "--target", default=None, metavar="NAME", help="the deployment: targets/NAME.yaml (or CONFORMANCE_TARGET)"
    )
    group.addoption(
        "--fail-on", choices=sorted(FAIL_ON), default="unknown", help="the mildest verdict that fails the run"
    )
    group.addoption("--nagios", action="store_true", help="print one status line with perfdata; exit 0, 1, 2 or 3")
    group.addoption(
        "--deadline", type=float, default=None, metavar="SECONDS", help="end the run's probes after this time"
    )
    group.addoption(
        "--run-dir", default=None, metavar="DIR", help="write the run's folder here; write it as --run-dir=DIR"
    )


def runs_checks(config: pytest.Config) -> bool:
    """True where the arguments reach suites/: the run then needs a target."""
    if any(config.getoption(name, default=False) for name in _ANSWERS):
        return False
    suites = (config.rootpath / "suites").resolve()
    if not suites.is_dir():
        return False
    paths = [_absolute(config, arg) for arg in config.args]
    return any(path.is_relative_to(suites) or suites.is_relative_to(path) for path in paths)


def refuse(config: pytest.Config) -> None:
    """Raise UsageError for a run under another root, and for a bare `pytest`."""
    root = config.rootpath
    if config.inipath is None or config.inipath.parent != root or not (root / "thresholds.yaml").is_file():
        raise pytest.UsageError(
            f"pytest took {root} for its root, where no thresholds.yaml and settings are: "
            "run it in the checkout and write options that take a path with =, such as --run-dir=DIR"
        )
    if not (config.option.markexpr or config.option.keyword) and not _below_suites(config):
        raise pytest.UsageError(
            "which checks? write a cadence: pytest -m daily --target NAME (or weekly, monthly, predeploy, postdeploy, "
            "drill), a word: -k redis, or a path below suites/"
        )
    if config.option.deadline is not None and not config.option.deadline > 0:
        raise pytest.UsageError("--deadline is a number of seconds above 0")


def read(config: pytest.Config) -> RunOptions:
    """The options of a run that `refuse` let through."""
    option = config.option
    arguments = [str(word) for word in config.invocation_params.args]
    result = RunOptions(arguments, option.markexpr or "", option.fail_on, option.run_dir)
    left_out = (option.keyword, option.deselect, option.ignore, option.ignore_glob)
    result.partial = any(left_out) or _below_suites(config)
    return result


def cadence_alone(config: pytest.Config) -> str | None:
    """The cadence of a run that asks for one and for nothing else: files of others need not be imported."""
    option = config.option
    words = (option.keyword, option.deselect, _below_suites(config))
    return option.markexpr if option.markexpr in SUITES and not any(words) else None


def target_name(config: pytest.Config) -> str | None:
    """--target, or CONFORMANCE_TARGET; there is no default, so that nobody examines production by mistake."""
    return config.option.target or os.environ.get("CONFORMANCE_TARGET") or None


def deadline(config: pytest.Config) -> float:
    """--deadline, or the cadence's own, in seconds."""
    given = config.option.deadline
    return float(given) if given else deadline_of(config.option.markexpr or "")


def _below_suites(config: pytest.Config) -> bool:
    suites = (config.rootpath / "suites").resolve()
    paths = [_absolute(config, arg) for arg in config.args]
    return bool(paths) and all(path != suites and path.is_relative_to(suites) for path in paths)


def _absolute(config: pytest.Config, arg: str) -> Path:
    return Path(config.invocation_params.dir, arg.partition("::")[0]).resolve()
