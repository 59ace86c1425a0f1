"""PERF-3.1: the slow statements of PostgreSQL are known."""

import pytest


@pytest.mark.weekly
@pytest.mark.runbook("PERF-3.1")
def test_statements_readable(postgres_statements_readable, require):
    """PostgreSQL counts what each statement costs, and the role that measures may read it."""
    require(postgres_statements_readable, value="readable")


@pytest.mark.weekly
@pytest.mark.runbook("PERF-3.1", row="postgres.statements.mean")
def test_slow_statements(postgres_slowest, judge):
    """No statement was slow on the average since the last run."""
    for reading in postgres_slowest:
        judge(reading)


@pytest.mark.weekly
@pytest.mark.runbook("PERF-3.1", row="postgres.statements.dropped")
def test_statements_dropped(postgres_statements_dropped, judge):
    """PostgreSQL has room to count every statement: else the slow ones may be among those it dropped."""
    judge(postgres_statements_dropped)
