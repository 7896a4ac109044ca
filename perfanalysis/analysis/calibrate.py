"""Identical runs held against each other: how much they differ, and how often that alarms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import chdtri

from perfanalysis.analysis.comparable import obstacles
from perfanalysis.analysis.compare import chosen_names, figures
from perfanalysis.analysis.estimates import Estimate, NotEstimableError, estimate_of
from perfanalysis.analysis.evidence import RunEvidence
from perfanalysis.analysis.false_alarms import AlarmCounter
from perfanalysis.analysis.figure_noise import Figures, measure_figures
from perfanalysis.analysis.judge import Settings
from perfanalysis.analysis.load import Load
from perfanalysis.analysis.warmup import without_warmup
from perfanalysis.errors import UsageError
from perfanalysis.model.calibration import Calibration, CalibrationReport, FalseAlarms
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.metric import Metric
from perfanalysis.model.results import NotJudged
from perfanalysis.phrases import phrase
from perfanalysis.store.bundle import Run

MIN_RUNS = 5
ADVISED_RUNS = 10


def calibrate_runs(
    runs: Sequence[Run],
    *,
    settings: Settings,
    rng: np.random.Generator,
    metrics: Sequence[str] = (),
    names: Sequence[str] = (),
) -> CalibrationReport:
    """Measure the noise of identical runs, and how often comparing them raises a false alarm.

    Args:
        runs: of one version on one machine, at least 5, in the order in which they were made.
        settings: those of later comparisons.
        rng: draws splits of the runs where there are too many to try all.
        metrics: keys such as `latency.p95`; empty for the default set.
        names: globs of names; empty for all.

    Raises:
        ConfigError: an unknown metric.
        UsageError: too few runs, one of them twice, a glob that matches nothing, or runs that
            have nothing in common that could be measured; or the warm-up is longer than a run.
    """
    whole = [RunEvidence(run) for run in runs]
    _require_several_runs(whole)
    trimmed = without_warmup((), whole, settings.warmup)
    evidence = trimmed.baseline
    shared, missing = _shared_names(evidence, names)
    wanted = figures(shared, evidence, metrics=metrics, names=names)
    estimated, not_estimated = _estimates(evidence, wanted)
    not_measured = (*missing, *not_estimated)
    if not estimated:
        reason = f": {not_measured[0].message}" if not_measured else ""
        raise UsageError(f"the runs have nothing in common that could be measured{reason}")
    counter = AlarmCounter(evidence, metrics=metrics, names=names, figures=len(estimated), rng=rng)
    false_alarms = _false_alarms(counter, estimated, evidence, settings)
    return CalibrationReport(
        runs=tuple(run.info for run in evidence),
        tolerance=settings.tolerance,
        error_rate_tolerance=settings.error_rate_tolerance,
        alpha=settings.alpha,
        figures=measure_figures(estimated, settings.alpha),
        false_alarms=false_alarms,
        not_measured=not_measured,
        caveats=(
            # What forbids a comparison of these runs is a caveat here: the user calls them alike.
            *obstacles([Load(run, "identical") for run in whole]),
            *trimmed.obstacles,
            *trimmed.caveats,
            *_caveats(evidence, false_alarms),
        ),
    )


def _require_several_runs(runs: Sequence[RunEvidence]) -> None:
    if len(runs) < MIN_RUNS:
        raise UsageError(
            f"expected at least {MIN_RUNS} identical runs, found {len(runs)}",
            hint=f"run the same version several times; {ADVISED_RUNS} or more are advised",
        )
    first: dict[str, str] = {}
    for run in runs:
        if run.info.id in first:
            raise UsageError(
                f"{first[run.info.id]!r} and {run.info.name!r} are the same run",
                hint="a copy of a run says nothing about how much runs differ",
            )
        first[run.info.id] = run.info.name


def _shared_names(
    runs: Sequence[RunEvidence], globs: Sequence[str]
) -> tuple[list[str], list[NotJudged]]:
    """Return the names that every run has, and those that some run lacks."""
    shared, missing = [], []
    for name in chosen_names({name for run in runs for name in run.names}, globs):
        absent = sum(name not in run.names for run in runs)
        if not absent:
            shared.append(name)
            continue
        message = phrase(
            "{name} is missing in {absent} of {runs} runs",
            name=repr(name),
            absent=absent,
            runs=len(runs),
        )
        missing.append(NotJudged(name=name, metric=None, reason="missing-in-run", message=message))
    return shared, missing


def _estimates(
    runs: Sequence[RunEvidence], wanted: Sequence[tuple[str, Metric]]
) -> tuple[Figures, list[NotJudged]]:
    """Return one estimate a run of each wanted figure, and the figures that some run lacks."""
    found: dict[tuple[str, str], tuple[Metric, tuple[Estimate, ...]]] = {}
    lacking = []
    for name, metric in wanted:
        estimates = []
        for run in runs:
            try:
                estimates.append(estimate_of(run, name, metric))
            except NotEstimableError as exc:
                message = phrase(
                    "{problem} (run {run})", problem=exc.message, run=repr(run.info.name)
                )
                lacking.append(
                    NotJudged(name=name, metric=metric.key, reason=exc.reason, message=message)
                )
                break
        else:
            found[name, metric.key] = metric, tuple(estimates)
    return found, lacking


def _false_alarms(
    counter: AlarmCounter, estimated: Figures, runs: Sequence[RunEvidence], settings: Settings
) -> tuple[FalseAlarms, ...]:
    """Return the false alarms of each design, one run against one first."""
    names = [run.info.name for run in runs]

    def calibrate(kept: Sequence[int]) -> Calibration:
        some = {
            key: (metric, tuple(estimates[index] for index in kept))
            for key, (metric, estimates) in estimated.items()
        }
        noise = tuple(figure.measured for figure in measure_figures(some, settings.alpha))
        return Calibration(runs=tuple(names[index] for index in kept), noise=noise)

    pairs, *larger = counter.count(settings)
    # A pair must not be judged by noise that it was itself measured with.
    if len(runs) - 2 < MIN_RUNS:
        return (pairs, *larger)
    return (pairs, counter.count_calibrated(settings, calibrate), *larger)


def _caveats(
    runs: Sequence[RunEvidence], false_alarms: Sequence[FalseAlarms]
) -> tuple[Caveat, ...]:
    found: list[Caveat] = []
    n = len(runs)
    if n < ADVISED_RUNS:
        factor = float(np.sqrt((n - 1) / chdtri(n - 1, 0.95)))
        message = phrase(
            "{runs} runs know their noise only roughly: it may be up to {factor} times as large; "
            "{advised} or more are advised",
            runs=n,
            factor=f"{factor:.1f}",
            advised=ADVISED_RUNS,
        )
        found.append(Caveat(code="few-runs", message=message))
    outlying = next(entry.runs for entry in false_alarms if entry.design == f"1v{n - 1}")
    if outlying:
        message = phrase(
            "{runs} raised a false alarm against all other runs: see whether it was made like "
            "them, but leave out nothing merely because it looks odd",
            runs=", ".join(outlying),
        )
        found.append(Caveat(code="outlying-runs", message=message))
    message = phrase(
        "the comparisons share runs, so the rates of false alarms are less certain than their "
        "intervals say"
    )
    found.append(Caveat(code="shared-runs", message=message))
    return tuple(found)
