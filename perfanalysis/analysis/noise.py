"""How much a metric would differ between identical runs: the yardstick of every comparison.

Three sources, used as far as they are there:

- what the runs of a side differ among themselves (several runs a side);
- what `calibrate` measured on identical runs, for this name and metric;
- what dependence within each run allows (batch means), a floor under one run against one;

and, where one run stands against one without history, a declared noise.

Names of one comparison borrow strength from each other: requests of one run share its weather, so
design effects of one metric are alike across names, and so is the ratio of what runs differ to what
their requests explain. Both are moderated by empirical Bayes (`stats.moderation`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from perfanalysis.analysis.estimates import Estimate
from perfanalysis.model.calibration import Calibration
from perfanalysis.model.metric import Metric
from perfanalysis.stats.moderation import NO_PRIOR, Prior, fit_prior

# Error rates may be zero; their noise is not measured here, and not on this scale.
_SMALLEST = 1e-12


@dataclass(frozen=True, kw_only=True)
class Pairing:
    """One name and metric with the estimates of every run of both sides."""

    name: str
    metric: Metric
    current: tuple[Estimate, ...]
    baseline: tuple[Estimate, ...]

    @property
    def estimates(self) -> tuple[Estimate, ...]:
        """Those of both sides."""
        return (*self.current, *self.baseline)


@dataclass(frozen=True, kw_only=True)
class Noise:
    """What is known about the noise of one pairing. Variances are of log(value) of one run.

    Attributes:
        within: variance that the requests within a run explain, averaged over the runs; None where
            the source hides it.
        within_df: its degrees of freedom.
        between: variance between identical runs; None where neither runs nor history tell.
        between_df: its degrees of freedom.
        borrowed: whether other names or a calibration lent degrees of freedom to `between`.
        n_effective: independent requests that all runs together are worth, or None.
    """

    within: float | None
    within_df: float
    between: float | None
    between_df: float
    borrowed: bool
    n_effective: float | None


def measure_noise(pairings: Sequence[Pairing], calibration: Calibration | None) -> list[Noise]:
    """Return the noise of each pairing.

    Args:
        pairings: everything that is compared, in one call: names borrow strength from each other.
        calibration: noise measured on identical runs, or None.
    """
    within = _moderated_within(pairings)
    residual = [_residual(pairing) for pairing in pairings]
    priors = _ratio_priors(pairings, within, residual)
    found = []
    for pairing, (variance, df, n_effective), spread, prior in zip(
        pairings, within, residual, priors, strict=True
    ):
        between, between_df, borrowed = _between(pairing, spread, prior, variance, calibration)
        found.append(
            Noise(
                within=variance,
                within_df=df,
                between=between,
                between_df=between_df,
                borrowed=borrowed,
                n_effective=n_effective,
            )
        )
    return found


def _moderated_within(
    pairings: Sequence[Pairing],
) -> list[tuple[float | None, float, float | None]]:
    """Return within-run variance, its degrees of freedom, and effective requests of each."""
    effects: dict[str, list[float]] = defaultdict(list)
    for pairing in pairings:
        for estimate in pairing.estimates:
            if _has_design_effect(pairing, estimate):
                effects[pairing.metric.key].append(estimate.design_effect)
    priors = {key: fit_prior(np.array(found), 9) for key, found in effects.items()}
    return [_within(pairing, priors.get(pairing.metric.key, NO_PRIOR)) for pairing in pairings]


def _has_design_effect(pairing: Pairing, estimate: Estimate) -> bool:
    return pairing.metric.quantile is not None and estimate.sampling_variance is not None


def _within(pairing: Pairing, prior: Prior) -> tuple[float | None, float, float | None]:
    variances, dfs, effective = [], [], 0.0
    for estimate in pairing.estimates:
        if estimate.sampling_variance is None:
            return None, np.inf, None
        effect, df = estimate.design_effect, estimate.df
        if _has_design_effect(pairing, estimate):
            effect, df = prior.moderate(effect, df)
            # Batches that happen to agree better than independent requests could prove nothing.
            effect = max(effect, 1.0)
        variances.append(effect * estimate.sampling_variance)
        dfs.append(df)
        effective += estimate.n / effect
    known = pairing.metric.quantile is not None
    # Batches of one run are few and still a little alike: the runs' degrees of freedom do not add.
    return float(np.mean(variances)), float(np.mean(dfs)), effective if known else None


def _residual(pairing: Pairing) -> tuple[float, int]:
    """Return the variance of log(value) between runs of a side, and its degrees of freedom."""
    squares, df = 0.0, 0
    for side in (pairing.current, pairing.baseline):
        if not side:
            continue  # calibration holds no runs against others
        logs = np.log([max(estimate.value, _SMALLEST) for estimate in side])
        squares += float(np.sum((logs - logs.mean()) ** 2))
        df += len(side) - 1
    return (squares / df if df else 0.0), df


def _ratio_priors(
    pairings: Sequence[Pairing],
    within: Sequence[tuple[float | None, float, float | None]],
    residual: Sequence[tuple[float, int]],
) -> list[Prior]:
    """Return for each pairing what the others say about its variance between runs.

    Where the requests tell what to expect, the common thing is the ratio to that expectation, over
    all quantiles; elsewhere it is the variance itself, metric by metric.
    """
    families: dict[str, list[int]] = defaultdict(list)
    for index, pairing in enumerate(pairings):
        explained = within[index][0]
        ratio = pairing.metric.quantile is not None and explained
        families["ratio" if ratio else pairing.metric.key].append(index)
    priors = [NO_PRIOR] * len(pairings)
    for family, members in families.items():
        df = residual[members[0]][1]
        if df == 0:
            continue
        scales = {i: (within[i][0] or 1.0) if family == "ratio" else 1.0 for i in members}
        names = {pairings[i].name for i in members}
        ratios = np.array([residual[i][0] / scales[i] for i in members])
        # Quantiles of one name move together: they are no independent witnesses.
        common = fit_prior(ratios, df) if len(names) > 2 else NO_PRIOR
        for i in members:
            priors[i] = Prior(variance=common.variance * scales[i], df=common.df)
    return priors


def _between(
    pairing: Pairing,
    residual: tuple[float, int],
    prior: Prior,
    within: float | None,
    calibration: Calibration | None,
) -> tuple[float | None, float, bool]:
    variance, df = residual
    known = calibration.of(pairing.name, pairing.metric.key) if calibration else None
    if known is None and df == 0:
        return None, 0.0, False
    weighted, total = df * variance, float(df)
    borrowed = False
    if df > 0 and prior.df > 0:
        weighted, total = weighted + prior.df * prior.variance, total + prior.df
        borrowed = True
    if known is not None:
        weighted, total = weighted + known.df * known.sd**2, total + known.df
        borrowed = True
    between = weighted / total
    if known is not None and df == 0 and within is not None:
        # This run may be noisier inside than the calibrated ones were.
        between = max(between, within)
    return between, total, borrowed
