"""Which plugins a run has; nothing is to be imported from here."""

pytest_plugins = ["conformance.interrupt", "conformance.thrift", "conformance.plugin", "fixtures.plugin"]
