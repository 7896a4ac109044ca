"""The scale on which the runs of a history are compared: where noise is alike at every level.

Logarithms for latencies and rates, whose noise is relative; the arcsine root for shares.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from perfanalysis.analysis.estimates import Estimate
from perfanalysis.analysis.judge import CONFIDENCE, Settings
from perfanalysis.model.metric import Metric
from perfanalysis.stats.differences import student_quantile
from perfanalysis.stats.rates import Share, arcsine, sampling_variance, share_change, wilson

Floats = npt.NDArray[np.float64]

_LEAST_SD = 1e-4


class Scale(ABC):
    """How figures of one metric get on the scale, and back.

    Attributes:
        tolerance: in the unit of changes.
    """

    def __init__(self, tolerance: float) -> None:
        self.tolerance = tolerance

    @abstractmethod
    def of(self, estimates: Sequence[Estimate]) -> Floats:
        """Return one number a run."""

    @abstractmethod
    def least_sd(self, estimates: Sequence[Estimate]) -> float:
        """Return the noise that the requests within runs explain: runs are no quieter."""

    @abstractmethod
    def value(self, place: float) -> float:
        """Return the value in the metric's unit."""

    @abstractmethod
    def change(self, place: float, shift: float) -> float:
        """Return by how much the value at a place changes when it moves by a shift."""

    @abstractmethod
    def mean(self, estimates: Sequence[Estimate], place: float) -> float:
        """Return the value of a level whose mean on the scale is `place`."""

    @abstractmethod
    def difference(self, before: float, after: float) -> float:
        """Return the change between two values."""

    @abstractmethod
    def interval(self, estimate: Estimate) -> tuple[float, float] | None:
        """Return the 95 % interval that one run alone shows; None where it does not tell."""

    def matters(self, before: float, after: float) -> bool:
        """Return whether two places differ by more than the tolerance."""
        return self.is_beyond(self.change(before, after - before))

    def is_beyond(self, change: float) -> bool:
        """Return whether a change is beyond the tolerance, up or down."""
        return change >= self.tolerance or change <= self.least_fall()

    @abstractmethod
    def least_fall(self) -> float:
        """Return the tolerance downwards, a negative number."""


class LogScale(Scale):
    """Latencies and rates: changes are relative."""

    def of(self, estimates: Sequence[Estimate]) -> Floats:
        """Return logarithms."""
        return np.log([estimate.value for estimate in estimates])

    def least_sd(self, estimates: Sequence[Estimate]) -> float:
        """Return the standard deviation that sampling and rounding explain."""
        within = [_within(estimate) or 0.0 for estimate in estimates]
        blur = max(estimate.resolution or 0.0 for estimate in estimates) / np.sqrt(3)
        return max(float(np.sqrt(np.mean(within) + blur**2)), _LEAST_SD)

    def value(self, place: float) -> float:
        """Return the exponential."""
        return float(np.exp(place))

    def change(self, place: float, shift: float) -> float:
        """Return the ratio less one; it does not depend on the place."""
        del place
        return float(np.expm1(shift))

    def mean(self, estimates: Sequence[Estimate], place: float) -> float:
        """Return the geometric mean."""
        del estimates
        return self.value(place)

    def difference(self, before: float, after: float) -> float:
        """Return after / before - 1."""
        return after / before - 1

    def interval(self, estimate: Estimate) -> tuple[float, float] | None:
        """Return the interval by the run's own batches."""
        within = _within(estimate)
        if within is None:
            return None
        half = student_quantile(0.5 + CONFIDENCE / 2, estimate.df) * float(np.sqrt(within))
        return estimate.value * float(np.exp(-half)), estimate.value * float(np.exp(half))

    def least_fall(self) -> float:
        """Return what undoes the tolerance: 5 % up is undone by 4.76 % down."""
        return 1 / (1 + self.tolerance) - 1


class ShareScale(Scale):
    """Error rates: changes are differences."""

    def of(self, estimates: Sequence[Estimate]) -> Floats:
        """Return arcsine roots."""
        return arcsine(_shares(estimates))

    def least_sd(self, estimates: Sequence[Estimate]) -> float:
        """Return what the number of requests allows."""
        return float(np.sqrt(sampling_variance(_shares(estimates))))

    def value(self, place: float) -> float:
        """Return the share, 0..1."""
        return float(np.sin(np.clip(place, 0.0, np.pi / 2)) ** 2)

    def change(self, place: float, shift: float) -> float:
        """Return the difference of shares."""
        return share_change(place, shift)

    def mean(self, estimates: Sequence[Estimate], place: float) -> float:
        """Return the mean share: zero where there was no error, unlike what the scale says."""
        del place
        return float(np.mean([estimate.value for estimate in estimates]))

    def difference(self, before: float, after: float) -> float:
        """Return after - before."""
        return after - before

    def interval(self, estimate: Estimate) -> tuple[float, float] | None:
        """Return Wilson's interval."""
        if estimate.share is None:
            return None
        return wilson(estimate.share, student_quantile(0.5 + CONFIDENCE / 2, np.inf))

    def least_fall(self) -> float:
        """Return the same as upwards."""
        return -self.tolerance


def scale_of(metric: Metric, settings: Settings) -> Scale:
    """Return the scale of a metric."""
    if metric.key == "error_rate":
        return ShareScale(settings.error_rate_tolerance)
    return LogScale(settings.tolerance)


def _within(estimate: Estimate) -> float | None:
    if estimate.sampling_variance is None:
        return None
    # Batches that happen to agree better than independent requests prove nothing.
    return max(estimate.design_effect, 1.0) * estimate.sampling_variance


def _shares(estimates: Sequence[Estimate]) -> list[Share]:
    return [estimate.share for estimate in estimates if estimate.share is not None]
