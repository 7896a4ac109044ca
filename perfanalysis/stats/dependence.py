"""Intervals for one run whose requests depend on each other: batch means.

Requests of one run share its weather, so their number says little about how well a percentile is
known. A run is cut into few contiguous batches; how much the batches differ is what matters. Few
(10) large batches with a Student quantile keep their level at correlations where naive tests fail
(docs/statistics.md has a simulation). Method: Heidelberger and Lewis, Operations Research 32
(1984), batch means of quantile indicators.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from perfanalysis.phrases import phrase
from perfanalysis.stats.histogram import Cdf, columns_of, stretches_of, sum_by_bucket

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BATCHES = 10
# Below this many requests beyond the quantile its position is guesswork whatever the method.
MIN_EXCEEDANCES = 10
MIN_BATCHES_WITH_EXCEEDANCES = BATCHES // 2
_SMALLEST = 1e-9  # stands for a latency of zero, whose logarithm does not exist


@dataclass(frozen=True, kw_only=True, eq=False)
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

    @cached_property
    def n(self) -> int:
        """Requests in all."""
        return int(self.count.sum())

    def cdf(self) -> Cdf:
        """Return the distribution over all windows."""
        return self._cdf

    @cached_property
    def batched(self) -> BatchedRun:
        """The requests in batches, cut once for many quantiles."""
        return BatchedRun(self)

    @cached_property
    def _cdf(self) -> Cdf:
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

    def __init__(self, message: str) -> None:
        super().__init__(message)
        # str() of an exception would lose what a phrase was made of.
        self.message = message


def cdf_of(bucket: Ints, count: Ints, clock_resolution: float | None) -> Cdf:
    """Return the distribution of entries whose buckets may repeat and stand in any order."""
    return Cdf(*sum_by_bucket(bucket, count), clock_resolution)


def batch_numbers(window: Ints, count: Ints, batches: int = BATCHES) -> Ints:
    """Cut time into contiguous batches of about equal numbers of requests.

    >>> batch_numbers(np.array([0, 0, 1, 2, 3]), np.array([5, 5, 10, 10, 10]), 2).tolist()
    [0, 0, 0, 1, 1]
    """
    _, position = stretches_of(window)
    per_window = np.bincount(position, weights=count)
    middle = (np.cumsum(per_window) - per_window / 2) / per_window.sum()
    numbers = np.minimum((middle * batches).astype(np.int64), batches - 1)
    chosen: Ints = numbers[position]
    return chosen


def quantile_within_run(data: WindowedHistogram, q: float) -> WithinRun:
    """Return a quantile of one run, with what the run says about its error on the log scale.

    Args:
        data: the run's requests of one name.
        q: between 0 and 1.

    Raises:
        TooFewError: fewer than 10 requests lie beyond the quantile, or in fewer than 5 batches.
    """
    _require_exceedances(data.n, q)
    return data.batched.quantile(q)


def spread_within_run(data: WindowedHistogram, low: float, high: float) -> WithinRun:
    """Return the ratio of two quantiles of one run, with what the run says about its error.

    What both quantiles have in common, such as a machine that was slow for a while, cancels.

    Args:
        data: the run's requests of one name.
        low: between 0 and `high`.
        high: between `low` and 1.

    Raises:
        TooFewError: as for `quantile_within_run`, of either.
    """
    _require_exceedances(data.n, low)
    _require_exceedances(data.n, high)
    return data.batched.spread(low, high)


class BatchedRun:
    """The requests of one name in one run, cut into batches once for many quantiles.

    The share of each batch below the run's quantile is averaged over batches; the spread of these
    shares against that of independent requests is the design effect, and the distribution itself
    turns an error of the share into one of the value.
    """

    def __init__(self, data: WindowedHistogram) -> None:
        self._n = data.n
        self._cdf = data.cdf()
        self._clock_resolution = data.clock_resolution
        # Requests by batch and bucket, both increasing; every batch and every bucket has some.
        self._counts, self._buckets = _batch_table(data)
        self._requests: Floats = self._counts.sum(axis=1)
        # The part of all requests in each batch, and what part of a batch is in or below a bucket.
        self._weights: Floats = self._requests / self._n
        self._upto: Floats = np.cumsum(self._counts / self._requests[:, None], axis=1)

    def medians(self) -> list[float]:
        """Return the median of each batch, in order of time."""
        found = []
        for counts in self._counts:
            used = np.flatnonzero(counts)
            cdf = Cdf(self._buckets[used], counts[used].astype(np.int64), self._clock_resolution)
            found.append(cdf.quantile(0.5))
        return found

    def quantile(self, q: float) -> WithinRun:
        """Return a quantile; the caller has made sure that there are enough requests."""
        value = max(self._cdf.quantile(q), _SMALLEST)
        shares = self._shares_below(value)
        exceeding = int(np.sum((1 - shares) * self._weights * self._n >= 0.5))
        if exceeding < MIN_BATCHES_WITH_EXCEEDANCES:
            raise TooFewError(
                phrase(
                    "the requests above {quantile} all fall into {exceeding} of {batches} parts "
                    "of the run: it is too short, or they come in bursts",
                    quantile=f"p{q * 100:g}",
                    exceeding=exceeding,
                    batches=BATCHES,
                )
            )
        independent = q * (1 - q) / self._n
        return WithinRun(
            value=value,
            sampling_variance=self._log_slope(q) ** 2 * independent,
            design_effect=_ratio_error(shares, self._weights, q) ** 2 / independent,
            df=len(shares) - 1,
            n=self._n,
        )

    def spread(self, low: float, high: float) -> WithinRun:
        """Return the ratio of two quantiles, under the same condition."""
        lower, upper = self.quantile(low), self.quantile(high)
        slopes = self._log_slope(low), self._log_slope(high)
        # An error of the share below a value moves the quantile the other way.
        moved = slopes[0] * (self._shares_below(lower.value) - low)
        moved -= slopes[1] * (self._shares_below(upper.value) - high)
        common = slopes[0] * slopes[1] * low * (1 - high) / self._n
        independent = lower.sampling_variance + upper.sampling_variance - 2 * common
        error = _ratio_error(moved, self._weights, 0.0)
        return WithinRun(
            value=upper.value / lower.value,
            sampling_variance=independent,
            design_effect=error**2 / independent if independent > 0 else 1.0,
            df=lower.df,
            n=self._n,
        )

    def _shares_below(self, value: float) -> Floats:
        values, _ = self._cdf.knots()
        place = float(np.interp(value, values, np.arange(len(values))))
        knot = min(int(place), len(values) - 2)
        left, right = self._share_at(knot), self._share_at(knot + 1)
        below: Floats = left + (place - knot) * (right - left)
        return below

    def _share_at(self, knot: int) -> Floats:
        """Return the share of each batch below a knot of the run's distribution.

        There are two knots a bucket, at its lower and at its upper edge.
        """
        bucket, at_upper = divmod(knot, 2)
        upto: Floats = self._upto[:, bucket]
        return upto if at_upper else upto - self._counts[:, bucket] / self._requests

    def _log_slope(self, q: float) -> float:
        """Return d log(value) / d share at a quantile, over one standard error to each side."""
        error = float(np.sqrt(q * (1 - q) / self._n))
        low_share, high_share = max(q - error, 0.0), min(q + error, 1.0)
        low = max(self._cdf.quantile(low_share), _SMALLEST)
        high = max(self._cdf.quantile(high_share), low)
        return float(np.log(high / low)) / (high_share - low_share)


def _batch_table(data: WindowedHistogram) -> tuple[Floats, Ints]:
    """Return requests by batch and bucket, shape (batches, buckets), and the buckets."""
    _, batch = stretches_of(batch_numbers(data.window, data.count))
    column, buckets = columns_of(data.bucket)
    shape = int(batch.max()) + 1, len(buckets)
    cells = batch * len(buckets) + column
    flat = np.bincount(cells, weights=data.count, minlength=shape[0] * shape[1])
    counts = flat.reshape(shape).astype(np.float64)
    used = np.flatnonzero(counts.any(axis=0))
    return counts[:, used], buckets[used]


def _require_exceedances(n: int, q: float) -> None:
    if n * min(q, 1 - q) < MIN_EXCEEDANCES:
        need = int(np.ceil(MIN_EXCEEDANCES / min(q, 1 - q)))
        quantile = f"p{q * 100:g}"
        raise TooFewError(
            phrase(
                "{figure} needs at least {need} requests, found {found}",
                figure=quantile,
                need=need,
                found=n,
            )
        )


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
        raise TooFewError(
            phrase("a mean needs at least 5 windows of time, found {found}", found=len(window))
        )
    batch = batch_numbers(window, count)
    counts = np.bincount(batch, weights=count)
    sums = np.bincount(batch, weights=total)[counts > 0]
    counts = counts[counts > 0]
    value = float(total.sum() / n)
    if value <= 0:
        raise TooFewError(phrase("the mean is 0: there is no relative change of nothing"))
    error = _ratio_error(sums / counts, counts / n, value) / value
    return WithinRun(
        value=value,
        sampling_variance=error**2,
        design_effect=1.0,
        df=max(len(counts) - 1, 1),
        n=n,
    )


def _ratio_error(values: Floats, weights: Floats, mean: float) -> float:
    """Return the standard error of a weighted mean of batch values."""
    batches = len(values)
    if batches < 2:
        return float("inf")
    squares = float(np.sum((weights * (values - mean)) ** 2))
    return float(np.sqrt(squares * batches / (batches - 1)))
