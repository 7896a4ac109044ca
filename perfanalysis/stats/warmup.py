"""Where a run settles: two opinions on how much of its start to leave out.

`mser` minimises the standard error of what remains; `settled_from` cuts the run into stretches of
constant level and asks from where on they agree. Each is wrong at times: the first cuts too much
of a wandering series, the second believes chance shifts. A start is left out only where both see
it and it differs clearly.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# Fewer points tell a warm-up from chance too badly.
MIN_POINTS = 60
# Levels on the log scale. What settles lies within 5 % of the end; what is worth leaving out
# differs from the rest by a quarter: runs wander by less than that without any warm-up.
SETTLED = float(np.log(1.05))
CLEAR = float(np.log(1.25))
_GROUP = 5
_MIN_STRETCH = 5
_PENALTY = 5.0
_MOST_INFLATION = 20.0
_MOST_CORRELATION = 0.95
_DISAGREEMENT = 0.25
_REFITS = 2
# From a median absolute deviation to a standard deviation.
_NORMAL = 1.4826


def warmup_points(level: Floats) -> int:
    """Return how many points at the start are a warm-up; 0 where there is none for certain.

    Args:
        level: log latency over time, equally spaced, shape (n,), no NaN.

    >>> rng = np.random.default_rng(3)
    >>> level = rng.normal(0, 0.05, 200)
    >>> warmup_points(level)
    0
    >>> level[:30] += 0.5
    >>> warmup_points(level)
    30
    """
    n = len(level)
    if n < MIN_POINTS:
        return 0
    truncated, settled = mser(level), settled_from(level)
    cut = max(truncated, settled)
    if min(truncated, settled) == 0 or cut >= n // 2:
        return 0
    if abs(truncated - settled) > _DISAGREEMENT * n:
        return 0
    # The part that both leave out must differ: the rest may be a matter of taste.
    start = level[: min(truncated, settled)]
    clear = abs(float(np.median(start)) - float(np.median(level[cut:]))) >= CLEAR
    return cut if clear else 0


def mser(level: Floats) -> int:
    """Return how many points to leave out by MSER-5: at most half of them, a multiple of five.

    White, Simulation 69 (1997) 323-334: of the means of five, those are kept whose mean has the
    least standard error.

    >>> mser(np.array([9.0] * 10 + [1.0, 2.0] * 45))
    10
    """
    groups = len(level) // _GROUP
    means = level[: groups * _GROUP].reshape(groups, _GROUP).mean(axis=1)
    left = groups - np.arange(groups // 2 + 1)
    sums, squares = (np.cumsum(part[::-1])[::-1][: len(left)] for part in (means, means**2))
    return int(np.argmin((squares - sums**2 / left) / left**2)) * _GROUP


def settled_from(level: Floats) -> int:
    """Return from which point on every stretch lies within 5 % of the last one.

    >>> settled_from(np.array([9.0, 9.1] * 10 + [1.0, 1.01] * 40))
    20
    """
    starts = stretches(level)
    medians = [float(np.median(level[a:b])) for a, b in pairwise([*starts, len(level)])]
    first = len(starts) - 1
    while first > 0 and abs(medians[first - 1] - medians[-1]) <= SETTLED:
        first -= 1
    return starts[first]


def stretches(level: Floats) -> list[int]:
    """Return where stretches of constant level begin, the first at 0.

    Least squares with a penalty per stretch. The penalty grows with the noise and with its
    correlation from point to point, so that a wandering series is not cut into pieces.

    Args:
        level: shape (n,), at least three points.
    """
    smooth = _median_of_three(level)
    correlation, noise = _first_guess(level)
    for _ in range(_REFITS):
        starts = _partition(smooth, _penalty(correlation, noise, len(level)))
        parts = [level[a:b] for a, b in pairwise([*starts, len(level)])]
        correlation, noise = _of_residuals(np.concatenate([p - np.median(p) for p in parts]))
    return _partition(smooth, _penalty(correlation, noise, len(level)))


def _median_of_three(level: Floats) -> Floats:
    """Remove spikes of a single point, which are no level."""
    wide = np.concatenate([level[:1], level, level[-1:]])
    smooth: Floats = np.median(np.stack([wide[:-2], wide[1:-1], wide[2:]]), axis=0)
    return smooth


def _penalty(correlation: float, noise: float, n: int) -> float:
    inflation = min((1 + correlation) / (1 - correlation), _MOST_INFLATION)
    # A series without any noise still needs a reason to be cut.
    return max(_PENALTY * inflation * float(np.log(n)) * noise**2, 1e-12)


def _first_guess(level: Floats) -> tuple[float, float]:
    """Return correlation and noise from differences, which shifts of level hardly touch."""
    steps = np.diff(level)
    one = float(np.median(np.abs(steps)))
    two = float(np.median(np.abs(level[2:] - level[:-2])))
    correlation = float(np.clip((two / one) ** 2 - 1, 0, _MOST_CORRELATION)) if one > 0 else 0.0
    spread = _NORMAL * float(np.median(np.abs(steps - np.median(steps))))
    return correlation, spread / float(np.sqrt(2 * (1 - correlation)))


def _of_residuals(residuals: Floats) -> tuple[float, float]:
    noise = _NORMAL * float(np.median(np.abs(residuals)))
    clipped = np.clip(residuals, -3 * noise, 3 * noise)
    power = float(clipped @ clipped)
    lagged = float(clipped[1:] @ clipped[:-1])
    correlation = lagged / power if power > 0 else 0.0
    return float(np.clip(correlation, 0, _MOST_CORRELATION)), noise


def _partition(values: Floats, penalty: float) -> list[int]:
    """Return the starts of the stretches that minimise squared error plus `penalty` for each."""
    n = len(values)
    sums, squares = (np.concatenate([[0.0], np.cumsum(part)]) for part in (values, values**2))
    cost = np.full(n + 1, np.inf)
    cost[0] = 0.0
    previous = np.zeros(n + 1, dtype=np.int64)
    for end in range(min(_MIN_STRETCH, n), n + 1):
        start = np.arange(max(end - _MIN_STRETCH, 0) + 1)
        error = squares[end] - squares[start] - (sums[end] - sums[start]) ** 2 / (end - start)
        total = cost[start] + error + penalty
        previous[end] = np.argmin(total)
        cost[end] = total[previous[end]]
    starts = [int(previous[n])]
    while starts[0] > 0:
        starts.insert(0, int(previous[starts[0]]))
    return starts
