"""PERF-3.2 and PERF-3.3: candidates for missing, unused and redundant indexes are known. None is an order."""

import pytest


@pytest.mark.weekly
@pytest.mark.runbook("PERF-3.3")
def test_postgres_counts(postgres_counts, require):
    """PostgreSQL counts how tables and indexes are used, whoever uses them: else one in use would look idle."""
    require(postgres_counts, value="all")


@pytest.mark.weekly
@pytest.mark.runbook("PERF-3.2", row="postgres.tables.sequential")
def test_sequential_tables(postgres_sequential_tables, judge):
    """No large table is read mostly from end to end."""
    for reading in postgres_sequential_tables:
        judge(reading)


@pytest.mark.weekly
@pytest.mark.runbook("PERF-3.2", row="postgres.columns.unindexed")
def test_unindexed_columns(postgres_column_candidates, judge):
    """No large table that is read mostly from end to end has a column that an index would help."""
    for reading in postgres_column_candidates:
        judge(reading)


@pytest.mark.weekly
@pytest.mark.runbook("PERF-3.2", row="postgres.foreign_keys.unindexed")
def test_unindexed_foreign_keys(postgres_foreign_keys, judge):
    """Every foreign key of a large table has an index, so that a delete on the other side need not read it all."""
    judge(postgres_foreign_keys)


@pytest.mark.weekly
@pytest.mark.runbook("PERF-3.3")
def test_invalid_indexes(postgres_invalid_indexes, require):
    """No index is left over from a build that failed: it costs at every write and answers no query."""
    require(postgres_invalid_indexes, value="none", otherwise="WARNING")


@pytest.mark.weekly
@pytest.mark.runbook("PERF-3.3", row="postgres.indexes.unused")
def test_unused_indexes(postgres_unused_indexes, judge):
    """No large index goes unused that neither a key nor a constraint needs."""
    judge(postgres_unused_indexes)


@pytest.mark.weekly
@pytest.mark.runbook("PERF-3.3", row="postgres.indexes.redundant")
def test_redundant_indexes(postgres_redundant_indexes, judge):
    """No large index is merely the beginning of another."""
    judge(postgres_redundant_indexes)
