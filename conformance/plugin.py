"""The pytest plugin: hooks only. It acts on items with a `runbook` marker and leaves every other test alone."""

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from conformance import check as checks
from conformance import (
    collecting,
    distributed,
    interrupt,
    nagios,
    options,
    outcome,
    render,
    settings,
    subjects,
    terminal,
)
from conformance.check import Check
from conformance.probes import REGISTRY, RESULT
from conformance.reading import NotMeasured
from conformance.run import MEASURING, RUN, Measuring, Run, suite_of

pytest_plugins = ["conformance.provided", "conformance.pytest_html"]

CHECKS: pytest.StashKey[Sequence[Check]] = pytest.StashKey()
ITEMS: pytest.StashKey[list[pytest.Item]] = pytest.StashKey()
DESELECTED: pytest.StashKey[int] = pytest.StashKey()
REFUSED: pytest.StashKey[str] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --target and its companions."""
    options.add(parser)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, Any, Any]:
    """Under --nagios whatever happens ends in one status line and 0 to 3."""
    if not config.option.nagios:
        return (yield)
    try:
        code = yield
    except pytest.UsageError as error:
        return nagios.say(None, 4, str(error))
    run = config.stash.get(RUN, None)
    return nagios.say(run.results if run else None, int(code or 0))


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Validate everything before anything runs, and make the run's folder."""
    interrupt.watch(options.runs_checks(config) and not distributed.is_worker(config))
    if not options.runs_checks(config):
        return
    options.refuse(config)
    config.pluginmanager.register(distributed)
    told = settings.load(config.rootpath, options.target_name(config))
    suite = suite_of(config.option.markexpr or "")
    config.stash[MEASURING] = measuring = Measuring(told, suite, options.deadline(config))
    config.stash[RESULT] = measuring.result
    config.stash[DESELECTED] = 0
    if distributed.is_worker(config) or config.option.collectonly:
        return
    run = config.stash[RUN] = Run(told, suite, options.read(config))
    if hasattr(config.option, "htmlpath") and not config.option.htmlpath:
        config.option.htmlpath = str(run.folder / "pytest.html")
        config.option.self_contained_html = True


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A run of one cadence imports the check files that name it."""
    if MEASURING not in config.stash or collection_path.suffix != ".py":
        return None
    cadence = options.cadence_alone(config)
    if cadence is None or not collection_path.is_relative_to(config.rootpath / "suites"):
        return None
    return collecting.is_of_another_cadence(collection_path, cadence) or None


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Check files survive a failed import as one UNKNOWN case."""
    if MEASURING in parent.config.stash and module_path.is_relative_to(parent.config.rootpath / "suites"):
        module: pytest.Module = collecting.CheckFile.from_parent(parent, path=module_path)
        return module
    return None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One case for each subject of the target."""
    if MEASURING in metafunc.config.stash and metafunc.definition.get_closest_marker("runbook"):
        subjects.parametrize(metafunc, metafunc.config.stash[MEASURING].settings.target)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None, None, None]:
    """Know every check before any is deselected; refuse two of one id, and tests in suites/ that are no checks."""
    try:
        if MEASURING in config.stash:
            _identify(config, items)
        yield
    except pytest.UsageError as error:
        if distributed.is_worker(config):
            # A worker hands over what it collected all the same, and xdist would run it.
            items.clear()
            config.stash[REFUSED] = str(error)
        raise
    # Reached only where the -m expression was understood: pytest finishes a collection that it refused as well.
    config.stash[CHECKS] = []


def _identify(config: pytest.Config, items: list[pytest.Item]) -> None:
    seen: dict[str, str] = {}
    for item in items:
        check = checks.of(item)
        if check is None:
            if item.path.is_relative_to(config.rootpath / "suites"):
                raise pytest.UsageError(f"{item.nodeid}: a test in suites/ is a check: add @pytest.mark.runbook(ID)")
            continue
        if check.id in seen:
            raise pytest.UsageError(f"{check.nodeid} and {seen[check.id]} both have the id {check.id}: rename one")
        seen[check.id] = check.nodeid
        item.stash[checks.KEY] = check


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Count what a marker or keyword leaves out."""
    for item in items:
        if checks.KEY in item.stash:
            item.config.stash[DESELECTED] += 1


