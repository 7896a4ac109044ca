"""Many comparisons at once: what the smallest of many p-values is worth."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def holm(p_values: Floats, weights: Floats | None = None) -> Floats:
    """Return p-values adjusted so that any false alarm at all has the stated probability.

    Args:
        p_values: shape (n,), no NaN; may be empty.
        weights: positive, fixed before the data were seen; a hypothesis of twice the weight may
            have twice the p-value. Equal if None.

    Holm, Scandinavian Journal of Statistics 6 (1979) 65-70, sections 2 and 3 (weighted).

    >>> holm(np.array([0.01, 0.04, 0.03])).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    n = len(p_values)
    weights = np.ones(n) if weights is None else weights
    order = np.argsort(p_values / weights, kind="stable")
    # The weight of the hypotheses that are still in play at each step.
    left = np.cumsum(weights[order][::-1])[::-1]
    stepped = np.maximum.accumulate(p_values[order] * left / weights[order])
    adjusted = np.empty(n)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def benjamini_hochberg(p_values: Floats) -> Floats:
    """Return p-values adjusted so that the share of false alarms among findings is as stated.

    Args:
        p_values: shape (n,), no NaN; may be empty.

    Benjamini and Hochberg, JRSS B 57 (1995) 289-300; holds under positive dependence, which
    endpoints of one machine have.

    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03])).round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    n = len(p_values)
    order = np.argsort(p_values, kind="stable")[::-1]
    ranks = np.arange(n, 0, -1)
    stepped = np.minimum.accumulate(p_values[order] * n / ranks)
    adjusted = np.empty(n)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted
