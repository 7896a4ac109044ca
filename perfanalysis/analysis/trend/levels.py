"""A history of runs: where levels stepped, where they are now, and whether the newest run fits.

Method: docs/trend.md. The figures of a history are judged together: `alpha` is meant for the share
of quiet histories that raise any alarm (a step, a suspected newest run or a drift) in any name and
metric. The page says where simulations keep to it, and where they do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from perfanalysis.analysis.comparable import obstacles
from perfanalysis.analysis.judge import Settings
from perfanalysis.analysis.load import Load
from perfanalysis.analysis.trend.figures import (
    FigureLevels,
    detectable_step,
    level_value,
    levels_of_all,
    trend_episodes,
    trend_levels,
    trend_points,
    trend_slope,
    trend_steps,
)
from perfanalysis.analysis.trend.history import FigureHistory, History, history_of
from perfanalysis.analysis.trend.newest import newest_runs
from perfanalysis.analysis.trend.verdict import overall
from perfanalysis.errors import UsageError
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.results import NotJudged, Severity, Verdict
from perfanalysis.model.trend import FigureTrend, NewestRun, Order, Trend
from perfanalysis.phrases import phrase
from perfanalysis.stats.change_points import MIN_FIGURES
from perfanalysis.store.bundle import Run

# How alpha is divided among what may raise an alarm. What is left pays for what the tests do not
# know for sure: how much runs resemble each other, and how heavy the tails of their noise are.
_OF_STEPS, _OF_NEWEST, _OF_DRIFT = 0.25, 0.15, 0.02
RECENT_RUNS = 10


@dataclass(frozen=True, kw_only=True)
class TrendSettings:
    """What the user decides about a history besides `Settings`.

    Attributes:
        order: runs sorted by their start, or as they were given.
        recent: a step counts for the verdict if it lies within so many newest runs.
        allow_missing: globs of names that may have vanished.
    """

    order: Order = "start"
    recent: int = RECENT_RUNS
    allow_missing: tuple[str, ...] = ()


def trend_of(
    runs: Sequence[Run],
    *,
    settings: Settings,
    chosen: TrendSettings,
    metrics: Sequence[str] = (),
    names: Sequence[str] = (),
) -> Trend:
    """Return what a history of runs shows.

    Args:
        runs: at least one; a run that is given twice counts once.
        settings: tolerances, alpha, warm-up, `strict`, `force`.
        chosen: order, recent runs, names that may be missing.
        metrics: keys such as `latency.p95`; empty for the default set.
        names: globs of names; empty for all.

    Raises:
        ConfigError: an unknown metric.
        UsageError: no run; a glob matches nothing; the warm-up is longer than a run.
    """
    if not runs:
        raise UsageError("expected at least one run")
    if chosen.recent < 1:
        raise UsageError(f"expected a step to be recent for at least 1 run, found {chosen.recent}")
    history = history_of(runs, settings=settings, order=chosen.order, metrics=metrics, names=names)
    figures = trends_of(history.figures, len(history.whole), settings, chosen.recent)
    found = Trend(
        verdict=Verdict.UNDECIDED,
        reasons=(),
        tolerance=settings.tolerance,
        error_rate_tolerance=settings.error_rate_tolerance,
        alpha=settings.alpha,
        recent=chosen.recent,
        order=history.order,
        runs=tuple(run.info for run in history.whole),
        judged=sum(len(figure.points) >= MIN_FIGURES for figure in figures),
        figures=figures,
        not_judged=history.not_judged,
        names=history.names,
        caveats=history.caveats,
    )
    verdict, reasons = overall(found, _blocking(history, chosen), strict=settings.strict)
    found = replace(found, verdict=verdict, reasons=reasons)
    hindrances = [*obstacles([Load(run, "this") for run in history.whole]), *history.obstacles]
    return _qualified(found, hindrances, force=settings.force)


def trends_of(
    histories: Sequence[FigureHistory], runs: int, settings: Settings, recent: int
) -> tuple[FigureTrend, ...]:
    """Return the trend of every figure, what matters first.

    Args:
        histories: all figures that are judged together.
        runs: how many runs the history has.
        settings: tolerances and alpha.
        recent: a step counts for the verdict if it lies within so many newest runs.
    """
    shared = settings.alpha / max(len(histories), 1)
    figures = levels_of_all(histories, settings, _OF_STEPS * shared)
    newest = newest_runs(figures, settings, _OF_NEWEST * settings.alpha)
    found = [
        _trend(
            figure,
            newest.get((figure.history.name, figure.history.metric.key)),
            figures=len(figures),
            since=runs - 1 - recent,
            alpha=_OF_DRIFT * shared,
        )
        for figure in figures
    ]
    return tuple(found)


def _trend(
    figure: FigureLevels, newest: NewestRun | None, *, figures: int, since: int, alpha: float
) -> FigureTrend:
    history = figure.history
    found = FigureTrend(
        name=history.name,
        metric=history.metric.key,
        unit=history.metric.unit,
        better=history.metric.better,
        points=trend_points(figure),
        levels=trend_levels(figure),
        steps=trend_steps(figure, figures),
        episodes=trend_episodes(figure),
        newest=newest,
        slope=trend_slope(figure, alpha),
        change=_recent_change(figure, since),
        verdict=Verdict.UNDECIDED,
        severity=Severity.NONE,
        tolerance=figure.scale.tolerance,
        detectable_change=detectable_step(figure),
        # In a closed model throughput and latency are one fact: it is shown, and does not gate.
        gate=history.metric.key != "throughput",
        caveats=(),
    )
    verdict = _verdict(found, figure)
    severity = Severity.NONE
    if verdict in (Verdict.REGRESSED, Verdict.IMPROVED):
        severity = figure.severity(found.change or 0.0)
    return replace(found, verdict=verdict, severity=severity, caveats=_caveats(found))


def _recent_change(figure: FigureLevels, since: int) -> float | None:
    """Return the change of level from run number `since` to now; None without a step between."""
    if figure.levels is None:
        return None
    before = [position for position, run in enumerate(figure.history.runs) if run <= since]
    last = len(figure.levels.starts) - 1
    then = 0 if not before else sum(start <= before[-1] for start in figure.levels.starts) - 1
    if then == last:
        return None
    return figure.scale.difference(level_value(figure, then), level_value(figure, last))


def _verdict(found: FigureTrend, figure: FigureLevels) -> Verdict:
    if found.change is not None and figure.scale.is_beyond(found.change):
        worse = figure.direction(found.change) == "worse"
        # A suspected recovery must be confirmed; what got worse again has regressed all the more.
        return Verdict.REGRESSED if worse else _unless_doubtful(found, Verdict.IMPROVED)
    size = found.detectable_change
    seen = size is not None and size <= found.tolerance
    return _unless_doubtful(found, Verdict.UNCHANGED) if seen else Verdict.UNDECIDED


def _unless_doubtful(found: FigureTrend, verdict: Verdict) -> Verdict:
    suspected = found.newest is not None and found.newest.suspected is not None
    drifting = found.slope is not None and found.slope.drifting
    return Verdict.UNDECIDED if suspected or drifting else verdict


def _caveats(found: FigureTrend) -> tuple[Caveat, ...]:
    caveats = []
    if len(found.points) < MIN_FIGURES:
        message = phrase(
            "{runs} runs have this figure: at least {needed} are needed to tell a step from noise",
            runs=len(found.points),
            needed=MIN_FIGURES,
        )
        caveats.append(Caveat(code="too-few-runs", message=message))
    elif found.detectable_change is None:
        message = phrase(
            "too few runs are at the present level to see another step: {runs}",
            runs=found.levels[-1].runs,
        )
        caveats.append(Caveat(code="new-level", message=message))
    return tuple(caveats)


def _blocking(history: History, chosen: TrendSettings) -> list[NotJudged]:
    """Return names that vanished lately: they forbid a green verdict."""
    newest = len(history.whole) - 1
    return [
        NotJudged(name=entry.name, metric=None, reason=entry.event, message=entry.message)
        for entry in history.names
        if entry.event == "vanished"
        and entry.run > newest - chosen.recent
        and not any(fnmatchcase(entry.name, pattern) for pattern in chosen.allow_missing)
    ]


def _qualified(found: Trend, hindrances: Sequence[Caveat], *, force: bool) -> Trend:
    """Return a trend without verdicts where runs are not comparable, unless it was forced."""
    if not hindrances:
        return found
    caveats = (*hindrances, *found.caveats)
    if force:
        message = phrase("the runs are not comparable and were judged all the same: it was forced")
        return replace(found, caveats=(Caveat(code="forced", message=message), *caveats))
    reasons = tuple(phrase("not comparable: {reason}", reason=h.message) for h in hindrances)
    figures = tuple(
        replace(figure, verdict=Verdict.UNDECIDED, severity=Severity.NONE)
        for figure in found.figures
    )
    return replace(
        found, verdict=Verdict.UNDECIDED, reasons=reasons, figures=figures, caveats=caveats
    )
