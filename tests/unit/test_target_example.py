"""The examples in docs/: each validates as it stands, and that of a target names every key that there is."""

import re
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from conformance import contacts, document, targets, thresholds, waivers
from conformance.target import Target

CHECKOUT = Path(__file__).parents[2]
EXAMPLE = CHECKOUT / "docs" / "target.example.yaml"
TEXT = EXAMPLE.read_text(encoding="utf-8")
SECRETS = {"CONFORMANCE_REDIS_PASSWORD": "canary-1", "CONFORMANCE_PG_PASSWORD": "canary-2"}


def models(kind: Any) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for argument in typing.get_args(kind):
        yield from models(argument)


def keys(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield field.alias or name
        for one in models(field.annotation):
            yield from keys(one)


def block(key: str) -> str:
    """What stands under a key of the first level, comments included, up to the next one."""
    found = re.search(rf"^(?:# )?{key}:.*?(?=^(?:# )?(?:{'|'.join(Target.model_fields)}):|\Z)", TEXT, re.M | re.S)
    assert found, f"{key} is not in {EXAMPLE.name}"
    return found[0]


@pytest.mark.parametrize("key", Target.model_fields)
def test_example_names_every_key(key: str) -> None:
    below = {name for one in models(Target.model_fields[key].annotation) for name in keys(one)}

    assert {name for name in below - {"not"} if not re.search(rf"\b{name}\b:", block(key))} == set()


def test_example_validates(tmp_path: Path) -> None:
    path = tmp_path / "production.yaml"
    path.write_text(re.sub(r"^env_file:.*\n", "", TEXT, flags=re.M), encoding="utf-8")

    found, source, _ = targets.load(path, SECRETS, CHECKOUT)

    rows, _ = thresholds.load(CHECKOUT / "thresholds.yaml")
    targets.with_overrides(found, source, rows)
    assert targets.unknown(found, source, thresholds.check_names(CHECKOUT / "suites")) == []


def test_example_of_waivers_has_no_slip() -> None:
    found, slips = waivers.load(CHECKOUT / "docs" / "waivers.example.yaml", thresholds.check_names(CHECKOUT / "suites"))
    assert (len(found), slips) == (1, [])


def test_example_of_a_roster_fills_every_role() -> None:
    path = CHECKOUT / "docs" / "contacts.example.yaml"
    roster = contacts.read(document.load(path))
    assert list(roster.slips) == []
    assert set(roster.roles) == {"on-call", "dba", "devops", "tech-lead", "team-lead", "cto"}
