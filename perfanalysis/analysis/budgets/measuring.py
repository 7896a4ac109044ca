"""Figures with their uncertainty: what a budget is judged on.

- A percentile of one run: Woodruff's interval, on as many independent requests as batch means of
  the run say that it is worth (`analysis.noise`).
- A mean or a throughput of one run: batch means, on the logarithmic scale.
- A share: Wilson's interval on the effective number of trials.
- Several runs: what they differ by, moderated by what their requests explain, and never less.
- An extreme, a count, a last value: a fact about the run, without an interval.
- A figure that the source printed: no interval but its rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from perfanalysis.analysis.budgets.samples import Sample
from perfanalysis.analysis.budgets.values import (
    is_certain,
    is_share,
    share_of_sample,
    type7,
    value_of,
)
from perfanalysis.analysis.estimates import Estimate, NotEstimableError, estimate
from perfanalysis.analysis.judge import CONFIDENCE
from perfanalysis.analysis.noise import Noise, Pairing, measure_noise
from perfanalysis.model.buckets import RELATIVE_ERROR
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.figure import Aggregate, Figure
from perfanalysis.model.metric import Metric
from perfanalysis.phrases import phrase
from perfanalysis.stats.dependence import BATCHES, batch_numbers
from perfanalysis.stats.differences import student_quantile
from perfanalysis.stats.quantile_interval import quantile_interval, values_needed
from perfanalysis.stats.rates import pooled_share, share_of, wilson

# What the requests of runs say of the noise between them is worth so many degrees of freedom: with
# two or three runs their own difference is hardly known.
_WITHIN_DF = 4.0
UNKNOWN = Noise(
    within=None, within_df=np.inf, between=None, between_df=0.0, borrowed=False, n_effective=None
)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A figure of one or several runs.

    Attributes:
        value: in the figure's unit; of several runs their mean, of extremes and counts the worst.
        low: lower end of its interval, perhaps infinite; equal to `value` where it has none.
        high: likewise.
        method: how the interval was computed; `none` where there is none.
        runs: how many.
        n: values behind it, requests or readings.
        needed: values that would be needed for an end that the data do not reach, or None.
        resolution: relative error bound of the value, as a part of the interval; None for none.
        caveats: what a reader must know.
    """

    value: float
    low: float
    high: float
    method: str
    runs: int
    n: int
    needed: int | None
    resolution: float | None
    caveats: tuple[Caveat, ...]


@dataclass(frozen=True, kw_only=True)
class Demand:
    """What is to be measured: one figure on the samples of every run.

    Attributes:
        worst: of several certain values, the one that counts: the smallest or the largest.
    """

    figure: Figure
    samples: tuple[Sample, ...]
    worst: Callable[[Sequence[float]], float]


def measure(demand: Demand) -> Measured | None:
    """Return a figure with its uncertainty; None where a source does not tell it.

    It depends on nothing but its own samples: another budget in the file must not change it.
    """
    values = [value_of(demand.figure, sample) for sample in demand.samples]
    known = [value for value in values if value is not None]
    if not known or len(known) < len(values):
        return None
    if is_certain(demand.figure, demand.samples[0]):
        return _certain(demand, known)
    if is_share(demand.figure, demand.samples[0]):
        return _share(demand)
    return _uncertain(demand, known)


def _n(sample: Sample) -> int:
    if sample.values is not None:
        return len(sample.values)
    return 0 if sample.evidence is None else sample.evidence.requests


def _certain(demand: Demand, values: Sequence[float]) -> Measured:
    resolution = RELATIVE_ERROR if any(sample.bucketed for sample in demand.samples) else None
    if demand.figure.aggregate is Aggregate.COUNT:
        resolution = None
    value = demand.worst(values)
    return _with_resolution(
        Measured(
            value=value,
            low=value,
            high=value,
            method="none",
            runs=len(values),
            n=sum(_n(sample) for sample in demand.samples),
            needed=None,
            resolution=None,
            caveats=(),
        ),
        resolution,
    )


def _with_resolution(measured: Measured, resolution: float | None) -> Measured:
    """Return a figure whose interval allows for the rounding of its value."""
    if not resolution:
        return measured
    low, high = (measured.low * (1 - resolution), measured.high * (1 + resolution))
    return replace(measured, low=min(low, high), high=max(low, high), resolution=resolution)


def _share(demand: Demand) -> Measured:
    shares = [
        share
        for sample in demand.samples
        if (share := share_of_sample(demand.figure, sample)) is not None
    ]
    whole = pooled_share(shares)
    low, high = wilson(whole, student_quantile(0.5 + CONFIDENCE / 2, np.inf))
    return Measured(
        value=whole.value,
        low=min(low, whole.value),
        high=max(high, whole.value),
        method="wilson",
        runs=len(shares),
        n=whole.n,
        needed=None,
        resolution=None,
        caveats=(),
    )


def _uncertain(demand: Demand, values: Sequence[float]) -> Measured:
    estimates = [
        _estimate(demand.figure, sample, value)
        for sample, value in zip(demand.samples, values, strict=True)
    ]
    noise = UNKNOWN
    if min(values) > 0:
        metric = _metric(demand.figure)
        pairing = Pairing(name="", metric=metric, current=tuple(estimates), baseline=())
        (noise,) = measure_noise([pairing], None)
    if len(values) == 1:
        return _of_one_run(demand, estimates[0], noise, values[0])
    return _of_runs(demand, noise, values)


