"""Under xdist every check of a run goes to one worker, whose probes measure once; ordinary tests spread as ever."""

from typing import Any

import pytest

from conformance.run import MEASURING, RUN


def is_worker(config: pytest.Config) -> bool:
    """True in an xdist worker."""
    return hasattr(config, "workerinput")


def distributes(config: pytest.Config) -> bool:
    """True in the controller of a run that has workers."""
    return bool(getattr(config.option, "dist", "no") != "no" and getattr(config.option, "tx", None))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A scope for all of suites/, and one for each other test file."""
    if MEASURING not in config.stash:
        return None
    from xdist.scheduler import LoadScopeScheduling

    class OneForChecks(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return "suites" if nodeid.startswith("suites/") else nodeid.partition("::")[0]

    return OneForChecks(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: list[str]) -> None:
    """The first worker's collection is the run's."""
    run = node.config.stash.get(RUN, None)
    if run is not None and ids and not any(line["type"] == "selected" for line in run.lines):
        run.select([nodeid for nodeid in ids if nodeid.startswith("suites/")])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: Any) -> None:  # noqa: ARG001
    """A worker hands over what it kept, or why it refused the collection."""
    run = node.config.stash.get(RUN, None)
    given = getattr(node, "workeroutput", {}).get("conformance") if run else None
    if given and given["refused"]:
        raise pytest.UsageError(given["refused"])
    if given:
        run.deselected = given["deselected"]
        if given["leavings"]["cost"]["probes_s"] or not run.leavings:
            run.leavings = given["leavings"]
