"""One name and metric: the difference, its interval, and what could have been seen.

The run is the unit. Several runs a side are compared by Welch's t on one figure a run, one run
against several by a prediction interval; one against one rests on what the runs themselves show
or on an assumed noise between runs, whichever is wider (statistics.md, 3a and 3b).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from perfanalysis.analysis.estimates import Estimate
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.metric import Metric
from perfanalysis.stats.differences import Difference, prediction, welch, widest
from perfanalysis.stats.rates import (
    Share,
    ShareDifference,
    run_share_difference,
    share_of,
    single_share_difference,
)

CONFIDENCE = 0.95
EQUIVALENCE_CONFIDENCE = 0.90


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the user decides about a comparison.

    Attributes:
        tolerance: relative change that users do not care about.
        error_rate_tolerance: the same for error rates, as an absolute difference.
        alpha: share of identical comparisons that may raise any alarm.
        noise_center: assumed standard deviation between identical runs of log p50, mean and
            throughput, used when one run stands against one.
        noise_tail: the same for higher percentiles.
        strict: undecided results make the whole comparison undecided.
    """

    tolerance: float = 0.05
    error_rate_tolerance: float = 0.001
    alpha: float = 0.05
    # About the upper quartile of 90 real benchmarks (statistics.md, 3a.7).
    noise_center: float = 0.03
    noise_tail: float = 0.06
    strict: bool = False


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A difference with everything that a verdict needs.

    Attributes:
        change: relative, or absolute for error rates.
        interval: of `change`, at 95 %.
        equivalence: of `change`, at 90 %: lies within the tolerance when nothing changed.
        tolerance: in the unit of `change`.
        worse: +1 if a rise is bad, -1 if a fall is.
        gate: whether a regression fails the comparison.
    """

    name: str
    metric: Metric
    baseline: float
    current: float
    change: float
    interval: tuple[float, float]
    equivalence: tuple[float, float]
    p_value: float
    detectable: float
    tolerance: float
    worse: int
    method: str
    gate: bool
    n_baseline: int
    n_current: int
    n_effective: float | None
    caveats: tuple[Caveat, ...]


def judge(
    name: str,
    metric: Metric,
    current: Sequence[Estimate],
    baseline: Sequence[Estimate],
    settings: Settings,
) -> Judged:
    """Compare one metric of one name.

    Args:
        name: for the result.
        metric: likewise.
        current: one estimate a run, at least one.
        baseline: likewise.
        settings: tolerance, alpha and assumed noise.
    """
    if metric.key == "error_rate":
        return _judge_share(name, metric, current, baseline, settings)
    return _judge_value(name, metric, current, baseline, settings)


def _judge_value(
    name: str,
    metric: Metric,
    current: Sequence[Estimate],
    baseline: Sequence[Estimate],
    settings: Settings,
) -> Judged:
    ours = np.log([entry.value for entry in current])
    theirs = np.log([entry.value for entry in baseline])
    difference = _difference(metric, current, baseline, settings)
    caveats = _caveats(metric, difference, [*current, *baseline])
    low, high = difference.interval(CONFIDENCE)
    near, far = difference.interval(EQUIVALENCE_CONFIDENCE)
    return Judged(
        name=name,
        metric=metric,
        baseline=float(np.exp(theirs.mean())),
        current=float(np.exp(ours.mean())),
        change=float(np.expm1(difference.estimate)),
        interval=(float(np.expm1(low)), float(np.expm1(high))),
        equivalence=(float(np.expm1(near)), float(np.expm1(far))),
        p_value=difference.p_value(),
        detectable=float(np.expm1(difference.detectable(settings.alpha))),
        tolerance=settings.tolerance,
        worse=1 if metric.better == "lower" else -1,
        method=difference.method,
        # In a closed model throughput and latency are one fact: it is shown, and does not gate.
        gate=metric.key != "throughput",
        n_baseline=sum(entry.n for entry in baseline),
        n_current=sum(entry.n for entry in current),
        n_effective=_effective([*current, *baseline]),
        caveats=caveats,
    )


def _difference(
    metric: Metric, current: Sequence[Estimate], baseline: Sequence[Estimate], settings: Settings
) -> Difference:
    ours = np.log([entry.value for entry in current])
    theirs = np.log([entry.value for entry in baseline])
    if len(ours) > 1 and len(theirs) > 1:
        return welch(ours, theirs)
    if len(theirs) > 1:
        return prediction(float(ours[0]), theirs)
    if len(ours) > 1:
        mirrored = prediction(float(theirs[0]), ours)
        return Difference(
            estimate=-mirrored.estimate, se=mirrored.se, df=mirrored.df, method=mirrored.method
        )
    return _single(metric, current[0], baseline[0], settings)


def _single(
    metric: Metric, current: Estimate, baseline: Estimate, settings: Settings
) -> Difference:
    """One run against one: the wider of what the runs show and of the assumed noise."""
    shift = float(np.log(current.value / baseline.value))
    central = metric.quantile is None or metric.quantile <= 0.5
    noise = settings.noise_center if central else settings.noise_tail
    # A coarse figure may be off by its resolution on either side.
    blur = max(entry.resolution or 0.0 for entry in (current, baseline)) / np.sqrt(3)
    assumed = Difference(
        estimate=shift,
        se=float(np.sqrt(2 * (noise**2 + blur**2))),
        df=np.inf,
        method="assumed-run-noise",
    )
    if current.se_log is None or baseline.se_log is None:
        return assumed
    parts = (current.se_log**2, baseline.se_log**2)
    total = sum(parts)
    df = total**2 / (parts[0] ** 2 / current.df + parts[1] ** 2 / baseline.df) if total else np.inf
    within = Difference(estimate=shift, se=float(np.sqrt(total)), df=df, method="batch-means")
    return widest(within, assumed, confidence=CONFIDENCE)


def _judge_share(
    name: str,
    metric: Metric,
    current: Sequence[Estimate],
    baseline: Sequence[Estimate],
    settings: Settings,
) -> Judged:
    ours = [entry.share for entry in current if entry.share is not None]
    theirs = [entry.share for entry in baseline if entry.share is not None]
    difference: ShareDifference
    if len(ours) > 1 and len(theirs) > 1:
        difference = run_share_difference(ours, theirs, settings.alpha)
    else:
        pooled = [_together(side) for side in (ours, theirs)]
        difference = single_share_difference(pooled[0], pooled[1], settings.alpha)
    return Judged(
        name=name,
        metric=metric,
        baseline=float(np.mean([share.value for share in theirs])),
        current=float(np.mean([share.value for share in ours])),
        change=difference.estimate,
        interval=difference.interval_95,
        equivalence=difference.interval_90,
        p_value=difference.p_value,
        detectable=difference.detectable,
        tolerance=settings.error_rate_tolerance,
        worse=1,
        method=difference.method,
        gate=True,
        n_baseline=sum(share.n for share in theirs),
        n_current=sum(share.n for share in ours),
        n_effective=float(sum(share.n_effective for share in (*ours, *theirs))),
        caveats=(),
    )


def _together(shares: Sequence[Share]) -> Share:
    """Return several runs as one share; runs that differ widen it like bursts do."""
    if len(shares) == 1:
        return shares[0]
    between = share_of(
        np.array([share.events for share in shares]), np.array([share.n for share in shares])
    )
    within = max(share.design_effect for share in shares)
    return replace(between, design_effect=max(between.design_effect, within))


def _effective(estimates: Sequence[Estimate]) -> float | None:
    known = [entry.n_effective for entry in estimates]
    return None if any(n is None for n in known) else float(sum(n for n in known if n is not None))


def _caveats(
    metric: Metric, difference: Difference, estimates: Sequence[Estimate]
) -> tuple[Caveat, ...]:
    found: list[Caveat] = []
    if difference.method == "assumed-run-noise":
        message = "rests on an assumed noise between runs, not on a measured one"
        found.append(Caveat(code="assumed-run-noise", message=message))
    blur = max(entry.resolution or 0.0 for entry in estimates)
    if blur:
        message = f"{metric.key} is known to {blur * 100:g} % only, as the source rounds it"
        found.append(Caveat(code="coarse-percentiles", message=message))
    return tuple(found)
