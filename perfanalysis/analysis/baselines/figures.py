"""The figures of a baseline: what it holds now, and how that stands against its anchor."""

from __future__ import annotations

from collections.abc import Sequence

from perfanalysis.analysis.compare import compare_runs
from perfanalysis.analysis.judge import Settings
from perfanalysis.model.baseline_results import BaselineFigure, Trend
from perfanalysis.model.results import Result, Verdict
from perfanalysis.store.bundle import Run

_TRENDS = {
    Verdict.IMPROVED: Trend.IMPROVING,
    Verdict.REGRESSED: Trend.DEGRADING,
    Verdict.UNCHANGED: Trend.STABLE,
}


def figures_of(
    recent: Sequence[Run],
    anchor: Sequence[Run],
    *,
    settings: Settings,
    metrics: Sequence[str] = (),
    names: Sequence[str] = (),
) -> tuple[BaselineFigure, ...]:
    """Return every metric of every name of a baseline.

    Args:
        recent: the runs that current runs are held against.
        anchor: the fixed ones. The trend is that from these to the recent runs that are others.
        settings: those of comparisons, with the rules of the baseline.
        metrics: keys such as `latency.p95`; empty for the default set.
        names: globs of names; empty for all.

    Raises:
        ConfigError: an unknown metric.
        UsageError: a glob of `names` matches nothing.
    """

    def results(side: Sequence[Run], against: Sequence[Run]) -> dict[tuple[str, str], Result]:
        found = compare_runs(side, against, settings=settings, metrics=metrics, names=names)
        return {(result.name, result.metric): result for result in found.results}

    fixed = {run.info.id for run in anchor}
    newer = [run for run in recent if run.info.id not in fixed]
    moved = results(newer, anchor) if newer and anchor else {}
    return tuple(
        _figure(result, moved.get(key)) for key, result in sorted(results(recent, recent).items())
    )


def _figure(result: Result, change: Result | None) -> BaselineFigure:
    trend = None if change is None else _TRENDS.get(change.verdict, Trend.UNDECIDED)
    return BaselineFigure(
        name=result.name,
        metric=result.metric,
        unit=result.unit,
        better=result.better,
        value=result.current,
        anchor=None if change is None else change.baseline,
        change=None if change is None else change.change,
        ci_low=None if change is None else change.ci_low,
        ci_high=None if change is None else change.ci_high,
        tolerance=result.tolerance,
        gate=result.gate,
        trend=trend,
    )
