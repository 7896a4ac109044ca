"""The statements that took most time, as the extension pg_stat_statements counts them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from perfanalysis.model.series import SeriesKind
from perfanalysis.monitor.increments import Increments
from perfanalysis.monitor.source import plain_text, told
from perfanalysis.traces.series_entry import Point

if TYPE_CHECKING:
    import psycopg

_MAX_FETCHED = 500
_MAX_TOLD = 20
_VERSION_13 = 130_000
# Only of these are constants replaced by $1, $2, ...; others may hold passwords as they are.
_NORMALIZED = re.compile(r"\s*(?:SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|VALUES)\b", re.IGNORECASE)
_LITERAL = re.compile(r"'[^']*(?:'|$)")
_DOLLAR_QUOTE = re.compile(r"\$(?!\d)")
_MAX_TEXTS = 2_000
_EXTENSION = """
SELECT quote_ident(nspname) AS schema
FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
WHERE extname = 'pg_stat_statements'
"""
_MILLISECONDS = "ms"
_CALLS = "postgres.statements.calls"
_TIME = "postgres.statements.exec_time"
_ROWS = "postgres.statements.rows"


class Statements:
    """Calls, execution time and rows of a database's statements.

    Every reading tells the statements that took most time since the one before. Those that were
    never called before have nothing to grow from: they are told from their second reading on.

    Args:
        connection: looks for the extension.
        restarts: by metric, how many readings of counters fell; it is added to.

    Attributes:
        is_there: whether the database has the extension.
    """

    def __init__(
        self, connection: psycopg.Connection[dict[str, Any]], restarts: dict[str, int]
    ) -> None:
        row = connection.execute(_EXTENSION).fetchone()
        self.is_there = row is not None
        self._schema = row["schema"] if row is not None else ""
        self._increments = Increments(restarts)
        self._texts: dict[str, str] = {}

    def read(
        self, connection: psycopg.Connection[dict[str, Any]], labels: Mapping[str, str]
    ) -> tuple[list[Point], tuple[str, ...]]:
        """Return the statements that took most time since the reading before.

        And what could not be read, in a few words.
        """
        import psycopg

        if not self.is_there:
            return [], ()
        try:
            rows = connection.execute(self._query(connection.info.server_version)).fetchall()
        except (psycopg.errors.ObjectNotInPrerequisiteState, psycopg.errors.UndefinedTable) as exc:
            # Created, but not loaded by the server; or dropped meanwhile.
            self.is_there = False
            return [], (told(exc, ()),)
        grown: dict[str, dict[str, Point]] = {}
        for point in self._increments.of(_counters(rows)):
            grown.setdefault(point.labels["queryid"], {})[point.metric] = point
        called = [found for found in grown.values() if _CALLS in found and found[_CALLS].value > 0]
        called.sort(key=lambda found: -found[_TIME].value if _TIME in found else 0.0)
        told_ones = [point for found in called[:_MAX_TOLD] for point in found.values()]
        texts = self._texts_of({point.labels["queryid"]: None for point in told_ones}, connection)
        points = [
            replace(point, labels={**labels, **texts[point.labels["queryid"]]})
            for point in told_ones
        ]
        return points, ()

    def _query(self, server_version: int) -> Any:  # noqa: ANN401  (psycopg's SQL)
        from psycopg import sql

        time = "total_exec_time" if server_version >= _VERSION_13 else "total_time"
        # `false`: without the texts, which lie in a file that would be read every time.
        return sql.SQL(
            "SELECT queryid::text AS queryid, sum(calls) AS calls, sum({time}) AS time, "
            "sum(rows) AS rows FROM {schema}.pg_stat_statements(false) WHERE queryid IS NOT NULL "
            "AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) "
            "GROUP BY 1 ORDER BY 3 DESC LIMIT {limit}"
        ).format(
            time=sql.Identifier(time), schema=sql.SQL(self._schema), limit=sql.Literal(_MAX_FETCHED)
        )

    def _texts_of(
        self, identifiers: Iterable[str], connection: psycopg.Connection[dict[str, Any]]
    ) -> dict[str, dict[str, str]]:
        """Return the labels of statements: their identifier, and their text if it is harmless."""
        from psycopg import sql

        if len(self._texts) > _MAX_TEXTS:
            self._texts.clear()
        unknown = [identifier for identifier in identifiers if identifier not in self._texts]
        if unknown:
            query = sql.SQL(
                "SELECT queryid::text AS queryid, min(left(query, 500)) AS query "
                "FROM {schema}.pg_stat_statements(true) WHERE queryid::text = ANY(%s) GROUP BY 1"
            ).format(schema=sql.SQL(self._schema))
            rows = connection.execute(query, [unknown]).fetchall()
            texts = {row["queryid"]: harmless_text(row["query"] or "") for row in rows}
            self._texts |= {identifier: texts.get(identifier, "") for identifier in unknown}
        return {
            identifier: {"queryid": identifier}
            | ({"query": text} if (text := self._texts[identifier]) else {})
            for identifier in identifiers
        }


def harmless_text(query: str) -> str:
    """Return a statement without its constants; empty where they may not have been replaced.

    The extension puts $1, $2, ... for them, except in statements such as `ALTER ROLE`, and in ones
    that it had to forget while they ran.

    >>> harmless_text("SELECT name FROM users  WHERE id = $1 AND note = 'private'")
    "SELECT name FROM users WHERE id = $1 AND note = '…'"
    >>> harmless_text("ALTER ROLE app PASSWORD 'secret'")
    ''
    """
    if not _NORMALIZED.match(query) or "\\" in query or _DOLLAR_QUOTE.search(query):
        return ""
    return plain_text(" ".join(_LITERAL.sub("'…'", query).split()))


def _counters(rows: list[dict[str, Any]]) -> list[Point]:
    return [
        Point(metric, float(row[column]), unit, SeriesKind.COUNTER, {"queryid": row["queryid"]})
        for row in rows
        for metric, column, unit in (
            (_CALLS, "calls", None),
            (_TIME, "time", _MILLISECONDS),
            (_ROWS, "rows", None),
        )
    ]
