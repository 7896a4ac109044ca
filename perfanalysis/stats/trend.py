"""A trend through one run: does its level rise or fall from beginning to end?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# Two-sided 0.1 %: names are many, and a run that is called drifting is not judged.
_CRITICAL = 3.29


def total_trend(level: Floats) -> float:
    """Return by how much a series rises from its first to its last third; 0 without a clear trend.

    Clear is what the Mann-Kendall test finds at 0.1 %: nearly every later value lies above (or
    below) nearly every earlier one. Mann, Econometrica 13 (1945) 245-259.

    Args:
        level: equally spaced, at least six values, no NaN.

    >>> total_trend(np.arange(10.0))
    7.0
    >>> total_trend(np.array([3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0, 3.0]))
    0.0
    """
    n = len(level)
    later, earlier = np.tril_indices(n, -1)
    concordance = float(np.sum(np.sign(level[later] - level[earlier])))
    spread = np.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    if (abs(concordance) - 1) / spread < _CRITICAL:
        return 0.0
    third = n // 3
    return float(np.mean(level[-third:]) - np.mean(level[:third]))
