"""The monthly suite: its faults in batches of parts that do not touch one another, and what is turned elsewhere."""

from tests.stack.batches import Batches, beside, in_turn
from tests.stack.faults import access
from tests.stack.faults.exposure import BATCHES as EXPOSURE
from tests.stack.faults.people import ALERTMANAGER_GONE, STRANGE_ADDRESS

ACCESS: Batches = {
    "trust": (access.TRUSTS_EVERYBODY, access.SHADOW, access.GARBAGE),
    "doors": (access.SECOND_SERVER, access.FORGOTTEN, access.NO_PUBLIC),
    "open": (access.OPEN,),
    "log": (access.STRANGER_ANSWERED, access.GUESSER, access.SCANNER, access.FOUND, access.BROKEN),
    "gateway": (access.ONE_ADDRESS,),
    "unreadable": (access.NOT_OURS,),
}
PEOPLE: Batches = {"receivers": (STRANGE_ADDRESS,), "alertmanager stopped": (ALERTMANAGER_GONE,)}

BATCHES = in_turn(beside(ACCESS, PEOPLE), EXPOSURE)

_EDITS = "test_monthly_faults_people.py::test_files_that_say_something_else"
_OLD = "test_monthly_faults_people.py::test_signoff_of_long_ago"
ELSEWHERE = {
    "access.reach": "test_monthly_faults_access.py::test_log_that_does_not_reach_back",
    "test_roster": _EDITS,
    "contacts.confirmed": _EDITS,
    "contacts.on_call": _EDITS,
    "incident.actions": _EDITS,
    "incident.cause": _EDITS,
    "test_incident_records": _EDITS,
    "test_on_call": _EDITS,
    "test_role_email": _EDITS,
    "test_role_filled": _EDITS,
    "test_role_phone": _EDITS,
    "test_roles_shared": _EDITS,
    "test_runbook_numbers": _EDITS,
    "test_runbook_traced": _EDITS,
    "signoff.calls": _OLD,
    "signoff.privileges": _OLD,
    "signoff.runbook": _OLD,
    "signoff.scans": _OLD,
    "test_signoffs": "test_monthly_faults_people.py::test_signoff_that_was_changed_afterwards",
}
