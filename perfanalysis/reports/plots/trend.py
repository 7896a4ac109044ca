"""A figure over a history of runs: each run, the levels that they lie on, and the steps between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator

from perfanalysis.model.run import RunInfo
from perfanalysis.model.trend import FigureTrend, TrendLevel, TrendStep
from perfanalysis.reports.language import gettext as _
from perfanalysis.reports.plots.colors import alarm, color_of, grey
from perfanalysis.reports.plots.figure import drawn, one_panel
from perfanalysis.reports.plots.lettering import literal, name_label, write_labels, write_title
from perfanalysis.reports.plots.scales import use_latency, use_percent
from perfanalysis.reports.wording import size_text

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    from perfanalysis.model.views import Floats

_MOSTLY = 0.6  # values that stay above this share of their maximum need no zero
_LONGEST_LABEL = 14


def trend_plot(
    figure: FigureTrend, runs: Sequence[RunInfo], *, ax: Axes | None = None
) -> Figure | Axes:
    """Draw one figure of a history, oldest run first.

    Runs stand at their number from 0, so that data of one's own can be drawn above them.

    Args:
        figure: with at least one point.
        runs: of the whole history.
        ax: to draw into; a new figure if None.
    """
    axes = one_panel(ax)
    color = color_of("current", axes)
    number = np.array([point.run for point in figure.points])
    value = np.array([point.value for point in figure.points])
    low, high = _interval_ends(figure, value)
    axes.errorbar(
        number,
        value,
        yerr=[value - low, high - value],
        fmt="o",
        markersize=4,
        color=color,
        ecolor=grey(axes),
        elinewidth=1,
    )
    for level in figure.levels:
        _draw_level(axes, level)
    for step in figure.steps:
        _draw_step(axes, figure, step)
    for episode in figure.episodes:
        first, last = episode.first - 0.5, episode.last + 0.5
        axes.axvspan(first, last, color=alarm(axes), alpha=0.12, linewidth=0, zorder=0.5)
    _mark_newest(axes, figure, value)
    _use_unit(axes, figure.unit, low, high)
    axes.set_xlim(-0.5, len(runs) - 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: _run_label(runs, at)))
    axes.grid(visible=True, alpha=0.35)
    shown_unit = {"ratio": "", "": ""}.get(figure.unit, f", {name_label(figure.unit)}")
    write_title(axes, name_label(figure.name))
    write_labels(axes, x=_("run, oldest first"), y=f"{name_label(figure.metric)}{shown_unit}")
    return drawn(axes, ax)


def _interval_ends(figure: FigureTrend, value: Floats) -> tuple[Floats, Floats]:
    """Return the ends of each run's own interval; where one is unknown, the value itself."""
    low = np.array([p.value if p.ci_low is None else p.ci_low for p in figure.points])
    high = np.array([p.value if p.ci_high is None else p.ci_high for p in figure.points])
    return np.minimum(low, value), np.maximum(high, value)


def _draw_level(axes: Axes, level: TrendLevel) -> None:
    ends = [level.first - 0.4, level.last + 0.4]
    color = color_of("current", axes)
    axes.plot(ends, [level.value] * 2, color=color, linewidth=2.0, alpha=0.7)
    if level.ci_low is not None and level.ci_high is not None:
        axes.fill_between(
            ends, [level.ci_low] * 2, [level.ci_high] * 2, color=color, alpha=0.13, linewidth=0
        )


def _draw_step(axes: Axes, figure: FigureTrend, step: TrendStep) -> None:
    color = alarm(axes) if step.direction == "worse" else grey(axes)
    axes.axvline(step.run - 0.5, color=color, linewidth=1.2, linestyle="--")
    text: Text = axes.annotate(
        size_text(step.change, figure.metric, sign=True),
        (step.run - 0.5, 1.0),
        xytext=(4, -4),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        va="top",
        color=color,
        fontsize="small",
    )
    literal(text)


def _mark_newest(axes: Axes, figure: FigureTrend, value: Floats) -> None:
    """Circle the newest runs where they are out of line with the level before them."""
    newest = figure.newest
    if newest is None or newest.suspected is None or not newest.runs:
        return
    points: Sequence[Artist] = axes.plot(
        [point.run for point in figure.points[-newest.runs :]],
        value[-newest.runs :],
        linestyle="none",
        marker="o",
        markersize=11,
        markerfacecolor="none",
        markeredgecolor=alarm(axes),
        markeredgewidth=1.6,
    )
    points[0].set_zorder(3)


def _use_unit(axes: Axes, unit: str, low: Floats, high: Floats) -> None:
    if unit == "ratio":
        use_percent(axes, "y")
    else:
        use_latency(axes, "y", logarithmic=False)
    least, most = float(low.min()), float(high.max())
    bottom = 0.0 if 0 <= least < _MOSTLY * most or least == most else least - 0.1 * (most - least)
    top = most + 0.12 * (most - bottom)
    axes.set_ylim(bottom, top if top > bottom else bottom + 1.0)


def _run_label(runs: Sequence[RunInfo], at: float) -> str:
    index = round(at)
    inside = 0 <= index < len(runs) and index == at
    return name_label(runs[index].name, _LONGEST_LABEL) if inside else ""
