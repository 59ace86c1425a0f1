"""Which plugins a run has; nothing is to be imported from here."""

# A file that others import stands before them: pytest marks each for assertion rewriting when it comes to it.
pytest_plugins = [
    "conformance.thrift",
    "conformance.plugin",
    "fixtures.subjects",
    "fixtures.docker",
    "fixtures.images",
    "fixtures.restarts",
    "fixtures.host",
    "fixtures.clock",
    "fixtures.disk",
    "fixtures.http",
    "fixtures.backups",
    "fixtures.logs",
    "fixtures.container_logs",
    "fixtures.privileged",
    "fixtures.rotation",
    "fixtures.rotated",
    "fixtures.schedule",
    "fixtures.record",
    "fixtures.postgres",
    "fixtures.prometheus",
    "fixtures.alertmanager",
    "fixtures.redis",
    "fixtures.tls",
    "fixtures.usage",
]
