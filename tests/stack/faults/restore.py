"""A newest backup that is wrong in one way, and files that are: each beside the good ones, which stay."""

from pathlib import Path

from tests.stack import stack
from tests.stack.fault import Expect, Fault, blocked, follows, root
from tests.stack.faults.backups import AGED

FOLDER = "/opt/backups/agent-v3"
MARK = "_fault.sql.gz"
# What lies behind the level that fails, nearest first.
BEHIND = {
    "archive": ("test_dump_kind",),
    "kind": ("test_dump_tables", "test_dump_roles", "test_dump_counted", "test_restore_preflight"),
    "preflight": ("test_restore",),
    "restore": (
        "test_restored_schema", "test_restored_rows", "test_restored_empty", "test_restored_sequences", "restore.loss",
        "restore.erosion", "restore.age", "test_restored_damage", "restore.time",
    ),
}  # fmt: skip
SMOKE = ("schema is the newest", "a user has conversations")


def _behind(level: str, cause: str) -> dict[str, Expect]:
    """Everything after a level, blocked by it."""
    levels = list(BEHIND)
    names = [name for one in levels[levels.index(level) :] for name in BEHIND[one]]
    return {f"{name}[database]": blocked(cause) for name in names} | {
        f"test_restored_smoke[database/{one}]": blocked(cause) for one in SMOKE
    }


def newest(how: str, *, manifest: bool = False, lie: str = "", kind: str = "postgres") -> None:
    """Write a newest backup: what the shell's `how` makes of the good dump's SQL, or of $good itself.

    With the good one's manifest, as if it had been written with it, but for a `lie` of sed.
    """
    believed = (
        """&& sed -e "s/$good/$bad/" -e "s/\\"written\\": \\"[^\\"]*/\\"written\\": \\"$(date -u +%FT%T+00:00)/" """
        f"-e '{lie}' $good.manifest >$bad.manifest "
    )
    script = (
        f"cd {FOLDER} && good=$(ls {kind}_*Z.sql.gz | sort | tail -n 1) "
        f"&& bad={kind}_$(date -u +%Y%m%dT%H%M%SZ){MARK} && {how} >.making && mv .making $bad "
        + (believed if manifest or lie else "")
        + "&& chmod 0640 $bad* && chgrp backup $bad*"
    )
    stack.as_root("backup", script)


def dumped(words: str, edit: str = "") -> None:
    """The same of a dump that the job's own role makes with other options, but for an `edit` of sed."""
    made = f"cd {FOLDER} && set -o pipefail && {words} | gzip >.dumped"
    stack.docker("exec", "-u", "backup", stack.container("backup"), "bash", "-c", made)
    newest(f"zcat .dumped | sed '{edit}' | gzip" if edit else "cat .dumped")


def gone() -> None:
    """Take away whatever a fault wrote."""
    stack.as_root("backup", f"rm -f {FOLDER}/*{MARK}* {FOLDER}/.making {FOLDER}/.dumped {FOLDER}/*_older.sql.gz")


def edited(edit: str) -> str:
    """The good dump but for an edit of sed."""
    return f"zcat $good | sed '{edit}' | gzip"


NO_MANIFEST = {
    "test_dump_manifest[database]": root("WARNING", "none"),
    "backup.manifest[database]": blocked("test_dump_manifest[database]"),
}

TRUNCATED = Fault(
    "the newest dump is a gzip cut off at 60 %",
    inject=lambda: newest("head -c $(($(stat -c %s $good) * 6 / 10)) $good", manifest=True),
    remove=gone,
    expect={
        "test_backup_archive[database]": root("CRITICAL", "cut off after"),
        "test_backup_complete[database]": follows("CRITICAL", "test_backup_archive[database]"),
        **_behind("archive", "test_backup_archive[database]"),
    },
)

HALF_A_DUMP = Fault(
    "the newest dump ends at the end of a line in the middle, in a whole gzip",
    inject=lambda: newest("zcat $good | head -n $(($(zcat $good | wc -l) * 7 / 10)) | gzip", manifest=True),
    remove=gone,
    expect={
        "test_backup_complete[database]": root("CRITICAL", "cut off"),
        **_behind("archive", "test_backup_complete[database]"),
    },
)

TRAILING = Fault(
    "something wrote behind the end of the newest dump",
    inject=lambda: newest("(cat $good; echo more)", manifest=True),
    remove=gone,
    expect={"test_backup_archive[database]": root("WARNING", "5 B")},
)

