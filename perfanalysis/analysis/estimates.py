"""One metric of one name in one run: its value, and what that run says about its error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from perfanalysis.analysis.evidence import ALL_REQUESTS, NameEvidence, RunEvidence, Windows
from perfanalysis.model.metric import Metric
from perfanalysis.phrases import phrase
from perfanalysis.stats.dependence import (
    BATCHES,
    MIN_EXCEEDANCES,
    TooFewError,
    WithinRun,
    batch_numbers,
    mean_within_run,
    quantile_within_run,
    spread_within_run,
)
from perfanalysis.stats.histogram import spread, stretches_of
from perfanalysis.stats.rates import Share, share_of

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MIN_REQUESTS_FOR_RATE = 10


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A metric of one name in one run.

    Attributes:
        value: in the metric's unit.
        sampling_variance: variance of log(value) if requests were independent; None where the
            source hides it.
        design_effect: by how much dependence multiplies it, as this run alone shows.
        df: degrees of freedom of `design_effect`.
        n: requests behind the value.
        share: events and trials, for rates only.
        resolution: relative error bound of the value itself, or None for a negligible one.
    """

    value: float
    sampling_variance: float | None
    design_effect: float
    df: float
    n: int
    share: Share | None
    resolution: float | None


def _measured(found: WithinRun) -> Estimate:
    return Estimate(
        value=found.value,
        sampling_variance=found.sampling_variance,
        design_effect=found.design_effect,
        df=found.df,
        n=found.n,
        share=None,
        resolution=None,
    )


def _reported(value: float, n: int, *, resolution: float | None) -> Estimate:
    return Estimate(
        value=value,
        sampling_variance=None,
        design_effect=1.0,
        df=np.inf,
        n=n,
        share=None,
        resolution=resolution,
    )


