"""Names below each other: where the latencies of both sides lie, and the figure of each run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfanalysis.model.results import Result
from perfanalysis.model.views import Distribution
from perfanalysis.reports.language import gettext as _
from perfanalysis.reports.plots.colors import color_of
from perfanalysis.reports.plots.figure import drawn, one_panel
from perfanalysis.reports.plots.lettering import (
    literal,
    name_label,
    write_labels,
    write_legend,
    write_title,
)
from perfanalysis.reports.plots.lines import Side
from perfanalysis.reports.plots.scales import drawn_values, latency_limits, use_latency, use_names
from perfanalysis.reports.wording import change_text, verdict_text

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    from perfanalysis.model.views import Floats

_ROW_INCHES = 0.42
_MARGIN_INCHES = 1.0
_LANE = 0.17  # of a row: how far the lane of a side lies from the middle
_THIN = (0.1, 0.9)
_THICK = (0.25, 0.75)
_WIDEST_NAME = 28
_SMALLEST = 1e-5  # of the largest latency


@dataclass(frozen=True, kw_only=True, eq=False)
class Strip:
    """One name.

    Attributes:
        result: of the marked metric; None where that was not judged.
        baseline: the distribution of each run that has one.
        current: likewise.
    """

    name: str
    result: Result | None
    baseline: Sequence[Distribution]
    current: Sequence[Distribution]


def strip_plot(
    strips: Sequence[Strip],
    *,
    metric: str,
    quantile: float,
    omitted: int,
    ax: Axes | None = None,
) -> Figure | Axes:
    """Draw a strip for each name and side: a thin line from p10 to p90, a thick one p25 to p75.

    A tick marks the metric; with several runs a side a dot marks that of each run.

    Args:
        strips: from top to bottom, at least one.
        metric: key of a percentile of latency.
        quantile: of that metric, 0..1.
        omitted: how many names more there are.
        ax: to draw into; a new figure if None.
    """
    axes = one_panel(ax, height=_MARGIN_INCHES + _ROW_INCHES * (len(strips) + 0.7))
    sides: tuple[tuple[Side, float], ...] = (("baseline", -_LANE), ("current", _LANE))
    bars: dict[Side, Artist] = {}
    for row, strip in enumerate(strips):
        for side, offset in sides:
            runs = strip.baseline if side == "baseline" else strip.current
            if runs:
                bar = _draw_lane(axes, runs, quantile, row + offset, color_of(side, axes))
                bars.setdefault(side, bar)
        _write_note(axes, row, _note(strip.result))
    use_latency(axes, "x", logarithmic=True)
    axes.set_xlim(*_limits(drawn_values(axes, "x")))
    # With two sides a row above the first is for the legend.
    axes.set_ylim(len(strips) - 0.4, -0.6 if len(bars) < len(sides) else -1.3)
    use_names(axes, range(len(strips)), [name_label(s.name, _WIDEST_NAME) for s in strips])
    for label in axes.get_yticklabels():
        literal(label)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=True, axis="x", alpha=0.35)
    axes.spines[["top", "right", "left"]].set_visible(False)
    more = _("{count} more are left out").format(count=omitted) if omitted else ""
    write_title(axes, _explanation(metric, strips), lines=[more] if more else [])
    write_labels(axes, x=_("latency, ms"))
    words = {"baseline": _("baseline"), "current": _("current")}
    labels = [words[side] for side in bars]
    write_legend(axes, list(bars.values()), labels, place="upper left", columns=len(labels))
    return drawn(axes, ax)


def _limits(latency_ms: Floats) -> tuple[float, float]:
    """Return limits that what took no time at all does not stretch: it leaves the axis there."""
    return latency_limits(latency_ms[latency_ms >= latency_ms.max() * _SMALLEST])


def _explanation(metric: str, strips: Sequence[Strip]) -> str:
    if any(len(runs) > 1 for strip in strips for runs in (strip.baseline, strip.current)):
        text = _("thin: p10 to p90, thick: p25 to p75, tick: {metric}, dots: that of each run")
    else:
        text = _("thin: p10 to p90, thick: p25 to p75, tick: {metric}")
    return text.format(metric=metric)


def _note(result: Result | None) -> str:
    """Return what became of a name: `+20.3 %, regressed`."""
    if result is None:
        return _("not judged")
    text = _("{change}, {verdict}")
    return text.format(change=change_text(result), verdict=verdict_text(result))


def _draw_lane(
    axes: Axes, runs: Sequence[Distribution], quantile: float, height: float, color: str
) -> Artist:
    """Draw one side of a name and return its bar, for the legend."""
    for ends, width in ((_THIN, 1.4), (_THICK, 5.0)):
        (bar,) = axes.plot(
            [_of_side(runs, q) for q in ends],
            [height, height],
            color=color,
            linewidth=width,
            solid_capstyle="butt",
            alpha=0.85,
        )
    axes.plot(
        [_of_side(runs, quantile)],
        [height],
        marker="|",
        markersize=11,
        markeredgewidth=2.2,
        color=color,
        linestyle="none",
    )
    if len(runs) > 1:
        values = [_quantile(run, quantile) for run in runs]
        axes.plot(
            values,
            [height] * len(values),
            marker="o",
            markersize=4,
            markerfacecolor=axes.get_facecolor(),
            markeredgecolor=color,
            linestyle="none",
            zorder=3,
        )
    return bar


def _of_side(runs: Sequence[Distribution], quantile: float) -> float:
    """Return the geometric mean over the runs, as comparisons have it."""
    values = np.maximum([_quantile(run, quantile) for run in runs], 1e-9)
    return float(np.exp(np.mean(np.log(values))))


def _quantile(distribution: Distribution, quantile: float) -> float:
    return float(np.interp(quantile, distribution.share, distribution.latency_ms))


def _write_note(axes: Axes, row: int, note: str) -> None:
    placed: Text = axes.annotate(
        note,
        (1.0, row),
        xytext=(6, 0),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        va="center",
        fontsize="small",
        annotation_clip=False,
    )
    literal(placed)
