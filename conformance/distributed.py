"""Under xdist: every check of a run goes to one worker, ordinary tests spread as ever."""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling


class OneForChecks(LoadScopeScheduling):  # type: ignore[misc]
    """A scope for all of suites/, and one for each other test file."""

    def _split_scope(self, nodeid: str) -> str:
        return "suites" if nodeid.startswith("suites/") else nodeid.partition("::")[0]


def scheduler(config: pytest.Config, log: Any) -> Any:
    """The scheduler of a run that has checks."""
    return OneForChecks(config, log)
