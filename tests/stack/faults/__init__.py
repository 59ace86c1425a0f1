"""The faults of the daily suite, one file for each part of the stack."""
