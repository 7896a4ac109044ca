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
    is_check = pc.equal(table.column("kind"), Kind.CHECK.value)
    checks = tuple(
        CheckSummary(name=name, passes=_count(part, ok=True), fails=_count(part, ok=False))
        for _, name, part in _parts(table.filter(is_check))
    )
    table = table.filter(pc.invert(is_check))
    names = tuple(_summary(run, name, kind, part) for kind, name, part in _parts(table))
    requests = table.filter(pc.equal(table.column("kind"), Kind.REQUEST.value))
    return names, _summary(run, None, Kind.REQUEST, requests), checks


def _parts(table: pa.Table) -> list[tuple[str, str, pa.Table]]:
    """Split by kind and name, requests first."""
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


def _count(table: pa.Table, *, ok: bool) -> int:
    return pc.sum(table.filter(pc.equal(table.column("ok"), ok)).column("count")).as_py() or 0


def _summary(run: Run, name: str | None, kind: str, table: pa.Table) -> NameSummary:
    failures = _count(table, ok=False)
    n = failures + _count(table, ok=True)
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
