"""Which plugins a run has; nothing is to be imported from here."""

pytest_plugins = ["conformance.thrift", "conformance.plugin", "fixtures.plugin"]
