"""How the latencies of each name changed, quantile by quantile, and which modes they have.

A quantile at a time is compared as any metric is (`judge`): between runs, and with the same noise.
What is added is that the band holds for all quantiles of all names at once, so that where it
excludes zero, something changed. It is told beside the verdicts, and takes no part in them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from perfanalysis.analysis.estimates import (
    Estimate,
    NotEstimableError,
    estimate_of,
    estimate_spread,
)
from perfanalysis.analysis.evidence import RunEvidence
from perfanalysis.analysis.judge import Judged, Settings, judge
from perfanalysis.analysis.noise import Pairing, measure_noise
from perfanalysis.analysis.quantile_noise import QuantileNoise
from perfanalysis.model.metric import Metric, parse_metric
from perfanalysis.model.shapes import Mode, QuantileChange, Shape, ShapeKind, SpreadChange
from perfanalysis.phrases import phrase
from perfanalysis.stats.modes import modes_of
from perfanalysis.stats.shape import (
    SPREAD_SHARES,
    ShiftFunction,
    SpreadInterval,
    classify,
    simultaneous_confidence,
)
from perfanalysis.units import format_change

SHARES = (
    *(0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95),
    *(0.98, 0.99, 0.995, 0.998, 0.999),
)
_MIN_QUANTILES = 5
# It reaches into the tail, so where noise must be assumed it is that of the tail.
_SPREAD = Metric(key="latency.p90/p10", unit="ratio", better="lower", quantile=SPREAD_SHARES[1])
_TOLD = (0.1, 0.5, 0.9, 0.99)

Runs = Sequence[RunEvidence]
Floats = npt.NDArray[np.float64]


def compare_shapes(
    names: Sequence[str], ours: Runs, theirs: Runs, settings: Settings
) -> tuple[Shape, ...]:
    """Compare the latency distributions of names.

    Args:
        names: those that every run has.
        ours: the current runs.
        theirs: the baseline runs.
        settings: as for the verdicts; half of alpha goes to the bands, half to the spreads.

    Returns:
        One entry per name of which every run carries five quantiles, the median among them.
    """
    known = QuantileNoise(settings.calibration)
    pairings = {name: _pairings(name, ours, theirs, known) for name in names}
    pairings = {name: found for name, found in pairings.items() if found}
    everything = [pairing for found in pairings.values() for pairing in found]
    calibration = known.for_pairings(everything, {_SPREAD.key: SPREAD_SHARES})
    noises = iter(measure_noise(everything, calibration))
    alpha = settings.alpha / 2 / max(len(pairings), 1)
    return tuple(
        _shape(
            name,
            [judge(pairing, next(noises), settings) for pairing in found],
            alpha=alpha,
            confidence=1 - settings.alpha / 2,
            modes=(_modes(name, theirs), _modes(name, ours)),
        )
        for name, found in pairings.items()
    )


def _pairings(name: str, ours: Runs, theirs: Runs, known: QuantileNoise) -> list[Pairing]:
    """Return the quantiles that every run carries, then the spread; none where they are too few."""
    metrics = [parse_metric(f"latency.p{s * 100:g}") for s in SHARES if known.reaches(name, s)]
    quantiles = [_pairing(metric, name, ours, theirs, _quantile(metric)) for metric in metrics]
    found = [pairing for pairing in quantiles if pairing is not None]
    if len(found) < _MIN_QUANTILES or 0.5 not in {pairing.metric.quantile for pairing in found}:
        return []
    spread = _pairing(_SPREAD, name, ours, theirs, _spread)
    return found if spread is None else [*found, spread]


def _quantile(metric: Metric) -> Callable[[RunEvidence, str], Estimate]:
    return lambda run, name: estimate_of(run, name, metric)


def _spread(run: RunEvidence, name: str) -> Estimate:
    return estimate_spread(run.names[name], *SPREAD_SHARES)


def _pairing(
    metric: Metric,
    name: str,
    ours: Runs,
    theirs: Runs,
    estimate: Callable[[RunEvidence, str], Estimate],
) -> Pairing | None:
    """Return the estimates of every run; None where any run carries none."""
    try:
        return Pairing(
            name=name,
            metric=metric,
            current=tuple(estimate(run, name) for run in ours),
            baseline=tuple(estimate(run, name) for run in theirs),
        )
    except NotEstimableError:
        return None


def _shape(
    name: str,
    judged: Sequence[Judged],
    *,
    alpha: float,
    confidence: float,
    modes: tuple[tuple[Mode, ...], tuple[Mode, ...]],
) -> Shape:
    quantiles = [entry for entry in judged if entry.metric is not _SPREAD]
    shares = [entry.metric.quantile or 0.5 for entry in quantiles]
    pointwise = simultaneous_confidence(shares, alpha)
    band = np.array([entry.interval(pointwise) for entry in quantiles])
    curve = ShiftFunction(
        shares=np.array(shares),
        change=_logs([entry.change for entry in quantiles]),
        low=_logs(band[:, 0]),
        high=_logs(band[:, 1]),
    )
    spread = next((_spread_interval(e, alpha) for e in judged if e.metric is _SPREAD), None)
    kind = classify(curve, spread)
    return Shape(
        name=name,
        kind=kind,
        sentence=_sentence(kind, curve),
        confidence=confidence,
        curve=tuple(
            QuantileChange(share=share, change=entry.change, low=_finite(low), high=_finite(high))
            for share, entry, (low, high) in zip(shares, quantiles, band, strict=True)
        ),
        spread=None if spread is None else _spread_change(spread),
        baseline_modes=modes[0],
        current_modes=modes[1],
    )


def _spread_interval(entry: Judged, alpha: float) -> SpreadInterval:
    low, high = entry.interval(1 - alpha)
    change, low, high = _logs([entry.change, low, high]).tolist()
    return SpreadInterval(change=change, low=low, high=high)


def _logs(changes: npt.ArrayLike) -> Floats:
    """Return relative changes on the log scale; an interval without bounds reaches down to -1."""
    with np.errstate(divide="ignore"):
        logs: Floats = np.log1p(changes)
    return logs


def _spread_change(spread: SpreadInterval) -> SpreadChange:
    return SpreadChange(
        change=float(np.expm1(spread.change)),
        low=_finite(float(np.expm1(spread.low))),
        high=_finite(float(np.expm1(spread.high))),
    )


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _sentence(kind: ShapeKind, curve: ShiftFunction) -> str:
    if kind is ShapeKind.NONE:
        return phrase("no change is seen at any quantile")
    if kind is ShapeKind.SHIFT:
        return phrase(
            "fast and slow requests changed alike, by about {size}", size=_common_change(curve)
        )
    if kind is ShapeKind.TAIL:
        changed = curve.shares[curve.excludes_zero]
        ends = [changed[0], changed[-1]] if len(changed) > 1 else [changed[0]]
        return phrase(
            "a change is seen in the slowest {share} only: {figures}",
            share=f"{(1 - changed[0]) * 100:.2g} %",
            figures=_told(curve, ends),
        )
    figures = _told(curve, [share for share in _TOLD if share in curve.shares])
    if kind is ShapeKind.SPREAD:
        if curve.at(SPREAD_SHARES[1]) > curve.at(SPREAD_SHARES[0]):
            return phrase("fast and slow requests moved apart: {figures}", figures=figures)
        return phrase("fast and slow requests moved together: {figures}", figures=figures)
    return phrase("some requests changed more than others: {figures}", figures=figures)


def _common_change(curve: ShiftFunction) -> str:
    """Return the one change that agrees best with the curve, by weighted least squares."""
    weights = 1 / np.maximum(curve.high - curve.low, 1e-9) ** 2
    one = np.clip(np.average(curve.change, weights=weights), curve.low.max(), curve.high.min())
    return format_change(float(np.expm1(one)))


def _told(curve: ShiftFunction, shares: Sequence[float]) -> str:
    return ", ".join(f"p{s * 100:g} {format_change(float(np.expm1(curve.at(s))))}" for s in shares)


def _modes(name: str, runs: Runs) -> tuple[Mode, ...]:
    """Return the modes of one side: those of the runs that have the commonest number of them.

    Runs are not thrown together: two runs of different speed would be two modes of no single one.
    """
    found = [
        modes_of(data.cdf(), data.n, data.clock_resolution)
        for run in runs
        if (data := run.names[name].latencies) is not None
    ]
    counts = Counter(len(modes) for modes in found)
    count = min(counts, key=lambda number: (-counts[number], number), default=0)
    alike = np.array([modes for modes in found if len(modes) == count])
    return tuple(
        Mode(
            latency_ms=float(np.exp(np.log(alike[:, number, 0]).mean())),
            share=float(alike[:, number, 1].mean()),
        )
        for number in range(count)
    )
