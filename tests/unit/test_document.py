"""YAML files: every slip has its file and line, and none a traceback."""

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from conformance.document import BadFile, Slip, load, validate


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    size: int
    kind: float | str = 0.0


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str
    parts: list[Inner] = []


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "file.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def slips(tmp_path: Path, text: str | bytes) -> list[Slip]:
    with pytest.raises(BadFile) as caught:
        validate(load(written(tmp_path, text)), Outer)
    assert all(str(slip).startswith(f"{tmp_path / 'file.yaml'}:{slip.line}: ") for slip in caught.value.slips)
    return list(caught.value.slips)


def test_a_good_file_keeps_the_line_of_every_key(tmp_path: Path) -> None:
    document = load(written(tmp_path, "# a comment\nname: a\nparts:\n- size: 1\n- size: 2\n"))
    assert document.data == {"name": "a", "parts": [{"size": 1}, {"size": 2}]}
    assert [document.line(key) for key in (("name",), ("parts",), ("parts", 0), ("parts", 1, "size"))] == [2, 3, 4, 5]
    assert document.line(("parts", 1, "no such")) == 5, "a key that is not there has the line of the one above it"
    assert Outer(name="a", parts=[Inner(size=1), Inner(size=2)]) == validate(document, Outer)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("name: a\nparts: [\n", 3, "is no YAML"),
        ("name: a\n\tparts: 1\n", 2, "is no YAML"),
        ("name: 'a\n", 2, "is no YAML"),
        ("name: a\n---\nname: b\n", 2, "is no YAML"),
        ("name: *nobody\n", 1, "is no YAML"),
        ("name: a\x00\n", 1, "is no YAML"),
        (b"name: \xff\xfe\n", 1, "cannot be read"),
        ("", 1, "is empty: write keys and values"),
        ("# nothing but this\n", 1, "is empty: write keys and values"),
        ("- a\n- b\n", 1, "holds a list: write keys and values"),
        ("just words\n", 1, "holds a str: write keys and values"),
        ("name: a\nname: b\n", 2, "name: is written twice, first in line 1: keep one"),
        ("name: a\nparts:\n- size: 1\n  size: 2\n", 4, "size: is written twice, first in line 3: keep one"),
        ("base: &base {name: a}\n<<: *base\n", 2, "no merge keys"),
        ("{[a]: b}\n", 1, "no nested keys"),
        ("name: &me [*me]\n", 1, "this anchor holds itself"),
        ("name: a\nparts: [{size: 2027-13-45}]\n", 2, "size: input should be a valid integer, not '2027-13-45'"),
        ("name: !!bool words\n", 1, "cannot be understood"),
        ("name: !!python/object/apply:os.system [id]\n", 1, "name: input should be a valid string"),
        ("name: a\nsize: 1\n", 2, "size: is no key that is known here"),
        ("parts: []\n", 1, "name: is missing"),
        ("name: 5\n", 1, "name: input should be a valid string, not 5"),
        ("name: true\n", 1, "name: input should be a valid string, not True"),
        ("name: a\nparts:\n- size: '7'\n", 3, "parts.0.size: input should be a valid integer, not '7'"),
        ("name: a\nparts:\n- size: 1\n- size: true\n", 4, "parts.1.size: input should be a valid integer, not True"),
        ("name: a\nparts:\n- kind: 1\n", 3, "parts.0.size: is missing"),
        ("name: a\nparts: 5\n", 2, "parts: input should be a valid list, not 5"),
    ],
)
def test_a_slip_has_its_line_and_says_what_is_wrong(tmp_path: Path, text: str | bytes, line: int, words: str) -> None:
    [slip] = slips(tmp_path, text)
    assert words in slip.text
    assert line == slip.line


def test_all_slips_are_found_at_once(tmp_path: Path) -> None:
    found = slips(tmp_path, "nam: a\nparts:\n- size: x\n- size: 1\n  extra: 2\n")
    assert sorted(slip.line for slip in found) == [1, 1, 3, 5], found


def test_the_members_of_a_union_are_no_keys(tmp_path: Path) -> None:
    found = slips(tmp_path, "name: a\nparts:\n- size: 1\n  kind: [1]\n")
    assert {(4, "parts.0.kind")} == {(slip.line, slip.text.partition(":")[0]) for slip in found}


def test_an_anchor_is_expanded_wherever_it_stands(tmp_path: Path) -> None:
    document = load(written(tmp_path, "name: &n word\nparts: [{size: 1, kind: *n}]\n"))
    assert document.data == {"name": "word", "parts": [{"size": 1, "kind": "word"}]}


def test_a_long_value_is_cut_in_the_sentence(tmp_path: Path) -> None:
    [slip] = slips(tmp_path, f"name: [{'x' * 500}]\n")
    assert len(slip.text) < 150, slip.text


@pytest.mark.parametrize("make", ["missing", "folder"])
def test_a_file_that_cannot_be_read_is_a_slip(tmp_path: Path, make: str) -> None:
    path = tmp_path / "gone.yaml"
    if make == "folder":
        path.mkdir()
    with pytest.raises(BadFile, match=r"gone\.yaml:1: cannot be read"):
        load(path)
