"""One metric of one name over a history: its levels, the steps between them, and its drift."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from perfanalysis.analysis.judge import CONFIDENCE, Settings
from perfanalysis.analysis.trend.history import FigureHistory
from perfanalysis.analysis.trend.scale import Scale, scale_of
from perfanalysis.model.results import Severity
from perfanalysis.model.trend import (
    Direction,
    TrendEpisode,
    TrendLevel,
    TrendPoint,
    TrendSlope,
    TrendStep,
)
from perfanalysis.stats import theil_sen as slopes
from perfanalysis.stats.change_points import MIN_FIGURES, Levels, Step, find_levels

Floats = npt.NDArray[np.float64]

# What is detected from a factor of ten on is as good as not detected.
_LARGEST_SHIFT = float(np.log(10))


@dataclass(frozen=True, kw_only=True, eq=False)
class FigureLevels:
    """A figure with its levels.

    Attributes:
        places: the values on the scale, spikes included.
        levels: None for fewer than six runs.
        alpha: level of the tests of steps.
    """

    history: FigureHistory
    scale: Scale
    places: Floats
    levels: Levels | None
    alpha: float

    def members(self, level: int) -> list[int]:
        """Return the positions of the runs of a level, without its episodes."""
        if self.levels is None:
            return list(range(len(self.places)))
        return [int(position) for position in self.levels.members(level)]

    def direction(self, change: float) -> Direction:
        """Return whether a change is what users want."""
        worse = change > 0 if self.history.metric.better == "lower" else change < 0
        return "worse" if worse else "better"

    def severity(self, change: float) -> Severity:
        """Return how large a change is, in tolerances."""
        size = abs(change) / self.scale.tolerance if self.scale.tolerance else np.inf
        if size < 2:
            return Severity.MINOR
        return Severity.MAJOR if size < 4 else Severity.CRITICAL


# So many figures tell what correlation of neighbouring runs is common.
_MIN_FIGURES_IN_COMMON = 3


def levels_of_all(
    histories: Sequence[FigureHistory], settings: Settings, alpha: float
) -> list[FigureLevels]:
    """Return the levels of figures, which share the weather of their runs.

    A short history hardly shows how much a run resembles the one before it; its figures together
    do. Each figure's correlation is drawn towards their median.

    Args:
        histories: at least one run each.
        settings: tolerances.
        alpha: share of figures without a step in which any may be found, for each.
    """
    alone = [levels_of(history, settings, alpha) for history in histories]
    shown = [
        figure.levels.correlation
        for figure in alone
        if figure.levels is not None and figure.history.metric.key != "error_rate"
    ]
    if len(shown) < _MIN_FIGURES_IN_COMMON:
        return alone
    common = float(np.median(shown))
    return [levels_of(history, settings, alpha, common) for history in histories]


def levels_of(
    history: FigureHistory, settings: Settings, alpha: float, correlation: float | None = None
) -> FigureLevels:
    """Return the levels of a figure.

    Args:
        history: at least one run.
        settings: tolerances.
        alpha: share of figures without a step in which any may be found.
        correlation: of neighbouring runs, as other figures show it.
    """
    scale = scale_of(history.metric, settings)
    places = scale.of(history.estimates)
    levels = None
    if len(places) >= MIN_FIGURES:
        levels = find_levels(
            places,
            alpha=alpha,
            matters=scale.matters,
            least_sd=scale.least_sd(history.estimates),
            correlation=correlation,
        )
    return FigureLevels(history=history, scale=scale, places=places, levels=levels, alpha=alpha)


def trend_points(figure: FigureLevels) -> tuple[TrendPoint, ...]:
    """Return the value of each run, with the interval that it shows alone."""
    found = []
    for run, estimate in zip(figure.history.runs, figure.history.estimates, strict=True):
        low, high = figure.scale.interval(estimate) or (None, None)
        found.append(TrendPoint(run=run, value=estimate.value, ci_low=low, ci_high=high))
    return tuple(found)


def trend_levels(figure: FigureLevels) -> tuple[TrendLevel, ...]:
    """Return the levels; a single one without an interval for fewer than six runs."""
    runs, levels = figure.history.runs, figure.levels
    if levels is None:
        place = float(figure.places.mean())
        value = figure.scale.mean(figure.history.estimates, place)
        return (
            TrendLevel(
                first=runs[0],
                last=runs[-1],
                runs=len(runs),
                value=value,
                ci_low=None,
                ci_high=None,
            ),
        )
    found = []
    for number, (first, end) in enumerate(levels.bounds()):
        mean, value = levels.mean(number), level_value(figure, number)
        low, high = (figure.scale.value(place) for place in mean.interval(CONFIDENCE))
        found.append(
            TrendLevel(
                first=runs[first],
                last=runs[end - 1],
                runs=len(figure.members(number)),
                value=value,
                # Near zero the scale is off by a fraction of an event.
                ci_low=min(low, value),
                ci_high=max(high, value),
            )
        )
    return tuple(found)


def level_value(figure: FigureLevels, number: int) -> float:
    """Return the value of a level in the metric's unit."""
    assert figure.levels is not None  # noqa: S101  (levels are numbered where there are any)
    members = [figure.history.estimates[position] for position in figure.members(number)]
    return figure.scale.mean(members, figure.levels.mean(number).estimate)


