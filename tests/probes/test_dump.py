"""The reader of a dump: whatever its pieces, it sees the same; text that looks like a dump's own is none."""

import pytest

from conformance.dump import Dump, LineTooLong, Reader

ODD = 'public."Odd ""Name"" "'
HEAD = b"""--
-- PostgreSQL database dump
--

\\restrict abcDEF

-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 16.2

SET statement_timeout = 0;
CREATE EXTENSION IF NOT EXISTS pg_stat_statements WITH SCHEMA public;
CREATE TABLE public.users (
    id bigint NOT NULL,
    name text
);
ALTER TABLE public.users OWNER TO agent_v3;
CREATE TABLE public."Odd ""Name"" " (
    id integer
);
"""
DATA = b"""COPY public.users (id, name) FROM stdin;
1\tone
2\t-- PostgreSQL database dump complete
3\tCOPY public.other (id) FROM stdin;
4\t\\\\.
\\.


COPY public."Odd ""Name"" " (id) FROM stdin;
\\.

"""
TAIL = b"""CREATE INDEX users_name ON public.users USING btree (name);
GRANT SELECT ON TABLE public.users TO reader WITH GRANT OPTION;
REVOKE ALL ON TABLE public.users FROM PUBLIC;
--
-- PostgreSQL database dump complete
--

\\unrestrict abcDEF

"""
WHOLE = HEAD + DATA + TAIL


def read(text: bytes, size: int | None = None) -> Dump:
    reader = Reader()
    passed = b""
    for start in range(0, len(text), size or len(text) or 1):
        passed += reader.feed(text[start : start + (size or len(text))])
    dump, rest = reader.finish()
    assert passed + rest == text
    return dump


def test_what_a_dump_holds() -> None:
    dump = read(WHOLE)

    assert (dump.kind, dump.ended, dump.size) == ("a database", True, len(WHOLE))
    assert (dump.server, dump.program) == ("15.18", "16.2")
    assert dump.tables == {"public.users", ODD}
    assert dump.rows == {"public.users": 4, ODD: 0}
    assert dump.roles == {"agent_v3", "reader"}
    assert dump.extensions == {"pg_stat_statements"}
    assert (dump.connects, dump.noise) == ([], [])


@pytest.mark.parametrize("size", [*range(1, 40), 64, 100, 1000])
def test_pieces_of_any_size_say_the_same(size: int) -> None:
    assert read(WHOLE, size) == read(WHOLE)


def test_line_ends_of_windows_say_the_same_but_their_size() -> None:
    dump = read(WHOLE.replace(b"\n", b"\r\n"), 17)
    dump.size = len(WHOLE)
    assert dump == read(WHOLE)


@pytest.mark.parametrize("end", range(0, WHOLE.rindex(b"-- PostgreSQL"), 7))
def test_cut_anywhere_before_its_mark_it_is_not_complete(end: int) -> None:
    assert not read(WHOLE[:end]).ended


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (b"", "nothing"),
        (b"hello\n", "no dump of PostgreSQL"),
        (HEAD + TAIL, "a schema without data"),
        (b"-- PostgreSQL database dump\n" + DATA, "data without a schema"),
        (b"-- PostgreSQL database dump\n\nSET x = 1;\n", "an empty database"),
        (b"--\n-- PostgreSQL database cluster dump\n--\n\\connect template1\n" + WHOLE, "a whole cluster (pg_dumpall)"),
    ],
)
def test_what_is_no_dump_of_a_database_is_named(text: bytes, kind: str) -> None:
    assert read(text).kind == kind


def test_cluster_ends_with_its_own_mark_only() -> None:
    cluster = b"--\n-- PostgreSQL database cluster dump\n--\n" + WHOLE
    assert not read(cluster).ended
    assert read(cluster + b"-- PostgreSQL database cluster dump complete\n").ended


@pytest.mark.parametrize(
    "text",
    [
        b"CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $_$\nCOPY public.x FROM stdin;\n$_$;\n",
        b"COMMENT ON TABLE public.users IS 'two lines\nCOPY public.x FROM stdin;\nit''s over';\n",
        b"/* a remark\nCOPY public.x FROM stdin;\n*/\n",
        b'CREATE VIEW "odd\nCOPY public.x FROM stdin;\n" AS SELECT 1;\n',
        b"CREATE FUNCTION g() RETURNS text LANGUAGE plpgsql AS $$\nBEGIN -- it's\n\\connect production\nEND $$;\n",
    ],
)
def test_text_inside_quotes_is_no_statement(text: bytes) -> None:
    dump = read(HEAD + text + DATA + TAIL)

    assert dump.ended
    assert dump.rows == read(WHOLE).rows
    assert dump.connects == []


