"""What an earlier run kept is held against the same deployment alone."""

from typing import Any

import pytest

from conformance.probes import Probing
from conformance.reading import NotMeasured
from fixtures.restore.deployment import earlier
from tests.probes.support import measure, probing


class One:
    """What production says of itself, as far as it is asked here."""

    def __init__(self, system: str) -> None:
        self.system = system


@pytest.fixture(autouse=True)
def _production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fixtures.restore.deployment.Production", One)


def run(asked: Any, **previous: Any) -> Probing:
    """A run in which production answers so, and what the one before it kept."""
    found = probing(results={"production_schemas": {"a": NotMeasured("not declared"), "b": asked}})
    found.previous = {"postgres.system": "7", "x": {"a": 1}} | previous
    return found


@pytest.mark.parametrize(
    ("asked", "previous", "found", "kept"),
    [
        (One("7"), {}, {"a": 1}, {"postgres.system": "7"}),
        (One("8"), {}, {}, {"postgres.system": "8"}),
        (One("8"), {"postgres.system": ""}, {"a": 1}, {"postgres.system": "8"}),
        (NotMeasured("locked"), {}, {"a": 1}, {}),
    ],
    ids=["the same", "a fresh one", "never known", "does not answer"],
)
def test_what_is_remembered(asked: Any, previous: dict[str, Any], found: dict[str, Any], kept: dict[str, Any]) -> None:
    one = run(asked, **previous)
    assert earlier(one, "x") == found
    assert one.kept == kept
    assert earlier(one, "y") == {}


@pytest.mark.parametrize(("system", "before"), [("7", {"a": 5.0}), ("8", {})])
def test_backups_of_an_older_deployment_are_not_missed(system: str, before: dict[str, float]) -> None:
    one = run(One(system), **{"backup.oldest": {"a": 5.0}})
    one.probe = {"backup_looks": {}, "production_schemas": {"b": One(system)}}.__getitem__
    assert measure("backup_oldest", one) == before
    assert one.kept["backup.oldest"] == before


@pytest.mark.parametrize(("system", "before"), [("7", {"a": {"t": 5}}), ("8", {})])
def test_rows_of_an_older_deployment_are_not_missed(system: str, before: dict[str, Any]) -> None:
    one = run(One(system), **{"restore.rows": {"a": {"t": 5}}})
    one.probe = {"backup_proofs": {}, "production_schemas": {"b": One(system)}}.__getitem__
    assert measure("restored_before", one) == before
