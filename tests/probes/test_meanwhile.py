"""What is made while other work goes on."""

import threading

import pytest

from conformance.reading import NotMeasured
from fixtures.restore.meanwhile import Meanwhile
from tests.probes.support import within


def test_it_is_made_beside_and_given_when_it_is_asked_for() -> None:
    go = threading.Event()
    made = Meanwhile(lambda: (go.wait(5), "made")[1])
    assert not made.is_over
    go.set()
    with within(5):
        assert made.result() == made.result() == "made"
    assert made.is_over


def test_what_it_raises_is_raised_where_it_is_asked_for() -> None:
    def fail() -> None:
        raise NotMeasured("no room")

    made = Meanwhile(fail)
    made.join()
    with pytest.raises(NotMeasured, match="no room"):
        made.result()