def test_end_mark_in_a_quote_that_never_closes_is_none() -> None:
    assert not read(HEAD + b"COMMENT ON TABLE public.users IS 'open\n" + TAIL).ended


INSERTS = b"""-- PostgreSQL database dump
CREATE TABLE public.a (
    t text
);
INSERT INTO public.a VALUES ('x');
INSERT INTO public.a VALUES ('two
lines; INSERT INTO public.a VALUES (''no'');
end');
INSERT INTO public.b VALUES
\t('1'),
\t('2'),
\t('it''s $$ -- /* three');
CREATE INDEX i ON public.a USING btree (t);
-- PostgreSQL database dump complete
"""


@pytest.mark.parametrize("size", [3, 10, 1000])
def test_rows_of_inserts_are_counted(size: int) -> None:
    dump = read(INSERTS, size)
    assert dump.rows == {"public.a": 2, "public.b": 3}
    assert dump.ended


def test_schema_hash_knows_statements_and_neither_data_nor_keys_nor_what_is_appended() -> None:
    same = WHOLE.replace(b"abcDEF", b"other").replace(b"1\tone", b"1\tanother")
    assert read(same + b"CREATE ROLE x;\n").schema == read(WHOLE).schema
    assert read(WHOLE.replace(b"USING btree (name)", b"USING hash (name)")).schema != read(WHOLE).schema


def test_every_place_that_names_a_role() -> None:
    text = b"""ALTER FUNCTION public.f(a integer) OWNER TO "Odd Role";
GRANT ALL ON SCHEMA public TO one;
ALTER DEFAULT PRIVILEGES FOR ROLE two IN SCHEMA public GRANT SELECT ON TABLES TO three;
SET SESSION AUTHORIZATION four;
CREATE POLICY p ON public.users TO five, six USING (true);
REVOKE ALL ON TABLE x FROM seven;
GRANT pg_monitor TO eight GRANTED BY postgres;
GRANT pg_monitor TO PUBLIC;
CREATE ROLE nine;
ALTER ROLE ten WITH SUPERUSER INHERIT;
"""
    dump = read(text)
    assert dump.roles == {"Odd Role", "one", "two", "three", "four", "five", "six", "seven", "eight"}
    assert dump.created_roles == {"nine"}
    assert dump.superusers == {"ten"}


def test_what_is_dropped_is_not_passed_on() -> None:
    asked = []

    def drop(what: str, name: str) -> bool:
        asked.append((what, name))
        return True

    reader = Reader(drop)
    text = (
        b"--\nCREATE DATABASE shop WITH TEMPLATE = template0;\n\\connect shop\nCREATE ROLE a;\nSELECT 1;\n"
        b"SET default_tablespace = fast;\nSET default_tablespace = '';\n"
    )
    assert reader.feed(b"\\restrict a\n" + text) == b"--\nSELECT 1;\nSET default_tablespace = '';\n"
    assert asked == [("restrict", ""), ("database", "shop"), ("connect", "shop"), ("role", "a"), ("tablespace", "fast")]


def test_what_pg_dump_said_to_somebody_is_held_back() -> None:
    reader = Reader()
    passed = reader.feed(b"pg_dump: warning: circular\npg_dump: hint: x\n" + WHOLE)
    dump, _ = reader.finish()
    assert passed == WHOLE
    assert dump.noise == ["pg_dump: warning: circular", "pg_dump: hint: x"]


def test_row_of_megabytes_is_not_held_back() -> None:
    reader = Reader()
    reader.feed(b"-- PostgreSQL database dump\nCOPY public.a (t) FROM stdin;\n")
    assert len(reader.feed(b"x" * 1_000_000)) == 1_000_000


@pytest.mark.parametrize(
    ("words", "name"),
    [(b"shop", "shop"), (b'"Odd"', "Odd"), (b"-reuse-previous=on \"dbname='it\\'s'\"", "it's")],
)
def test_database_that_a_dump_connects_to(words: bytes, name: str) -> None:
    assert read(b"--\n\\connect " + words + b"\n").connects == [name]


def test_line_that_is_too_long_to_be_held_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.dump.LONGEST", 5000)
    reader = Reader()
    for piece in (b"SELECT '", *[b"x" * 1000] * 4, b"';\n", *[b"x" * 1000] * 5):
        reader.feed(piece)
    with pytest.raises(LineTooLong, match="longer than 5000 bytes"):
        reader.feed(b"x")


def test_lines_outside_of_quotes_and_data_are_shown() -> None:
    seen: list[bytes] = []
    reader = Reader(look=seen.append)
    reader.feed(b"SELECT 'a\nDO b';\nCOPY a FROM stdin;\nDO c\n\\.\n  DO d\n\\! e\n")
    assert seen == [b"SELECT 'a", b"COPY a FROM stdin;", b"  DO d", b"\\! e"]
