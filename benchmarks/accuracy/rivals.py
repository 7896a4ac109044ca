"""Rules of thumb and other tools' tests, each a few lines, on the requests of two runs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.stats

Test = Callable[[np.ndarray, np.ndarray], bool]


def p95_moved(limit: float) -> Test:
    """The classic CI rule: the 95th percentile moved more than a limit."""

    def test(current: np.ndarray, baseline: np.ndarray) -> bool:
        return abs(np.quantile(current, 0.95) / np.quantile(baseline, 0.95) - 1) > limit

    return test


def mann_whitney(current: np.ndarray, baseline: np.ndarray) -> bool:
    """Mann-Whitney on requests at 5 %."""
    return scipy.stats.mannwhitneyu(current, baseline).pvalue < 0.05


def mann_whitney_and_median(current: np.ndarray, baseline: np.ndarray) -> bool:
    """The same, and the median moved by 5 %."""
    moved = abs(np.median(current) / np.median(baseline) - 1) > 0.05
    return bool(moved) and mann_whitney(current, baseline)


def kolmogorov_smirnov(current: np.ndarray, baseline: np.ndarray) -> bool:
    """Kolmogorov-Smirnov at 1 %."""
    return scipy.stats.ks_2samp(current, baseline).pvalue < 0.01


def welch_on_requests(current: np.ndarray, baseline: np.ndarray) -> bool:
    """Welch's t on requests at 5 %."""
    return scipy.stats.ttest_ind(current, baseline, equal_var=False).pvalue < 0.05


RIVALS: dict[str, Test] = {
    "p95 moved more than 10 %": p95_moved(0.10),
    "p95 moved more than 5 %": p95_moved(0.05),
    "Mann-Whitney p < .05 on requests": mann_whitney,
    "Mann-Whitney and median moved 5 %": mann_whitney_and_median,
    "Kolmogorov-Smirnov p < .01": kolmogorov_smirnov,
    "Welch t on requests": welch_on_requests,
}
