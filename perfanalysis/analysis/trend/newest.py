"""The newest run of a history, held against the level before it.

One run, or two, make no level: what is out of line is suspected, and another run shows. The
comparison is that of `compare`, one run against several.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from perfanalysis.analysis.judge import Settings, judge
from perfanalysis.analysis.noise import Pairing, measure_noise
from perfanalysis.analysis.trend.figures import FigureLevels
from perfanalysis.analysis.verdicts import decide
from perfanalysis.model.results import Result, Verdict
from perfanalysis.model.trend import Direction, NewestRun

# Runs that a level needs before another can be out of line with it.
MIN_LEVEL_RUNS = 5

Key = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class _Held:
    """A figure with the positions of its level's runs that the newest is held against."""

    figure: FigureLevels
    before: tuple[int, ...]

    def pairing(self) -> Pairing:
        history = self.figure.history
        return Pairing(
            name=history.name,
            metric=history.metric,
            current=history.estimates[-1:],
            baseline=tuple(history.estimates[position] for position in self.before),
        )


def newest_runs(
    figures: Sequence[FigureLevels], settings: Settings, alpha: float
) -> dict[Key, NewestRun]:
    """Return the newest run of each figure that has runs enough before it.

    Args:
        figures: all of a history, in one call: names borrow strength from each other.
        settings: tolerances; one run stands against several, so no noise is assumed.
        alpha: share of quiet histories in which anything may be suspected.
    """
    held = {
        (figure.history.name, figure.history.metric.key): _Held(figure=figure, before=before)
        for figure in figures
        if (before := _level_before(figure)) is not None
    }
    if not held:
        return {}
    chosen = replace(settings, alpha=alpha)
    pairings = [entry.pairing() for entry in held.values()]
    noises = measure_noise(pairings, None)
    judged = [judge(*known, chosen) for known in zip(pairings, noises, strict=True)]
    results = {(result.name, result.metric): result for result in decide(judged, chosen)}
    return {key: _newest(entry, results[key]) for key, entry in held.items()}


def _level_before(figure: FigureLevels) -> tuple[int, ...] | None:
    """Return the runs of the present level before the newest, without spikes.

    The run before the newest may be out of line too, and would hide in its own noise: it is left
    out where there are enough others.
    """
    levels = figure.levels
    if levels is None:
        return None
    n = len(figure.places)
    calm = [
        position
        for position in figure.members(len(levels.starts) - 1)
        if np.isclose(levels.values[position], figure.places[position])
    ]
    for newest in (2, 1):
        before = tuple(position for position in calm if position < n - newest)
        if len(before) >= MIN_LEVEL_RUNS:
            return before
    return None


def _newest(held: _Held, result: Result) -> NewestRun:
    direction = _suspected(held, result)
    return NewestRun(
        value=result.current,
        level=result.baseline,
        change=result.change or 0.0,
        ci_low=result.ci_low,
        ci_high=result.ci_high,
        confidence=result.confidence,
        suspected=direction,
        runs=0 if direction is None else 1 + _run_before_agrees(held),
    )


def _suspected(held: _Held, result: Result) -> Direction | None:
    if result.verdict not in (Verdict.REGRESSED, Verdict.IMPROVED):
        return None
    places = held.figure.places
    level = places[list(held.before)]
    # What the level itself has reached is not out of line with it, whatever Student's t says.
    if level.min() <= places[-1] <= level.max():
        return None
    return "worse" if result.verdict is Verdict.REGRESSED else "better"


def _run_before_agrees(held: _Held) -> bool:
    """Return whether the run before the newest lies as far off on the same side, or half as far."""
    places = held.figure.places
    level = float(places[list(held.before)].mean())
    newest, before = places[-1] - level, places[-2] - level
    return len(places) - 2 not in held.before and bool(before / newest >= 0.5)
