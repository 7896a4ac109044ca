"""What a report draws of a run: curves over time and over latency.

Everything but the error messages comes from histograms, windows and series, so the cost and the
size of a report do not grow with the number of requests.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perfanalysis.analysis.evidence import NameEvidence, RunEvidence, Windows
from perfanalysis.analysis.summarize import summarize_run
from perfanalysis.model.buckets import ZERO_BUCKET, bucket_edges
from perfanalysis.model.requests import Kind
from perfanalysis.model.run import Evidence
from perfanalysis.model.series import SeriesKind
from perfanalysis.model.views import Curve, Distribution, ErrorCount, RunView, Timeline
from perfanalysis.stats.dependence import cdf_of
from perfanalysis.store.bundle import Run

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_MAX_POINTS = 300
_MAX_TIMELINE_POINTS = 60
_MIN_TIMELINE_POINTS = 12
_MAX_CURVES = 40
_MAX_ERRORS = 100
# Listed in the table of errors instead.
_NOT_RESOURCES = frozenset({"errors", "exceptions"})
_MIN_REQUESTS_FOR_P50 = 5
_MIN_REQUESTS_FOR_P95 = 40


def view_run(run: Run) -> RunView:
    """Return everything that a report shows of one run."""
    evidence = RunEvidence(run)
    span_us = _span_us(run)
    distributions: dict[str | None, Distribution] = {}
    timelines: dict[str | None, Timeline] = {}
    for name, found in [(None, evidence.everything), *evidence.names.items()]:
        if found is None:
            continue
        if (distribution := _distribution(found)) is not None:
            distributions[name] = distribution
        if (timeline := _timeline(found, span_us)) is not None:
            timelines[name] = timeline
    return RunView(
        summary=summarize_run(run),
        distributions=distributions,
        timelines=timelines,
        curves=_curves(run, span_us[0]),
        errors=_errors(run),
    )


def _span_us(run: Run) -> tuple[int, float]:
    """Return start and end of the run, microseconds since 1970; 0 and infinity where unknown."""
    started_at, duration_s = run.info.started_at, run.info.duration_s
    start_us = 0 if started_at is None else round(started_at.timestamp() * 1e6)
    if started_at is None or not duration_s:
        return start_us, np.inf
    return start_us, start_us + duration_s * 1e6


def _distribution(evidence: NameEvidence) -> Distribution | None:
    if evidence.latencies is not None and evidence.latencies.n:
        values, shares = evidence.latencies.cdf().knots()
        kept = _thinned(shares)
        return Distribution(latency_ms=values[kept], share=shares[kept])
    if evidence.total is not None and len(evidence.total.quantiles) > 1:
        pairs = sorted(evidence.total.quantiles.items())
        shares = np.array([q for q, _ in pairs])
        return Distribution(
            latency_ms=np.maximum.accumulate(np.array([v for _, v in pairs])), share=shares
        )
    return None


def _thinned(shares: Floats) -> Ints:
    """Return which knots to keep: as many in the last per cent as in the rest."""
    if len(shares) <= _MAX_POINTS:
        return np.arange(len(shares))
    body = np.linspace(0, 0.99, _MAX_POINTS // 2)
    tail = 1 - np.logspace(-2, -6, _MAX_POINTS // 2)
    found = np.searchsorted(shares, np.concatenate([body, tail]))
    return np.unique(np.append(np.minimum(found, len(shares) - 1), len(shares) - 1))


def _timeline(evidence: NameEvidence, span_us: tuple[int, float]) -> Timeline | None:
    windows = evidence.windows
    if windows is None or len(windows.start_us) == 0:
        return None
    width_us = _width_us(windows)
    bins = windows.start_us // width_us
    first, last = int(bins[0]), int(bins[-1])
    n = last - first + 1
    position = bins - first
    requests = np.bincount(position, weights=windows.requests, minlength=n)
    failures = np.bincount(position, weights=windows.failures, minlength=n)
    known = np.where(requests > 0, requests, np.nan)
    mean, p50, p95 = _latency_over_time(evidence, windows, position, n, first * width_us, width_us)
    middle_us = (np.arange(first, last + 1) + 0.5) * width_us - span_us[0]
    return Timeline(
        offset_s=np.clip(middle_us / 1e6, 0.0, None),
        throughput=requests / (_covered_us(windows, span_us, first * width_us, n, width_us) / 1e6),
        error_rate=failures / known,
        mean_ms=mean,
        p50_ms=p50,
        p95_ms=p95,
    )


def _width_us(windows: Windows) -> int:
    """Return a width that is a whole number of windows and gives at most 60 bins.

    A second is what people expect to see. Bins grow until a typical one carries a p95, but not
    beyond what leaves a dozen points to see a course in.
    """
    step = _step_us(windows)
    span = int(windows.start_us[-1] - windows.start_us[0]) + step
    width = max(step, -(-1_000_000 // step) * step)
    per_us = int(windows.requests.sum()) / span
    while span / width > _MAX_TIMELINE_POINTS or (
        width * per_us < _MIN_REQUESTS_FOR_P95 and span / width > 2 * _MIN_TIMELINE_POINTS
    ):
        width *= 2
    return width


def _step_us(windows: Windows) -> int:
    steps = np.diff(windows.start_us)
    return int(steps.min()) if len(steps) else 1_000_000


def _covered_us(
    windows: Windows, span_us: tuple[int, float], origin_us: int, n: int, width_us: int
) -> Floats:
    """Return how much of each bin the run covers: its first and last bin are not full.

    Less than a window is taken for a window: a rate over an instant says nothing.
    """
    covered = np.full(n, float(width_us))
    step = _step_us(windows)
    begin_us = max(int(windows.start_us[0]), span_us[0])
    end_us = min(float(windows.start_us[-1] + step), span_us[1])
    covered[0] -= begin_us - origin_us
    covered[-1] -= origin_us + n * width_us - end_us
    floored: Floats = np.maximum(covered, step)
    return floored


def _latency_over_time(
    evidence: NameEvidence, windows: Windows, position: Ints, n: int, origin_us: int, width_us: int
) -> tuple[Floats, Floats, Floats]:
    """Return mean, p50 and p95 of each bin, NaN where unknown."""
    mean, p50, p95 = (np.full(n, np.nan) for _ in range(3))
    data = evidence.latencies
    if data is None:
        if windows.mean_ms is not None:
            timed = np.where(np.isnan(windows.mean_ms), 0, windows.requests)
            weights = np.nan_to_num(windows.mean_ms) * timed
            sums = np.bincount(position, weights=weights, minlength=n)
            counts = np.bincount(position, weights=timed, minlength=n)
            mean = sums / np.where(counts > 0, counts, np.nan)
        return mean, p50, p95
    bins = (data.window - origin_us) // width_us
    for index in range(n):
        mine = bins == index
        count = int(data.count[mine].sum())
        if count < _MIN_REQUESTS_FOR_P50:
            continue
        cdf = cdf_of(data.bucket[mine], data.count[mine], data.clock_resolution)
        p50[index] = cdf.quantile(0.5)
        mean[index] = _mean_of(data.bucket[mine], data.count[mine])
        if count >= _MIN_REQUESTS_FOR_P95:
            p95[index] = cdf.quantile(0.95)
    return mean, p50, p95


def _mean_of(bucket: Ints, count: Ints) -> float:
    low, high = bucket_edges(bucket)
    middle = np.where(bucket == ZERO_BUCKET, 0.0, (low + high) / 2)
    return float(np.average(middle, weights=count))


def _curves(run: Run, start_us: int) -> tuple[Curve, ...]:
    """Return resource series: gauges, and counters as rates per second; no measured trends."""
    table = run.table("series", ("time", "metric", "value", "unit", "kind", "labels"))
    wanted = pc.is_in(
        table.column("kind"), pa.array([SeriesKind.GAUGE.value, SeriesKind.COUNTER.value])
    )
    table = table.filter(wanted)
    curves = []
    for metric in _drawn_metrics(table):
        part = table.filter(pc.equal(table.column("metric"), metric)).sort_by("time")
        offset = (part.column("time").cast(pa.int64()).to_numpy() - start_us) / 1e6
        value = part.column("value").to_numpy()
        unit = part.column("unit")[0].as_py()
        if part.column("kind")[0].as_py() == SeriesKind.COUNTER:
            offset, value = _per_second(offset, value)
            unit = f"{unit}/s" if unit else "1/s"
        offset, value = _binned(offset, value)
        curves.append(Curve(metric=metric, unit=unit, labels="", offset_s=offset, value=value))
    return tuple(curves)


def _drawn_metrics(table: pa.Table) -> list[str]:
    """Return which metrics get a curve; of too many, those that never change get none."""
    spans = table.group_by("metric").aggregate([("value", "min"), ("value", "max")]).to_pylist()
    known = sorted(
        (row["value_min"] == row["value_max"], row["metric"])
        for row in spans
        if row["metric"] not in _NOT_RESOURCES
    )
    return sorted(metric for _, metric in known[:_MAX_CURVES])


def _per_second(offset: Floats, value: Floats) -> tuple[Floats, Floats]:
    second = np.floor(offset).astype(np.int64)
    seconds, position = np.unique(second, return_inverse=True)
    middle: Floats = seconds.astype(np.float64) + 0.5
    return middle, np.bincount(position, weights=value).astype(np.float64)


def _binned(offset: Floats, value: Floats) -> tuple[Floats, Floats]:
    """Average neighbouring points until at most 300 are left."""
    if len(offset) <= _MAX_POINTS:
        return offset, value
    edges = np.linspace(offset[0], offset[-1], _MAX_POINTS + 1)
    position = np.clip(np.searchsorted(edges, offset, side="right") - 1, 0, _MAX_POINTS - 1)
    count = np.bincount(position, minlength=_MAX_POINTS)
    used = count > 0
    means = [
        np.bincount(position, weights=column, minlength=_MAX_POINTS)[used] / count[used]
        for column in (offset, value)
    ]
    return means[0], means[1]


def _errors(run: Run) -> tuple[ErrorCount, ...]:
    """Return the commonest failures, with status and message."""
    if run.info.evidence is Evidence.REQUESTS:
        table = run.table("requests", ("name", "kind", "ok", "status", "error"))
        failed = pc.and_(
            pc.equal(table.column("kind"), Kind.REQUEST.value), pc.invert(table.column("ok"))
        )
        grouped = table.filter(failed).group_by(["name", "status", "error"])
        rows = grouped.aggregate([([], "count_all")]).to_pylist()
        found = [
            ErrorCount(name=r["name"], status=r["status"], error=r["error"], count=r["count_all"])
            for r in rows
        ]
    else:
        found = _reported_errors(run)
    return tuple(sorted(found, key=lambda e: (-e.count, e.name))[:_MAX_ERRORS])


def _reported_errors(run: Run) -> list[ErrorCount]:
    """Return failures that a source without rows lists (Locust's _failures.csv)."""
    table = run.series_table
    table = table.filter(pc.equal(table.column("metric"), "errors"))
    found = []
    for row in table.select(["value", "labels"]).to_pylist():
        labels = dict(row["labels"] or ())
        found.append(
            ErrorCount(
                name=labels.get("name", ""),
                status=None,
                error=labels.get("error"),
                count=round(row["value"]),
            )
        )
    return found
