"""For each check of the suites a fault, injected into the real stack, that turns it to its named verdict and back."""

from collections.abc import Callable

import pytest

from tests.stack.batches import plans
from tests.stack.running import Finished, Runner
from tests.stack.turning import turn

PLANS = plans()
CASES = [pytest.param(suite, batch, id=f"{suite}: {batch}") for suite, plan in PLANS.items() for batch in plan.batches]


@pytest.mark.parametrize(("suite", "batch"), CASES)
def test_faults_turn_their_checks_and_no_others(
    suite: str, batch: str, runner: Callable[[str], Runner], seen_green: Callable[[str], Finished]
) -> None:
    seen_green(suite)
    turn(PLANS[suite].batches[batch], runner(suite))
