"""The distribution of latencies: the share of requests at or below each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from perfanalysis.model.views import Distribution
from perfanalysis.reports.language import gettext as _
from perfanalysis.reports.plots.figure import drawn, one_panel
from perfanalysis.reports.plots.lettering import write_labels, write_title
from perfanalysis.reports.plots.lines import Line, styles, tell_apart
from perfanalysis.reports.plots.scales import (
    drawn_values,
    latency_limits,
    use_latency,
    use_shares,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LOWEST_SHARE = 0.004
_HIGHEST_SHARES = (0.996, 0.9996)  # the second only where the data reach beyond the first
_FEWEST_FOR_A_CURVE = 100  # below, steps show how few values there are


def ecdf_plot(
    lines: Sequence[Line[Distribution]], *, title: str, ax: Axes | None = None
) -> Figure | Axes:
    """Draw empirical distribution functions: latency logarithmic, shares on a probability scale.

    There 90 %, 99 % and 99.9 % lie apart, and a lognormal latency is a straight line. Data stay
    milliseconds and shares 0..1.

    Args:
        lines: at least one.
        title: made by `lettering`.
        ax: to draw into; a new figure if None.

    Raises:
        UsageError: more lines than colours can tell apart.
    """
    axes = one_panel(ax)
    found = styles(lines, axes)
    artists = []
    for line, style in zip(lines, found, strict=True):
        latency, share = line.data.latency_ms, line.data.share
        steps = "steps-post" if latency.size < _FEWEST_FOR_A_CURVE else "default"
        artists += axes.plot(
            np.concatenate((latency[:1], latency)),
            np.concatenate(([0.0], share)),
            drawstyle=steps,
            **style.drawing,
        )
    shares = drawn_values(axes, "y")
    beyond = bool(np.any((shares > _HIGHEST_SHARES[0]) & (shares < 1)))
    use_latency(axes, "x", logarithmic=True)
    use_shares(axes, "y")
    axes.set_xlim(*latency_limits(drawn_values(axes, "x")))
    axes.set_ylim(_LOWEST_SHARE, _HIGHEST_SHARES[1 if beyond else 0])
    axes.grid(visible=True, alpha=0.35)
    write_title(axes, title)
    write_labels(
        axes,
        x=_("latency, ms"),
        y=_("share of requests at or below"),
    )
    tell_apart(axes, artists, found)
    return drawn(axes, ax)
