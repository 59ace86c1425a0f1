"""The manifest: written while a dump streams past, and only of one that is complete."""

import gzip
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from conformance import backup_manifest, manifest
from tests.probes.test_dump import WHOLE

CHECKOUT = Path(__file__).parents[2]


def test_dump_is_passed_on_unchanged_and_its_rows_are_written(tmp_path: Path) -> None:
    path, sink = tmp_path / "x.manifest", io.BytesIO()

    assert backup_manifest.write(path, io.BytesIO(WHOLE), sink) == ""

    assert sink.getvalue() == WHOLE
    found = manifest.parse(path.read_bytes())
    assert (found.file, found.kind, found.server, found.rows["public.users"]) == ("x", "a database", "15.18", 4)
    assert len(WHOLE) // 2 < found.size < len(WHOLE)  # its comments are not counted
    assert [one.name for one in tmp_path.iterdir()] == ["x.manifest"]


def test_dump_that_is_cut_leaves_no_manifest_not_even_an_old_one(tmp_path: Path) -> None:
    path = tmp_path / "x.manifest"
    path.write_text("of the run before", encoding="utf-8")

    said = backup_manifest.write(path, io.BytesIO(WHOLE[:-60]), io.BytesIO())

    assert "no end mark" in said
    assert list(tmp_path.iterdir()) == []


def test_line_too_long_to_be_looked_at_goes_its_way_and_leaves_no_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conformance.dump.LONGEST", 1_000_000)
    dump = WHOLE + b"SELECT '" + b"x" * 3_000_000 + b"';\n"
    sink = io.BytesIO()
    trouble = backup_manifest.write(tmp_path / "m", io.BytesIO(dump), sink)
    assert trouble == "a line is longer than 1000000 bytes: no manifest was written"
    assert sink.getvalue() == dump
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize(
    "command",
    [["-m", "conformance.backup_manifest"], ["-c", "from conformance.cli import app; app()", "backup-manifest"]],
)
def test_between_the_programs_of_a_backup_job(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "dump.sql").write_bytes(WHOLE)
    words = " ".join(f"'{word}'" for word in (sys.executable, *command, str(tmp_path / "d.manifest")))
    script = f"set -o pipefail; {words} < {tmp_path}/dump.sql | gzip > {tmp_path}/dump.sql.gz"

    done = subprocess.run(["bash", "-c", script], cwd=CHECKOUT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert gzip.decompress((tmp_path / "dump.sql.gz").read_bytes()) == WHOLE
    assert manifest.parse((tmp_path / "d.manifest").read_bytes()).rows["public.users"] == 4


def test_job_without_the_environment_needs_python_alone(tmp_path: Path) -> None:
    command = [sys.executable, "-I", "-S", "-c", (
        f"import sys; sys.path.insert(0, {str(CHECKOUT)!r}); from conformance.backup_manifest import main; "
        f"sys.exit(main([{str(tmp_path / 'm')!r}]))"
    )]  # fmt: skip
    done = subprocess.run(command, input=WHOLE, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, WHOLE), done.stderr


@pytest.mark.parametrize(
    ("words", "code", "says"), [([], 2, "usage"), (["--help"], 2, "usage"), (["/no/such/folder/x"], 1, "No such file")]
)
def test_slips_are_said_in_a_line(words: list[str], code: int, says: str) -> None:
    command = [sys.executable, "-m", "conformance.backup_manifest", *words]
    done = subprocess.run(command, cwd=CHECKOUT, input=WHOLE, capture_output=True, check=False)
    assert done.returncode == code
    assert says in done.stderr.decode()
    assert len(done.stderr.splitlines()) == 1


def test_reader_that_goes_away_ends_the_job_with_1_and_a_line(tmp_path: Path) -> None:
    big = WHOLE[:600] + WHOLE[600:] * 3000
    (tmp_path / "d").write_bytes(big)
    script = (
        f"{sys.executable} -m conformance.backup_manifest {tmp_path}/m < {tmp_path}/d | head -c 10 >/dev/null; "
        'exit "${PIPESTATUS[0]}"'
    )
    done = subprocess.run(["bash", "-c", script], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
    assert "Broken pipe" in done.stderr


GOOD = json.loads(
    manifest.Manifest("x", "2026-01-01", "a database", "15", "15", 10, {"public.a": 1}, "x", "x").as_json()
)
TEXT = json.dumps(GOOD)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is no JSON"),
        ("[]", "is no manifest"),
        ("[" * 100_000, "is no JSON"),
        (TEXT[:-3], "is no JSON"),
        (json.dumps({**GOOD, "manifest": 1}), "is no manifest of version 2"),
        (json.dumps({**GOOD, "rows": []}), "no whole numbers"),
        (json.dumps({**GOOD, "rows": {"a": -1}}), "no whole numbers"),
        (json.dumps({**GOOD, "rows": {"a": True}}), "no whole numbers"),
        (json.dumps({**GOOD, "rows": {"a": 10**30}}), "no whole numbers"),
        (json.dumps({**GOOD, "rows": {"a": float("nan")}}), "no whole numbers"),
        (json.dumps({**GOOD, "rows": {"\ud800": 1}}), "cannot be one"),
        (TEXT.replace('"public.a": 1', '"public.a": 1, "public.a": 2'), "says 'public.a' twice"),
        (TEXT.replace('"size": 10', '"size": 10, "size": 11'), "says 'size' twice"),
        (json.dumps({**GOOD, "written": "yesterday"}), "written at no time"),
        (json.dumps({**GOOD, "rows": {"t" * 2_000_000: 1}}), "is larger than"),
        (json.dumps({**GOOD, "size": 1.5}), "no whole numbers"),
        (json.dumps({**GOOD, "schema": None}), "lacks one of"),
    ],
)
def test_manifest_that_is_none_is_said(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        manifest.parse(text.encode("utf-8"))


def test_what_is_no_utf_8_is_no_manifest() -> None:
    with pytest.raises(ValueError, match="is no JSON"):
        manifest.parse(b"\xff\xfe{}")
