"""A run with its rows: counts from histograms, exact percentiles from one pass over the rows."""

from __future__ import annotations

from collections.abc import Sequence
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
    missing,
    one_chunk,
    parts_of,
    without_checks,
)
from perfanalysis.analysis.selection import Selection, ranks_around
from perfanalysis.model.buckets import bucket_of
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.requests import Kind
from perfanalysis.model.results import CheckSummary, Latency, NameSummary
from perfanalysis.model.run import Fidelity
from perfanalysis.stats.histogram import sum_by_bucket
from perfanalysis.store.bundle import Run

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_COLUMNS = ("name", "kind", "latency_ms", "bytes_received")
# Of a table of groups and buckets that is looked up directly.
_MOST_CELLS = 1 << 24


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
    counted = {(kind, name): _counted(part) for kind, name, part in parts_of(table)}
    groups = {(kind, name): _group(name, kind, found) for (kind, name), found in counted.items()}
    requests = [found for (kind, _), found in counted.items() if kind == Kind.REQUEST]
    total = _group(None, Kind.REQUEST, _added(requests))
    scan = _Scan(groups, total)
    for rows in run.row_groups(_COLUMNS):
        scan.add(rows)
    seconds = run.info.duration_s
    return tuple(_summary(g, seconds) for g in groups.values()), _summary(total, seconds), checks


@dataclass(frozen=True, kw_only=True)
class _Counted:
    """Requests, failures, and the requests of each bucket that has some."""

    requests: int
    failures: int
    bucket: Ints
    count: Ints


def _counted(table: pa.Table) -> _Counted:
    """Count the rows of one name and kind of a histogram table."""
    ok = table.column("ok").to_numpy(zero_copy_only=False).astype(bool)
    every = table.column("count").to_numpy()
    timed = table
    if table.column("bucket").null_count:
        timed = table.filter(pc.is_valid(table.column("bucket")))
    buckets = timed.column("bucket").to_numpy().astype(np.int64)
    bucket, count = sum_by_bucket(buckets, timed.column("count").to_numpy())
    return _Counted(
        requests=int(every.sum()), failures=int(every[~ok].sum()), bucket=bucket, count=count
    )


def _added(parts: Sequence[_Counted]) -> _Counted:
    none = np.zeros(0, np.int64)
    bucket, count = sum_by_bucket(
        np.concatenate([none, *(part.bucket for part in parts)]),
        np.concatenate([none, *(part.count for part in parts)]),
    )
    return _Counted(
        requests=sum(part.requests for part in parts),
        failures=sum(part.failures for part in parts),
        bucket=bucket,
        count=count,
    )


def _group(name: str | None, kind: str, counted: _Counted) -> _Group:
    n = int(counted.count.sum())
    ranks = {0, n - 1}
    for q in QUANTILES.values():
        if _is_carried(n, q):
            ranks.update(ranks_around(n, q)[:2])
    return _Group(
        name=name,
        kind=kind,
        requests=counted.requests,
        failures=counted.failures,
        timed=n,
        selection=Selection(counted.bucket, counted.count, ranks) if n else None,
    )


