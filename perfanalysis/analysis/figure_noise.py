"""What identical runs say about one metric of one name: noise, detectable change, tolerance.

The standard deviation between the runs is what `analysis.noise` makes of them as one side of a
comparison, names borrowing strength from each other: a calibration stores what a comparison of
these runs would have known about its own noise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from perfanalysis.analysis.estimates import Estimate
from perfanalysis.analysis.judge import df_of_one_run
from perfanalysis.analysis.noise import Noise, Pairing, measure_noise
from perfanalysis.model.calibration import DetectableChange, FigureNoise, MeasuredNoise
from perfanalysis.model.metric import Metric
from perfanalysis.stats.differences import Difference
from perfanalysis.stats.rates import arcsine, sampling_variance, share_change

MOST_RUNS_A_SIDE = 10
# The tolerance that is proposed can be decided with this many runs a side: the least that say much.
RUNS_OF_PROPOSAL = 3
ROUND_TOLERANCES = (0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5)
# Changes of error rates are differences, and people care about smaller ones.
ROUND_DIFFERENCES = (0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05)
# A factor of a million is as good as no limit at all.
_LARGEST_SHIFT = float(np.log(1e6))

Figures = Mapping[tuple[str, str], tuple[Metric, tuple[Estimate, ...]]]


def measure_figures(figures: Figures, alpha: float) -> tuple[FigureNoise, ...]:
    """Return the noise of every metric of every name.

    Args:
        figures: the metric and one estimate a run, by name and key of the metric; at least two
            runs.
        alpha: two-sided level of a single result, for detectable changes.
    """
    pairings = [
        Pairing(name=name, metric=metric, current=(), baseline=estimates)
        for (name, _), (metric, estimates) in figures.items()
    ]
    # All in one call, as names lend each other degrees of freedom.
    noises = iter(measure_noise([p for p in pairings if not _is_share(p)], None))
    return tuple(
        _share_noise(pairing, alpha)
        if _is_share(pairing)
        else _value_noise(pairing, next(noises), alpha)
        for pairing in pairings
    )


def _is_share(pairing: Pairing) -> bool:
    return pairing.metric.key == "error_rate"


def _value_noise(pairing: Pairing, noise: Noise, alpha: float) -> FigureNoise:
    # Figures that a source rounds may be equal in all runs, and are known no better for it.
    blur = max(estimate.resolution or 0.0 for estimate in pairing.baseline) / np.sqrt(3)
    variance = max(noise.between or 0.0, float(blur**2))
    sd = float(np.sqrt(variance))
    shifts = [
        _detectable_shift(sd, df_of_one_run(noise.between_df), runs=1, alpha=alpha),
        *(
            _detectable_shift(sd, noise.between_df + 2 * runs - 2, runs=runs, alpha=alpha)
            for runs in range(2, MOST_RUNS_A_SIDE + 1)
        ),
    ]
    changes = [float(np.expm1(shift)) if shift < _LARGEST_SHIFT else None for shift in shifts]
    logs = np.log([estimate.value for estimate in pairing.baseline])
    return FigureNoise(
        name=pairing.name,
        metric=pairing.metric.key,
        unit=pairing.metric.unit,
        value=float(np.exp(logs.mean())),
        noise=float(np.expm1(min(sd, _LARGEST_SHIFT))),
        measured=MeasuredNoise(
            name=pairing.name,
            metric=pairing.metric.key,
            sd=sd,
            df=noise.between_df,
            within_share=None if noise.within is None else _share_within(noise.within, variance),
            tolerance=_proposal(changes, ROUND_TOLERANCES),
        ),
        detectable=_numbered(changes),
    )


def _share_noise(pairing: Pairing, alpha: float) -> FigureNoise:
    """Return the noise of an error rate, on the arcsine scale, where variances hardly differ."""
    shares = [estimate.share for estimate in pairing.baseline if estimate.share is not None]
    angles, sampling = arcsine(shares), sampling_variance(shares)
    middle, variance = float(angles.mean()), float(angles.var(ddof=1))
    df = len(shares) - 1
    # Comparisons never take errors for rarer events than their number allows.
    assured = float(np.sqrt(max(variance, sampling)))
    shifts = [
        _detectable_shift(assured, np.inf if runs == 1 else df + 2 * runs - 2, runs, alpha=alpha)
        for runs in range(1, MOST_RUNS_A_SIDE + 1)
    ]
    changes = [share_change(middle, shift) for shift in shifts]
    sd = float(np.sqrt(variance))
    return FigureNoise(
        name=pairing.name,
        metric=pairing.metric.key,
        unit=pairing.metric.unit,
        value=float(np.mean([share.value for share in shares])),
        noise=share_change(middle, sd),
        measured=MeasuredNoise(
            name=pairing.name,
            metric=pairing.metric.key,
            sd=sd,
            df=df,
            within_share=_share_within(sampling, variance),
            tolerance=_proposal(changes, ROUND_DIFFERENCES),
        ),
        detectable=_numbered(changes),
    )


def _detectable_shift(sd: float, df: float, runs: int, *, alpha: float) -> float:
    difference = Difference(
        estimate=0.0, se=sd * float(np.sqrt(2 / runs)), df=df, method="calibrated-noise"
    )
    return difference.detectable(alpha)


def _share_within(within: float, between: float) -> float:
    return min(within / between, 1.0) if between > 0 else 1.0


def _proposal(changes: Sequence[float | None], round_sizes: Sequence[float]) -> float | None:
    """Return the smallest round tolerance that a few runs a side can decide.

    A change of its size is then found four times in five; and where nothing changed, the 90 %
    interval lies within it nearly as often, as t(.95) + t(.9) is about t(.975) + t(.8).
    """
    change = changes[RUNS_OF_PROPOSAL - 1]
    if change is None:
        return None
    return next((size for size in round_sizes if size >= change), None)


def _numbered(changes: Sequence[float | None]) -> tuple[DetectableChange, ...]:
    return tuple(
        DetectableChange(runs=runs, change=change) for runs, change in enumerate(changes, start=1)
    )
