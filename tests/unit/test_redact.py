"""Canaries: no form of a known secret, and nothing that stands where a secret stands, gets through."""

import base64
import json
import time
from urllib.parse import quote, quote_plus

import pytest

from conformance.redact import Redactor

CANARY = "c4nary/p@ss w'rd\"\\7ä"


@pytest.mark.parametrize(
    "form",
    [CANARY, quote(CANARY), quote(CANARY, safe=""), quote_plus(CANARY), json.dumps(CANARY),
     json.dumps(CANARY, ensure_ascii=False), repr(CANARY), base64.b64encode(CANARY.encode()).decode()],
    ids=["plain", "path", "address", "form", "JSON", "JSON with umlauts", "Python", "base64"],
)  # fmt: skip
def test_a_known_secret_is_found_in_every_form(form: str) -> None:
    shown = Redactor([CANARY])(f"before {form} after")
    assert "c4nary" not in shown
    assert "***" in shown
    assert base64.b64encode(CANARY.encode()).decode()[:12] not in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://reader:canary77@db:5432/app", "redis://:canary77@cache:6379/0", "password=canary77",
        "PASSWORD: canary77",
        '"api_key": "canary77"', "OPENAI_API_KEY=canary77", "jwt_secret='canary77'", "token=canary77&x=1",
        "Authorization: Bearer canary77.abc", "authorization: basic canary77==", "X-Api-Key: canary77",
        "-----BEGIN RSA PRIVATE KEY-----\ncanary77\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\ncanary77",
    ],
)  # fmt: skip
def test_what_looks_like_a_secret_is_hidden_though_nobody_declared_it(text: str) -> None:
    assert "canary77" not in Redactor([])(text)


@pytest.mark.parametrize(
    "text",
    [
        "disk free of /data is 7.4 %",
        "http://db:5432/health",
        "select 1",
        "the secret of the house",
        "a@b.c",
        "ops ALL=(root) NOPASSWD: /usr/local/sbin/x",
    ],
)
def test_everything_else_stays_as_it_is(text: str) -> None:
    assert text == Redactor(["canary77"])(text)


def test_a_secret_that_holds_another_goes_first() -> None:
    assert Redactor(["canary", "canary-long"])("canary-long canary") == "*** ***"


def test_redacting_twice_changes_nothing_more() -> None:
    redact = Redactor([CANARY])
    once = redact(f"password={CANARY} token=abc redis://:x@h")
    assert once == redact(once)


def test_a_very_short_value_would_blacken_half_a_report() -> None:
    assert Redactor(["ab"])("about") == "about"


def test_bytes_that_are_no_utf_8_can_still_be_written() -> None:
    Redactor([])(b"name \xff".decode("utf-8", "surrogateescape")).encode("utf-8")


@pytest.mark.parametrize("unit", ["x", "x-", "password", " ", "://a:", "-----BEGIN ", "bearer ", 'token="'])
def test_one_endless_line_does_not_hold_the_run(unit: str) -> None:
    begin = time.process_time()
    Redactor([CANARY])(unit * (2 * 10**5 // len(unit)))
    assert time.process_time() - begin < 1, f"a line of {unit!r} takes too long"
