"""A fresh stack under the name of an older one: what the older one had is not missed."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.stack.running import Runner

CHECKS = "suites/weekly/test_backups.py"


@pytest.mark.parametrize(("system", "verdict"), [("", "WARNING"), ("1", "OK")], ids=["the same", "another"])
def test_backups_that_an_older_deployment_had(weekly: Runner, tmp_path: Path, system: str, verdict: str) -> None:
    """The record of the last run says that there was a backup of 2020, and of which cluster."""
    alone = {"XDG_STATE_HOME": str(tmp_path)}
    weekly(environ=alone)
    (snapshot,) = tmp_path.rglob("snapshot-demo-weekly.json")
    kept: dict[str, Any] = json.loads(snapshot.read_text(encoding="utf-8"))
    assert kept["kept"]["postgres.system"].isdigit()
    kept["kept"]["backup.oldest"]["database"] = 1_577_836_800.0
    kept["kept"]["postgres.system"] = system or kept["kept"]["postgres.system"]
    snapshot.write_text(json.dumps(kept), encoding="utf-8")

    found = weekly(CHECKS, environ=alone).check("backup.kept[database]")

    assert (found["verdict"], found["disposition"]) == (verdict, "none" if verdict == "WARNING" else "baseline")
