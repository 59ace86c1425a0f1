"""Names of keys and commands as reports show them: classes stay readable, ids, tokens and values do not."""

import pytest

from fixtures import shorten


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"config:features", "config:features"),
        (b"user_session:26", "user_session:26"),
        (b"user_session:163000", "user_session:163000"),
        (b"llm_response:3c43aa8f805fa703526cf8016539c49d", "llm_response:3c43..."),
        (b"session:eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0:data", "session:eyJh...:data"),
        (b"user:bob.smith@example.com", "user:bob...."),
        (b"cart/4111111111111111/items", "cart/4111.../items"),
        (b"a|b{tag}c", "a|b{tag}c"),
        (b"", ""),
        (b"abcdefghijklmnopqrstuvwxyz", "abcd..."),
        ("größe:straße".encode(), "größe:straße"),
        (b"\xff\xfe\x00bin", "\\xff..."),
        (b"line\nbreak:x", "line...:x"),
        (b"a\nb", "a?b..."),
    ],
)
def test_name(raw: bytes, expected: str) -> None:
    assert expected == shorten.name(raw)


def test_name_of_megabytes_is_cut() -> None:
    assert len(shorten.name(b"a:" * 1_000_000)) <= shorten.LENGTH + 3
    assert len(shorten.name(b"x" * 5_000_000)) <= shorten.LENGTH + 3


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([b"GET", b"user_session:26"], "GET user_session:26"),
        ([b"set", b"token:abcdef0123456789", b"the value", b"EX", b"5"], "SET token:abcd..."),
        ([b"KEYS", b"*"], "KEYS *"),
        ([b"EVAL", b"return 'canary-4711'", b"0"], "EVAL and 2 more"),
        ([b"AUTH", b"canary-4711"], "AUTH and 1 more"),
        ([b"INFO"], "INFO"),
        ([b"MSET", b"a", b"canary-4711"], "MSET and 2 more"),
        ([b"\xff" * 100, b"x"], "\ufffd" * 24 + " and 1 more"),
        ([], "?"),
    ],
)
def test_command_shows_a_key_and_never_a_value(words: list[bytes], expected: str) -> None:
    assert expected == shorten.command(words)
    assert "canary" not in shorten.command(words)
