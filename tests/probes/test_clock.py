"""The clock of the host, parsed from recordings."""

import pytest

from conformance.reading import NotMeasured
from fixtures import clock
from fixtures.clock import parse_sync
from tests.probes.support import body, facts

CHRONY = "chrony=C0000201,ntp.test,3,1763884732.1,0.0001,-0.0002,0.0003,-10.1,0.0,0.05,0.02,0.001,64.5,{}"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NTPSynchronized=yes", "yes"),
        ("NTPSynchronized=no", "no"),
        (CHRONY.format("Normal"), "yes"),
        (CHRONY.format("Insert second"), "yes"),
        (CHRONY.format("Not synchronised"), "chrony: Not synchronised"),
        ("NTPSynchronized=no\n" + CHRONY.format("Normal"), "yes"),
        ("NTPSynchronized=yes\n" + CHRONY.format("Not synchronised"), "yes"),
        ("NTPSynchronized=no\n" + CHRONY.format("Not synchronised"), "no"),
        ("chrony=506 Cannot talk to daemon", "chrony: 506 Cannot talk to daemon"),
    ],
)
def test_clock_held_by_a_time_service(text: str, value: str) -> None:
    assert value == parse_sync(text)
    assert value == body(clock.clock_synchronised)(facts(sync=text + "\n")).value


@pytest.mark.parametrize("text", ["", "\n", "System has not been booted with systemd as init system"])
def test_clock_that_nobody_can_be_asked_of_is_not_measured(text: str) -> None:
    with pytest.raises(NotMeasured, match="neither timedatectl nor chronyc is there to ask") as caught:
        body(clock.clock_synchronised)(facts(sync=text))
    assert caught.value.next_step == "install chrony"


@pytest.mark.parametrize(
    ("moment", "offset"),
    [(100.0, 0.0), (100.5, 0.0), (101.0, 0.0), (99.0, 1.0), (40.0, 60.0), (103.5, 2.5)],
)
def test_offset_of_the_clock_is_what_the_journey_cannot_explain(moment: float, offset: float) -> None:
    # Asked at 100, answered at 101.
    assert offset == body(clock.clock_offset)(facts(clock=f"{moment}\n")).value
