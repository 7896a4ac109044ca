"""What a run offers to comparison, per name: histograms over time, windows, or totals.

Only requests count: transactions, iterations and checks stand beside their children and would be
counted twice. Nothing here reads request rows, so the cost does not grow with their number.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perfanalysis.analysis.bucketed import one_chunk
from perfanalysis.model.intervals import Scope
from perfanalysis.model.requests import Kind
from perfanalysis.model.run import Evidence, RunInfo
from perfanalysis.stats.dependence import WindowedHistogram
from perfanalysis.stats.histogram import sum_by_window
from perfanalysis.store.bundle import Run

if TYPE_CHECKING:
    from perfanalysis.analysis.estimates import Estimate

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


# What results about the whole run are called.
ALL_REQUESTS = "all requests"


@dataclass(frozen=True, kw_only=True, eq=False)
class Windows:
    """Requests and failures over time; every array has shape (windows,), time increasing.

    Attributes:
        start_us: start of each window, microseconds since 1970.
        mean_ms: mean latency of the window's requests, NaN where unknown; None without any.
    """

    start_us: Ints
    requests: Ints
    failures: Ints
    mean_ms: Floats | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Total:
    """One name over the whole run, as the tool reported it.

    Attributes:
        quantiles: latency in milliseconds by quantile.
        quantile_error: relative error bound of these; None where the tool does not say.
    """

    requests: int
    failures: int
    duration_s: float | None
    mean_ms: float | None
    quantiles: dict[float, float]
    quantile_error: float | None


@dataclass(frozen=True, kw_only=True, eq=False)
class NameEvidence:
    """One name of one run. What the source does not offer is None."""

    name: str
    requests: int
    failures: int
    duration_s: float | None
    latencies: WindowedHistogram | None
    windows: Windows | None
    total: Total | None


class RunEvidence:
    """All names of one run, and all of them together."""

    def __init__(self, run: Run) -> None:
        self.info: RunInfo = run.info
        # What `estimates` made of it, by name and metric: calibration asks for each many times.
        self.estimates: dict[tuple[str, str], Estimate] = {}
        self.run = run

    @cached_property
    def names(self) -> dict[str, NameEvidence]:
        """Evidence by name, in order of names."""
        if self.info.evidence is Evidence.REQUESTS:
            return _known_histograms(self.run)
        return interval_evidence(requests_only(self.run.intervals_table), self.info.duration_s)

    def renamed(self, old: str, new: str) -> RunEvidence:
        """Return the same evidence with one name called otherwise."""
        names = {name: found for name, found in self.names.items() if name != old}
        return self.with_names(names | {new: replace(self.names[old], name=new)})

    def with_names(self, names: dict[str, NameEvidence]) -> RunEvidence:
        """Return the same run with other evidence, such as a part of it."""
        other = copy(self)
        for known in ("everything", "counted"):  # of the former names
            other.__dict__.pop(known, None)
        other.names, other.estimates = names, {}
        return other

    @cached_property
    def everything(self) -> NameEvidence | None:
        """All requests as one name; None for a run without requests."""
        return all_requests(self.names)

    @cached_property
    def counted(self) -> NameEvidence | None:
        """The same without latencies: those of many names take long to put in order of time."""
        return all_requests({n: replace(e, latencies=None) for n, e in self.names.items()})


def all_requests(names: dict[str, NameEvidence]) -> NameEvidence | None:
    """Return all names as one; windows and latencies only where every name has them."""
    if not names:
        return None
    parts = list(names.values())
    windows = [n.windows for n in parts if n.windows is not None]
    latencies = [n.latencies for n in parts if n.latencies is not None]
    durations = [n.duration_s for n in parts if n.duration_s is not None]
    return NameEvidence(
        name=ALL_REQUESTS,
        requests=sum(n.requests for n in parts),
        failures=sum(n.failures for n in parts),
        duration_s=max(durations, default=None),
        latencies=_merged(latencies) if len(latencies) == len(parts) else None,
        windows=_added(windows) if len(windows) == len(parts) else None,
        total=_summed([n.total for n in parts if n.total is not None], len(parts)),
    )


def _summed(totals: list[Total], names: int) -> Total | None:
    """Return the counts of all names; percentiles of several names do not add up."""
    durations = [total.duration_s for total in totals if total.duration_s is not None]
    if len(totals) != names or not durations:
        return None
    return Total(
        requests=sum(total.requests for total in totals),
        failures=sum(total.failures for total in totals),
        duration_s=max(durations),
        mean_ms=None,
        quantiles={},
        quantile_error=None,
    )


def _merged(parts: list[WindowedHistogram]) -> WindowedHistogram:
    window = np.concatenate([p.window for p in parts])
    order = np.argsort(window, kind="stable")
    return WindowedHistogram(
        window=window[order],
        bucket=np.concatenate([p.bucket for p in parts])[order],
        count=np.concatenate([p.count for p in parts])[order],
        clock_resolution=parts[0].clock_resolution,
    )


def _added(parts: list[Windows]) -> Windows:
    start = np.concatenate([p.start_us for p in parts])
    starts, position = np.unique(start, return_inverse=True)
    requests = np.concatenate([p.requests for p in parts])
    failures = np.concatenate([p.failures for p in parts])
    total = np.bincount(position, weights=requests)
    means = [p.mean_ms for p in parts if p.mean_ms is not None]
    mean: Floats | None = None
    if len(means) == len(parts):
        sums = np.nan_to_num(np.concatenate(means)) * requests
        mean = np.bincount(position, weights=sums) / np.where(total > 0, total, np.nan)
    return Windows(
        start_us=starts,
        requests=total.astype(np.int64),
        failures=np.bincount(position, weights=failures).astype(np.int64),
        mean_ms=mean,
    )


# A report looks at the same runs twice: to compare, and to draw them. Kept as long as the run is.
_KNOWN: WeakKeyDictionary[Run, dict[str, NameEvidence]] = WeakKeyDictionary()


def read_ahead(runs: Iterable[Run]) -> None:
    """Read what runs offer, two at a time: numpy and Arrow let two threads use two processors.

    Raises:
        BundleError: a run is damaged.
    """
    wanted = [run for run in runs if run.info.evidence is Evidence.REQUESTS]
    with ThreadPoolExecutor(max_workers=2) as threads:
        list(threads.map(_known_histograms, wanted))


def _known_histograms(run: Run) -> dict[str, NameEvidence]:
    if run not in _KNOWN:
        _KNOWN[run] = _from_histograms(run)
    return _KNOWN[run]


def _from_histograms(run: Run) -> dict[str, NameEvidence]:
    table = requests_only(run.histograms_table)
    totals = _totals(run)
    table, stretches = _sorted_by_name(table)
    window = table.column("window").cast(pa.int64()).to_numpy()
    count = table.column("count").to_numpy()
    ok = table.column("ok").to_numpy(zero_copy_only=False).astype(bool)
    bucket, timed = _buckets(table)
    found: dict[str, NameEvidence] = {}
    for name, mine in stretches:
        # Failures are fast or slow for reasons of their own: latency is that of successes.
        chosen = ok[mine] if timed is None else ok[mine] & timed[mine]
        found[name] = NameEvidence(
            name=name,
            requests=int(count[mine].sum()),
            failures=int(count[mine][~ok[mine]].sum()),
            duration_s=run.info.duration_s,
            latencies=WindowedHistogram(
                window=window[mine][chosen],
                bucket=bucket[mine][chosen].astype(np.int64),
                count=count[mine][chosen],
                clock_resolution=run.info.clock_resolution_ms,
            ),
            windows=_count_windows(window[mine], count[mine], ok[mine]),
            total=totals.get(name),
        )
    return found


def _buckets(table: pa.Table) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_] | None]:
    """Return the bucket of each row of a histogram table, and which have one; None for all."""
    column = table.column("bucket")
    if not column.null_count:
        return column.to_numpy(), None
    timed = pc.is_valid(column).to_numpy(zero_copy_only=False)
    return pc.fill_null(column, 0).to_numpy(), timed


def _totals(run: Run) -> dict[str, Total]:
    """Return what a tool reported besides its requests (pgbench: a report beside a sampled log)."""
    table = requests_only(run.intervals_table)
    whole = table.filter(pc.equal(table.column("scope"), Scope.RUN.value))
    return {name: total for name, part in by_name(whole) if (total := _total(part)) is not None}


def _count_windows(window: Ints, count: Ints, ok: npt.NDArray[np.bool_]) -> Windows:
    starts, (requests, failures) = sum_by_window(window, count, count * ~ok)
    return Windows(start_us=starts, requests=requests, failures=failures, mean_ms=None)


def interval_evidence(table: pa.Table, duration_s: float | None) -> dict[str, NameEvidence]:
    """Return evidence by name from rows of the interval table.

    Args:
        table: rows of one kind.
        duration_s: of the run, for names whose own duration is unknown.
    """
    found: dict[str, NameEvidence] = {}
    for name, part in by_name(table):
        scope = np.array(part.column("scope").to_pylist())
        windows = _windows(part.filter(pa.array(scope == Scope.WINDOW.value)))
        total = _total(part.filter(pa.array(scope == Scope.RUN.value)))
        # The tool's own totals are more complete than its windows: the last is often missing.
        counted = total if total is not None else windows
        if counted is None:
            continue
        found[name] = NameEvidence(
            name=name,
            requests=int(np.sum(counted.requests)),
            failures=int(np.sum(counted.failures)),
            duration_s=total.duration_s if total and total.duration_s else duration_s,
            latencies=None,
            windows=windows,
            total=total,
        )
    return found


def _windows(part: pa.Table) -> Windows | None:
    if part.num_rows == 0:
        return None
    part = part.sort_by("started_at")
    mean = part.column("latency_mean_ms").to_numpy(zero_copy_only=False).astype(np.float64)
    return Windows(
        start_us=part.column("started_at").cast(pa.int64()).to_numpy(),
        requests=part.column("requests").to_numpy(),
        failures=part.column("failures").to_numpy(),
        mean_ms=None if np.isnan(mean).all() else mean,
    )


def _total(part: pa.Table) -> Total | None:
    if part.num_rows == 0:
        return None
    row = part.slice(0, 1).to_pylist()[0]
    return Total(
        requests=row["requests"],
        failures=row["failures"],
        duration_s=row["duration_s"],
        mean_ms=row["latency_mean_ms"],
        quantiles={entry["q"]: entry["latency_ms"] for entry in row["quantiles"] or ()},
        quantile_error=row["quantile_error"],
    )


def requests_only(table: pa.Table) -> pa.Table:
    """Return the rows of a table whose kind is a request."""
    kind = table.column("kind")
    # Mostly there is nothing else, and a filter copies millions of rows.
    if pc.unique(kind).to_pylist() == [Kind.REQUEST.value]:
        return table
    return table.filter(pc.equal(kind, Kind.REQUEST.value))


def by_name(table: pa.Table) -> list[tuple[str, pa.Table]]:
    """Split a table by name; within a name the order of rows is kept."""
    table, stretches = _sorted_by_name(table)
    return [(name, table.slice(mine.start, mine.stop - mine.start)) for name, mine in stretches]


def _changes(codes: npt.NDArray[np.signedinteger]) -> Ints:
    """Return the first place, and those at which the code is another one than before."""
    return np.append(0, np.flatnonzero(codes[1:] != codes[:-1]) + 1)


def _sorted_by_name(table: pa.Table) -> tuple[pa.Table, list[tuple[str, slice]]]:
    """Return a table whose rows of one name stand together, and where those of each name are."""
    if table.num_rows == 0:
        return table, []
    column = one_chunk(table.column("name"))
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    codes = encoded.indices.to_numpy()
    firsts = _changes(codes)
    # Stored histograms are sorted by name already, and then nothing is copied.
    if len(np.unique(codes[firsts])) < len(firsts):
        order = np.argsort(codes, kind="stable")
        table, codes = table.take(pa.array(order)), codes[order]
        firsts = _changes(codes)
    ends = np.append(firsts[1:], len(codes))
    names = encoded.dictionary.to_pylist()
    found = [
        (str(names[codes[first]]), slice(first, end))
        for first, end in zip(firsts, ends, strict=True)
    ]
    return table, sorted(found, key=lambda pair: pair[0])
