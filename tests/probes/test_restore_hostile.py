"""A dump is text that anybody may have written: what it tries to reach is not touched, and the verdict names it."""

import secrets
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.reading import NotMeasured
from fixtures.restore import confining, landlock, leftovers, place, preflight
from fixtures.restore.place import Lease, MachinePlace, binaries_here
from fixtures.restore.removing import removed
from fixtures.restore.server import ThrowAway
from tests.probes.dumps import Material, here, look_at, packed
from tests.probes.restoring import CALM, SET, WORKSPACE, Said, container

BEFORE = b"CREATE INDEX"


@pytest.fixture
def outside() -> Iterator[Path]:
    """A folder outside of the workspace into which everybody may write."""
    folder = Path(tempfile.mkdtemp(dir="/var/tmp", prefix="outside-"))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


def with_statement(dump: bytes, statement: str) -> bytes:
    return dump.replace(BEFORE, statement.encode() + b"\n" + BEFORE, 1)


def hidden(statement: str) -> str:
    """A statement that stands only in the body of a function, which is called."""
    quoted = statement.replace("'", "''")
    body = f"BEGIN EXECUTE '{quoted}'; END"
    return f"CREATE FUNCTION public.f() RETURNS void LANGUAGE plpgsql AS $_$ {body} $_$;\nSELECT public.f();"


EVIDENT = {
    "a shell": "\\! touch {o}/ran",
    "a program's rows, by psql": "\\copy public.customers (name) from program 'touch {o}/ran'",
    "answers to a program": "\\o |touch {o}/ran",
    "answers to a file": "\\o {o}/ran",
    "another script": "\\i /etc/shadow",
    "the environment": "\\setenv PATH {o}",
    "a variable from a program": "\\set x `touch {o}/ran`",
    "a program, by the server": "COPY public.customers TO PROGRAM 'touch {o}/ran';",
    "a program over two lines": "COPY public.customers (name)\n  FROM PROGRAM 'touch {o}/ran';",
    "a file, by the server": "COPY public.customers TO '{o}/ran';",
    "a file's lines, by the server": "COPY public.customers (name) FROM '/etc/shadow';",
    "a block": "DO $$ BEGIN EXECUTE 'COPY public.customers TO ''{o}/ran'''; END $$;",
    "a file as a large object": "SELECT pg_catalog.lo_import('/etc/shadow');",
    "a large object as a file": "SELECT pg_catalog.lo_export(1, '{o}/ran');",
    "a file's text": "SELECT pg_read_file('/etc/shadow');",
    "a library": "LOAD '{o}/ran.so';",
    "a setting": "ALTER SYSTEM SET archive_command = 'touch {o}/ran';",
}


@pytest.mark.parametrize("case", EVIDENT)
def test_statement_that_reaches_out_is_named_and_not_carried_out(
    case: str, material: Material, tmp_path: Path, outside: Path
) -> None:
    statement = EVIDENT[case].replace("{o}", str(outside))
    said = look_at(tmp_path, packed(with_statement(material.good, statement)), None, material)()

    assert said["test_dump_kind"].verdict == "CRITICAL", said
    assert statement.splitlines()[-1].split()[0] in said["test_dump_kind"].text
    assert said["test_restore"] == Said("blocked", f"test_dump_kind[{SET}]")
    assert list(outside.iterdir()) == []


def test_custom_dump_is_looked_through_alike(material: Material, tmp_path: Path, outside: Path) -> None:
    """The text of a view is in the archive as it was written there."""
    line = b"AS $_$ SELECT 2 * $1 $_$;"
    assert line in material.good
    reaching = b"AS 'SELECT 2 * $1';\nCOPY public.lines TO PROGRAM 'touch " + bytes(outside) + b"/ran';"
    said = look_at(tmp_path, packed(material.good.replace(line, reaching, 1)), None, material)()
    assert "COPY public.lines TO PROGRAM" in said["test_dump_kind"].text
    assert list(outside.iterdir()) == []