def _metric(figure: Figure) -> Metric:
    """Return the figure as `analysis.estimates` and `analysis.noise` know it."""
    key = "throughput" if figure.aggregate is Aggregate.RATE else figure.key
    return Metric(key=key, unit=figure.unit or "", better="lower", quantile=figure.quantile)


def _estimate(figure: Figure, sample: Sample, value: float) -> Estimate:
    """Return what the run says about the error of a figure, as far as it says it."""
    n = _n(sample)
    resolution = RELATIVE_ERROR if sample.bucketed else None
    evidence = sample.evidence
    if evidence is not None:
        total = evidence.total
        if figure.quantile is not None and evidence.latencies is None and total is not None:
            resolution = total.quantile_error
        try:
            found = estimate(evidence, _metric(figure))
        except NotEstimableError:
            found = None
        if found is not None:
            return Estimate(
                value=value,
                sampling_variance=found.sampling_variance,
                design_effect=found.design_effect,
                df=found.df,
                n=n,
                share=None,
                resolution=resolution,
            )
    return Estimate(
        value=value,
        sampling_variance=None,
        design_effect=1.0,
        df=np.inf,
        n=n,
        share=None,
        resolution=resolution,
    )


def _of_one_run(demand: Demand, known: Estimate, noise: Noise, value: float) -> Measured:
    (sample,) = demand.samples
    q = demand.figure.quantile
    quantile = _quantile_function(sample)
    needed: int | None = None
    caveats: tuple[Caveat, ...] = ()
    low = high = value
    method = "none"
    if q is not None and quantile is not None:
        n_effective, df = noise.n_effective, noise.within_df
        if n_effective is None:
            n_effective, df = _worth(sample, value), BATCHES - 1
        low, high = quantile_interval(
            quantile, q, n_effective=n_effective, df=df, confidence=CONFIDENCE
        )
        low, high, method = min(low, value), max(high, value), "woodruff"
        if not np.isfinite(low + high):
            worth = n_effective / max(known.n, 1)
            needed = int(np.ceil(values_needed(q, df=df, confidence=CONFIDENCE) / worth))
    elif noise.within is not None:
        half = student_quantile(0.5 + CONFIDENCE / 2, noise.within_df) * np.sqrt(noise.within)
        low, high, method = value * np.exp(-half), value * np.exp(half), "batch-means"
    else:
        message = phrase("the source gives no more than the value: it is judged on the value alone")
        caveats = (Caveat(code="no-interval", message=message),)
    measured = Measured(
        value=value,
        low=float(low),
        high=float(high),
        method=method,
        runs=1,
        n=known.n,
        needed=needed,
        resolution=None,
        caveats=caveats,
    )
    return _with_resolution(measured, known.resolution)


def _quantile_function(sample: Sample) -> Callable[[float], float] | None:
    ordered = sample.ordered
    if ordered is not None:
        return lambda q: type7(ordered, q)
    if sample.evidence is None or sample.evidence.latencies is None:
        return None
    return sample.evidence.latencies.cdf().quantile


def _worth(sample: Sample, value: float) -> float:
    """Return how many independent values a sample is worth, where too few lie beyond `value`."""
    if sample.values is not None and sample.times_us is not None:
        trials = np.ones(len(sample.values), dtype=np.int64)
        batch = batch_numbers(sample.times_us, trials)
        above = (sample.values > value).astype(np.int64)
        events, counts = np.bincount(batch, weights=above), np.bincount(batch)
        return share_of(events.astype(np.int64), counts.astype(np.int64)).n_effective
    data = None if sample.evidence is None else sample.evidence.latencies
    return float(max(1 if data is None else data.n, 1))


def _of_runs(demand: Demand, noise: Noise, values: Sequence[float]) -> Measured:
    runs = len(values)
    if noise.between is not None:
        variance, df = noise.between, noise.between_df
        if noise.within is not None:
            weighted = df * variance + _WITHIN_DF * noise.within
            variance, df = max(weighted / (df + _WITHIN_DF), noise.within), df + _WITHIN_DF
        value = float(np.exp(np.mean(np.log(values))))
        half = student_quantile(0.5 + CONFIDENCE / 2, df) * float(np.sqrt(variance / runs))
        low, high = value * np.exp(-half), value * np.exp(half)
    else:
        # Of zeros and negative values there is no logarithm.
        value = float(np.mean(values))
        spread = float(np.std(values, ddof=1) / np.sqrt(runs))
        half = student_quantile(0.5 + CONFIDENCE / 2, runs - 1) * spread
        low, high = value - half, value + half
    measured = Measured(
        value=value,
        low=float(low),
        high=float(high),
        method="between-runs",
        runs=runs,
        n=sum(_n(sample) for sample in demand.samples),
        needed=None,
        resolution=None,
        caveats=(),
    )
    blur = RELATIVE_ERROR if any(sample.bucketed for sample in demand.samples) else None
    return _with_resolution(measured, blur)
