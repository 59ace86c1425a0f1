"""Certificates and keys as files of this machine, and against what a server sends."""

import os
from pathlib import Path
from typing import Any

import pytest

from conformance.reading import NotMeasured, Reading
from fixtures import tls_files
from fixtures.host import build_script
from fixtures.tls import parse
from fixtures.tls_files import access, compared
from tests.probes.issuing import issue
from tests.probes.support import body, facts, measure, probing

ROOT = issue("Root", ca=True)
OLD, NEW = issue("localhost", ROOT, days=4), issue("localhost", ROOT, days=84)


def stored(tmp_path: Path, content: bytes) -> Any:
    path = tmp_path / "it's a file.pem"
    path.write_bytes(content)
    run = probing(certificates={"web": {"endpoint": "web:443", "file": str(path), "key": str(path)}})
    return run, measure("certificate_files", run)


def loaded(tmp_path: Path, content: bytes, served: bytes) -> Reading:
    run, found = stored(tmp_path, content)
    reading: Reading = body(tls_files.certificate_loaded)(found, {"web": parse(served, "web:443")}, "web", run.target)
    return reading


def test_certificate_that_was_loaded(tmp_path: Path) -> None:
    assert loaded(tmp_path, NEW.pem, NEW.pem).value == "the one in the file"
    assert loaded(tmp_path, NEW.pem + ROOT.pem, NEW.pem + ROOT.pem).value == "the one in the file"
    assert loaded(tmp_path, NEW.pem, NEW.pem + ROOT.pem).value == "the one in the file", "the rest lies elsewhere"


def test_certificate_that_was_renewed_and_not_loaded(tmp_path: Path) -> None:
    reading = loaded(tmp_path, NEW.pem, OLD.pem)
    assert str(reading.value).startswith("another one: served until ")
    assert OLD.certificate.not_valid_after_utc.strftime("%F") in str(reading.value)
    assert "reload" in reading.next_step


def test_intermediates_that_were_renewed_and_not_loaded(tmp_path: Path) -> None:
    other = issue("Other", ca=True)
    assert "with other intermediates" in str(loaded(tmp_path, NEW.pem + ROOT.pem, NEW.pem + other.pem).value)
    assert "with other intermediates" in compared((NEW.certificate,), (NEW.certificate, ROOT.certificate))


def test_key_in_the_file_does_not_leave_the_host(tmp_path: Path) -> None:
    _, found = stored(tmp_path, NEW.key_pem + NEW.pem + NEW.key_pem)
    assert "PRIVATE KEY" not in str(found)
    assert "BEGIN CERTIFICATE" in str(found)


def test_key_in_the_file_does_not_leave_the_host_with_its_other_facts(tmp_path: Path) -> None:
    path = tmp_path / "both.pem"
    path.write_bytes(NEW.pem + NEW.key_pem)
    said = os.popen(build_script([], {}, {}, {"web": str(path)})).read()
    assert "BEGIN CERTIFICATE" in said
    assert "PRIVATE KEY" not in said
    assert facts(**{"file web": said}).section("file web")


@pytest.mark.parametrize("content", [b"", b"no certificate\n"])
def test_file_without_a_certificate(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(NotMeasured, match="is not there, holds no certificate, or may not be read"):
        loaded(tmp_path, content, NEW.pem)


def test_endpoint_that_shows_none_says_so_first(tmp_path: Path) -> None:
    run, found = stored(tmp_path, NEW.pem)
    with pytest.raises(NotMeasured, match="shows none"):
        body(tls_files.certificate_loaded)(found, {"web": NotMeasured("shows none")}, "web", run.target)


@pytest.mark.parametrize(
    ("mode", "group", "others", "own"),
    [
        (0o600, "www-data", "none", "none"), (0o400, "www-data", "none", "none"), (0o640, "root", "none", "none"),
        (0o640, "ssl-cert", "none", "none"), (0o640, "www-data", "none", "may read"),
        (0o660, "root", "none", "may read and write"), (0o644, "root", "may read", "none"),
        (0o666, "root", "may read and write", "may read and write"), (0o602, "root", "may write", "none"),
    ],
)  # fmt: skip
def test_who_may_read_a_key(mode: int, group: str, others: str, own: str) -> None:
    assert access(mode, group) == {"others": others, "group": own}


@pytest.mark.parametrize(("mode", "others"), [(0o600, "none"), (0o644, "may read")])
def test_mode_of_a_real_file_behind_a_link(tmp_path: Path, mode: int, others: str) -> None:
    path = tmp_path / "real.key"
    path.write_bytes(b"")
    path.chmod(mode)
    (tmp_path / "live.key").symlink_to(path)
    run = probing(certificates={"web": {"file": "/x", "key": str(tmp_path / "live.key")}})
    found = measure("certificate_files", run)
    assert body(tls_files.key_access)(found, "web", run.target).value["others"] == others


def test_key_that_is_not_there(tmp_path: Path) -> None:
    run = probing(certificates={"web": {"file": "/x", "key": str(tmp_path / "gone.key")}})
    found = measure("certificate_files", run)
    with pytest.raises(NotMeasured, match="is not there, or lies in a folder"):
        body(tls_files.key_access)(found, "web", run.target)