class NotEstimableError(ValueError):
    """The run does not carry the metric.

    Attributes:
        reason: a stable code.
        message: a sentence.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        # str() of an exception would lose what a phrase was made of.
        self.message = message


def estimate_of(run: RunEvidence, name: str, metric: Metric) -> Estimate:
    """Return the estimate of a metric of one name of a run, or of all its requests.

    The run remembers it: calibration compares the same runs hundreds of times.

    Raises:
        NotEstimableError: as `estimate`, and for a run without requests.
    """
    key = (name, metric.key)
    if key not in run.estimates:
        evidence = run.names.get(name) or (_of_all(run, metric) if name == ALL_REQUESTS else None)
        if evidence is None:
            raise NotEstimableError("no-requests", phrase("a run holds no requests"))
        run.estimates[key] = estimate(evidence, metric)
    return run.estimates[key]


def _of_all(run: RunEvidence, metric: Metric) -> NameEvidence | None:
    """Return all requests of a run as one name, with their latencies only where they matter."""
    return run.counted if metric.key in ("throughput", "error_rate") else run.everything


def estimate(evidence: NameEvidence, metric: Metric) -> Estimate:
    """Return the estimate of a metric.

    Raises:
        NotEstimableError: too few requests, too short a run, or a source that does not tell.
    """
    if metric.key == "error_rate":
        return _error_rate(evidence)
    if metric.key == "throughput":
        return _throughput(evidence)
    if metric.quantile is not None:
        return _quantile(evidence, metric, metric.quantile)
    return _mean(evidence)


def _quantile(evidence: NameEvidence, metric: Metric, q: float) -> Estimate:
    if evidence.latencies is None:
        return _reported_quantile(evidence, metric, q)
    try:
        return _measured(quantile_within_run(evidence.latencies, q))
    except TooFewError as exc:
        raise NotEstimableError("too-few-requests", exc.message) from exc


def estimate_spread(evidence: NameEvidence, low: float, high: float) -> Estimate:
    """Return the ratio of two quantiles of latency.

    Raises:
        NotEstimableError: too few requests, or a source without them.
    """
    if evidence.latencies is None:
        message = phrase("a spread takes requests, the source has none")
        raise NotEstimableError("not-reported", message)
    try:
        return _measured(spread_within_run(evidence.latencies, low, high))
    except TooFewError as exc:
        raise NotEstimableError("too-few-requests", exc.message) from exc


def _reported_quantile(evidence: NameEvidence, metric: Metric, q: float) -> Estimate:
    total = evidence.total
    reported = total.quantiles if total is not None else {}
    value = next((found for key, found in reported.items() if abs(key - q) < 1e-9), None)
    if total is None or value is None:
        message = phrase("the source does not report {metric}", metric=metric.key)
        raise NotEstimableError("not-reported", message)
    beyond = total.requests * min(q, 1 - q)
    if beyond < MIN_EXCEEDANCES:
        need = int(np.ceil(MIN_EXCEEDANCES / min(q, 1 - q)))
        raise NotEstimableError(
            "too-few-requests",
            phrase(
                "{figure} needs at least {need} requests, found {found}",
                figure=metric.key,
                need=need,
                found=total.requests,
            ),
        )
    if value <= 0:
        message = phrase("{metric} is 0: there is no relative change of nothing", metric=metric.key)
        raise NotEstimableError("zero", message)
    return _reported(value, total.requests, resolution=total.quantile_error)


def _mean(evidence: NameEvidence) -> Estimate:
    sums = _window_sums(evidence)
    if sums is not None:
        try:
            return _measured(mean_within_run(*sums))
        except TooFewError as exc:
            raise NotEstimableError("too-short", exc.message) from exc
    total = evidence.total
    if total is None or not total.mean_ms:
        message = phrase("the source does not report a mean latency")
        raise NotEstimableError("not-reported", message)
    return _reported(total.mean_ms, total.requests, resolution=None)


def _window_sums(evidence: NameEvidence) -> tuple[Ints, Ints, Floats] | None:
    """Return windows in time with their requests and the sum of their latencies, where known."""
    data, windows = evidence.latencies, evidence.windows
    if data is not None:
        low, high = spread(data.bucket, data.clock_resolution)
        starts, position = stretches_of(data.window)
        counts = np.bincount(position, weights=data.count).astype(np.int64)
        middle = (low + high) / 2
        return starts, counts, np.bincount(position, weights=middle * data.count).astype(np.float64)
    if windows is None or windows.mean_ms is None:
        return None
    used = (windows.requests > 0) & ~np.isnan(windows.mean_ms)
    counts = windows.requests[used]
    return windows.start_us[used], counts, windows.mean_ms[used] * counts


def _error_rate(evidence: NameEvidence) -> Estimate:
    if evidence.requests < MIN_REQUESTS_FOR_RATE:
        raise NotEstimableError(
            "too-few-requests",
            phrase(
                "an error rate needs at least {need} requests, found {found}",
                need=MIN_REQUESTS_FOR_RATE,
                found=evidence.requests,
            ),
        )
    windows = evidence.windows
    whole = Share(events=evidence.failures, n=evidence.requests, design_effect=1.0)
    if windows is not None and windows.requests.sum() > 0:
        batch = batch_numbers(windows.start_us, windows.requests)
        batched = share_of(
            np.bincount(batch, weights=windows.failures).astype(np.int64),
            np.bincount(batch, weights=windows.requests).astype(np.int64),
        )
        whole = Share(
            events=evidence.failures, n=evidence.requests, design_effect=batched.design_effect
        )
    return Estimate(
        value=whole.value,
        sampling_variance=None,
        design_effect=whole.design_effect,
        df=np.inf,
        n=whole.n,
        share=whole,
        resolution=None,
    )


def _throughput(evidence: NameEvidence) -> Estimate:
    requests, duration_s = evidence.requests, evidence.duration_s
    if evidence.total is not None and evidence.total.duration_s:
        # The tool counted every request, its log perhaps only a sample of them.
        requests, duration_s = evidence.total.requests, evidence.total.duration_s
    if not duration_s or requests < MIN_REQUESTS_FOR_RATE:
        raise NotEstimableError(
            "too-few-requests", phrase("a throughput needs a duration and at least 10 requests")
        )
    variance: float | None = None
    df = np.inf
    if evidence.windows is not None and len(evidence.windows.start_us) >= 2:
        error, df = _count_error(evidence.windows)
        variance = error**2
    return Estimate(
        value=requests / duration_s,
        sampling_variance=variance,
        design_effect=1.0,
        df=df,
        n=requests,
        share=None,
        resolution=None,
    )


def _count_error(windows: Windows) -> tuple[float, float]:
    """Return the standard error of log(throughput) from equal spans of time."""
    first, last = windows.start_us[0], windows.start_us[-1]
    position = np.minimum((windows.start_us - first) * BATCHES // max(last - first, 1), BATCHES - 1)
    counts = np.bincount(position, weights=windows.requests, minlength=BATCHES)
    return float(np.std(counts, ddof=1) / (np.mean(counts) * np.sqrt(BATCHES))), BATCHES - 1
