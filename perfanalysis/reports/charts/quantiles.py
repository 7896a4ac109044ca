"""The change of latency quantile by quantile, with the band that holds for all of them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from perfanalysis.model.shapes import Shape
from perfanalysis.reports.charts.panel import Panel
from perfanalysis.reports.charts.svg import HEIGHT, Drawing, drawing, inline_svg
from perfanalysis.reports.language import gettext as _
from perfanalysis.units import format_change, format_ratio

if TYPE_CHECKING:
    from markupsafe import Markup

    from perfanalysis.model.views import Floats

_LABELLED_SHARES = (0.1, 0.5, 0.9, 0.99, 0.999)
_LABELLED_CHANGES = (
    *(-0.9, -0.8, -0.65, -0.5, -0.35, -0.2, -0.1, -0.05, -0.02, 0.0),
    *(0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 9.0, 99.0, 999.0, 9999.0),
)
_CLOSEST = 0.11  # of the height of the panel: two labels nearer than this would crowd
_NARROWEST = 0.05  # the axis reaches this far, on the log scale, so that noise is not blown up


def quantile_chart(shape: Shape | None) -> Markup | None:
    """Return the change of each quantile of one name with its band; None without a curve.

    Quantiles stand on a probability scale, as in the latency distribution. Changes stand on a
    logarithmic one: doubling and halving are equally far from no change.
    """
    if shape is None or not shape.curve:
        return None
    x = ndtri(np.array([quantile.share for quantile in shape.curve]))
    change = np.array([_height(quantile.change, 0.0) for quantile in shape.curve])
    low = np.array([_height(quantile.low, -np.inf) for quantile in shape.curve])
    high = np.array([_height(quantile.high, np.inf) for quantile in shape.curve])
    bottom, top = _limits(change, low, high)
    with drawing():
        figure = Drawing(HEIGHT)
        limits = (float(x[0]), float(x[-1])), (bottom, top)
        panel = Panel(figure, *limits, top=22, bottom=28, left=54)
        edge = np.concatenate([low, high[::-1]]).clip(bottom, top)
        panel.area(np.concatenate([x, x[::-1]]), edge, "certainty")
        changes = _tick_changes(bottom, top)
        panel.ticks("y", [float(np.log1p(c)) for c in changes], _change_labels(changes))
        shares = [s for s in _LABELLED_SHARES if x[0] <= ndtri(s) <= x[-1]]
        panel.ticks("x", [float(ndtri(s)) for s in shares], [f"p{s * 100:g}" for s in shares])
        panel.line(x[[0, -1]], np.zeros(2), "zero")
        panel.line(x, change, "line current")
        panel.note(_("change against the baseline"))
        return inline_svg(figure, title=_("Quantile by quantile"), description=_description(shape))


def _height(change: float | None, unbounded: float) -> float:
    return unbounded if change is None or change <= -1 else float(np.log1p(change))


def _limits(change: Floats, low: Floats, high: Floats) -> tuple[float, float]:
    """Return what is shown of the changes: the curve, no change, and a usual part of the band.

    Where a band is far wider than elsewhere, the rest would be pressed flat.
    """
    usual = float(np.median((high - low) / 2))
    room = min(usual, 3.0) if np.isfinite(usual) else 3.0
    bottom = min(float(change.min()), 0.0) - max(1.3 * room, _NARROWEST)
    top = max(float(change.max()), 0.0) + max(1.3 * room, _NARROWEST)
    return max(bottom, float(low.min()) - _NARROWEST), min(top, float(high.max()) + _NARROWEST)


def _tick_changes(bottom: float, top: float) -> list[float]:
    """Return the changes that are labelled: no change, and from it outwards what has room."""
    inside = [c for c in _LABELLED_CHANGES if bottom <= np.log1p(c) <= top]
    kept: list[float] = []
    for candidate in sorted(inside, key=lambda change: (abs(np.log1p(change)), change)):
        places = [np.log1p(other) for other in kept]
        if all(abs(np.log1p(candidate) - p) >= _CLOSEST * (top - bottom) for p in places):
            kept.append(candidate)
    return sorted(kept)


def _change_labels(changes: list[float]) -> list[str]:
    return [f"{change * 100:+g} %" if change else "0 %" for change in changes]


def _description(shape: Shape) -> str:
    first, last = shape.curve[0], shape.curve[-1]
    return _(
        "Change of each latency quantile from {first}, {first_change}, to {last}, {last_change}, "
        "with a {confidence} band for all quantiles together"
    ).format(
        first=f"p{first.share * 100:g}",
        first_change=format_change(first.change),
        last=f"p{last.share * 100:g}",
        last_change=format_change(last.change),
        confidence=format_ratio(shape.confidence),
    )
