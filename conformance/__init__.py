"""The machinery of the conformance suite: a pytest plugin and the `conformance` command.

It measures nothing and knows no service by name: probes live in `fixtures/`, checks in `suites/`, numbers in
`thresholds.yaml`. Start reading at `plugin.py` (the hooks) and `docs/architecture.md` (the one-page picture).
"""

__version__ = "0.1.0"
