"""The latency histogram: where requests crowd, and whether they do in one place or in several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from perfanalysis.model.views import Histogram
from perfanalysis.reports.charts.axes import linear_ticks, log_ticks, tick_label
from perfanalysis.reports.charts.latency import (
    Side,
    latency_ticks,
    line_classes,
    sides_text,
)
from perfanalysis.reports.charts.panel import Panel
from perfanalysis.reports.charts.svg import HEIGHT, Drawing, drawing, inline_svg
from perfanalysis.reports.language import gettext as _
from perfanalysis.units import format_ms, format_ratio

if TYPE_CHECKING:
    from markupsafe import Markup

    from perfanalysis.model.views import Floats


def histogram_chart(lines: Sequence[tuple[Side, Histogram]]) -> Markup | None:
    """Return the share of requests in each step of latency; None without data.

    Steps are equally wide on a logarithmic axis. Those of several runs may differ in width: shares
    are given for the widest, so that equal distributions are drawn equally high.

    Args:
        lines: one entry per run, in drawing order.
    """
    lines = [(side, histogram) for side, histogram in lines if histogram.count.sum() > 0]
    if not lines:
        return None
    width = max(_width(histogram) for _side, histogram in lines)
    shares = [_shares(histogram, width) * 100 for _side, histogram in lines]
    highest = max(float(share.max()) for share in shares)
    low, high = _limits([histogram for _side, histogram in lines])
    with drawing():
        figure = Drawing(HEIGHT)
        limits = (low, high), (0.0, highest * 1.05)
        panel = Panel(figure, *limits, top=22, bottom=28, right=24, logarithmic="x")
        for (side, histogram), share in zip(lines, shares, strict=True):
            panel.line(
                np.repeat(histogram.edges_ms, 2),
                np.concatenate([[0.0], np.repeat(share, 2), [0.0]]),
                line_classes(side, len(lines)),
            )
        latency_ticks(panel, "x", log_ticks(low, high), unit=True)
        ticks = linear_ticks(0, highest * 1.05)
        panel.ticks("y", ticks, [tick_label(tick) for tick in ticks])
        step = format_ratio(float(np.expm1(width)), 2)
        panel.note(_("% of requests in a step of {step}").format(step=step))
        return inline_svg(
            figure,
            title=_("Latency histogram"),
            description=_(
                "Share of requests in each step of latency, from {low} to {high}, {runs}"
            ).format(low=format_ms(low), high=format_ms(high), runs=sides_text(lines)),
        )


def _width(histogram: Histogram) -> float:
    """Return how wide a step is, as a logarithm."""
    return float(np.log(histogram.edges_ms[1] / histogram.edges_ms[0]))


def _shares(histogram: Histogram, width: float) -> Floats:
    shares: Floats = histogram.count / histogram.count.sum() * (width / _width(histogram))
    return shares


def _limits(histograms: Sequence[Histogram]) -> tuple[float, float]:
    """Return limits of the latency axis: at least a factor of 2, so that a single step has one."""
    low = min(float(histogram.edges_ms[0]) for histogram in histograms)
    high = max(float(histogram.edges_ms[-1]) for histogram in histograms)
    middle = (low * high) ** 0.5
    return min(low / 1.02, middle / 1.5), max(high * 1.02, middle * 1.5)
