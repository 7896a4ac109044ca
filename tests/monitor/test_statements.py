"""Texts of statements: told only where no constant can be in them."""

from __future__ import annotations

import pytest

from perfanalysis.monitor.statements import harmless_text


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("SELECT *\n  FROM users WHERE id = $1", "SELECT * FROM users WHERE id = $1"),
        ("update users set name = $2", "update users set name = $2"),
        ("WITH x AS (SELECT $1) SELECT * FROM x", "WITH x AS (SELECT $1) SELECT * FROM x"),
        ("SELECT 'hunter2', 'it''s'", "SELECT '…', '…''…'"),
        ("SELECT * FROM a WHERE b = 'cut short", "SELECT * FROM a WHERE b = '…'"),
    ],
)
def test_normalized_statements_are_told_without_literals(query, text):
    assert harmless_text(query) == text


@pytest.mark.parametrize(
    "query",
    [
        "ALTER ROLE app PASSWORD 'hunter2'",
        "CREATE USER app PASSWORD 'hunter2'",
        "/* hunter2 */ SELECT 1",
        "SELECTED",
        r"SELECT E'\'hunter2\''",
        "SELECT $$hunter2$$",
        "SELECT $tag$hunter2$tag$",
        "",
    ],
)
def test_others_are_not_told_at_all(query):
    assert harmless_text(query) == ""


def test_long_statements_are_cut():
    assert len(harmless_text("SELECT " + "x, " * 1000)) == 120
