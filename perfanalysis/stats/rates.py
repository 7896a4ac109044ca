"""Shares such as error rates: valid at zero, aware that errors come in bursts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from perfanalysis.stats.differences import Difference, student_quantile
from perfanalysis.stats.moderation import Prior

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# What the sampling of requests says of errors is worth this many degrees of freedom.
_SAMPLING_DF = 4.0


@dataclass(frozen=True, kw_only=True)
class Share:
    """Events out of trials in one run.

    Attributes:
        events: how many failed.
        n: of how many.
        design_effect: variance of the batches' shares over that of independent trials, at least 1.
    """

    events: int
    n: int
    design_effect: float

    @property
    def value(self) -> float:
        """The share, 0..1."""
        return self.events / self.n

    @property
    def n_effective(self) -> float:
        """Independent trials that would be as uncertain."""
        return self.n / self.design_effect


@dataclass(frozen=True, kw_only=True)
class ShareDifference:
    """current minus baseline, both 0..1; `interval` gives the one of a confidence."""

    estimate: float
    interval: Callable[[float], tuple[float, float]]
    p_value: float
    detectable: float
    method: str


def share_of(events: Ints, trials: Ints) -> Share:
    """Return the share of one run from its batches, with the design effect of bursts.

    Args:
        events: failures per batch, shape (batches,).
        trials: requests per batch, shape (batches,), not all zero.

    >>> share_of(np.array([0, 10, 0, 0]), np.array([100, 100, 100, 100])).design_effect > 5
    True
    """
    n, total = int(trials.sum()), int(events.sum())
    used = trials > 0
    p = total / n
    effect = 1.0
    if 0 < p < 1 and used.sum() > 1:
        weights = trials[used] / n
        spread = np.sum((weights * (events[used] / trials[used] - p)) ** 2)
        variance = spread * used.sum() / (used.sum() - 1)
        effect = max(1.0, float(variance / (p * (1 - p) / n)))
    return Share(events=total, n=n, design_effect=effect)


def pooled_share(shares: Sequence[Share]) -> Share:
    """Return several runs as one share; runs that differ widen it like bursts do.

    >>> a, b = Share(events=1, n=100, design_effect=2.0), Share(events=1, n=100, design_effect=1.0)
    >>> pooled_share([a, b])
    Share(events=2, n=200, design_effect=2.0)
    """
    if len(shares) == 1:
        return shares[0]
    between = share_of(
        np.array([share.events for share in shares]), np.array([share.n for share in shares])
    )
    within = max(share.design_effect for share in shares)
    return replace(between, design_effect=max(between.design_effect, within))


def wilson(share: Share, z: float) -> tuple[float, float]:
    """Return Wilson's score interval for a share, on its effective number of trials.

    Wilson, JASA 22 (1927) 209-212.
    """
    n, p = share.n_effective, share.value
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def newcombe(current: Share, baseline: Share, confidence: float) -> tuple[float, float]:
    """Return the interval of a difference of two shares, valid when one or both are zero.

    Newcombe, Statistics in Medicine 17 (1998) 873-890, method 10.

    >>> a, b = Share(events=56, n=70, design_effect=1.0), Share(events=48, n=80, design_effect=1.0)
    >>> [round(end, 4) for end in newcombe(a, b, 0.95)]
    [0.0524, 0.3339]
    """
    z = student_quantile(0.5 + confidence / 2, float("inf"))
    low_c, high_c = wilson(current, z)
    low_b, high_b = wilson(baseline, z)
    p, q = current.value, baseline.value
    low = p - q - np.sqrt((p - low_c) ** 2 + (high_b - q) ** 2)
    high = p - q + np.sqrt((high_c - p) ** 2 + (q - low_b) ** 2)
    return float(low), float(high)


def single_share_difference(current: Share, baseline: Share, alpha: float) -> ShareDifference:
    """Compare one run with one: Newcombe's interval, score test on effective trials.

    Were the runs alike, errors would come in bursts in both: the larger design effect holds for
    both sides, also for one that happened to have no error to show it.
    """
    effect = max(current.design_effect, baseline.design_effect)
    current = replace(current, design_effect=effect)
    baseline = replace(baseline, design_effect=effect)
    n, m = current.n_effective, baseline.n_effective
    # Half an event on each side keeps the pooled share, and so the error, away from zero.
    pooled = (current.value * n + baseline.value * m + 1) / (n + m + 2)
    se = float(np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m)))
    normal = Difference(
        estimate=current.value - baseline.value, se=se, df=float("inf"), method="score"
    )
    return ShareDifference(
        estimate=normal.estimate,
        interval=lambda confidence: newcombe(current, baseline, confidence),
        p_value=normal.p_value(),
        detectable=normal.detectable(alpha),
        method="newcombe",
    )


def run_share_difference(
    current: list[Share], baseline: list[Share], alpha: float, *, in_pairs: bool = False
) -> ShareDifference:
    """Compare several runs a side: a moderated t on the arcsine scale, where variances are alike.

    Args:
        current: one share a run, at least two.
        baseline: likewise.
        alpha: two-sided level of the detectable change.
        in_pairs: runs were planned in pairs, and stand in their order.

    Anscombe's transform asin(sqrt((e + 3/8) / (n + 3/4))), Biometrika 35 (1948) 246-254.
    """
    ours, theirs = arcsine(current), arcsine(baseline)
    # Sampling alone makes runs differ this much, bursts within them counted: errors are taken for
    # no more than that until the runs show otherwise.
    prior = Prior(variance=sampling_variance([*current, *baseline]), df=_SAMPLING_DF)
    if in_pairs:
        # A pair differs by both runs' errors: half of its variance is that of one run.
        own, own_df = float(np.var(ours - theirs, ddof=1)) / 2, len(ours) - 1
    else:
        squares = sum(float(np.sum((side - side.mean()) ** 2)) for side in (ours, theirs))
        own_df = len(ours) + len(theirs) - 2
        own = squares / own_df
    variance, df = prior.moderate(own, own_df)
    variance = max(variance, prior.variance)
    difference = Difference(
        estimate=float(ours.mean() - theirs.mean()),
        se=float(np.sqrt(variance * (1 / len(ours) + 1 / len(theirs)))),
        df=df,
        method="paired-arcsine" if in_pairs else "moderated-arcsine",
    )
    middle = float(np.mean(theirs))

    def interval(confidence: float) -> tuple[float, float]:
        low, high = difference.interval(confidence)
        return share_change(middle, low), share_change(middle, high)

    estimate = float(np.mean([s.value for s in current]) - np.mean([s.value for s in baseline]))
    return ShareDifference(
        estimate=estimate,
        interval=interval,
        p_value=1.0 if estimate == 0 else difference.p_value(),
        detectable=share_change(middle, difference.detectable(alpha)),
        method=difference.method,
    )


def share_change(angle: float, shift: float) -> float:
    """Return by how much a share changes when its arcsine root moves from an angle by a shift.

    >>> round(share_change(0.1, 0.1), 4)
    0.0295
    """
    moved = np.clip(angle + shift, 0.0, np.pi / 2)
    return float(np.sin(moved) ** 2 - np.sin(angle) ** 2)


def at_least_as_noisy(share: Share, sd: float) -> Share:
    """Return a share whose design effect allows for a noise between runs.

    Args:
        share: of one run.
        sd: standard deviation between identical runs, of the arcsine root of the share. Requests
            alone explain a variance of 1 / (4 n).

    >>> round(at_least_as_noisy(Share(events=5, n=100, design_effect=1.0), 0.1).design_effect, 3)
    4.0
    """
    effect = 4 * share.n * sd**2
    return replace(share, design_effect=max(share.design_effect, effect))


def arcsine(shares: list[Share]) -> Floats:
    """Return the arcsine roots of shares, after Anscombe; their variances hardly differ."""
    return np.array([np.arcsin(np.sqrt((s.events + 0.375) / (s.n + 0.75))) for s in shares])


def sampling_variance(shares: list[Share]) -> float:
    """Return the variance of one run's arcsine that its own requests explain."""
    return float(np.mean([1 / (4 * share.n_effective) for share in shares]))
