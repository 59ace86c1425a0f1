"""The audit of an access log: real files read by a real shell, both sides of each finding."""

import bz2
import gzip
import os
from pathlib import Path

import pytest

from conformance.reading import NotMeasured, Reading
from fixtures import access, access_files
from fixtures.docker import Engine
from tests.probes.access_logs import ADMIN, NOW, audited, combined, read, strangers, structured
from tests.probes.support import body, measure, probing, unmeasured


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_stranger_who_was_answered_is_found_in_every_form_and_file(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(combined() + structured("9.9.9.9", "/api/admin/ping", 200))
    (tmp_path / "access.log.1").write_text(combined("192.0.2.7", "//api/%61dmin", 204, ago=90_000))
    with gzip.open(tmp_path / "access.log.2.gz", "wt") as file:
        file.write(combined("2001:db8:2::1", "/x/../api/admin", 200, ago=180_000))
    with bz2.open(tmp_path / "access.log.3.bz2", "wt") as file:
        file.write(combined("10.1.2.3", "/api/admin", 200, ago=180_000))
    found = strangers(tmp_path)

    assert (found.value, found.samples, found.at_least) == (3, 5, False)
    for text in ("200 /api/admin/ping by 9.9.9.9", "204 //api/%61dmin by 192.0.2.7", "by 2001:db8:2::1",
                 "200 listed 10.1.2.3", "200 stranger 2001:db8:2::/64", "access.log.2.gz"):  # fmt: skip
        assert text in found.excerpt


def test_whoever_is_listed_or_was_refused_is_no_finding(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text(
        combined("10.0.0.0", "/api/admin/ping") + combined("10.255.255.255", "/api/admin/ping")
        + combined("1.2.3.4", "/api/admin") + combined("2001:db8:1:ffff::9", "/api/admin")
        + combined("::ffff:10.0.0.1", "/api/admin") + combined("11.0.0.1", "/api/admin", 403)
        + structured("11.0.0.1", "/api/admin", 301) + structured("11.0.0.1", "/API/admin", 404, "404")
        + combined("11.0.0.1", "/api/administrators") + combined("11.0.0.1", "/docs?next=/api/admin")
    )  # fmt: skip
    found = strangers(tmp_path)

    assert (found.value, found.samples) == (0, 10)
    assert "1 x 403 stranger 11.0.0.1" in found.excerpt
    assert "answered" not in found.excerpt


@pytest.mark.parametrize("source", ["9.255.255.255", "11.0.0.0", "1.2.3.5", "2001:db8:2::", "unix:", "nonsense"])
def test_next_door_is_outside(tmp_path: Path, source: str) -> None:
    (tmp_path / "access.log").write_text(combined(source, "/api/admin"))
    assert strangers(tmp_path).value == 1


def test_stranger_whom_nginx_passed_on_is_a_finding_whatever_the_application_said(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text(structured("11.0.0.1", "/api/admin/ping", 401, "401"))
    found = strangers(tmp_path)
    assert found.value == 1
    assert "passed on to the application:\n1 x 401 /api/admin/ping by 11.0.0.1" in found.excerpt


@pytest.mark.parametrize(("status", "known"), [(401, False), (302, False), (500, False), (404, False), (403, True)])
def test_log_that_does_not_say_who_answered_a_stranger_is_a_part_only(tmp_path: Path, status: int, known: bool) -> None:
    (tmp_path / "access.log").write_text(combined("11.0.0.1", "/api/admin/ping", status))
    found = strangers(tmp_path)
    assert (found.value, found.at_least) == (0, not known)
    assert ("does not say who answered" in found.excerpt) == (not known)


def test_stranger_whose_connection_was_upgraded_was_answered(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text(combined("11.0.0.1", "/api/admin/ping", 101))
    assert strangers(tmp_path).value == 1


def test_only_the_window_counts(tmp_path: Path) -> None:
    old = access.MONTH + 3600
    (tmp_path / "access.log").write_text(combined("9.9.9.9", "/api/admin", 200, ago=old) + combined())
    found = strangers(tmp_path)
    assert (found.value, found.samples) == (0, 1)


def test_file_that_ended_before_the_window_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text(combined())
    old = tmp_path / "access.log.1"
    old.write_text(combined())
    os.utime(old, (NOW - access.MONTH - 60,) * 2)
    assert strangers(tmp_path).samples == 1


@pytest.mark.parametrize("text", ["", "\n\n", combined(ago=access.MONTH + 60), "garbage\n"])
def test_log_without_a_request_in_its_window_is_no_data(tmp_path: Path, text: str) -> None:
    (tmp_path / "access.log").write_text(text)
    assert not strangers(tmp_path).has_data
    assert not read("access_errors", "access.errors", tmp_path).has_data


def test_log_that_is_not_there_is_no_data(tmp_path: Path) -> None:
    found = read("access_unparsed", "access.unparsed", tmp_path)
    assert (found.has_data, found.missing) == (False, "it holds no line")
    assert not strangers(tmp_path).has_data


def test_compressed_file_that_is_broken_leaves_a_part_only(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text(combined())
    (tmp_path / "access.log.2.gz").write_bytes(gzip.compress(combined().encode() * 5000)[:-200])
    found = strangers(tmp_path)
    assert found.at_least
    assert "could not be read to its end" in found.excerpt


def test_stream_that_breaks_off_is_not_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "access.log").write_text(combined())
    monkeypatch.setattr(access_files, "on_host", lambda _, words: [*words[:4], f"{words[4]}\n".split("w=after")[0]])
    nginx = {"access_log": f"{tmp_path}/access.log", "admin": ADMIN}
    found = unmeasured("access_log", probing(results={"docker_engine": Engine({}, {}, "", "")}, nginx=nginx))
    assert "broke off after 1 files" in found.reason


def test_target_without_nginx_says_what_to_write() -> None:
    found = unmeasured("access_log", probing())
    assert "add nginx:" in found.next_step


def test_target_without_a_whitelist_judges_no_stranger(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text(combined("9.9.9.9", "/api/admin"))
    with pytest.raises(NotMeasured, match="who may use admin"):
        strangers(tmp_path, admin=None)


def test_lines_that_are_not_understood_are_counted_and_shown(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text(combined() * 7 + "2026/11/23 [error] 7#7: x\n" * 2 + "?\n")
    found = read("access_unparsed", "access.unparsed", tmp_path)
    assert (found.value, found.samples) == (30, 10)
    assert "2 x #/#/# [error] ##: x" in found.excerpt or "2 x" in found.excerpt


def test_failures_come_with_their_paths_and_without_numbers(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text(
        combined() * 97 + combined(uri="/users/1?a=b", status=502) + combined(uri="/users/2", status=502)
        + combined(uri="/x", status=504)
    )  # fmt: skip
    found = read("access_errors", "access.errors", tmp_path)
    assert found.value == 3
    assert found.excerpt.startswith("2 x 502 /users/#\n1 x 504 /x")


def test_burst_of_refusals_is_that_of_one_source_within_a_minute(tmp_path: Path) -> None:
    lines = [combined("9.9.9.9", "/login", 401 + 2 * (n % 2), ago=100 - n / 2) for n in range(70)]
    lines += [combined("9.9.9.8", "/login", 401, ago=10_000 - 60 * n) for n in range(70)]
    lines += [combined(f"2001:db8:7::{n:x}", "/login", 403, ago=30) for n in range(90)]
    (tmp_path / "access.log").write_text("".join(lines))
    found = read("access_denied", "access.denied", tmp_path)
    assert found.value == 90
    assert found.excerpt.startswith("90 x 2001:db8:7::/64\n70 x 9.9.9.9\n1 x 9.9.9.8")


def test_scanners_are_counted_and_what_they_found_is_shown(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text(
        combined(uri="/.env", status=404) + combined(uri="/wp-login.php", status=404) + combined(uri="/%2eenv?key=word")
        + combined(uri="/environment") + combined(uri="/well/.well-known/x")
        + combined(uri="/?a=../etc/passwd", status=404)
    )  # fmt: skip
    scans = read("access_scans", "access.scans", tmp_path)
    answered = read("access_scans_answered", "access.scans.answered", tmp_path)
    assert (scans.value, answered.value) == (4, 1)
    assert "200 /%2eenv?... by 192.0.2.1" in answered.excerpt
    assert "word" not in answered.excerpt


# How far back, and through what


def test_reach_is_the_age_of_the_oldest_line(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text(combined(ago=3 * access.DAY) + combined())
    found = read("access_reach", "access.reach", tmp_path)
    assert found.value == pytest.approx(3, abs=0.01)
    assert "younger" in found.baseline, "the folder was made just now"


def test_old_folder_without_old_lines_is_no_baseline(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text(combined())
    found, target = audited(tmp_path)
    log, audit = found["access.reach"]
    log.source.born = NOW - access.MONTH - 60
    told: Reading = body(access.access_reach)((log, audit), access.MONTH, target)
    assert told.baseline == ""
    assert told.value == pytest.approx(0, abs=0.01)


def test_gateway_that_stands_for_everybody_is_a_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "gateways", lambda *_: frozenset({"172.18.0.1"}))
    (tmp_path / "access.log").write_text(combined("172.18.0.1") * 3 + combined())
    found = read("access_gateway", "access.gateway", tmp_path)
    assert (found.value, found.samples, found.how) == (75, 4, "requests from 172.18.0.1 / all requests")


def test_gateway_that_cannot_be_seen_is_not_measured(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text(combined())
    with pytest.raises(NotMeasured, match="cannot be seen"):
        read("access_gateway", "access.gateway", tmp_path)


def test_audit_of_another_window_is_its_own(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text(combined(ago=3600, status=502) + combined())
    nginx = {"access_log": f"{tmp_path}/access.log", "admin": ADMIN}
    run = probing(results={"docker_engine": Engine({}, {}, "", "")}, nginx=nginx, windows={"access.errors": 600},
                  docker=f"unix://{tmp_path}/no.sock")  # fmt: skip
    found = measure("access_log", run)
    assert (found["access.errors"][1].requests, found["access.scans"][1].requests) == (1, 2)
    assert run.cost["access_log_lines"] == 2
