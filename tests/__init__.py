"""A package, so that a file of tests has one name whoever imports it, and no installed `tests` stands before it."""
