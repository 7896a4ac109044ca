"""One number from a sample: what the figure of a run is, without its uncertainty."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from perfanalysis.analysis.budgets.samples import Floats, Ints, Sample
from perfanalysis.analysis.evidence import Windows
from perfanalysis.model.buckets import bucket_edges
from perfanalysis.model.figure import Aggregate, Column, Figure
from perfanalysis.model.series import SeriesKind
from perfanalysis.stats.dependence import batch_numbers
from perfanalysis.stats.histogram import Cdf
from perfanalysis.stats.rates import Share, share_of

_OF_TRENDS = frozenset(
    {
        Aggregate.MEAN,
        Aggregate.MIN,
        Aggregate.MAX,
        Aggregate.QUANTILE,
        Aggregate.COUNT,
        Aggregate.UNDER,
    }
)
_FITTING = {
    SeriesKind.TREND: _OF_TRENDS,
    SeriesKind.GAUGE: frozenset(
        {Aggregate.MEAN, Aggregate.MIN, Aggregate.MAX, Aggregate.QUANTILE, Aggregate.LAST}
    ),
    # The mean of a counter is its rate, as summaries have it.
    SeriesKind.COUNTER: frozenset({Aggregate.COUNT, Aggregate.RATE, Aggregate.MEAN}),
    SeriesKind.RATE: frozenset({Aggregate.RATE, Aggregate.MEAN}),
}
_FITTING_K6 = {
    SeriesKind.TREND: _OF_TRENDS,
    SeriesKind.GAUGE: frozenset({Aggregate.LAST}),
    SeriesKind.COUNTER: frozenset({Aggregate.COUNT, Aggregate.RATE}),
    SeriesKind.RATE: frozenset({Aggregate.RATE}),
}


def fitting(figure: Figure, sample: Sample) -> frozenset[Aggregate]:
    """Return the aggregates that a series of that kind has."""
    return (_FITTING_K6 if figure.k6 else _FITTING)[sample.kind]


def is_share(figure: Figure, sample: Sample) -> bool:
    """Say whether a figure is a share of events among values."""
    if figure.aggregate is Aggregate.UNDER:
        return True
    return sample.kind is SeriesKind.RATE and figure.aggregate is not Aggregate.COUNT


def is_certain(figure: Figure, sample: Sample) -> bool:
    """Say whether a figure of this run has no sampling error: an extreme, a count, a last value."""
    if figure.quantile is not None:
        return figure.quantile in (0.0, 1.0)
    if figure.aggregate in (Aggregate.MIN, Aggregate.MAX, Aggregate.COUNT, Aggregate.LAST):
        return True
    # Requests per second follow the load; whatever else is counted is only added up.
    return sample.kind is SeriesKind.COUNTER and figure.column is None


def unit_of(figure: Figure, sample: Sample) -> str | None:
    """Return the unit of a figure; None where a series does not say it."""
    if figure.unit is not None:
        return figure.unit
    if is_share(figure, sample):
        return "ratio"
    if sample.kind is SeriesKind.COUNTER:
        if figure.aggregate is Aggregate.COUNT:
            return sample.unit or "count"
        return f"{sample.unit}/s" if sample.unit else "1/s"
    return "count" if figure.aggregate is Aggregate.COUNT else sample.unit


def value_of(figure: Figure, sample: Sample) -> float | None:
    """Return a figure of one run; None where the source does not tell it.

    Percentiles of values are of type 7 (linear between order statistics), as k6 and numpy.
    """
    if figure.series is not None and figure.aggregate not in fitting(figure, sample):
        return None
    if is_share(figure, sample):
        return _share_value(figure, sample)
    if sample.kind in (SeriesKind.COUNTER, SeriesKind.RATE):
        return _counted(figure, sample)
    return _AGGREGATES[figure.aggregate](figure, sample)


def _share_value(figure: Figure, sample: Sample) -> float | None:
    if sample.values is not None:
        under = figure.aggregate is Aggregate.UNDER
        events = sample.values < (figure.under_ms or 0.0) if under else sample.values != 0
        return float(events.mean())
    share = share_of_sample(figure, sample)
    return None if share is None else share.value


def _last(sample: Sample) -> float | None:
    return None if sample.values is None else float(sample.values[-1])


def _count(sample: Sample) -> float | None:
    if sample.values is not None:
        return float(len(sample.values))
    return None if sample.evidence is None else float(sample.evidence.requests)


def _counted(figure: Figure, sample: Sample) -> float | None:
    """Return a count, a sum, or either of them per second."""
    seconds, evidence = sample.seconds, sample.given
    total: float | None = None
    if sample.values is not None:
        total = float(sample.values.sum())
    elif evidence is not None:
        counted = evidence.total or evidence
        total = counted.failures if figure.column is Column.FAILED else counted.requests
        seconds = (evidence.total and evidence.total.duration_s) or seconds
    if figure.aggregate is Aggregate.COUNT or total is None:
        return total
    return total / seconds if seconds else None


def _quantile(q: float, sample: Sample) -> float | None:
    if sample.ordered is not None:
        return type7(sample.ordered, q)
    evidence = sample.evidence
    if evidence is None:
        return None
    if evidence.latencies is not None:
        return evidence.latencies.cdf().quantile(q) if evidence.latencies.n else None
    reported = evidence.total.quantiles if evidence.total is not None else {}
    return next((value for key, value in reported.items() if abs(key - q) < 1e-9), None)


def type7(ordered: Floats, q: float) -> float:
    """Return the quantile of increasing values, linear between order statistics.

    Infinite values, which stand for failures, are no obstacle.

    >>> type7(np.array([1.0, 2.0, 4.0]), 0.75)
    3.0
    """
    position = q * (len(ordered) - 1)
    low = int(position)
    lower = float(ordered[low])
    weight = position - low
    if weight == 0:
        return lower
    upper = float(ordered[low + 1])
    return lower + (upper - lower) * weight if np.isfinite(upper) else upper


def _mean(sample: Sample) -> float | None:
    if sample.values is not None:
        return float(sample.values.mean())
    evidence = sample.evidence
    if evidence is None:
        return None
    if evidence.latencies is not None:
        return mean_of(evidence.latencies.cdf()) if evidence.latencies.n else None
    if evidence.total is not None and evidence.total.mean_ms is not None:
        return evidence.total.mean_ms
    return None if evidence.windows is None else _mean_of_windows(evidence.windows)


def _mean_of_windows(windows: Windows) -> float | None:
    if windows.mean_ms is None:
        return None
    known = ~np.isnan(windows.mean_ms) & (windows.requests > 0)
    if not known.any():
        return None
    return float(np.average(windows.mean_ms[known], weights=windows.requests[known]))


def mean_of(cdf: Cdf) -> float:
    """Return the mean of a distribution."""
    values, shares = cdf.knots()
    return float(np.sum((values[1:] + values[:-1]) / 2 * np.diff(shares)))


def share_of_sample(figure: Figure, sample: Sample) -> Share | None:
    """Return a share with the design effect of bursts; None where the source does not tell it.

    Events are failures, or what passed, or of a service level the requests that are in time.
    """
    if figure.aggregate is Aggregate.UNDER:
        return _share_under(figure.under_ms or 0.0, sample)
    evidence = sample.evidence
    if evidence is None:
        return None
    counted = evidence.total or evidence
    events, n = counted.failures, counted.requests
    if figure.column is Column.PASSED and sample.values is None:
        events = n - events
    if n == 0:
        return None
    effect = 1.0
    windows = evidence.windows
    if windows is not None and windows.requests.sum() > 0:
        batch = batch_numbers(windows.start_us, windows.requests)
        effect = _batched(batch, windows.failures, windows.requests).design_effect
    return Share(events=events, n=n, design_effect=effect)


def _share_under(under_ms: float, sample: Sample) -> Share | None:
    if sample.values is not None and sample.times_us is not None:
        trials = np.ones(len(sample.values), dtype=np.int64)
        good = (sample.values < under_ms).astype(np.int64)
        return _batched(batch_numbers(sample.times_us, trials), good, trials)
    evidence = sample.evidence
    if evidence is None or evidence.latencies is None or evidence.windows is None:
        return None
    data, windows = evidence.latencies, evidence.windows
    if data.n == 0:
        return Share(events=0, n=evidence.requests, design_effect=1.0)
    low, high = bucket_edges(data.bucket)
    below = data.count * np.clip((under_ms - low) / (high - low), 0.0, 1.0)
    windowed = np.zeros(len(windows.start_us))
    np.add.at(windowed, np.searchsorted(windows.start_us, data.window), below)
    batch = batch_numbers(windows.start_us, windows.requests)
    effect = _batched(batch, np.rint(windowed).astype(np.int64), windows.requests).design_effect
    return Share(events=round(below.sum()), n=evidence.requests, design_effect=effect)


def _batched(batch: Ints, events: Ints, trials: Ints) -> Share:
    """Return the share of events with the design effect that its batches show."""
    return share_of(
        np.bincount(batch, weights=events).astype(np.int64),
        np.bincount(batch, weights=trials).astype(np.int64),
    )


_AGGREGATES: dict[Aggregate, Callable[[Figure, Sample], float | None]] = {
    Aggregate.MIN: lambda _, sample: sample.lowest,
    Aggregate.MAX: lambda _, sample: sample.highest,
    Aggregate.LAST: lambda _, sample: _last(sample),
    Aggregate.COUNT: lambda _, sample: _count(sample),
    Aggregate.MEAN: lambda _, sample: _mean(sample),
    Aggregate.QUANTILE: lambda figure, sample: _quantile(figure.quantile or 0.0, sample),
}
