"""Variances that borrow strength from each other: empirical Bayes.

With few runs a variance of one name is a guess on two or four degrees of freedom, and Student's t
makes the user pay for it. Names of one comparison have variances of a kind: where they agree, each
is drawn towards their common level and its degrees of freedom grow; where they do not, nothing
happens. Method: Smyth, Statistical Applications in Genetics and Molecular Biology 3 (2004), 3,
sections 6.1 and 6.2 (limma's `fitFDist` and `squeezeVar`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import digamma, polygamma

Floats = npt.NDArray[np.float64]

# Names of one run share its weather: twenty of them are not twenty independent looks at the noise.
MAX_PRIOR_DF = 5.0
_MIN_VARIANCES = 3
_TINY = 1e-12


@dataclass(frozen=True, kw_only=True)
class Prior:
    """What variances of a kind have in common: their level, and how firmly they keep to it.

    Attributes:
        variance: the common level.
        df: degrees of freedom that it is worth; 0 where there is none.
    """

    variance: float
    df: float

    def moderate(self, variance: float, df: float) -> tuple[float, float]:
        """Return a variance drawn towards the common level, and its degrees of freedom.

        >>> Prior(variance=1.0, df=4.0).moderate(4.0, 2.0)
        (2.0, 6.0)
        """
        total = self.df + df
        if total == 0:
            return variance, df
        return (self.df * self.variance + df * variance) / total, total


NO_PRIOR = Prior(variance=1.0, df=0.0)


def fit_prior(variances: Floats, df: float, *, max_df: float = MAX_PRIOR_DF) -> Prior:
    """Return the prior that a set of variances suggests, by the moments of their logarithms.

    Args:
        variances: of names of a kind, each on `df` degrees of freedom, shape (n,).
        df: at least 1.
        max_df: bound of the prior's degrees of freedom.

    Returns:
        No prior for fewer than three variances.
    """
    if len(variances) < _MIN_VARIANCES:
        return NO_PRIOR
    logs = np.log(np.maximum(variances, _TINY)) - digamma(df / 2) + np.log(df / 2)
    mean = float(logs.mean())
    # What the logarithms vary beyond the sampling of each variance.
    excess = float(logs.var(ddof=1)) - float(polygamma(1, df / 2))
    if excess <= 0:
        return Prior(variance=float(np.exp(mean)), df=max_df)
    prior_df = 2 * trigamma_inverse(excess)
    level = np.exp(mean + float(digamma(prior_df / 2)) - np.log(prior_df / 2))
    return Prior(variance=float(level), df=float(min(prior_df, max_df)))


def trigamma_inverse(value: float) -> float:
    """Return x with trigamma(x) = value, by Newton's method on 1 / trigamma.

    Smyth (2004), appendix.

    >>> round(trigamma_inverse(float(polygamma(1, 2.5))), 9)
    2.5
    """
    if value > 1e7:
        return float(1 / np.sqrt(value))
    x = 0.5 + 1 / value
    for _ in range(50):
        current = float(polygamma(1, x))
        step = current * (1 - current / value) / float(polygamma(2, x))
        x += step
        if -step / x < 1e-10:
            break
    return x