def pytest_collection_finish(session: pytest.Session) -> None:
    """The checks are known: note them, and start the probes that they need."""
    config = session.config
    if MEASURING not in config.stash or CHECKS not in config.stash or config.option.collectonly:
        return
    found = [item for item in session.items if checks.KEY in item.stash]
    config.stash[ITEMS] = found
    config.stash[CHECKS] = [item.stash[checks.KEY] for item in found]
    if RUN in config.stash and not distributed.distributes(config):
        config.stash[RUN].deselected = config.stash[DESELECTED]
    if RUN in config.stash and not distributed.distributes(config) and found:
        config.stash[RUN].select([check.nodeid for check in config.stash[CHECKS]])
        terminal.only_ours(config, everything=len(found) == len(session.items))
        _start(config)


def _start(config: pytest.Config) -> None:
    """Start the probes of all selected checks; in a worker when its first check is about to run."""
    measuring = config.stash[MEASURING]
    if measuring.started:
        return
    needed: set[str] = set()
    for item in config.stash[ITEMS]:
        check = item.stash[checks.KEY]
        if not measuring.concluding.exempt(check) and subjects.missing(item) is None:
            needed.update(name for name in getattr(item, "fixturenames", ()) if name in REGISTRY)
    measuring.start(config.stash[CHECKS], sorted(needed))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A check that is not applicable costs nothing; one without a subject is UNKNOWN."""
    check = item.stash.get(checks.KEY, None)
    if check is None:
        return
    _start(item.config)
    measuring = item.config.stash[MEASURING]
    if measuring.concluding.exempt(check):
        pytest.skip("not applicable")
    kind = subjects.missing(item)
    if kind is not None:
        raise NotMeasured(
            f"the target declares no {kind.name}",
            next_step=f"list them under `{kind.where}` in {measuring.settings.target_path.name}, or declare "
            f"{check.name} not_applicable there",
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn what happened into a verdict, and the verdict into pytest's own outcome."""
    report = yield
    check = item.stash.get(checks.KEY, None)
    if check is None:
        return report
    redact = item.config.stash[MEASURING].redact
    report.sections = [(title, redact(text)) for title, text in report.sections]
    if call.when == "teardown" and call.excinfo is not None:
        report.longrepr = redact(f"{call.excinfo.typename}: {call.excinfo.value}")
    if call.when == "teardown" or (call.when == "setup" and call.excinfo is None):
        return report
    if call.excinfo is not None and isinstance(call.excinfo.value, KeyboardInterrupt | pytest.exit.Exception):
        return report
    measuring = item.config.stash[MEASURING]
    outcome.conclude(item, check, call, report, measuring)
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, Any] | None:
    """WARNING is a pass that everybody sees; a baseline is counted apart."""
    return outcome.status(report)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep the record of a check the moment it is known."""
    run = _CURRENT.get("run")
    if run is None:
        return
    record = getattr(report, "check", None)
    if record is not None:
        run.add(record)
    elif report.failed:
        run.broken.append(f"{report.nodeid} broke in {report.when}")


@pytest.hookimpl(tryfirst=True)
def pytest_keyboard_interrupt() -> None:
    """From here on a run that was told to end is not told again."""
    interrupt.end()


_CURRENT: dict[str, Run] = {}


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Reports carry no config: remember whose run this is."""
    nagios.silence(session.config)
    if RUN in session.config.stash:
        _CURRENT["run"] = session.config.stash[RUN]


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Decide the exit code and render the evidence."""
    interrupt.end()
    config = session.config
    if MEASURING in config.stash and distributed.is_worker(config):
        config.workeroutput["conformance"] = {  # type: ignore[attr-defined]
            "deselected": config.stash[DESELECTED],
            "leavings": config.stash[MEASURING].leavings(),
            "refused": config.stash.get(REFUSED, ""),
        }
    run = config.stash.get(RUN, None)
    if run is None:
        return
    _CURRENT.pop("run", None)
    if int(exitstatus) == pytest.ExitCode.USAGE_ERROR:
        return
    if not distributed.distributes(config):
        run.leavings = config.stash[MEASURING].leavings()
    session.exitstatus = run.finish(int(exitstatus), interrupted=int(exitstatus) in (2, 3))
    try:
        render.all_formats(run.folder, run.results or {})
    except OSError as error:
        run.trouble.append(f"evidence incomplete: {error.filename or run.folder}: {error.strerror}")
        session.exitstatus = int(session.exitstatus) or 1


def pytest_unconfigure(config: pytest.Config) -> None:
    """A run that was refused leaves nothing; this late, because pytest-html writes its page at the very end."""
    run = config.stash.get(RUN, None)
    if run is not None and run.results is None:
        run.discard()
    interrupt.over()


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The last screen: what happened and what to do, the root first."""
    run = config.stash.get(RUN, None)
    if run is not None and run.results is not None and not config.option.nagios:
        terminal.summary(terminalreporter, run)
