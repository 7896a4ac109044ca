"""The change that can be detected against the number of runs a side, as a picture of its own.

One panel a metric, one line a name. Unlike the charts of the HTML report it is looked at alone, so
it carries its colours, and the names of the noisiest lines.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.lines import Line2D

from perfanalysis.model.calibration import CalibrationReport, FigureNoise
from perfanalysis.reports.charts.axes import linear_ticks, tick_label
from perfanalysis.reports.charts.svg import drawing
from perfanalysis.reports.escape import shortened, terminal_text
from perfanalysis.reports.wording import is_difference, name_text, plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's colours, told apart with any kind of colour vision; yellow is too pale on white.
_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_OTHERS = "#BBBBBB"
_COLUMNS = 3
_PANEL_INCHES = (3.4, 2.7)
_LEGEND_INCHES = 0.8
_WIDEST_NAME = 32
_DOTS_PER_INCH = 150
_RUNS_TICKS = (1, 2, 3, 5, 10)


def detectable_plot(report: CalibrationReport, format_name: str) -> bytes:
    """Return the picture; equal reports give equal bytes.

    Args:
        report: at least one figure.
        format_name: `svg` or `png`.
    """
    metrics = sorted(
        {figure.metric for figure in report.figures},
        key=lambda metric: (not metric.startswith("latency."), metric),
    )
    columns = min(len(metrics), _COLUMNS)
    rows = math.ceil(len(metrics) / columns)
    with (
        drawing(),
        # Names are strangers' text: dollars in them are no formulas. A salt keeps ids alike.
        mpl.rc_context({"text.parse_math": False, "svg.hashsalt": "perfanalysis"}),
    ):
        width, height = _PANEL_INCHES
        picture = Figure(
            figsize=(columns * width, rows * height + _LEGEND_INCHES), layout="constrained"
        )
        colors = _name_colors(report.figures)
        for number, metric in enumerate(metrics, start=1):
            axes = picture.add_subplot(rows, columns, number)
            figures = [figure for figure in report.figures if figure.metric == metric]
            _draw(axes, metric, figures, colors, _tolerance(report, metric))
        _legend(picture, report.figures, colors)
        picture.suptitle(
            f"Change detected four times in five, from {plural(len(report.runs), 'identical run')}"
        )
        buffer = io.BytesIO()
        nothing = {"Date": None} if format_name == "svg" else {"Software": None}
        picture.savefig(buffer, format=format_name, dpi=_DOTS_PER_INCH, metadata=nothing)
    return buffer.getvalue()


def _name_colors(figures: Sequence[FigureNoise]) -> dict[str, str]:
    """Return the colours of the noisiest names; the others share a grey."""
    names = list(dict.fromkeys(figure.name for figure in figures))
    if len(names) > len(_COLORS):
        worst: dict[str, float] = {}
        for figure in figures:
            worst[figure.name] = max(worst.get(figure.name, 0.0), figure.measured.sd)
        names = sorted(names, key=lambda name: -worst[name])[: len(_COLORS)]
    return dict(zip(names, _COLORS, strict=False))


def _tolerance(report: CalibrationReport, metric: str) -> float:
    return report.error_rate_tolerance if is_difference(metric) else report.tolerance


def _draw(
    axes: Axes,
    metric: str,
    figures: Sequence[FigureNoise],
    colors: dict[str, str],
    tolerance: float,
) -> None:
    """Draw one metric: a line a name, grey ones below, and the tolerance as it is set."""
    highest = 0.0
    for figure in sorted(figures, key=lambda figure: figure.name in colors):
        known = [entry for entry in figure.detectable if entry.change is not None]
        heights = [100 * (entry.change or 0.0) for entry in known]
        highest = max([highest, *heights])
        axes.plot(
            [entry.runs for entry in known],
            heights,
            color=colors.get(figure.name, _OTHERS),
            marker="o",
            markersize=3,
            linewidth=1.5,
        )
    axes.axhline(100 * tolerance, color="black", linestyle=":", linewidth=1)
    top = max(highest, 100 * tolerance) * 1.06 or 1.0
    axes.set_ylim(0, top)
    ticks = linear_ticks(0, top)
    axes.set_yticks(ticks, labels=[tick_label(tick) for tick in ticks])
    axes.set_xticks(_RUNS_TICKS)
    axes.set_xlabel("runs a side")
    axes.set_title(f"{metric}, {'pp' if is_difference(metric) else '%'}", loc="left", fontsize=11)
    axes.grid(visible=True, color="#E5E5E5")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _legend(picture: Figure, figures: Sequence[FigureNoise], colors: dict[str, str]) -> None:
    lines = [Line2D([], [], color=color, marker="o", markersize=3) for color in colors.values()]
    labels = [_drawable(name) for name in colors]
    others = len({figure.name for figure in figures} - set(colors))
    if others:
        lines.append(Line2D([], [], color=_OTHERS, marker="o", markersize=3))
        labels.append(f"{others} less noisy")
    lines.append(Line2D([], [], color="black", linestyle=":", linewidth=1))
    labels.append("tolerance")
    picture.legend(lines, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=9)


def _drawable(name: str) -> str:
    """Return a name that the font of the picture can write: what it lacks becomes a box."""
    font = get_font(findfont(FontProperties()))
    text = shortened(terminal_text(name_text(name)), _WIDEST_NAME)
    text = "".join(char if font.get_char_index(ord(char)) else "\u25a1" for char in text)
    # matplotlib leaves labels with an underscore in front out of legends.
    return f" {text}" if text.startswith("_") else text
