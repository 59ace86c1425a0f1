"""For each check of the daily suite a fault, injected into the real stack, that turns it to its named verdict.

Faults on separate parts are injected together. What moves beside them must name one of them as its cause.
"""

import contextlib
import sys

import pytest

from tests.stack import stack
from tests.stack.batches import BATCHES
from tests.stack.conftest import Finished, Runner
from tests.stack.fault import Fault, differences, injected


@pytest.mark.parametrize("faults", BATCHES.values(), ids=BATCHES)
def test_faults_turn_their_checks_and_no_others(faults: tuple[Fault, ...], daily: Runner, green: Finished) -> None:
    with injected(*faults):
        red = daily()
        if differences(red.results, faults):
            # A fault stays, so a second look sees it too; what was only passing by in the first one is gone.
            sys.stderr.write(red.output)
            red = daily()

    found = differences(red.results, faults)
    assert found == [], "\n".join([*found, red.output])
    verdicts = {want.verdict for fault in faults for want in fault.expect.values() if not want.blocked_by}
    assert red.exit_code == (0 if verdicts == {"WARNING"} else 1), red.output
    last: list[Finished] = []
    with contextlib.suppress(AssertionError):
        stack.wait(lambda: _green(daily, last), "everything is green again", 60)
    assert last[0].findings() == [], last[0].output


def _green(daily: Runner, last: list[Finished]) -> bool:
    last[:] = [daily()]
    return last[0].findings() == []
