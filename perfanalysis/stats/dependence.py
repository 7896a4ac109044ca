"""Intervals for one run whose requests depend on each other: batch means.

Requests of one run share its weather, so their number says little about how well a percentile is
known. A run is cut into few contiguous batches; how much the batches differ is what matters. Few
(10) large batches with a Student quantile keep their level at any correlation where naive tests
fail (statistics.md, 3a and section 4). Method: Heidelberger and Lewis, Operations Research 29
(1981), batch means of quantile indicators.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from perfanalysis.stats.histogram import Cdf

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BATCHES = 10
# Below this many requests beyond the quantile its position is guesswork whatever the method.
MIN_EXCEEDANCES = 10
MIN_BATCHES_WITH_EXCEEDANCES = BATCHES // 2


@dataclass(frozen=True, kw_only=True)
class WindowedHistogram:
    """Counts per window of time and bucket, in coordinate form.

    Attributes:
        window: position in time of each entry, not decreasing, shape (n,).
        bucket: bucket number of each entry, shape (n,).
        count: requests of each entry, shape (n,).
        clock_resolution: tick of the clock in the unit of the values, or None.
    """

    window: Ints
    bucket: Ints
    count: Ints
    clock_resolution: float | None

    @property
    def n(self) -> int:
        """Requests in all."""
        return int(self.count.sum())

    def cdf(self) -> Cdf:
        """Return the distribution over all windows."""
        return cdf_of(self.bucket, self.count, self.clock_resolution)


@dataclass(frozen=True, kw_only=True)
class WithinRun:
    """A figure of one run with what the run itself says about its uncertainty.

    Attributes:
        value: the figure, in the unit of the data.
        sampling_variance: variance of log(value) if the requests were independent.
        design_effect: by how much dependence multiplies it, as the batches of this run show.
        df: degrees of freedom of `design_effect`.
        n: requests.
    """

    value: float
    sampling_variance: float
    design_effect: float
    df: float
    n: int


class TooFewError(ValueError):
    """The data do not carry the figure; the message says why in a sentence."""


def cdf_of(bucket: Ints, count: Ints, clock_resolution: float | None) -> Cdf:
    """Return the distribution of entries whose buckets may repeat and stand in any order."""
    numbers, position = np.unique(bucket, return_inverse=True)
    totals = np.bincount(position, weights=count).astype(np.int64)
    return Cdf(numbers, totals, clock_resolution)


def batch_numbers(window: Ints, count: Ints, batches: int = BATCHES) -> Ints:
    """Cut time into contiguous batches of about equal numbers of requests.

    >>> batch_numbers(np.array([0, 0, 1, 2, 3]), np.array([5, 5, 10, 10, 10]), 2).tolist()
    [0, 0, 0, 1, 1]
    """
    _, position = np.unique(window, return_inverse=True)
    per_window = np.bincount(position, weights=count)
    middle = (np.cumsum(per_window) - per_window / 2) / per_window.sum()
    numbers = np.minimum((middle * batches).astype(np.int64), batches - 1)
    chosen: Ints = numbers[position]
    return chosen


def quantile_within_run(data: WindowedHistogram, q: float) -> WithinRun:
    """Return a quantile of one run, with what the run says about its error on the log scale.

    The share of each batch below the run's quantile is averaged over batches; the spread of these
    shares against that of independent requests is the design effect, and the distribution itself
    turns an error of the share into one of the value.

    Args:
        data: the run's requests of one name.
        q: between 0 and 1.

    Raises:
        TooFewError: fewer than 10 requests lie beyond the quantile, or in fewer than 5 batches.
    """
    n = data.n
    beyond = n * min(q, 1 - q)
    if beyond < MIN_EXCEEDANCES:
        need = int(np.ceil(MIN_EXCEEDANCES / min(q, 1 - q)))
        raise TooFewError(f"p{q * 100:g} needs at least {need} requests, found {n}")
    cdf = data.cdf()
    value = max(cdf.quantile(q), 1e-9)
    batch = batch_numbers(data.window, data.count)
    share, weight, exceeding = _batch_shares(data, batch, value)
    if exceeding < MIN_BATCHES_WITH_EXCEEDANCES:
        raise TooFewError(
            f"the requests above p{q * 100:g} all fall into {exceeding} of {BATCHES} parts of the "
            "run: it is too short, or they come in bursts"
        )
    independent = q * (1 - q) / n
    return WithinRun(
        value=value,
        sampling_variance=_log_slope(cdf, q, float(np.sqrt(independent))) ** 2 * independent,
        design_effect=_ratio_error(share, weight, q) ** 2 / independent,
        df=len(share) - 1,
        n=n,
    )


def _log_slope(cdf: Cdf, q: float, error: float) -> float:
    """Return d log(value) / d share at a quantile, over one standard error to each side."""
    low_share, high_share = max(q - error, 0.0), min(q + error, 1.0)
    low = max(cdf.quantile(low_share), 1e-9)
    high = max(cdf.quantile(high_share), low)
    return float(np.log(high / low)) / (high_share - low_share)


def mean_within_run(window: Ints, count: Ints, total: Floats) -> WithinRun:
    """Return the mean of one run from the sums of its windows.

    Sums do not show what independent requests would give: all of the error counts as sampling.

    Args:
        window: position in time, increasing, shape (n,).
        count: requests of each window, shape (n,).
        total: sum of the values of each window, shape (n,).

    Raises:
        TooFewError: fewer than 5 batches can be made.
    """
    n = int(count.sum())
    if n == 0 or len(window) < MIN_BATCHES_WITH_EXCEEDANCES:
        raise TooFewError(f"a mean needs at least 5 windows of time, found {len(window)}")
    batch = batch_numbers(window, count)
    counts = np.bincount(batch, weights=count)
    sums = np.bincount(batch, weights=total)[counts > 0]
    counts = counts[counts > 0]
    value = float(total.sum() / n)
    if value <= 0:
        raise TooFewError("the mean is 0: there is no relative change of nothing")
    error = _ratio_error(sums / counts, counts / n, value) / value
    return WithinRun(
        value=value,
        sampling_variance=error**2,
        design_effect=1.0,
        df=max(len(counts) - 1, 1),
        n=n,
    )


def _batch_shares(data: WindowedHistogram, batch: Ints, value: float) -> tuple[Floats, Floats, int]:
    """Return share below `value` and weight of each batch, and how many batches exceed it."""
    shares, weights, exceeding = [], [], 0
    for number in np.unique(batch):
        mine = batch == number
        cdf = cdf_of(data.bucket[mine], data.count[mine], data.clock_resolution)
        share = cdf.share_below(value)
        count = float(data.count[mine].sum())
        exceeding += (1 - share) * count >= 0.5
        shares.append(share)
        weights.append(count / data.n)
    return np.array(shares), np.array(weights), int(exceeding)


def _ratio_error(values: Floats, weights: Floats, mean: float) -> float:
    """Return the standard error of a weighted mean of batch values."""
    batches = len(values)
    if batches < 2:
        return float("inf")
    squares = float(np.sum((weights * (values - mean)) ** 2))
    return float(np.sqrt(squares * batches / (batches - 1)))
