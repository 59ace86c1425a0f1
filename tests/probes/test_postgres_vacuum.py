"""Autovacuum, and settings that only the files have, from rows as the server gives them."""

from typing import Any

import pytest

from fixtures import postgres_files, postgres_vacuum
from fixtures.postgres_counting import COUNTS
from fixtures.postgres_files import differs
from fixtures.postgres_session import Answers
from tests.probes.support import body


def answers(refused: tuple[str, ...] = (), **rows: Any) -> Answers:
    named = {name.replace("_", " "): tuple(some) for name, some in rows.items()}
    return Answers("postgresql://x", "conformance", "d", named, dict.fromkeys(refused, "permission denied"))


@pytest.mark.parametrize(
    ("autovacuum", "counts", "value"),
    [
        ("on", "on", "on"),
        ("on", None, "on"),  # hidden by a setting of the suite's own role, which a check of its own reports
        ("off", "on", "off"),
        ("on", "off", "idle, for track_counts is off"),
        ("off", "off", "off"),
    ],
)
def test_autovacuum_of_the_server(autovacuum: str, counts: str | None, value: str) -> None:
    reading = body(postgres_vacuum.postgres_autovacuum)(
        answers(autovacuum=[{"autovacuum": autovacuum, "counts": counts}])
    )
    assert reading.value == value
    assert (reading.parts == (COUNTS,)) is value.startswith("idle")


def left_out(name: str, size: int | None, part: str = "table") -> dict[str, Any]:
    return {"name": name, "size": size, "part": part}


def test_tables_that_are_left_out_are_named_with_their_size() -> None:
    rows = [left_out("public.big", 70 * 2**20), left_out("public.small", 8192, "TOAST")]
    reading = body(postgres_vacuum.postgres_unvacuumed)(answers(tables_without_autovacuum=rows))
    assert (reading.value, reading.unit, reading.samples, reading.at_least) == (70 * 2**20, "B", 2, False)
    assert reading.excerpt.splitlines() == ["public.big: 70.0 MiB", "public.small, its TOAST: 0.0 MiB"]
    assert "ALTER TABLE public.big RESET (autovacuum_enabled)" in reading.next_step
    assert body(postgres_vacuum.postgres_unvacuumed)(answers(tables_without_autovacuum=[])).value == 0


def test_table_that_is_locked_is_no_small_one() -> None:
    rows = [left_out("public.locked", None), left_out("public.small", 8192)]
    reading = body(postgres_vacuum.postgres_unvacuumed)(answers(tables_without_autovacuum=rows))
    assert (reading.value, reading.at_least) == (8192, True)
    assert "public.locked: locked, so not measured" in reading.excerpt


PENDING = {"name": "shared_buffers", "setting": "8192", "unit": "8kB"}


def test_settings_that_wait_for_a_restart_are_named() -> None:
    for rows, value in (([PENDING], "shared_buffers"), ([], "none")):
        reading = body(postgres_files.postgres_pending_restart)(answers(("files of settings",), settings=rows))
        assert reading.value == value
        assert "not reloaded is not known" in reading.excerpt, "what cannot be read is not said to be well"


def line(setting: str, running: str | None, vartype: str = "string", unit: str | None = None, **keys: Any) -> Any:
    plain = {"name": "one", "setting": setting, "running": running, "vartype": vartype, "unit": unit, "bad": False,
             "place": "postgresql.conf:7"}  # fmt: skip
    return plain | keys


@pytest.mark.parametrize(
    ("one", "differ"),
    [
        (line("a", "a"), False),
        (line("a", "b"), True),
        (line("A", "a", "enum"), False),
        (line("iso,mdy", "ISO, MDY"), False),
        (line("on", "on", "bool"), False),
        (line("yes", "on", "bool"), False),
        (line("1", "on", "bool"), False),
        (line("of", "off", "bool"), False),
        (line("off", "on", "bool"), True),
        (line("64MB", "8192", "integer", "8kB"), False),
        (line("8192", "8192", "integer", "8kB"), False),
        (line("65MB", "8192", "integer", "8kB"), True),
        (line("5min", "300", "integer", "s"), False),
        (line("0.5", "0.5", "real"), False),
        (line("1d", "86400000", "integer", "ms"), False),
        (line("-1", "-1", "integer", "ms"), False),
        (line("0x10", "16", "integer"), False),
        (line("200", "100", "integer"), True),
        (line("7", None, "integer"), False),
        (line("7", "7", "integer", bad=True), True),
    ],
)
def test_line_of_a_file_against_what_runs(one: Any, differ: bool) -> None:
    assert differs(one) is differ


def test_settings_that_wait_for_a_reload_are_named_without_their_values() -> None:
    files = [line("canary", "old"), line("x", "y", name=None, bad=True), line("same", "same", name="fine")]
    reading = body(postgres_files.postgres_pending_restart)(answers(settings=[PENDING], files_of_settings=files))
    assert reading.value == "shared_buffers, one, postgresql.conf:7"
    assert "one: not reloaded yet, postgresql.conf:7" in reading.excerpt
    assert "canary" not in reading.excerpt
