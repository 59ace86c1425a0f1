"""EMG-5.3: chains of waiting sessions, and transactions that stay open."""

import pytest


@pytest.mark.weekly
@pytest.mark.monthly
@pytest.mark.runbook("EMG-5.3", row="postgres.locks.chain")
def test_lock_chain(postgres_lock_chains, judge):
    """Nobody waits long for a lock; where somebody does, the evidence shows the chain from its root."""
    judge(postgres_lock_chains)


@pytest.mark.weekly
@pytest.mark.runbook("EMG-5.3", row="postgres.transactions.oldest")
def test_oldest_transaction(postgres_oldest_transaction, judge):
    """No transaction stays open so long that dead rows cannot be cleared away."""
    judge(postgres_oldest_transaction)
