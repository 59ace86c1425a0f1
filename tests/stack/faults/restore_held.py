"""A newest backup that restores, and is not what it is held against: its manifest, its roles, production."""

from tests.stack import stack
from tests.stack.fault import Fault, blocked, root
from tests.stack.faults.restore import NO_MANIFEST, dumped, edited, gone, newest

SEQUENCE_BEHIND = Fault(
    "the value of a sequence is not in the newest dump",
    inject=lambda: newest(edited("/setval(.public.messages_id_seq/d")),
    remove=gone,
    expect={
        "test_restored_sequences[database]": root(
            "CRITICAL", "public.messages_id_seq gives 1 next, public.messages.id"
        ),
        **NO_MANIFEST,
    },
)

NO_DEFAULT = Fault(
    "a default of a column is not in the newest dump",
    inject=lambda: newest(edited("s/metadata jsonb DEFAULT .{}.::jsonb /metadata jsonb /")),
    remove=gone,
    expect={"test_restored_schema[database]": root("WARNING", "1 missing"), **NO_MANIFEST},
)

NO_RIGHTS = Fault(
    "a policy, a grant on a column, default privileges and the body of a function are not in the newest dump",
    inject=lambda: (
        stack.sql(
            "CREATE FUNCTION public.fault(int) RETURNS int LANGUAGE sql AS 'SELECT 2 * $1';"
            "CREATE POLICY fault ON tool_calls USING (true); GRANT SELECT (email) ON users TO exporter;"
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO exporter;"
        ),
        dumped(
            "pg_dump --dbname agent_v3",
            "s/SELECT 2 . .1/SELECT 3/; /^CREATE POLICY fault /d; /^GRANT SELECT(email)/d; /^ALTER DEFAULT PRIV/d",
        ),
    ),
    remove=lambda: (
        gone(),
        stack.sql(
            "DROP FUNCTION IF EXISTS public.fault(int); DROP POLICY IF EXISTS fault ON tool_calls;"
            "REVOKE SELECT (email) ON users FROM exporter;"
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON TABLES FROM exporter;"
        ),
    ),
    expect={"test_restored_schema[database]": root("WARNING", "5 missing, 1 more"), **NO_MANIFEST},
)

EMPTY_NEW = Fault(
    "a table that nobody has analysed yet, and the large objects, are not in the newest dump",
    inject=lambda: (
        stack.sql("CREATE TABLE fault_notes AS SELECT 1 AS n; SELECT lo_create(4711)"),
        dumped("pg_dump --dbname agent_v3 --exclude-table-data fault_notes --no-blobs"),
    ),
    remove=lambda: (
        gone(),
        stack.sql(
            "DROP TABLE IF EXISTS fault_notes; SELECT lo_unlink(oid) FROM pg_largeobject_metadata WHERE oid = 4711"
        ),
    ),
    expect={
        "test_restored_empty[database]": root("WARNING", "in production), large objects (1 in production)"),
        **NO_MANIFEST,
    },
)

HOLLOW_ROLE = Fault(
    "the newest backup of the roles makes one without what it may",
    inject=lambda: newest(edited("/^ALTER ROLE agent_v3 WITH /d"), kind="globals"),
    remove=gone,
    expect={"test_dump_roles[database]": root("WARNING", "agent_v3: without what they may")},
)

CHANGED_VALUE = Fault(
    "a value of the newest dump is not the one that was written",
    inject=lambda: newest(edited("s/\\tMessage 42:/\\tMessage XX:/"), manifest=True),
    remove=gone,
    expect={"test_dump_counted[database]": root("CRITICAL", "its data are not those that were written")},
)

ABSURD_COUNT = Fault(
    "the newest manifest counts what was never there",
    inject=lambda: newest("cat $good", lie='s/"public.users": [0-9]*/"public.users": 999999999999/'),
    remove=gone,
    expect={"test_dump_counted[database]": root("CRITICAL", "written were 999999999999")},
)

OLD_MANIFEST = Fault(
    "the newest manifest was written long before its dump",
    inject=lambda: newest("cat $good", lie='s/"written": "20/"written": "19/'),
    remove=gone,
    expect={"backup.manifest[database]": root("WARNING")},
)

OTHER_MANIFEST = Fault(
    "the newest manifest is of another file",
    inject=lambda: newest("cat $good", lie='s/"file": "[^"]*"/"file": "another.sql.gz"/'),
    remove=gone,
    expect={"test_dump_manifest[database]": root("WARNING", "of another.sql.gz, another file")},
)

BROKEN_MANIFEST = Fault(
    "the newest manifest is no JSON",
    inject=lambda: newest("cat $good", lie="s/^{/rows:/"),
    remove=gone,
    expect={
        "test_dump_manifest[database]": root("WARNING", "is no JSON"),
        "backup.manifest[database]": blocked("test_dump_manifest[database]"),
        "test_dump_counted[database]": blocked("test_dump_manifest[database]"),
    },
)