PLAIN = Fault(
    "the newest dump is not packed, though its name says so; it restores all the same",
    inject=lambda: newest("zcat $good", manifest=True),
    remove=gone,
    expect={"test_backup_format[database]": root("CRITICAL", "plain SQL")},
)

# Less than half of an xz, which is smaller than the gzip of the same: however much the database has grown.
_XZ = (
    "import lzma, sys; whole = lzma.compress(sys.stdin.buffer.read(), preset=0); "
    "sys.stdout.buffer.write(whole[:len(whole) * 2 // 5])"
)
XZ_CUT = Fault(
    "the newest dump is an xz that is cut off",
    inject=lambda: newest(f"zcat $good | python3 -c '{_XZ}'", manifest=True),
    remove=gone,
    expect={
        "test_backup_format[database]": root("CRITICAL", "xz"),
        "backup.size.share[database]": root("WARNING"),
        "test_backup_archive[database]": root("CRITICAL", "cut off after"),
        "test_backup_complete[database]": follows("CRITICAL", "test_backup_archive[database]"),
        **_behind("archive", "test_backup_archive[database]"),
    },
)

CLUSTER = Fault(
    "the newest dump is one of the whole cluster",
    inject=lambda: dumped("pg_dumpall --no-role-passwords --database agent_v3 --exclude-database=template1"),
    remove=gone,
    expect={
        "test_dump_kind[database]": root("CRITICAL", "a whole cluster"),
        **_behind("kind", "test_dump_kind[database]"),
        **NO_MANIFEST,
    },
)

MISSING_TABLE = Fault(
    "a table is not in the newest dump",
    inject=lambda: dumped("pg_dump --dbname agent_v3 --exclude-table tool_calls"),
    remove=gone,
    expect={
        "test_dump_tables[database]": root("CRITICAL", "tool_calls"),
        "test_restored_rows[database]": root("CRITICAL", "tool_calls has no rows"),
        "test_restored_schema[database]": root("WARNING", "missing"),
        "restore.loss[database]": root("WARNING"),
        "restore.erosion[database]": root("WARNING"),
        **NO_MANIFEST,
    },
)

EMPTY_TABLE = Fault(
    "a table has no data in the newest dump",
    inject=lambda: dumped("pg_dump --dbname agent_v3 --exclude-table-data tool_calls"),
    remove=gone,
    expect={
        "test_restored_rows[database]": root("CRITICAL", "tool_calls has 0 rows"),
        "test_restored_empty[database]": root("WARNING", "tool_calls"),
        "restore.loss[database]": root("WARNING", "100"),
        "restore.erosion[database]": root("WARNING", "100"),
        **NO_MANIFEST,
    },
)

LOST_ROW = Fault(
    "one row of a leaf table is not in the newest dump any more",
    inject=lambda: newest(edited("/^COPY public.tool_calls /{n;d}"), manifest=True),
    remove=gone,
    expect={"test_dump_counted[database]": root("CRITICAL", "public.tool_calls has")},
)

NOT_MIGRATED = Fault(
    "the newest dump is of a database before its last migration",
    inject=lambda: newest(edited("/^2\\tmessages and tool calls/d")),
    remove=gone,
    expect={
        "test_restored_smoke[database/schema is the newest]": root("CRITICAL", "is f"),
        "test_restored_rows[database]": root("CRITICAL", "schema_migrations has 1 rows"),
        "restore.loss[database]": root("WARNING", "50"),
        "restore.erosion[database]": root("WARNING", "50"),
        **NO_MANIFEST,
    },
)

STRANGE_OWNER = Fault(
    "the newest dump names a role that is in no backup",
    inject=lambda: newest(edited("s/TABLE public.users OWNER TO agent_v3/TABLE public.users OWNER TO stranger/")),
    remove=gone,
    expect={
        "test_dump_roles[database]": root("WARNING", "stranger"),
        "test_restored_schema[database]": root("WARNING", "missing"),
        **NO_MANIFEST,
    },
)

FAILING_STATEMENT = Fault(
    "a statement in the middle of the newest dump fails",
    inject=lambda: newest(edited("s/^CREATE INDEX messages_created_at .*/&\\nSELECT 1 \\/ 0;/")),
    remove=gone,
    expect={
        "test_restore[database]": root("CRITICAL", "22012"),
        **_behind("restore", "test_restore[database]"),
        **NO_MANIFEST,
    },
)

