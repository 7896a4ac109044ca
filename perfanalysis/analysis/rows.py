"""A run with its rows: counts from histograms, exact percentiles from one pass over the rows."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perfanalysis.analysis.bucketed import (
    MIN_ABOVE,
    NO_LATENCY,
    QUANTILES,
    checks_of,
    count_of,
    missing,
    parts_of,
    without_checks,
)
from perfanalysis.analysis.selection import Selection, ranks_around
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.requests import Kind
from perfanalysis.model.results import CheckSummary, Latency, NameSummary
from perfanalysis.model.run import Fidelity
from perfanalysis.store.bundle import Run

Ints = npt.NDArray[np.int64]

_COLUMNS = ("name", "kind", "latency_ms", "bytes_received")


@dataclass(kw_only=True)
class _Group:
    """The rows of one name and kind, or all requests (`name` is None)."""

    name: str | None
    kind: str
    requests: int
    failures: int
    timed: int
    selection: Selection | None
    bytes_received: int | None = field(default=None)


def summarize_rows(
    run: Run,
) -> tuple[tuple[NameSummary, ...], NameSummary, tuple[CheckSummary, ...]]:
    """Return names, total and checks of a run, in memory that does not grow with its rows.

    Percentiles are of type 7 (linear between order statistics, as numpy and k6), and exact.
    """
    table = run.histograms_table
    checks = checks_of(table)
    table = without_checks(table)
    groups = {(kind, name): _group(name, kind, part) for kind, name, part in parts_of(table)}
    requests = table.filter(pc.equal(table.column("kind"), Kind.REQUEST.value))
    total = _group(None, Kind.REQUEST, requests)
    for rows in run.row_groups(_COLUMNS):
        _scan(rows, groups, total)
    seconds = run.info.duration_s
    return tuple(_summary(g, seconds) for g in groups.values()), _summary(total, seconds), checks


def _group(name: str | None, kind: str, table: pa.Table) -> _Group:
    failures = count_of(table, ok=False)
    timed = table.filter(pc.is_valid(table.column("bucket")))
    summed = timed.group_by("bucket").aggregate([("count", "sum")])
    bucket = summed.column("bucket").to_numpy().astype(np.int64)
    count = summed.column("count_sum").to_numpy()
    n = int(count.sum())
    ranks = {0, n - 1}
    for q in QUANTILES.values():
        if _is_carried(n, q):
            ranks.update(ranks_around(n, q)[:2])
    return _Group(
        name=name,
        kind=kind,
        requests=failures + count_of(table, ok=True),
        failures=failures,
        timed=n,
        selection=Selection(bucket, count, ranks) if n else None,
    )


def _scan(rows: pa.Table, groups: dict[tuple[str, str], _Group], total: _Group) -> None:
    """Add the rows of one row group to the groups that they belong to."""
    kinds, kind = _encoded(rows, "kind")
    names, name = _encoded(rows, "name")
    both = name * len(kinds) + kind
    # Few different numbers: as 16 bits they sort in a time that does not depend on their order.
    order = np.argsort(both.astype(np.uint16) if both.max() < 1 << 16 else both, kind="stable")
    sorted_both = both[order]
    starts = np.flatnonzero(np.diff(sorted_both, prepend=-1))
    ends = np.append(starts[1:], len(order))
    rows = rows.select(["latency_ms", "bytes_received"]).take(pa.array(order))
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        at, of_kind = divmod(int(sorted_both[start]), len(kinds))
        group = groups.get((kinds[of_kind], names[at]))
        if group is None:  # a check
            continue
        part = rows.slice(start, end - start)
        _add(part, group)
        if group.kind == total.kind:
            _add(part, total)


def _add(rows: pa.Table, group: _Group) -> None:
    latency = rows.column("latency_ms")
    if group.selection is not None:
        group.selection.add(
            latency.drop_null().to_numpy() if latency.null_count else latency.to_numpy()
        )
    received = pc.sum(rows.column("bytes_received")).as_py()
    if received is not None:
        group.bytes_received = (group.bytes_received or 0) + received


def _encoded(rows: pa.Table, column: str) -> tuple[list[str], Ints]:
    """Return the different texts of a column, and each row's index in them."""
    cells = rows.column(column).combine_chunks()
    codes: Ints = cells.indices.to_numpy().astype(np.int64)
    return cells.dictionary.to_pylist(), codes


def _is_carried(n: int, q: float) -> bool:
    return n * (1 - q) >= MIN_ABOVE - 1e-9


def _summary(group: _Group, seconds: float | None) -> NameSummary:
    latency, caveats = _latency(group)
    return NameSummary(
        name=group.name,
        kind=group.kind,
        requests=group.requests,
        failures=group.failures,
        error_rate=group.failures / group.requests if group.requests else None,
        throughput=group.requests / seconds if seconds else None,
        latency=latency,
        fidelity=Fidelity.EXACT,
        bytes_received=group.bytes_received,
        caveats=caveats,
    )


def _latency(group: _Group) -> tuple[Latency, tuple[Caveat, ...]]:
    found, n = group.selection, group.timed
    if found is None:
        return NO_LATENCY, ()
    quantiles = {key: _quantile(found, n, q) for key, q in QUANTILES.items()}
    latency = Latency(mean=found.mean, min=found.value(0), max=found.value(n - 1), **quantiles)
    return latency, missing(quantiles, n)


def _quantile(found: Selection, n: int, q: float) -> float | None:
    """Return the type-7 quantile; None with fewer than two values above it."""
    if not _is_carried(n, q):
        return None
    low, high, weight = ranks_around(n, q)
    return found.value(low) + (found.value(high) - found.value(low)) * weight
