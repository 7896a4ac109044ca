"""Figures that show themselves in a notebook, and the Axes that plots are drawn into."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

_WIDTH_INCHES = 7.2
_HEIGHT_INCHES = 3.4
_LOWER_PANEL_INCHES = 2.2
_COLORS = 128
_OPAQUE = 255
_PIXELS_PER_DOT = 2  # of a screen of high resolution; the picture keeps its size on the page


class PlotFigure(Figure):
    """A figure that shows itself as the value of a cell, whether or not pyplot was imported.

    IPython knows how to show figures only once pyplot has set up a backend. After that it shows
    this one as any other, so nothing appears twice.
    """

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401  (what Figure takes)
        super().__init__(**settings)
        FigureCanvasAgg(self)

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        from PIL import Image

        drawn, dots = io.BytesIO(), self.dpi * _PIXELS_PER_DOT
        self.savefig(drawn, format="rgba", dpi=dots)
        size = tuple(int(inches * dots) for inches in self.get_size_inches())
        picture = Image.frombytes("RGBA", (size[0], size[1]), drawn.getvalue())
        if picture.getchannel("A").getextrema() == (_OPAQUE, _OPAQUE):
            # Lines, areas and text need few colours: a quarter of the size, and nobody sees it.
            picture = picture.convert("RGB").quantize(_COLORS, method=Image.Quantize.MEDIANCUT)
        buffer = io.BytesIO()
        picture.save(buffer, format="png", optimize=True)
        width, height = (round(pixels / _PIXELS_PER_DOT) for pixels in size)
        return buffer.getvalue(), {"width": width, "height": height}


def one_panel(ax: Axes | None, *, height: float = _HEIGHT_INCHES) -> Axes:
    """Return the Axes that were given, or those of a new figure.

    Args:
        ax: the user's own, if any.
        height: of a new figure, in inches.
    """
    if ax is not None:
        return ax
    figure = PlotFigure(figsize=(_WIDTH_INCHES, height), layout="constrained")
    return figure.add_subplot()


def stacked_panels(count: int) -> list[Axes]:
    """Return the Axes of a new figure, one above the other, with one horizontal axis."""
    heights = [_HEIGHT_INCHES, *[_LOWER_PANEL_INCHES] * (count - 1)]
    figure = PlotFigure(figsize=(_WIDTH_INCHES, sum(heights)), layout="constrained")
    made = figure.subplots(count, 1, sharex=True, squeeze=False, height_ratios=heights)
    return list(made[:, 0])


def drawn(axes: Axes | Sequence[Axes], given: Axes | None) -> Figure | Axes:
    """Return what a plot returns: the Axes that were given, else the figure made for it."""
    if given is not None:
        return given
    first = axes if isinstance(axes, Axes) else axes[0]
    figure = first.get_figure(root=True)
    if figure is None:
        raise RuntimeError("a panel of ours has a figure")
    return figure
