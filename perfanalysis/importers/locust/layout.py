"""The files of Locust's `--csv PREFIX`: which belong together, and which columns they have.

Locust 1.0 and later write PREFIX_stats.csv, PREFIX_stats_history.csv, PREFIX_failures.csv and
PREFIX_exceptions.csv; 0.8 to 0.13.2 wrote PREFIX_requests.csv and PREFIX_distribution.csv. The
headers changed over the years; here every column has one name.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from enum import Enum

_AGGREGATED_NAMES = ("Aggregated", "Total")
NO_TYPE = ("", "None")
_FILE_NAME = re.compile(
    r"(?P<prefix>.*)_(?P<part>stats|stats_history|failures|exceptions|requests|distribution)"
    r"\.csv(?:\.(?:gz|zst|bz2|xz))?",
    re.IGNORECASE | re.DOTALL,
)
# The file that leads the run comes first; the layout of 0.x only where there is no later one.
_PARTS = ("stats", "stats_history", "failures", "exceptions")
_PARTS_0X = ("requests", "distribution")
_PERCENTILE = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)%?")
_MAX_HEADER_BYTES = 4096
_COLUMNS = {
    "timestamp": "at",
    "user count": "users",
    "type": "type",
    "method": "type",
    "name": "name",
    "# requests": "requests",
    "request count": "requests",
    "total request count": "requests",
    "# failures": "failures",
    "failure count": "failures",
    "total failure count": "failures",
    "average response time": "mean",
    "total average response time": "mean",
    "min response time": "min",
    "total min response time": "min",
    "max response time": "max",
    "total max response time": "max",
    "average content size": "size",
    "total average content size": "size",
    "error": "error",
    "occurrences": "occurrences",
    "last seen": "last_seen",
    "count": "count",
    "message": "message",
    "traceback": "traceback",
}


class Table(Enum):
    """What a file holds, with the columns that it cannot do without."""

    HISTORY = frozenset({"at", "type", "name", "requests", "failures", "mean"})
    STATS = frozenset({"type", "name", "requests", "failures", "mean"})
    FAILURES = frozenset({"type", "name", "error", "occurrences"})
    EXCEPTIONS = frozenset({"count", "message", "traceback"})
    DISTRIBUTION = frozenset({"name", "requests"})


def columns_of(header: Iterable[str]) -> list[str]:
    """Return our names of the columns; a column that we do not use keeps its own.

    The history's `Requests/s` is a recent rate and nobody's total: only the statistics have `rate`.
    """
    cells = [cell.strip() for cell in header]
    names = [_COLUMNS.get(cell.lower(), cell) for cell in cells]
    if "at" not in names:
        names = ["rate" if name.lower() == "requests/s" else name for name in names]
    return names


def table_of(columns: Sequence[str]) -> Table | None:
    """Return what a file with these columns holds, or None where it is no file of Locust's."""
    found = set(columns)
    for table in (Table.HISTORY, Table.STATS, Table.FAILURES, Table.EXCEPTIONS):
        if table.value <= found:
            return table
    # With a type or a time it is a file of 1.0 or later whose header is damaged.
    only_names = Table.DISTRIBUTION.value <= found and not found & {"type", "at"}
    if only_names and percentile_columns(columns):
        return Table.DISTRIBUTION
    return None


def table_of_head(head: bytes) -> Table | None:
    """Return what a file holds, judged by its first line. Never raises."""
    line = head.split(b"\n", 1)[0][:_MAX_HEADER_BYTES].decode("latin-1").rstrip("\r")
    try:
        header = next(csv.reader([line]), [])
    except csv.Error:
        return None
    return table_of(columns_of(header))


def percentile_columns(columns: Iterable[str]) -> list[tuple[str, float]]:
    """Return the percentile columns with their q, 0..1.

    Users may patch which percentiles Locust reports, and 0.13 forgot a percent sign (`99.999`), so
    any number up to 100 is one.
    """
    found = ((name, _PERCENTILE.fullmatch(name)) for name in columns)
    percents = [(name, float(match.group(1))) for name, match in found if match]
    return [(name, round(percent / 100, 10)) for name, percent in percents if 0 < percent <= 100]


def is_aggregated(kind: str, name: str) -> bool:
    """Whether a row is the sum of all the others.

    >>> is_aggregated("", "Aggregated"), is_aggregated("None", "Total")
    (True, True)
    >>> is_aggregated("GET", "Total")
    False
    """
    return kind in NO_TYPE and name in _AGGREGATED_NAMES


def display_name(kind: str, name: str) -> str:
    """Return the name of a row: one Name may occur with several request types.

    >>> display_name("GET", "/api/products"), display_name("", "warm-up")
    ('GET /api/products', 'warm-up')
    """
    return name if kind in NO_TYPE else f"{kind} {name}"


def run_files(filename: str, folder: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the files of one run, the leading one first.

    `base` and `base-short` are different prefixes: what follows the prefix must be exactly one of
    Locust's endings.
    """
    own = _FILE_NAME.fullmatch(filename)
    if own is None:
        return (filename,)
    parts: dict[str, str] = {}
    for name in folder:
        found = _FILE_NAME.fullmatch(name)
        if found and found["prefix"] == own["prefix"]:
            parts.setdefault(found["part"].lower(), name)
    parts[own["part"].lower()] = filename
    for family in (_PARTS, _PARTS_0X):
        if own["part"].lower() in family:
            return tuple(parts[part] for part in family if part in parts)
    return (filename,)
