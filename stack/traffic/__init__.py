"""A steady small load, so that P95 and rates mean something."""