NEWER_MAJOR = Fault(
    "the newest dump is of a server newer than any here",
    inject=lambda: newest(edited("s/^\\(-- Dumped from database version\\) .*/\\1 99.1/"), manifest=True),
    remove=gone,
    expect={
        "test_restore_preflight[database]": root("UNKNOWN", "PostgreSQL 99"),
        **_behind("preflight", "test_restore_preflight[database]"),
    },
)

# The order of an index changes under its feet, as by an update of the system's collations.
_DAMAGE = (
    "CREATE FUNCTION public.c(bigint, bigint) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT btint8cmp($1, $2)';"
    "CREATE OPERATOR CLASS public.odd FOR TYPE bigint USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, "
    "OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 public.c(bigint, bigint);"
    "CREATE INDEX odd ON public.users (id public.odd);"
    "CREATE OR REPLACE FUNCTION public.c(bigint, bigint) RETURNS int LANGUAGE sql IMMUTABLE "
    "AS 'SELECT -btint8cmp($1, $2)';"
)
DAMAGED = Fault(
    "an index of the restored database is out of order",
    inject=lambda: newest(f"(zcat $good; cat <<'SQL'\n{_DAMAGE}\nSQL\n) | gzip", manifest=True),
    remove=gone,
    expect={
        "test_restored_damage[database]": root("CRITICAL", "odd"),
        "test_restored_schema[database]": root("WARNING", "more"),
    },
)

# Where the restore runs; nothing may be written there by a dump.
RAN = Path("/var/tmp/agentv3-fault-ran")


def _appended(sql: str) -> None:
    newest(f"(zcat $good; cat <<'SQL'\n{sql}\nSQL\n) | gzip", manifest=True)


def _untouched() -> None:
    gone()
    assert not RAN.exists()


HOSTILE = Fault(
    "the newest dump runs a shell",
    inject=lambda: _appended(f"\\! touch {RAN}"),
    remove=_untouched,
    expect={
        "test_dump_kind[database]": root("CRITICAL", f"\\! touch {RAN}"),
        **_behind("kind", "test_dump_kind[database]"),
    },
)

_REACHES = (
    "CREATE FUNCTION public.reach() RETURNS void LANGUAGE plpgsql AS "
    f"$_$ BEGIN EXECUTE 'COPY (SELECT 1) TO PROGRAM ''touch {RAN}'''; END $_$;\nSELECT public.reach();"
)
HIDDEN = Fault(
    "a function of the newest dump has the server start a program",
    inject=lambda: _appended(_REACHES),
    remove=_untouched,
    expect={
        "test_restore[database]": root("CRITICAL", "it is kept from programs"),
        **_behind("restore", "test_restore[database]"),
    },
)

GROWING = Fault(
    "a dump is written under its final name",
    inject=lambda: (
        newest("cat $good"),
        # It ends when the file is gone, and does not bring it back.
        stack.as_root("backup", f"f=$(ls {FOLDER}/*{MARK}); (while echo x | dd of=$f oflag=append conv=notrunc,"
                                "nocreat; do sleep 0.2; done) >/dev/null 2>&1 </dev/null &"),
    ),
    remove=gone,
    expect={"test_backup_growth[database]": root("CRITICAL", "still growing")},
)  # fmt: skip

OPEN_TO_ALL = Fault(
    "everybody on the host may read the roles",
    inject=lambda: stack.as_root("backup", f"chmod 0644 {FOLDER}/globals_*.sql.gz"),
    remove=lambda: stack.as_root("backup", f"chmod 0640 {FOLDER}/globals_*.sql.gz"),
    expect={"test_backup_mode[globals]": root("WARNING", "0644")},
)

OLD = Fault(
    "no dump of the database for 30 hours, by the time of the files",
    inject=lambda: stack.as_root("backup", f"cd {FOLDER} && mkdir -p aside2 && cp -p postgres_* aside2/ && {AGED}"),
    remove=lambda: stack.as_root("backup", f"cd {FOLDER} && mv aside2/* . && rmdir aside2"),
    expect={"backup.age[database]": root("CRITICAL"), "backup.stamp[database]": root("WARNING")},
)  # fmt: skip

GAP = Fault(
    "the job did not run for a day",
    inject=lambda: stack.as_root(
        "backup",
        f"cd {FOLDER} && at=$(($(date +%s) - 86400)) && f=globals_$(date -u -d @$at +%Y%m%dT%H%M%SZ)_older.sql.gz && "
        "cat $(ls globals_*Z.sql.gz | sort | tail -n 1) >$f && touch -d @$at $f && chmod 0640 $f && chgrp backup $f",
    ),
    remove=gone,
    expect={"backup.gap[globals]": root("WARNING")},
)
