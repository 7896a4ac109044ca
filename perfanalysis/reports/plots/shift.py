"""The change of latency quantile by quantile, with the band that holds for all of them at once."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from perfanalysis.model.shapes import Shape
from perfanalysis.reports.language import gettext as _
from perfanalysis.reports.numbers import format_ratio
from perfanalysis.reports.plots.colors import color_of, grey
from perfanalysis.reports.plots.figure import drawn, one_panel
from perfanalysis.reports.plots.lettering import (
    name_label,
    sentence_label,
    write_labels,
    write_legend,
    write_title,
)
from perfanalysis.reports.plots.scales import use_changes, use_shares

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from perfanalysis.model.views import Floats

_LINE_LENGTH = 90
_NARROWEST = 0.05  # the axis reaches this far, on the log scale, so that noise is not blown up


def shift_plot(shape: Shape, *, tolerance: float, ax: Axes | None = None) -> Figure | Axes:
    """Draw how much each quantile of one name changed.

    Quantiles stand on a probability scale, changes on a logarithmic one: doubling and halving
    are equally far from no change. Data stay shares and changes, 0.2 for +20 %.

    Args:
        shape: with a curve.
        tolerance: change that nobody cares about, drawn as two dotted lines.
        ax: to draw into; a new figure if None.
    """
    axes = one_panel(ax)
    share = np.array([entry.share for entry in shape.curve])
    change = np.array([entry.change for entry in shape.curve])
    low = np.array([-np.inf if entry.low is None else entry.low for entry in shape.curve])
    high = np.array([np.inf if entry.high is None else entry.high for entry in shape.curve])
    bottom, top = _limits(change, low, high)
    use_shares(axes, "x", percentiles=True)
    use_changes(axes)
    color = color_of("current", axes)
    band = axes.fill_between(
        share, low.clip(min=bottom), high.clip(max=top), color=color, alpha=0.18, linewidth=0
    )
    axes.axhline(0.0, color=grey(axes), linewidth=1.2)
    limits = [
        axes.axhline(limit, color=grey(axes), linewidth=1.0, linestyle=":")
        for limit in (-tolerance, tolerance)
    ]
    axes.plot(share, change, color=color, linewidth=1.8)
    axes.set_xlim(float(share[0]), float(share[-1]))
    axes.set_ylim(bottom, top)
    axes.grid(visible=True, alpha=0.35)
    told = sentence_label(shape.sentence)
    write_title(axes, name_label(shape.name), lines=textwrap.wrap(told, _LINE_LENGTH))
    write_labels(
        axes,
        x=_("quantile of latency"),
        y=_("change against the baseline"),
    )
    names = (
        _("{confidence} band for all quantiles together"),
        _("tolerance {tolerance}"),
    )
    values = {"confidence": format_ratio(shape.confidence), "tolerance": format_ratio(tolerance)}
    write_legend(axes, [band, limits[0]], [name.format(**values) for name in names])
    return drawn(axes, ax)


def _limits(change: Floats, low: Floats, high: Floats) -> tuple[float, float]:
    """Return what is shown of the changes: the curve, no change, and a usual part of the band.

    Where a band is far wider than elsewhere, the rest would be pressed flat.
    """
    curve, lower, upper = (np.log1p(np.maximum(v, -0.9999)) for v in (change, low, high))
    usual = float(np.median((upper - lower) / 2))
    room = max(1.3 * min(usual, 3.0) if np.isfinite(usual) else 3.0, _NARROWEST)
    bottom = max(min(float(curve.min()), 0.0) - room, float(lower.min()) - _NARROWEST)
    top = min(max(float(curve.max()), 0.0) + room, float(upper.max()) + _NARROWEST)
    return float(np.expm1(min(bottom, -_NARROWEST))), float(np.expm1(max(top, _NARROWEST)))
