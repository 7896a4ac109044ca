"""Differences between two groups of runs: estimate, standard error, degrees of freedom.

The run is the unit of replication: identical runs differ by more than their requests can tell, so
requests of several runs are never pooled. What pooling would cost stands in docs/accuracy.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr, stdtrit

Floats = npt.NDArray[np.float64]

POWER = 0.8
MAX_RUNS = 100


@dataclass(frozen=True, kw_only=True)
class Difference:
    """current minus baseline, on whatever scale the values were given (mostly logarithms).

    Attributes:
        estimate: the difference of the means.
        se: its standard error.
        df: degrees of freedom; infinite for a known variance.
        method: how `se` came about: welch, prediction, assumed-run-noise, ...
    """

    estimate: float
    se: float
    df: float
    method: str

    def interval(self, confidence: float) -> tuple[float, float]:
        """Return the two-sided interval of that confidence.

        >>> d = Difference(estimate=1.0, se=0.5, df=float("inf"), method="known")
        >>> [round(end, 2) for end in d.interval(0.95)]
        [0.02, 1.98]
        """
        half = student_quantile(0.5 + confidence / 2, self.df) * self.se
        return self.estimate - half, self.estimate + half

    def p_value(self) -> float:
        """Return the two-sided p-value of no difference; 1 for an exact zero."""
        if self.estimate == 0:
            return 1.0
        if self.se == 0:
            return 0.0
        return float(2 * student_cdf(-abs(self.estimate) / self.se, self.df))

    def detectable(self, alpha: float) -> float:
        """Return the size of difference that would be found four times in five."""
        return _detectable_errors(alpha, self.df) * self.se


def student_quantile(p: float, df: float) -> float:
    """Return the quantile of Student's t; the normal one for infinite degrees of freedom.

    >>> round(student_quantile(0.975, 9), 3)
    2.262
    """
    return float(stdtrit(min(df, 1e9), p))


# Plans ask for the same few for every metric of every name.
@lru_cache(maxsize=1024)
def _detectable_errors(alpha: float, df: float) -> float:
    """Return how many standard errors a difference has that is found four times in five."""
    return student_quantile(1 - alpha / 2, df) + student_quantile(POWER, df)


def student_cdf(t: float, df: float) -> float:
    """Return the distribution function of Student's t."""
    return float(stdtr(min(df, 1e9), t))


def welch(current: Floats, baseline: Floats) -> Difference:
    """Compare several runs a side: Welch's t with Satterthwaite's degrees of freedom.

    Args:
        current: one value a run, at least two.
        baseline: likewise.

    Welch, Biometrika 34 (1947) 28-35.

    >>> d = welch(np.array([3.0, 4.0, 5.0]), np.array([1.0, 2.0, 3.0]))
    >>> d.estimate, round(d.df, 1)
    (2.0, 4.0)
    """
    parts = [float(np.var(side, ddof=1)) / len(side) for side in (current, baseline)]
    dfs = [len(current) - 1, len(baseline) - 1]
    total = sum(parts)
    df = total**2 / sum(p**2 / d for p, d in zip(parts, dfs, strict=True)) if total else min(dfs)
    return Difference(
        estimate=float(np.mean(current) - np.mean(baseline)),
        se=float(np.sqrt(total)),
        df=float(df),
        method="welch",
    )


def paired(current: Floats, baseline: Floats) -> Difference:
    """Compare runs that were planned in pairs: a one-sample t-test of the pairs' differences.

    What both runs of a pair share, such as the hour they ran in, cancels. Pairs that were picked
    afterwards prove nothing.

    Args:
        current: one value a run, at least two, in the order of the pairs.
        baseline: as many.

    >>> d = paired(np.array([3.0, 5.0, 4.0]), np.array([2.0, 4.0, 3.5]))
    >>> round(d.estimate, 3), d.df, d.method
    (0.833, 2, 'paired-t')
    """
    differences = current - baseline
    k = len(differences)
    return Difference(
        estimate=float(differences.mean()),
        se=float(np.std(differences, ddof=1) / np.sqrt(k)),
        df=k - 1,
        method="paired-t",
    )


def widest(*differences: Difference, confidence: float = 0.95) -> Difference:
    """Return the difference whose interval is widest: the conservative combination of two sources.

    Raises:
        ValueError: none given.
    """
    return max(differences, key=lambda d: student_quantile(0.5 + confidence / 2, d.df) * d.se)


def runs_needed(variance: float, size: float, alpha: float) -> int | None:
    """Return how many runs a side would show a difference of a size four times in five.

    Args:
        variance: between identical runs, on the scale of `size`.
        size: the difference to be seen, positive.
        alpha: two-sided level.

    Returns:
        None where more than 100 runs would be needed, or the size is zero.

    >>> runs_needed(0.03**2, 0.05, 0.05)
    7
    """
    for runs in range(2, MAX_RUNS + 1):
        if _detectable_errors(alpha, 2 * runs - 2) * math.sqrt(2 * variance / runs) <= size:
            return runs
    return None