class _Scan:
    """One pass over the rows, each row group at once whatever the number of names."""

    def __init__(self, groups: dict[tuple[str, str], _Group], total: _Group) -> None:
        self._number = {key: number for number, key in enumerate(groups)}
        self._groups = [*groups.values(), total]
        self._is_request = np.array([group.kind == total.kind for group in groups.values()], bool)
        self._wanted = _Wanted(self._groups)

    def add(self, rows: pa.Table) -> None:
        """Add the rows of a row group to the groups that they belong to, and to the total."""
        group = self._group_of(rows)
        latency = rows.column("latency_ms").to_numpy()  # NaN where there is none
        timed = (group >= 0) & ~np.isnan(latency)
        if timed.all():
            self._add_latency(group, latency)
        elif timed.any():
            self._add_latency(group[timed], latency[timed])
        received = rows.column("bytes_received")
        if received.null_count < len(received):
            self._add_bytes(group, received)

    def _group_of(self, rows: pa.Table) -> Ints:
        """Return the number of each row's group; -1 for checks."""
        kinds, kind = _encoded(rows, "kind")
        names, name = _encoded(rows, "name")
        table = [self._number.get((k, n), -1) for n in names for k in kinds]
        code = name if len(kinds) == 1 else name * len(kinds) + kind
        found: Ints = np.array(table, np.int64)[code]
        return found

    def _add_latency(self, group: Ints, latency: Floats) -> None:
        last = len(self._groups) - 1
        bucket = bucket_of(latency)
        sums = np.bincount(group, weights=latency, minlength=last)
        own_wanted, total_wanted = self._wanted.holds(group, bucket)
        chosen = np.flatnonzero(own_wanted)
        # Few different numbers: as 16 bits they sort in a time that grows with their number only.
        few = last <= np.iinfo(np.uint16).max
        own = group[chosen]
        order = np.argsort(own.astype(np.uint16) if few else own, kind="stable")
        values, ends = latency[chosen[order]], np.cumsum(np.bincount(own, minlength=last))
        for number in np.flatnonzero(np.bincount(group, minlength=last)).tolist():
            selection = self._groups[number].selection
            if selection is not None:
                first = int(ends[number - 1]) if number else 0
                selection.add_chosen(float(sums[number]), values[first : ends[number]])
        total = self._groups[last].selection
        request = self._is_request[group]
        if total is not None and request.all():
            total.add_chosen(float(latency.sum()), latency[total_wanted])
        elif total is not None and request.any():
            known = total_wanted & request
            total.add_chosen(float(latency[request].sum()), latency[known])

    def _add_bytes(self, group: Ints, received: pa.ChunkedArray) -> None:
        last = len(self._groups) - 1
        known = pc.is_valid(received).to_numpy() & (group >= 0)
        own = group[known]
        sizes = pc.fill_null(received, 0).to_numpy()[known]
        # Sums of floats are exact up to nine petabytes in a quarter of a million rows.
        sums = np.bincount(own, weights=sizes, minlength=last)
        for number in np.flatnonzero(np.bincount(own, minlength=last)).tolist():
            _add_size(self._groups[number], int(sums[number]))
            if self._is_request[number]:
                _add_size(self._groups[last], int(sums[number]))


_Mask = npt.NDArray[np.bool_]


class _Wanted:
    """Which buckets of which groups hold a wanted rank; the last group is that of all requests."""

    def __init__(self, groups: Sequence[_Group]) -> None:
        none = np.zeros(0, np.int64)
        buckets = [g.selection.wanted if g.selection is not None else none for g in groups]
        found = np.concatenate([none, *buckets])
        # A column more on each side, in which nothing is wanted, for all that lies outside.
        self._before = int(found.min(initial=0)) - 1
        self._width = int(found.max(initial=0)) - self._before + 2
        self._last = (len(groups) - 1) * self._width
        numbers = np.repeat(np.arange(len(groups)), [len(part) for part in buckets])
        self._keys = np.sort(numbers * self._width + found - self._before)
        self._table: _Mask | None = None
        if len(groups) * self._width <= _MOST_CELLS:
            self._table = np.zeros(len(groups) * self._width, dtype=bool)
            self._table[self._keys] = True

    def holds(self, group: Ints, bucket: Ints) -> tuple[_Mask, _Mask]:
        """Return of each row whether its bucket is wanted in its group, and in the last one."""
        place = np.clip(bucket - self._before, 0, self._width - 1)
        return self._at(group * self._width + place), self._at(place + self._last)

    def _at(self, key: Ints) -> _Mask:
        found: _Mask = np.isin(key, self._keys) if self._table is None else self._table[key]
        return found


def _add_size(group: _Group, size: int) -> None:
    group.bytes_received = (group.bytes_received or 0) + size


def _encoded(rows: pa.Table, column: str) -> tuple[list[str], npt.NDArray[np.signedinteger]]:
    """Return the different texts of a column, and each row's index in them."""
    cells = one_chunk(rows.column(column))
    return cells.dictionary.to_pylist(), cells.indices.to_numpy()


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
