"""One name and metric: the difference, its interval, and what could have been seen.

The run is the unit. Several runs a side are compared by Welch's t on one figure a run, one run
against several by a prediction interval; one against one rests on what the runs themselves show
or on an assumed noise between runs, whichever is wider (docs/statistics.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from perfanalysis.analysis.estimates import Estimate
from perfanalysis.analysis.noise import Noise, Pairing
from perfanalysis.analysis.warmup import Warmup
from perfanalysis.model.baseline import MetricRule
from perfanalysis.model.calibration import Calibration
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.metric import Metric
from perfanalysis.phrases import phrase
from perfanalysis.stats.differences import Difference, paired, runs_needed, welch, widest
from perfanalysis.stats.rates import (
    Share,
    ShareDifference,
    at_least_as_noisy,
    pooled_share,
    run_share_difference,
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
        calibration: noise measured on identical runs, or None.
        warmup: seconds to leave out of every run, `auto` or `none`.
        force: judge runs that are not comparable all the same, and say so.
        paired: the n-th current run was planned to go with the n-th baseline run.
        rules: tolerances, directions and levels of single metrics and names, where they differ
            from the rest; of those that fit the last one decides.
        stated: which of `tolerance` and `error_rate_tolerance` the user asked for, and thus go
            before those that a stored baseline brings.
        gate_drift: a regression against the anchor of a stored baseline fails the comparison.
    """

    tolerance: float = 0.05
    error_rate_tolerance: float = 0.001
    alpha: float = 0.05
    # Run noise differs widely between systems; `calibrate` measures it.
    noise_center: float = 0.03
    noise_tail: float = 0.06
    strict: bool = False
    calibration: Calibration | None = None
    warmup: Warmup = "auto"
    force: bool = False
    paired: bool = False
    rules: tuple[MetricRule, ...] = ()
    stated: frozenset[str] = frozenset()
    gate_drift: bool = False


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A difference with everything that a verdict needs.

    Attributes:
        change: relative, or absolute for error rates.
        interval: the interval of `change` at a confidence.
        equivalence: of `change`, at 90 %: lies within the tolerance when nothing changed.
        tolerance: in the unit of `change`.
        runs_needed: runs a side that would show a change of the size of the tolerance, or None.
        worse: +1 if a rise is bad, -1 if a fall is.
        gate: whether a regression fails the comparison.
    """

    name: str
    metric: Metric
    baseline: float
    current: float
    change: float
    interval: Callable[[float], tuple[float, float]]
    equivalence: tuple[float, float]
    p_value: float
    detectable: float
    tolerance: float
    runs_needed: int | None
    worse: int
    method: str
    gate: bool
    n_baseline: int
    n_current: int
    n_effective: float | None
    caveats: tuple[Caveat, ...]


def judge(pairing: Pairing, noise: Noise, settings: Settings) -> Judged:
    """Compare one metric of one name.

    Args:
        pairing: the estimates of every run of both sides.
        noise: how much the metric would differ between identical runs.
        settings: tolerance, alpha and assumed noise.
    """
    rules = [rule for rule in settings.rules if rule.fits(pairing.name, pairing.metric.key)]
    tolerances = [rule.tolerance for rule in rules if rule.tolerance is not None]
    if pairing.metric.key == "error_rate":
        tolerance = [settings.error_rate_tolerance, *tolerances][-1]
        judged = _judge_share(pairing, replace(settings, error_rate_tolerance=tolerance))
    else:
        tolerance = [settings.tolerance, *tolerances][-1]
        judged = _judge_value(pairing, noise, replace(settings, tolerance=tolerance))
    for rule in rules:
        judged = _ruled(judged, rule)
    return judged


def _ruled(judged: Judged, rule: MetricRule) -> Judged:
    """Return a difference with the direction and the level that a rule gives it."""
    if rule.better is not None:
        metric = replace(judged.metric, better=rule.better)
        judged = replace(judged, metric=metric, worse=1 if rule.better == "lower" else -1)
    return judged if rule.level is None else replace(judged, gate=rule.level == "error")


def _judge_value(pairing: Pairing, noise: Noise, settings: Settings) -> Judged:
    metric = pairing.metric
    logs = {
        side: np.log([estimate.value for estimate in estimates])
        for side, estimates in (("current", pairing.current), ("baseline", pairing.baseline))
    }
    difference, variance = _difference(pairing, noise, settings)
    near, far = difference.interval(EQUIVALENCE_CONFIDENCE)
    return Judged(
        name=pairing.name,
        metric=metric,
        baseline=float(np.exp(logs["baseline"].mean())),
        current=float(np.exp(logs["current"].mean())),
        change=float(np.expm1(difference.estimate)),
        interval=lambda confidence: _relative(difference.interval(confidence)),
        equivalence=(float(np.expm1(near)), float(np.expm1(far))),
        p_value=difference.p_value(),
        detectable=float(np.expm1(difference.detectable(settings.alpha))),
        tolerance=settings.tolerance,
        runs_needed=runs_needed(variance, float(np.log1p(settings.tolerance)), settings.alpha),
        worse=1 if metric.better == "lower" else -1,
        method=difference.method,
        # In a closed model throughput and latency are one fact: it is shown, and does not gate.
        gate=metric.key != "throughput",
        n_baseline=sum(estimate.n for estimate in pairing.baseline),
        n_current=sum(estimate.n for estimate in pairing.current),
        n_effective=noise.n_effective,
        caveats=_caveats(metric, difference, pairing.estimates),
    )


def _relative(interval: tuple[float, float]) -> tuple[float, float]:
    return float(np.expm1(interval[0])), float(np.expm1(interval[1]))


def _difference(pairing: Pairing, noise: Noise, settings: Settings) -> tuple[Difference, float]:
    """Return the difference of log(value), and the variance between runs that it rests on."""
    ours = np.log([estimate.value for estimate in pairing.current])
    theirs = np.log([estimate.value for estimate in pairing.baseline])
    if settings.paired:
        difference = paired(ours, theirs)
        return difference, difference.se**2 * len(ours) / 2
    if noise.between is None:
        return _single(pairing, noise, settings)
    if not noise.borrowed and len(ours) > 1 and len(theirs) > 1:
        return welch(ours, theirs), noise.between
    scale = 1 / len(ours) + 1 / len(theirs)
    several = len(ours) > 1 and len(theirs) > 1
    method = "moderated-t" if several else "prediction"
    df = noise.between_df
    if not several and not noise.borrowed:
        df = df_of_one_run(df)
    if len(ours) == len(theirs) == 1:
        method, df = "calibrated-noise", df_of_one_run(df)
    difference = Difference(
        estimate=float(ours.mean() - theirs.mean()),
        se=float(np.sqrt(noise.between * scale)),
        df=df,
        method=method,
    )
    return difference, noise.between


def df_of_one_run(df: float) -> float:
    """Return the degrees of freedom of a difference that rests on a single run.

    One outlying run is enough for a false alarm there, and outlying runs are commoner than
    Student's t knows: its degrees of freedom are halved. That is what runs with the tails of a t
    of 4 degrees of freedom need: of ten of them, the difference of two more, in units of its
    standard error, exceeds 2.60, 4.08 and 5.27 with probability 5, 1.25 and 0.5 %; Student's t of
    4.5 says 2.66, 4.02 and 5.12, that of 9 says 2.26, 3.11 and 3.69.
    """
    return max(df / 2, 1.0)


def _single(pairing: Pairing, noise: Noise, settings: Settings) -> tuple[Difference, float]:
    """One run against one: the wider of what the runs show and of the assumed noise."""
    metric = pairing.metric
    current, baseline = pairing.current[0], pairing.baseline[0]
    shift = float(np.log(current.value / baseline.value))
    central = metric.quantile is None or metric.quantile <= 0.5
    declared = settings.noise_center if central else settings.noise_tail
    # A coarse figure may be off by its resolution on either side.
    blur = max(estimate.resolution or 0.0 for estimate in pairing.estimates) / np.sqrt(3)
    variance = declared**2 + blur**2
    assumed = Difference(
        estimate=shift, se=float(np.sqrt(2 * variance)), df=np.inf, method="assumed-run-noise"
    )
    if noise.within is None:
        return assumed, variance
    within = Difference(
        estimate=shift,
        se=float(np.sqrt(2 * noise.within)),
        df=noise.within_df,
        method="batch-means",
    )
    return widest(within, assumed, confidence=CONFIDENCE), max(variance, noise.within)


def _judge_share(pairing: Pairing, settings: Settings) -> Judged:
    ours = _shares(pairing, pairing.current, settings)
    theirs = _shares(pairing, pairing.baseline, settings)
    difference: ShareDifference
    if len(ours) > 1 and len(theirs) > 1:
        difference = run_share_difference(ours, theirs, settings.alpha, in_pairs=settings.paired)
    else:
        difference = single_share_difference(
            pooled_share(ours), pooled_share(theirs), settings.alpha
        )
    return Judged(
        name=pairing.name,
        metric=pairing.metric,
        baseline=float(np.mean([share.value for share in theirs])),
        current=float(np.mean([share.value for share in ours])),
        change=difference.estimate,
        interval=difference.interval,
        equivalence=difference.interval(EQUIVALENCE_CONFIDENCE),
        p_value=difference.p_value,
        detectable=difference.detectable,
        tolerance=settings.error_rate_tolerance,
        runs_needed=None,
        worse=1,
        method=difference.method,
        gate=True,
        n_baseline=sum(share.n for share in theirs),
        n_current=sum(share.n for share in ours),
        n_effective=float(sum(share.n_effective for share in (*ours, *theirs))),
        caveats=(),
    )


def _shares(pairing: Pairing, side: Sequence[Estimate], settings: Settings) -> list[Share]:
    """Return the shares of a side, each at least as uncertain as calibration found runs to be."""
    known = None
    if settings.calibration is not None:
        known = settings.calibration.of(pairing.name, pairing.metric.key)
    shares = [entry.share for entry in side if entry.share is not None]
    return shares if known is None else [at_least_as_noisy(share, known.sd) for share in shares]


def _caveats(
    metric: Metric, difference: Difference, estimates: Sequence[Estimate]
) -> tuple[Caveat, ...]:
    found: list[Caveat] = []
    if difference.method == "assumed-run-noise":
        message = phrase("rests on an assumed noise between runs, not on a measured one")
        found.append(Caveat(code="assumed-run-noise", message=message))
    blur = max(entry.resolution or 0.0 for entry in estimates)
    if blur:
        message = phrase(
            "{metric} is known to {percent} % only, as the source rounds it",
            metric=metric.key,
            percent=f"{blur * 100:g}",
        )
        found.append(Caveat(code="coarse-percentiles", message=message))
    return tuple(found)