HIDDEN: dict[str, tuple[str, str]] = {
    "a shell behind a statement": ("SELECT 1 \\! touch {o}/ran\n;", "backslash commands are restricted"),
    "a program": (hidden("COPY public.customers TO PROGRAM 'touch {o}/ran'"), "kept from programs"),
    "a program behind a comment": (
        "COPY public.customers TO /* */ PROGRAM 'touch {o}/ran';", "kept from programs"),
    "a process that stays": (
        hidden("COPY public.customers TO PROGRAM 'setsid sleep 600 >/dev/null 2>&1 &'"), "kept from programs"),
    "a file": (hidden("COPY public.customers TO '{o}/ran'"), "for writing: Permission denied"),
    "a file's text": (hidden("SELECT pg_catalog.pg_read_file('/etc/shadow')"), "for reading: Permission denied"),
    "what the suite knows": (hidden("SELECT pg_catalog.pg_read_file('/proc/self/environ')"), "Permission denied"),
    "a file as a large object": (hidden("SELECT pg_catalog.lo_import('/etc/shadow')"), "Permission denied"),
    "a large object as a file": (
        hidden("SELECT pg_catalog.lo_from_bytea(7, 'x'); SELECT pg_catalog.lo_export(7, '{o}/ran')"),
        "Permission denied"),
    "a folder": (hidden("SELECT pg_catalog.pg_ls_dir('{o}')"), "Permission denied"),
    "a function of a library": (
        "CREATE FUNCTION public.c(cstring) RETURNS int LANGUAGE c AS '/lib/x86_64-linux-gnu/libc.so.6', 'system';",
        "missing magic block"),
}  # fmt: skip


@here
@pytest.mark.parametrize("case", HIDDEN)
def test_statement_that_is_hidden_runs_into_what_the_server_is_kept_from(
    case: str, material: Material, tmp_path: Path, outside: Path
) -> None:
    if not landlock.version():
        pytest.skip("this kernel has no Landlock")
    statement, words = HIDDEN[case]
    content = with_statement(material.good, statement.replace("{o}", str(outside)))
    said = look_at(tmp_path, packed(content), None, material)()

    assert (said["test_restore"].verdict, words in said["test_restore"].text) == ("CRITICAL", True), said
    assert list(outside.iterdir()) == []


def test_language_that_is_not_trusted_is_not_there(material: Material, tmp_path: Path) -> None:
    content = material.good.replace(
        b"SET default_tablespace", b"CREATE EXTENSION plpython3u;\nSET default_tablespace", 1
    )
    said = look_at(tmp_path, packed(content), None, material)()
    assert said["test_restore_preflight"].verdict == "UNKNOWN"
    assert "plpython3u" in said["test_restore_preflight"].text


@here
@pytest.mark.parametrize("namespaces", [True, False])
def test_process_that_stays_is_ended_also_where_there_is_no_landlock(
    namespaces: bool, material: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landlock, "version", lambda: 0)
    if not namespaces:
        monkeypatch.setattr(confining, "_namespaces", lambda _user: [])
    seconds = f"6{secrets.randbelow(10**6):06}"
    program = f"cd / && (setsid sleep {seconds} >/dev/null 2>&1 </dev/null &) ; cat >/dev/null"
    content = with_statement(material.good, hidden(f"COPY public.customers TO PROGRAM '{program}'"))
    seen: list[bool] = []

    def watch() -> None:
        for _ in range(600):
            if runs(seconds):
                seen.append(True)
                return
            time.sleep(0.05)

    watching = threading.Thread(target=watch)
    watching.start()
    said = look_at(tmp_path, packed(content), None, material)()
    watching.join()

    assert said["test_restore"] == Said("OK", "restored"), said
    assert seen == [True]
    assert not runs(seconds)


def runs(word: str) -> bool:
    """Whether a process has this word in its command line."""
    for one in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word.encode() in one.read_bytes().split(b"\0"):
                return True
        except OSError:
            continue
    return False


@here
def test_nothing_of_the_suites_environment_is_handed_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_SUITE", "canary")
    made = MachinePlace(binaries_here()[0], str(WORKSPACE), CALM)
    try:
        program = made.program(["sh", "-c", "env; cat /proc/self/environ; ls -l /proc/self/fd"])
        program.close()
        said = b"".join(program.output()).decode()
        assert "PATH=" in said
        assert "canary" not in said
        assert said.count(" -> ") <= 4  # the three of every program, and the folder that ls reads
    finally:
        made.remove()


@here
def test_program_of_the_suite_itself_writes_nowhere_else(outside: Path) -> None:
    if not landlock.version():
        pytest.skip("this kernel has no Landlock")
    made = MachinePlace(binaries_here()[0], str(WORKSPACE), CALM)
    try:
        for words, code in ((f"touch {outside}/ran", 1), ("touch mine && rm mine", 0), (f"ls {outside}", 2)):
            program = made.program(["sh", "-c", words])
            assert program.wait().code == code, words
    finally:
        made.remove()
    assert list(outside.iterdir()) == []
    (outside / "ours").touch()  # the run itself has given up nothing


