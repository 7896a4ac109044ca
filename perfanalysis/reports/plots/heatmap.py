"""How many requests took how long, over time: it shows what percentiles hide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.ticker import FuncFormatter, NullLocator

from perfanalysis.model.views import Heatmap
from perfanalysis.reports.charts.axes import tick_label
from perfanalysis.reports.language import gettext as _
from perfanalysis.reports.plots.colors import shades
from perfanalysis.reports.plots.figure import drawn, one_panel
from perfanalysis.reports.plots.lettering import literal, write_labels, write_title
from perfanalysis.reports.plots.scales import Ticks, log_ticks_between, use_latency, use_time

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def heatmap_plot(heatmap: Heatmap, *, title: str, ax: Axes | None = None) -> Figure | Axes:
    """Draw a heat map: time across, latency upwards on a log scale, the commonest cells darkest.

    Args:
        heatmap: with at least one request.
        title: made by `lettering`.
        ax: to draw into, with a bar of colours beside it; a new figure if None.
    """
    axes = one_panel(ax)
    count = np.ma.masked_equal(heatmap.count.T, 0)
    use_latency(axes, "y", logarithmic=True)
    mesh = axes.pcolormesh(
        heatmap.edges_s,
        heatmap.edges_ms,
        count,
        cmap=LinearSegmentedColormap.from_list("requests", shades(axes)),
        norm=LogNorm(1, max(int(heatmap.count.max()), 2)),
        rasterized=True,
    )
    use_time(axes)
    figure = axes.get_figure(root=True)
    if figure is not None:
        bar = figure.colorbar(mesh, ax=axes, pad=0.02, ticks=Ticks(log_ticks_between))
        bar.ax.yaxis.set_minor_locator(NullLocator())
        bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda count, _: tick_label(count)))
        bar.set_label(_("requests in a cell"))
        literal(bar.ax.yaxis.label)
    write_title(axes, title)
    write_labels(axes, x=_("time since the start of the run"), y=_("latency, ms"))
    return drawn(axes, ax)
