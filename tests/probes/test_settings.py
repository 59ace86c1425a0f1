"""Configured numbers: from files of the host and of the checkout, and every way in which there is none."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.reading import NotMeasured
from conformance.target import Setting
from fixtures import settings
from tests.probes.support import body, measure, probing, target, unmeasured

LLM = "llm:\n  max_concurrent: 10\n  key: canary-4711\n  flag: true\n  text: '10'\n  share: 0.5\n  none:\n"


def setting(key: str = "llm.max_concurrent", file: str = "llm.yaml") -> Setting:
    return Setting(file=file, key=key)


@pytest.mark.parametrize(("key", "value"), [("llm.max_concurrent", 10), ("llm.share", 0.5)])
def test_number_under_a_key(key: str, value: float) -> None:
    assert value == settings.number(LLM, setting(key))


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        (LLM, "llm.max", "there is no llm.max in llm.yaml"),
        (LLM, "llm.max_concurrent.deep", "there is no llm.max_concurrent.deep in llm.yaml"),
        (LLM, "llm.key", "llm.key in llm.yaml is no number"),
        (LLM, "llm.flag", "is no number"),
        (LLM, "llm.text", "is no number"),
        (LLM, "llm.none", "is no number"),
        (LLM, "llm", "is no number"),
        ("", "llm.x", "there is no llm.x"),
        ("- a\n", "llm.x", "there is no llm.x"),
        ("a: [1\nsecret: canary-4711", "a", "llm.yaml is no YAML"),
        ("a: !!python/object/apply:os.system [true]\n", "a", "llm.yaml is no YAML"),
    ],
)
def test_what_is_no_number_is_said_and_not_shown(text: str, key: str, words: str) -> None:
    with pytest.raises(NotMeasured) as caught:
        settings.number(text, setting(key))
    assert words in caught.value.reason
    assert caught.value.next_step
    assert "canary" not in caught.value.reason + caught.value.next_step


HOSTILE = ["with space", "it's", "$(touch pwned)", "; touch pwned", "-rf", "ü", "*"]


@pytest.mark.parametrize("name", HOSTILE)
def test_files_of_the_host_and_of_the_checkout(tmp_path: Path, name: str) -> None:
    there, here = tmp_path / f"{name}.yaml", tmp_path / "here.yaml"
    there.write_text("a: 1\n", encoding="utf-8")
    here.write_text("b: 2\n", encoding="utf-8")
    declared = {"x": {"file": str(there), "key": "a"}, "y": {"file": "here.yaml", "key": "b"},
                "z": {"file": f"{tmp_path}/gone", "key": "b"}, "w": {"file": "gone", "key": "b"}}  # fmt: skip
    found = measure("settings_files", probing(root=str(tmp_path), settings=declared))
    assert {file: text.strip() for file, text in found.items()} == {str(there): "a: 1", "here.yaml": "b: 2"}
    assert not (tmp_path / "pwned").exists()


def test_large_file_is_read_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "BYTES", 10)
    for file in (f"{tmp_path}/big", "big"):
        Path(tmp_path, "big").write_text("x" * 1000, encoding="utf-8")
        run = probing(root=str(tmp_path), settings={"x": {"file": file, "key": "a"}})
        assert len(measure("settings_files", run)[file].strip()) == 10


def test_host_that_does_not_answer_explains_it() -> None:
    run = probing(host="ssh://nobody@127.0.0.1:1", settings={"x": {"file": "/a", "key": "a"}})
    assert unmeasured("settings_files", run).parts == ("host",)


def configured(declared: dict[str, Any], files: dict[str, str], row: str = "llm.concurrency") -> Any:
    request = SimpleNamespace(getfixturevalue=lambda _: files)
    rows = {row: SimpleNamespace(unit="1")}
    return body(settings.configured)(request, row, rows, target(settings=declared))


def test_reading_says_where_it_is_from() -> None:
    reading = configured(
        {"llm.concurrency": {"file": "/etc/llm.yaml", "key": "llm.max_concurrent"}}, {"/etc/llm.yaml": LLM}
    )
    assert (reading.value, reading.unit, reading.parts) == (10, "1", ("host",))
    assert reading.how == "llm.max_concurrent in /etc/llm.yaml"
    here = configured({"llm.concurrency": {"file": "llm.yaml", "key": "llm.max_concurrent"}}, {"llm.yaml": LLM})
    assert here.parts == ()


@pytest.mark.parametrize(
    ("declared", "words", "step"),
    [
        ({}, "does not say where llm.concurrency is configured", "add `llm.concurrency: {file:"),
        ({"llm.concurrency": {"file": "/a", "key": "b"}}, "/a cannot be read on local://", "let the user of the suite"),
    ],
)
def test_value_that_cannot_be_read_is_no_data(declared: dict[str, Any], words: str, step: str) -> None:
    with pytest.raises(NotMeasured) as caught:
        configured(declared, {})
    assert words in caught.value.reason
    assert step in caught.value.next_step
