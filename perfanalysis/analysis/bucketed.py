"""A run without its rows: counts and percentiles from the histograms that a baseline keeps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perfanalysis.model.buckets import RELATIVE_ERROR, bucket_edges
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.requests import Kind
from perfanalysis.model.results import CheckSummary, Latency, NameSummary
from perfanalysis.model.run import Fidelity
from perfanalysis.phrases import phrase
from perfanalysis.stats.dependence import cdf_of
from perfanalysis.store.bundle import Run

Ints = npt.NDArray[np.int64]
_Codes = npt.NDArray[np.signedinteger]

# A percentile with fewer requests above it is the whim of one or two of them.
MIN_ABOVE = 2
QUANTILES = {"p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999}
NO_LATENCY = Latency(
    mean=None, min=None, p50=None, p75=None, p90=None, p95=None, p99=None, p999=None, max=None
)


def missing(quantiles: dict[str, float | None], n: int) -> tuple[Caveat, ...]:
    """Return the caveat that names the percentiles which too few requests carry."""
    absent = [key.replace("p999", "p99.9") for key, value in quantiles.items() if value is None]
    if not absent:
        return ()
    message = phrase(
        "{requests} requests are too few for {quantiles}",
        requests=n,
        quantiles=", ".join(absent),
    )
    return (Caveat(code="too-few-requests", message=message),)


def summarize_histograms(
    run: Run,
) -> tuple[tuple[NameSummary, ...], NameSummary, tuple[CheckSummary, ...]]:
    """Return names, total and checks of a run whose request rows were not kept.

    Latencies are known to a quarter of a per cent.
    """
    table = run.histograms_table
    checks = checks_of(table)
    table = without_checks(table)
    names = tuple(_summary(run, name, kind, part) for kind, name, part in parts_of(table))
    requests = table.filter(pc.equal(table.column("kind"), Kind.REQUEST.value))
    return names, _summary(run, None, Kind.REQUEST, requests), checks


def checks_of(table: pa.Table) -> tuple[CheckSummary, ...]:
    """Return how often each check of a histogram table passed and failed."""
    if not _has_checks(table):
        return ()
    checks = table.filter(pc.equal(table.column("kind"), Kind.CHECK.value))
    return tuple(
        CheckSummary(name=name, passes=count_of(part, ok=True), fails=count_of(part, ok=False))
        for _, name, part in parts_of(checks)
    )


def without_checks(table: pa.Table) -> pa.Table:
    """Return the rows of a histogram table that are not of checks."""
    if not _has_checks(table):
        return table
    return table.filter(pc.not_equal(table.column("kind"), Kind.CHECK.value))


def _has_checks(table: pa.Table) -> bool:
    # A look at the few different kinds is quicker than one at millions of rows.
    return Kind.CHECK.value in pc.unique(table.column("kind")).to_pylist()


def parts_of(table: pa.Table) -> list[tuple[str, str, pa.Table]]:
    """Split a histogram table into (kind, name, part), requests first.

    One pass, whatever the number of names: two hundred filters would read the table as often.
    """
    (kind, kinds), (name, names) = (_coded(table, column) for column in ("kind", "name"))
    first = _changes(kind, name)
    # Stored histograms are sorted by name and kind already, and then nothing is copied.
    if len(np.unique(kind[first].astype(np.int64) * len(names) + name[first])) < len(first):
        code = kind.astype(np.int64) * len(names) + name
        # Stable: rows of a part stay in the order of time. Few codes fit 16 bits, which sort best.
        few = len(kinds) * len(names) <= np.iinfo(np.uint16).max
        order = np.argsort(code.astype(np.uint16) if few else code, kind="stable")
        table, kind, name = table.take(pa.array(order)), kind[order], name[order]
        first = _changes(kind, name)
    counts = np.diff(first, append=len(name))
    parts = [
        (kinds[kind[start]], names[name[start]], table.slice(start, n))
        for start, n in zip(first, counts, strict=True)
    ]
    return sorted(parts, key=lambda part: (part[0] != Kind.REQUEST, part[:2]))


def _changes(kind: _Codes, name: _Codes) -> Ints:
    """Return where a part begins: at the first row, and where kind or name is another one."""
    changes = np.flatnonzero((kind[1:] != kind[:-1]) | (name[1:] != name[:-1])) + 1
    return np.concatenate([np.zeros(min(len(name), 1), np.int64), changes])


def _coded(table: pa.Table, column: str) -> tuple[_Codes, list[str]]:
    """Return a text column as codes, and the texts that they stand for."""
    values = table.column(column)
    if not pa.types.is_dictionary(values.type):
        values = values.dictionary_encode()
    chunk = one_chunk(values.unify_dictionaries())
    if isinstance(chunk, pa.ChunkedArray):  # what some versions of Arrow make of no rows
        return np.zeros(0, np.int32), []
    return chunk.indices.to_numpy(zero_copy_only=False), chunk.dictionary.to_pylist()


def one_chunk(column: pa.ChunkedArray) -> pa.Array:
    """Return a column as a single array, without a copy where it is one already."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def count_of(table: pa.Table, *, ok: bool) -> int:
    """Return how many rows of one outcome a histogram table counts."""
    return pc.sum(table.filter(pc.equal(table.column("ok"), ok)).column("count")).as_py() or 0


def _summary(run: Run, name: str | None, kind: str, table: pa.Table) -> NameSummary:
    failures = count_of(table, ok=False)
    n = failures + count_of(table, ok=True)
    timed = table.filter(pc.is_valid(table.column("bucket")))
    latency, caveats = _latency(
        timed.column("bucket").to_numpy().astype(np.int64),
        timed.column("count").to_numpy(),
        run.info.clock_resolution_ms,
    )
    seconds = run.info.duration_s
    return NameSummary(
        name=name,
        kind=kind,
        requests=n,
        failures=failures,
        error_rate=failures / n if n else None,
        throughput=n / seconds if seconds else None,
        latency=latency,
        fidelity=Fidelity.BUCKETED,
        bytes_received=None,
        caveats=caveats,
    )


def _latency(
    bucket: Ints, count: Ints, clock_resolution_ms: float | None
) -> tuple[Latency, tuple[Caveat, ...]]:
    n = int(count.sum())
    if n == 0:
        return NO_LATENCY, ()
    cdf = cdf_of(bucket, count, clock_resolution_ms)
    low, high = bucket_edges(bucket)
    quantiles = {
        key: cdf.quantile(q) if n * (1 - q) >= MIN_ABOVE - 1e-9 else None
        for key, q in QUANTILES.items()
    }
    latency = Latency(
        mean=float(np.average((low + high) / 2, weights=count)),
        min=float(low.min()),
        max=float(high.max()),
        **quantiles,
    )
    message = phrase(
        "from histograms, so known to {percent} %: the rows were not kept",
        percent=f"{RELATIVE_ERROR * 100:.2f}",
    )
    return latency, (Caveat(code="bucketed", message=message), *missing(quantiles, n))