@here
def test_caller_who_is_not_root_is_confined_by_landlock_alone(tmp_path: Path, outside: Path) -> None:
    if landlock.version() < confining.TCP:
        pytest.skip("this kernel's Landlock does not know TCP")
    made = confining.Confined(tmp_path, binaries_here()[0], None)
    assert made.words == f"confined by Landlock {landlock.version()}"
    assert "unshare" not in made.prefix
    words = [*made.prefix, "sh", "-c", f"touch mine && ! touch {outside}/ran 2>/dev/null"]
    assert made.start("sh", lambda: subprocess.run(words, cwd=tmp_path, check=False).returncode) == 0
    with pytest.raises(PermissionError):
        made.start("psql", lambda: subprocess.run(["/bin/sh", "-c", "true"], check=False))
    made.end()
    with pytest.raises(NotMeasured, match="was ended"):
        made.start("sh", lambda: None)


@here
def test_psql_that_cannot_be_restricted_is_used_only_where_it_can_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "knows_restrict", lambda _version: False)
    made = MachinePlace(binaries_here()[0], str(WORKSPACE), CALM)
    thrown = ThrowAway(made)
    try:
        thrown.start()
        made.confined = True
        preflight.is_fit(thrown, set())
        made.confined = False
        with pytest.raises(NotMeasured, match=r"knows no \\restrict"):
            preflight.is_fit(thrown, set())
    finally:
        thrown.stop()


@here
def test_psql_that_knows_no_restriction_runs_no_shell_either(
    material: Material, tmp_path: Path, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not landlock.version():
        pytest.skip("this kernel has no Landlock")
    monkeypatch.setattr("fixtures.restore.proving.knows_restrict", lambda _version: False)
    content = with_statement(material.good, f"SELECT 1 \\! touch {outside}/ran\n;")
    look_at(tmp_path, packed(content), None, material)()
    assert list(outside.iterdir()) == []


def test_folder_into_which_somebody_writes_on_is_removed() -> None:
    """As initdb does when its run was killed."""
    lease = Lease(str(WORKSPACE))
    ends = time.monotonic() + 1.5

    def write() -> None:
        number = 0
        while time.monotonic() < ends:
            number += 1
            try:
                (lease.folder / f"data{number % 7}").mkdir(parents=True, exist_ok=True)
                (lease.folder / f"data{number % 7}" / str(number)).touch()
            except OSError:
                continue

    writing = threading.Thread(target=write)
    writing.start()
    stayed = lease.end()
    writing.join()
    assert (stayed, lease.folder.exists()) in (("", False), ("", True))
    assert removed(lease.folder) == ""
    assert not lease.folder.exists()


@here
def test_what_cannot_be_removed_is_said_by_this_run_and_swept_by_the_next(
    material: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fixtures.restore.removing.TIME", 0.3)
    held: list[Path] = []
    real = place.Lease.end

    def end(lease: Lease) -> str:
        held.append(lease.folder / "held")
        held[-1].mkdir()
        monkeypatch.setattr("fixtures.restore.removing.shutil.rmtree", refused)
        try:
            return real(lease)
        finally:
            monkeypatch.undo()

    def refused(folder: Path, onerror: object) -> None:
        onerror(None, str(held[-1]), (OSError, OSError(16, "busy"), None))  # type: ignore[operator]

    monkeypatch.setattr(place.Lease, "end", end)
    said = look_at(tmp_path, packed(material.good), None, material)("test_restore", "test_restore_leftovers")
    assert said["test_restore"] == Said("OK", "restored")
    assert said["test_restore_leftovers"] == Said("WARNING", f"{held[0]}: Device or resource busy")
    assert leftovers.sweep_folders({str(WORKSPACE)}) == [str(held[0].parent)]


def test_container_reaches_nothing_of_the_machine(outside: Path) -> None:
    with container() as made:
        thrown = ThrowAway(made)
        thrown.start()
        thrown.ask(f"COPY (SELECT 1) TO PROGRAM 'mkdir -p {outside}; touch {outside}/ran'")
        assert list(outside.iterdir()) == []
