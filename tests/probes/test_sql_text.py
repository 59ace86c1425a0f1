"""The text of a statement, of which no value may be seen."""

import pytest

from fixtures.sql_text import shortened, without_values


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ALTER ROLE x PASSWORD 'can''ary'", "ALTER ROLE x PASSWORD ?"),
        ("SELECT $1, a1 FROM t2 WHERE b = 12.5e3 AND c = -.5", "SELECT $1, a1 FROM t2 WHERE b = ? AND c = -?"),
        (r"SELECT E'it\'s canary', 1", "SELECT ?, ?"),
        (r"SELECT '\', 'canary'", "SELECT ?"),  # a plain string may end there or not: the rest is taken for a value
        ("SELECT x'ff', B'01', N'canary', U&'canary'", "SELECT ?, ?, ?, U&?"),
        ("SELECT $tag$ canary $$ canary $tag$, $$canary$$", "SELECT ?, ?"),
        ("SELECT 1 -- canary\n FROM t", "SELECT ? FROM t"),
        ("/* canary 'x */ SELECT a FROM t", "SELECT a FROM t"),
        ("SELECT '-- no comment', a", "SELECT ?, a"),
        ('SELECT "a ""1"" b" FROM "t', 'SELECT "a ""1"" b" FROM "t'),
        ("SELECT 'canary that was cut", "SELECT ?"),
        ("SELECT $$canary that was cut", "SELECT ?"),
        ("SELECT /* canary that was cut", "SELECT"),
        ("SELECT straße1, naïve FROM tabelle_2", "SELECT straße1, naïve FROM tabelle_2"),
        ("DO $$ BEGIN PERFORM 'canary', 4711; END $$", "DO ?"),
        ("DO LANGUAGE plpgsql $do$ BEGIN EXECUTE $$canary$$; END $do$", "DO LANGUAGE plpgsql ?"),
        ("DO $größe$ canary $größe$ LANGUAGE plpgsql", "DO ? LANGUAGE plpgsql"),
        ("DO $do$ BEGIN EXECUTE $$canary$$; -- that was cut", "DO ?"),
        ("DO 'BEGIN PERFORM ''canary''; END'", "DO ?"),
        (r"DO E'BEGIN PERFORM \'canary\'; END'", "DO ?"),
        ("CALL pay('canary', 4711)", "CALL pay(?, ?)"),
        ("SELECT a /* outer /* inner */ canary */ FROM t", "SELECT a"),
        ("SELECT a /* one */, b /* canary */ FROM t", "SELECT a , b FROM t"),
        ("SET app.token = canary", "SET app.token = ?"),
        ("BEGIN; SET LOCAL app.token TO canary; SELECT 1", "BEGIN; SET LOCAL app.token TO ?; SELECT ?"),
        ("ALTER ROLE a SET app.token = canary", "ALTER ROLE a SET app.token = ?"),
        ("UPDATE t SET a = b WHERE c = d", "UPDATE t SET a = b WHERE c = d"),
        ("<insufficient privilege>", "<insufficient privilege>"),
    ],
)
def test_values_and_comments_are_gone(text: str, shown: str) -> None:
    assert " ".join(without_values(text).split()) == shown
    assert "canary" not in shown


def test_long_text_is_cut_on_one_line() -> None:
    assert shortened("SELECT a,\n  b" + ", c" * 100, length=20) == "SELECT a, b, c, c, c..."
