"""What went wrong, how often: the commonest failures with status and message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from perfanalysis.model.requests import Kind
from perfanalysis.model.run import Evidence
from perfanalysis.model.views import ErrorCount
from perfanalysis.store.bundle import Run

_MAX_ERRORS = 100
# Every request may fail with a text of its own: counting is cut back when there are so many.
_MAX_COUNTED = 200_000
_BULK = 100_000  # rows
_COLUMNS = ("name", "kind", "status", "error")

_Key = tuple[str, str | None, str | None]


def errors_of(run: Run, failures: int) -> tuple[ErrorCount, ...]:
    """Return the commonest failures, at most 100.

    Args:
        run: with or without rows.
        failures: how many of its requests failed; without any nothing is read.
    """
    if run.info.evidence is not Evidence.REQUESTS:
        found = _reported(run)
    elif failures:
        found = _counted(run)
    else:
        found = Counter()
    commonest = sorted(
        found.items(), key=lambda item: (-item[1], item[0][0], item[0][1] or "", item[0][2] or "")
    )
    return tuple(
        ErrorCount(name=name, status=status, error=error, count=count)
        for (name, status, error), count in commonest[:_MAX_ERRORS]
    )


def _counted(run: Run) -> Counter[_Key]:
    """Count failed rows; the memory needed does not grow with them."""
    counts: Counter[_Key] = Counter()
    for rows in _in_bulk(run.failed_requests(_COLUMNS)):
        requests = rows.filter(pc.equal(rows.column("kind"), Kind.REQUEST.value))
        keys = ["name", "status", "error"]
        plain = pa.table({key: requests.column(key).cast(pa.string()) for key in keys})
        grouped = plain.group_by(keys).aggregate([([], "count_all")])
        columns = (grouped.column(key).to_pylist() for key in (*keys, "count_all"))
        for name, status, error, count in zip(*columns, strict=True):
            counts[name, status, error] += count
        if len(counts) > _MAX_COUNTED:
            counts = Counter(dict(counts.most_common(_MAX_COUNTED // 2)))
    return counts


def _in_bulk(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Yield tables of many rows made of those of few: each costs as much again as its rows."""
    held: list[pa.Table] = []
    for table in tables:
        held.append(table)
        if sum(part.num_rows for part in held) >= _BULK:
            yield pa.concat_tables(held)
            held = []
    if held:
        yield pa.concat_tables(held)


def _reported(run: Run) -> Counter[_Key]:
    """Return failures that a source without rows lists (Locust's _failures.csv)."""
    table = run.table("series", ("metric", "value", "labels"))
    table = table.filter(pc.equal(table.column("metric"), "errors"))
    counts: Counter[_Key] = Counter()
    for row in table.to_pylist():
        labels = dict(row["labels"] or ())
        counts[labels.get("name", ""), None, labels.get("error")] += round(row["value"])
    return counts
