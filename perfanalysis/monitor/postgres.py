"""A PostgreSQL database: what its statistics views count."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from perfanalysis.errors import UsageError
from perfanalysis.model.series import SeriesKind
from perfanalysis.monitor.increments import Increments
from perfanalysis.monitor.source import ReadingError, Sampled, Source, plain_text, told
from perfanalysis.monitor.statements import Statements
from perfanalysis.traces.series_entry import Point, entry_of_points

if TYPE_CHECKING:
    import psycopg

_CONNECT_TIMEOUT_S = 5
_QUERY_TIMEOUT_MS = 4_000
# Columns of pg_stat_database that only ever grow, with their units. Versions before 14 lack some.
_COUNTERS: dict[str, str | None] = {
    "xact_commit": None,
    "xact_rollback": None,
    "blks_read": None,
    "blks_hit": None,
    "tup_returned": None,
    "tup_fetched": None,
    "tup_inserted": None,
    "tup_updated": None,
    "tup_deleted": None,
    "conflicts": None,
    "temp_files": None,
    "temp_bytes": "bytes",
    "deadlocks": None,
    "blk_read_time": "ms",
    "blk_write_time": "ms",
    "active_time": "ms",
    "idle_in_transaction_time": "ms",
    "sessions": None,
}
_DATABASE = "SELECT * FROM pg_stat_database WHERE datname = current_database()"
# Backends of clients in this database, this connection's own left out. Type and state are null
# where this user may not see what another one does.
_ACTIVITY = """
SELECT coalesce(state, 'hidden') AS state, count(*) AS backends,
       count(*) FILTER (WHERE wait_event_type = 'Lock') AS waiting,
       max(extract(epoch FROM now() - xact_start)) AS oldest_s
FROM pg_stat_activity
WHERE datname = current_database() AND coalesce(backend_type, 'client backend') = 'client backend'
  AND pid <> pg_backend_pid()
GROUP BY 1
"""
_STATES = (
    "active",
    "idle",
    "idle in transaction",
    "idle in transaction (aborted)",
)


class Postgres(Source):
    """The database that a connection string names.

    Args:
        dsn: as libpq takes it; what it does not say comes from libpq's environment.
        name: the value of the label `server`; None for no such label.
        interval_s: from one reading to the next.

    Raises:
        UsageError: the driver is not installed, or the string is none; it is not quoted.
    """

    def __init__(self, dsn: str, *, name: str | None, interval_s: float) -> None:
        super().__init__()
        self._psycopg = _driver()
        parameters = _parameters(self._psycopg, dsn)
        self.label = "postgres" if name is None else f"postgres {name}"
        self.interval_s = interval_s
        secrets = [parameters.get(key) for key in ("password", "sslpassword")]
        secrets.append(os.environ.get("PGPASSWORD"))
        self.secrets = tuple(secret for secret in secrets if secret)
        self._dsn = dsn
        self._labels = {} if name is None else {"server": name}
        self._connection: psycopg.Connection[dict[str, Any]] | None = None
        self._increments = Increments(self.restarts)
        self._statements: Statements | None = None

    def read(self) -> Sampled:
        """Ask the views.

        Raises:
            ReadingError: the server is not there, or does not answer.
        """
        try:
            if self._connection is None:
                self._connect()
            points, unreadable = self._points()
        except self._psycopg.Error as exc:
            self.close()
            raise ReadingError(told(exc, self.secrets)) from exc
        return Sampled(
            entry=entry_of_points(points),
            numbers=len(points),
            left_out=0,
            unreadable=unreadable,
        )

    def interrupt(self) -> None:
        """Cut the connection: a server that hangs never answers a cancellation either."""
        connection = self._connection
        if connection is None:
            return  # connecting has its own limit
        with suppress(OSError, self._psycopg.Error), _borrowed(connection.fileno()) as channel:
            channel.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection; the next reading opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(self._psycopg.Error):
                connection.close()

    def _connect(self) -> None:
        from psycopg.rows import dict_row

        connection = self._psycopg.connect(
            self._dsn,
            autocommit=True,
            connect_timeout=_CONNECT_TIMEOUT_S,
            application_name="perfanalysis monitor",
            prepare_threshold=None,  # a pooler may give every query another backend
            row_factory=dict_row,
        )
        self._connection = connection
        # Not in the connection's options: poolers refuse those.
        connection.execute(
            "SELECT set_config('statement_timeout', %s, false)", [str(_QUERY_TIMEOUT_MS)]
        )
        if self._statements is None or not self._statements.is_there:
            self._statements = Statements(connection, self.restarts)

    def _points(self) -> tuple[list[Point], tuple[str, ...]]:
        assert self._connection is not None  # noqa: S101  (read connects)
        assert self._statements is not None  # noqa: S101  (connecting looks for them)
        connection = self._connection
        row = connection.execute(_DATABASE).fetchone()
        if row is None:
            raise ReadingError("pg_stat_database has no row of this database")
        labels = {**self._labels, "database": plain_text(str(row["datname"]))}
        activity = connection.execute(_ACTIVITY).fetchall()
        points = [*self._increments.of(_of_database(row, labels)), *_of_activity(activity, labels)]
        statements, unreadable = self._statements.read(connection, labels)
        return [*points, *statements], unreadable


def _of_database(row: dict[str, Any], labels: dict[str, str]) -> Iterator[Point]:
    yield Point("postgres.numbackends", float(row["numbackends"]), None, SeriesKind.GAUGE, labels)
    for column, unit in _COUNTERS.items():
        if row.get(column) is not None:
            value = float(row[column])
            yield Point(f"postgres.{column}", value, unit, SeriesKind.COUNTER, labels)


def _of_activity(rows: Sequence[dict[str, Any]], labels: dict[str, str]) -> Iterator[Point]:
    states = dict.fromkeys(_STATES, 0) | {row["state"]: row["backends"] for row in rows}
    for state, backends in states.items():
        # In the name, since they are few and not to be added up: no label.
        metric = f"postgres.activity.{re.sub('[^a-z]+', '_', state).strip('_')}"
        yield Point(metric, float(backends), None, SeriesKind.GAUGE, labels)
    waiting = float(sum(row["waiting"] for row in rows))
    yield Point("postgres.waiting_for_locks", waiting, None, SeriesKind.GAUGE, labels)
    oldest = max((float(row["oldest_s"] or 0) for row in rows), default=0.0)
    yield Point("postgres.oldest_transaction", max(oldest, 0.0), "s", SeriesKind.GAUGE, labels)


def _driver() -> Any:  # noqa: ANN401  (the module)
    try:
        import psycopg
    except ImportError as exc:
        raise UsageError(
            "--postgres needs a library that is not installed: psycopg",
            hint="pip install 'perfanalysis[monitor]'",
        ) from exc
    return psycopg


def _parameters(driver: Any, dsn: str) -> dict[str, Any]:  # noqa: ANN401  (the module)
    try:
        parameters: dict[str, Any] = driver.conninfo.conninfo_to_dict(dsn)
    except driver.Error:
        # Its message quotes the string, and so perhaps the password: not even as a cause.
        raise UsageError(
            "--postgres: expected a connection string of libpq, such as "
            "'postgresql://user@host/database' or 'host=... dbname=... user=...'",
            hint="the string is not shown since it may hold a password; a password may also come "
            "from PGPASSWORD or ~/.pgpass",
        ) from None
    return parameters


def _borrowed(descriptor: int) -> socket.socket:
    return socket.socket(fileno=os.dup(descriptor))
