"""Change points: where a short series of noisy figures went to another level, and stayed.

Levels are proposed by optimal partitioning (Jackson et al., IEEE Signal Processing Letters 12
(2005) 105-108): least squares with a penalty for each level that grows with the noise and with its
correlation from figure to figure. Proposals are too many by design. What remains is what a t-test
with as many effective figures as the correlation leaves finds beyond doubt, although the place of
the step was picked for being conspicuous (Bonferroni over the places), and what matters in size.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from perfanalysis.stats.differences import Difference

Floats = npt.NDArray[np.float64]

# Fewer figures have no level to depart from.
MIN_FIGURES = 6
# One odd figure is a spike, two may be chance.
MIN_LEVEL = 3
# A level that is left again after at most so many figures, back to the former one, is an episode.
LONGEST_EPISODE = 5
_PENALTY = 3.0
_MOST_INFLATION = 20.0
_MOST_CORRELATION = 0.9
_REFITS = 2
_NORMAL = 1.4826  # from a median absolute deviation to a standard deviation
_SPIKE = 5.0
_FIGURES_A_SPIKE = 15
_TINY = 1e-12
# What series of a kind say of the correlation counts as much as so many figures of one series.
_WORTH_OF_OTHERS = 20


@dataclass(frozen=True, kw_only=True)
class _Expected:
    """What is known of the noise besides the series."""

    least_sd: float
    correlation: float | None


@dataclass(frozen=True, kw_only=True)
class Step:
    """A change of level.

    Attributes:
        index: position of the first figure of the new level.
        earliest: first position where it may as well have been.
        latest: last such position.
        difference: new minus former level, with its standard error.
        p_value: two-sided, corrected for the choice of the position.
    """

    index: int
    earliest: int
    latest: int
    difference: Difference
    p_value: float


@dataclass(frozen=True, kw_only=True)
class Levels:
    """A series cut into levels.

    Attributes:
        starts: position of the first figure of each level, the first is 0.
        steps: one before each level but the first.
        episodes: first and one-after-last position of what soon went back to where it was; these
            are no levels.
        values: the figures without spikes.
        sd: standard deviation around the levels.
        df: its degrees of freedom.
        correlation: of each figure with the next, 0..0.9.
    """

    starts: tuple[int, ...]
    steps: tuple[Step, ...]
    episodes: tuple[tuple[int, int], ...]
    values: Floats
    sd: float
    df: float
    correlation: float

    def bounds(self) -> list[tuple[int, int]]:
        """Return first and one-after-last position of each level."""
        return list(pairwise([*self.starts, len(self.values)]))

    def mean(self, level: int) -> Difference:
        """Return the mean of a level (as a difference from zero), without its episodes."""
        mine = self.members(level)
        return Difference(
            estimate=float(self.values[mine].mean()),
            se=self.sd * float(np.sqrt(1 / self._effective(len(mine)))),
            df=self.df,
            method="level",
        )

    def difference(self, former: int, later: int) -> Difference:
        """Return what a later level is above a former one."""
        theirs, ours = (self.members(level) for level in (former, later))
        parts = [1 / self._effective(len(mine)) for mine in (theirs, ours)]
        return Difference(
            estimate=float(self.values[ours].mean() - self.values[theirs].mean()),
            se=self.sd * float(np.sqrt(sum(parts))),
            df=self.df,
            method="levels",
        )

    def detectable(self, alpha: float) -> float | None:
        """Return the size of step that would be found four times in five.

        Of a step five figures before the end, or in the middle of a short last level; None where
        the last level is too short to be cut in two.
        """
        n = len(self.members(len(self.starts) - 1))
        later = min(LONGEST_EPISODE, n // 2)
        if later < MIN_LEVEL:
            return None
        parts = [1 / self._effective(count) for count in (n - later, later)]
        se = self.sd * float(np.sqrt(sum(parts)))
        level = min(alpha / places(len(self.values)), 0.5)
        difference = Difference(estimate=0.0, se=se, df=self.df, method="plan")
        return difference.detectable(level)

    def members(self, level: int) -> npt.NDArray[np.int64]:
        """Return the positions of the figures of a level, without those of episodes."""
        first, end = self.bounds()[level]
        mine = np.arange(first, end)
        for begin, after in self.episodes:
            mine = mine[(mine < begin) | (mine >= after)]
        return mine

    def _effective(self, n: int) -> float:
        return max(n * _shrinkage(self.correlation), 1.0)


def places(n: int) -> int:
    """Return at how many positions a series may step.

    >>> places(30), places(6)
    (25, 1)
    """
    return max(n - 2 * MIN_LEVEL + 1, 1)


def find_levels(
    values: Floats,
    *,
    alpha: float,
    matters: Callable[[float, float], bool],
    least_sd: float = 0.0,
    correlation: float | None = None,
) -> Levels:
    """Cut a series into levels.

    Args:
        values: one figure a run in their order, on a scale where noise is about the same
            everywhere (mostly logarithms), shape (n,) with n of at least 6, no NaN.
        alpha: share of series without a step in which any may be found.
        matters: whether the difference of two neighbouring levels is one that users care about.
        least_sd: figures are at least as noisy as this, however well they happen to agree.
        correlation: of neighbours, as series of a kind have it: what a short series shows itself
            is drawn towards it. None where there are no others.

    >>> series = np.array([1.0, 1.1, 0.9, 1.0, 1.1, 2.0, 2.1, 1.9, 2.0])
    >>> found = find_levels(series, alpha=0.05, matters=lambda a, b: abs(b - a) > 0.1)
    >>> found.starts, round(found.steps[0].difference.estimate, 2)
    ((0, 5), 0.98)
    """
    calm = without_spikes(values)
    expected = _Expected(least_sd=least_sd, correlation=correlation)
    starts = _refined(calm, _proposed(calm, expected))
    episodes: list[tuple[int, int]] = []
    while True:
        fitted = _fitted(calm, starts, episodes, expected)
        worst = _worst(fitted, alpha, matters)
        if worst is not None:
            starts = _refined(calm, [start for start in starts if start != starts[worst]])
            # An episode ends where a level begins: without the level it is none.
            episodes = []
            continue
        episode = _episode(fitted)
        if episode is None:
            return fitted
        episodes.append(episode)
        starts = [start for start in starts if start not in episode]


def without_spikes(values: Floats) -> Floats:
    """Return figures with single odd ones drawn to their neighbours, if they are few.

    Many odd figures are no spikes: such a series has several modes, and its noise is theirs.

    >>> calm = without_spikes(np.array([1.0, 1.2, 9.0, 1.1, 1.3, 1.0, 1.2]))
    >>> bool(calm.max() < 2)
    True
    """
    n = len(values)
    around = np.array([float(np.median(values[max(i - 2, 0) : i + 3])) for i in range(n)])
    off = values - around
    spread = _NORMAL * float(np.median(np.abs(off)))
    # Around a running median the middle figure itself is missing: its spread is too small.
    limit = _SPIKE * max(spread, _spread_of_steps(values))
    odd = np.abs(off) > limit
    if limit == 0 or odd.sum() > max(n // _FIGURES_A_SPIKE, 1):
        return values
    calm: Floats = np.where(odd, around + np.sign(off) * limit / 2, values)
    return calm


def _spread_of_steps(values: Floats) -> float:
    steps = np.diff(values)
    return _NORMAL * float(np.median(np.abs(steps - np.median(steps)))) / float(np.sqrt(2))


def _proposed(values: Floats, expected: _Expected) -> list[int]:
    """Return where levels may begin: more often than they do."""
    smooth = _median_of_three(values)
    sd = max(_spread_of_steps(values), expected.least_sd)
    starts = _partition(smooth, _penalty(sd, 0.0, len(values)))
    for _ in range(_REFITS):
        starts = _partition(smooth, _penalty(*_noise(values, starts, expected), len(values)))
    return starts


def _penalty(sd: float, correlation: float, n: int) -> float:
    inflation = min(1 / _shrinkage(correlation), _MOST_INFLATION)
    return max(_PENALTY * inflation * float(np.log(n)) * sd**2, _TINY)


def _median_of_three(values: Floats) -> Floats:
    """Return a series without spikes of a single figure; steps stay where they are."""
    inner = np.median(np.stack([values[:-2], values[1:-1], values[2:]]), axis=0)
    smooth: Floats = np.concatenate([inner[:1], inner, inner[-1:]])
    return smooth


def _partition(values: Floats, penalty: float) -> list[int]:
    """Return the starts of the levels that minimise squared error plus `penalty` for each."""
    n = len(values)
    sums, squares = (np.concatenate([[0.0], np.cumsum(part)]) for part in (values, values**2))
    cost = np.full(n + 1, np.inf)
    cost[0] = 0.0
    previous = np.zeros(n + 1, dtype=np.int64)
    for end in range(MIN_LEVEL, n + 1):
        start = np.arange(end - MIN_LEVEL + 1)
        error = squares[end] - squares[start] - (sums[end] - sums[start]) ** 2 / (end - start)
        total = cost[start] + error + penalty
        previous[end] = np.argmin(total)
        cost[end] = total[previous[end]]
    starts = [int(previous[n])]
    while starts[0] > 0:
        starts.insert(0, int(previous[starts[0]]))
    return starts


def _refined(values: Floats, starts: list[int]) -> list[int]:
    """Return levels that begin where the figures themselves say, without those that are too short.

    Levels were proposed with a least length. One that borrowed figures of its neighbour for it is
    none: two figures at the end are yet to be confirmed by a third.
    """
    kept = list(starts)
    position = 1
    while position < len(kept):
        first = kept[position - 1]
        end = kept[position + 1] if position + 1 < len(kept) else len(values)
        cut = first + 1 + int(np.argmin(_errors(values[first:end])))
        if min(cut - first, end - cut) < MIN_LEVEL:
            del kept[position]
        else:
            kept[position] = cut
            position += 1
    return kept


def _noise(values: Floats, starts: list[int], expected: _Expected) -> tuple[float, float]:
    """Return standard deviation around the levels, and correlation of neighbours.

    Residuals around k fitted means look less correlated than they are, by about (1 + 3 r) k / n
    (Kendall, Biometrika 41 (1954) 403-404).
    """
    n, k = len(values), len(starts)
    residual = np.concatenate([values[a:b] - values[a:b].mean() for a, b in pairwise([*starts, n])])
    power = float(residual @ residual)
    if power <= _TINY:
        return expected.least_sd, expected.correlation or 0.0
    shown = float(residual[1:] @ residual[:-1]) / power
    own = float(np.clip(shown + (1 + 3 * max(shown, 0.0)) * k / n, 0, _MOST_CORRELATION))
    sd = max(float(np.sqrt(power / max(n - k, 1))), expected.least_sd)
    if expected.correlation is None:
        return sd, own
    others = min(expected.correlation, _MOST_CORRELATION)
    return sd, (n * own + _WORTH_OF_OTHERS * others) / (n + _WORTH_OF_OTHERS)


def _shrinkage(correlation: float) -> float:
    """Return how many independent figures one figure of a correlated series is worth."""
    return (1 - correlation) / (1 + correlation)


def _fitted(
    values: Floats, starts: list[int], episodes: list[tuple[int, int]], expected: _Expected
) -> Levels:
    """Return levels with their steps, each tested against the noise of the whole series."""
    # Episodes are part of neither level: for the noise they count as levels of their own.
    parts = sorted({*starts, *(edge for pair in episodes for edge in pair if edge < len(values))})
    sd, correlation = _noise(values, parts, expected)
    df = max(len(values) * _shrinkage(correlation) - len(parts), 1.0)
    bare = Levels(
        starts=tuple(starts),
        steps=(),
        episodes=tuple(sorted(episodes)),
        values=values,
        sd=sd,
        df=df,
        correlation=correlation,
    )
    steps = tuple(_step(bare, level) for level in range(1, len(starts)))
    return Levels(**{**vars(bare), "steps": steps})


def _step(levels: Levels, level: int) -> Step:
    difference = levels.difference(level - 1, level)
    p_value = min(difference.p_value() * places(len(levels.values)), 1.0)
    earliest, latest = _range(levels, level)
    return Step(
        index=levels.starts[level],
        earliest=earliest,
        latest=latest,
        difference=difference,
        p_value=p_value,
    )


def _range(levels: Levels, level: int) -> tuple[int, int]:
    """Return the positions that fit about as well as the one that was chosen.

    Those whose squared error lies within `2 sd^2 log n` of the least, as a Schwarz criterion
    would not tell them apart.
    """
    (first, _), (_, end) = levels.bounds()[level - 1], levels.bounds()[level]
    part = levels.values[first:end]
    errors = _errors(part)
    chosen = levels.starts[level] - first
    slack = 2 * levels.sd**2 * float(np.log(len(levels.values))) / _shrinkage(levels.correlation)
    near = 1 + np.flatnonzero(errors <= errors.min() + slack)
    return first + min(int(near.min()), chosen), first + max(int(near.max()), chosen)


def _errors(values: Floats) -> Floats:
    """Return the squared error around two means, for each position of a cut but the ends."""
    n = len(values)
    before = np.arange(1, n)
    sums, squares = np.cumsum(values)[:-1], np.cumsum(values**2)[:-1]
    rest, more = values.sum() - sums, (values**2).sum() - squares
    errors: Floats = squares - sums**2 / before + more - rest**2 / (n - before)
    return errors


def _worst(levels: Levels, alpha: float, matters: Callable[[float, float], bool]) -> int | None:
    """Return the level whose step is the least worth keeping; None where each one is."""
    doubtful = []
    for level, step in enumerate(levels.steps, start=1):
        former, later = (levels.mean(n).estimate for n in (level - 1, level))
        if not matters(former, later):
            doubtful.append((1.0 / (1e-9 + abs(step.difference.estimate)), level))
        elif step.p_value > alpha:
            doubtful.append((step.p_value, level))
    # What does not matter in size goes first: it disturbs the tests of what does.
    return max(doubtful)[1] if doubtful else None


def _episode(levels: Levels) -> tuple[int, int] | None:
    """Return the first short level after which the series is back where it was."""
    bounds = levels.bounds()
    for level in range(1, len(bounds) - 1):
        first, end = bounds[level]
        if end - first > LONGEST_EPISODE:
            continue
        away = levels.difference(level - 1, level).estimate
        back = levels.difference(level - 1, level + 1).estimate
        if abs(back) <= abs(away) / 2:
            return first, end
    return None