def trend_steps(figure: FigureLevels, figures: int) -> tuple[TrendStep, ...]:
    """Return the steps.

    Args:
        figure: the metric and name.
        figures: how many are judged together.
    """
    if figure.levels is None:
        return ()
    return tuple(
        _step(figure, number, step, figures)
        for number, step in enumerate(figure.levels.steps, start=1)
    )


def _step(figure: FigureLevels, number: int, step: Step, figures: int) -> TrendStep:
    assert figure.levels is not None  # noqa: S101  (a step lies between two levels)
    runs, scale = figure.history.runs, figure.scale
    before, after = (level_value(figure, level) for level in (number - 1, number))
    change = scale.difference(before, after)
    place = figure.levels.mean(number - 1).estimate
    low, high = (scale.change(place, shift) for shift in step.difference.interval(CONFIDENCE))
    return TrendStep(
        run=runs[step.index],
        earliest=runs[step.earliest],
        latest=runs[step.latest],
        before=before,
        after=after,
        change=change,
        ci_low=low,
        ci_high=high,
        p_value=step.p_value,
        p_adjusted=min(step.p_value * figures, 1.0),
        direction=figure.direction(change),
        severity=figure.severity(change),
    )


def trend_episodes(figure: FigureLevels) -> tuple[TrendEpisode, ...]:
    """Return what soon went back to where it was."""
    if figure.levels is None:
        return ()
    runs, found = figure.history.runs, []
    for first, end in figure.levels.episodes:
        level = int(np.searchsorted(figure.levels.starts, first, side="right")) - 1
        place = figure.levels.mean(level).estimate
        shift = float(figure.levels.values[first:end].mean()) - place
        change = figure.scale.change(place, shift)
        found.append(
            TrendEpisode(
                first=runs[first],
                last=runs[end - 1],
                change=change,
                direction=figure.direction(change),
            )
        )
    return tuple(found)


def trend_slope(figure: FigureLevels, alpha: float) -> TrendSlope | None:
    """Return the drift of the present level; None where too few runs are at it.

    Args:
        figure: the metric and name.
        alpha: level at which a drift is beyond doubt.
    """
    levels = figure.levels
    if levels is None:
        return None
    last = len(levels.starts) - 1
    values = levels.values[figure.members(last)]
    if len(values) < slopes.MIN_FIGURES:
        return None
    slope = slopes.theil_sen(values, confidence=CONFIDENCE)
    place = levels.mean(last).estimate
    total = figure.scale.change(place, slope.estimate * (len(values) - 1))
    low, high = (
        figure.scale.change(place, end) if np.isfinite(end) else None
        for end in (slope.low, slope.high)
    )
    return TrendSlope(
        per_run=figure.scale.change(place, slope.estimate),
        ci_low=low,
        ci_high=high,
        total=total,
        p_value=slope.p_value,
        drifting=slope.p_value <= alpha and figure.scale.is_beyond(total),
    )


def detectable_step(figure: FigureLevels) -> float | None:
    """Return the smallest recent step that would have been found four times in five."""
    if figure.levels is None:
        return None
    shift = figure.levels.detectable(figure.alpha)
    if shift is None or shift > _LARGEST_SHIFT:
        return None
    place = figure.levels.mean(len(figure.levels.starts) - 1).estimate
    return max(figure.scale.change(place, shift), figure.scale.tolerance)
