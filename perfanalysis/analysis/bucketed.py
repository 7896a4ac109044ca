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
from perfanalysis.stats.dependence import cdf_of
from perfanalysis.store.bundle import Run

Ints = npt.NDArray[np.int64]

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
    message = f"{n} requests are too few for {', '.join(absent)}"
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
    checks = table.filter(pc.equal(table.column("kind"), Kind.CHECK.value))
    return tuple(
        CheckSummary(name=name, passes=count_of(part, ok=True), fails=count_of(part, ok=False))
        for _, name, part in parts_of(checks)
    )


def without_checks(table: pa.Table) -> pa.Table:
    """Return the rows of a histogram table that are not of checks."""
    return table.filter(pc.not_equal(table.column("kind"), Kind.CHECK.value))


def parts_of(table: pa.Table) -> list[tuple[str, str, pa.Table]]:
    """Split a histogram table into (kind, name, part), requests first."""
    pairs = {
        (row["kind"], row["name"])
        for row in table.group_by(["kind", "name"]).aggregate([]).to_pylist()
    }
    ordered = sorted(pairs, key=lambda pair: (pair[0] != Kind.REQUEST, pair))
    kinds, names = table.column("kind"), table.column("name")
    return [
        (kind, name, table.filter(pc.and_(pc.equal(kinds, kind), pc.equal(names, name))))
        for kind, name in ordered
    ]


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
    message = f"from histograms, so known to {RELATIVE_ERROR * 100:.2f} %: the rows were not kept"
    return latency, (Caveat(code="bucketed", message=message), *missing(quantiles, n))
