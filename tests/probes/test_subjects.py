"""What a target declares becomes subjects of checks."""

import pytest

from conformance.subjects import REGISTRY
from conformance.target import Target
from fixtures import subjects
from tests.probes.support import target

DECLARED = target(
    services={"api": {}, "redis": {}, "migrate": {"job": True}},
    http={"direct": {"url": "http://127.0.0.1/health"}},
    mounts=["/data"],
    logs={
        "api": {"service": "api"},
        "files": {"files": "/var/log/*.log"},
        "rotated": {"service": "api", "files": "/l/*.log", "rotation": {"rule": "/etc/logrotate.d/l"}},
    },
    prometheus={"url": "http://127.0.0.1:9090", "jobs": {"node": "node-exporter"}},
    certificates={
        "nginx": {"endpoint": "localhost:443"},
        "both": {"endpoint": "localhost:443", "file": "/tls/a.crt", "key": "/tls/a.key"},
        "stored": {"file": "/tls/b.crt"},
    },
    listeners={"private": ["redis"]},
    redis={"host": "127.0.0.1", "keys": {"session": "session:*"}},
    postgres={"host": "x", "dbname": "d", "user": "u", "pools": {"api": {"file": "/etc/pool.yaml", "role": "r"}}},
    backups={
        "database": {"glob": "/backup/*.gz", "restore": {"tables": {"users": 1}, "smoke": {"one": "SELECT true"}}},
        "roles": {"glob": "/backup/roles*.gz"},
    },
)

EXPECTED = {
    "service": ["api", "redis"],
    "component": ["api", "migrate", "redis"],
    "job": ["migrate"],
    "endpoint": ["direct"],
    "mount": ["/data"],
    "log": ["api", "files", "rotated"],
    "rotated_log": ["rotated"],
    "container_log": ["api"],
    "scrape_job": ["node"],
    "certificate": ["both", "nginx", "stored"],
    "tls_endpoint": ["both", "nginx"],
    "stored_certificate": ["both"],
    "key_file": ["both"],
    "private_service": ["redis"],
    "key_class": ["session"],
    "pool": ["api"],
    "backup": ["database", "roles"],
    "dump": ["database"],
    "smoke": ["database/one"],
}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_subjects_come_from_the_target(name: str) -> None:
    assert EXPECTED[name] == sorted(REGISTRY[name].names(DECLARED))


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_target_that_declares_nothing_has_no_subject(name: str) -> None:
    assert not list(REGISTRY[name].names(target()))


def test_every_subject_of_the_suite_is_listed_here() -> None:
    ours = {name for name, one in REGISTRY.items() if one.names.__module__ == subjects.__name__}
    assert set(EXPECTED) == ours


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_each_names_a_key_that_a_target_has(name: str) -> None:
    assert REGISTRY[name].where.split()[0].split(".")[0] in Target.model_fields
