"""The part of a drawing that has two axes: scales, lines, areas, grid and labels.

It does what matplotlib's `Axes` does for a chart, less all that a style sheet or nobody asks for:
making one of those takes as long as the rest of a chart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon
from matplotlib.transforms import IdentityTransform

from perfanalysis.reports.charts.svg import WIDTH, Drawing

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from perfanalysis.model.views import Floats

Which = Literal["x", "y"]

# Texts stand on their baselines, which are so far from what they belong to; 11 pixels high.
_BELOW, _MIDDLE, _BESIDE = 16.9, 4.17, 8.5
_NOTE_LEFT, _NOTE_ABOVE = 40, 9
_BEHIND, _LABEL_MIDDLE = 1.012, 2.86
_LETTER = 6.5  # the width of most
_GRID_ORDER = 1.5  # above areas, below lines, which have 1 and 2


@dataclass(frozen=True, kw_only=True)
class Scale:
    """One axis: its limits, and where they lie in the drawing, in pixels."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool

    def place(self, values: npt.ArrayLike) -> Floats:
        """Return where values lie in the drawing; NaN stays NaN."""
        low, high, found = (np.asarray(v, np.float64) for v in (self.low, self.high, values))
        if self.logarithmic:
            low, high, found = np.log10(low), np.log10(high), np.log10(found)
        placed: Floats = self.start + (found - low) / (high - low) * (self.end - self.start)
        return placed


class Panel:
    """A panel at margins from the edges of a drawing, in CSS pixels.

    Attributes:
        x: the horizontal axis, from left to right.
        y: the vertical axis, from the bottom up; places count from the top of the drawing.
    """

    def __init__(
        self,
        drawing: Drawing,
        x: tuple[float, float],
        y: tuple[float, float],
        *,
        top: int,
        bottom: int,
        left: int = 46,
        right: int = 12,
        logarithmic: Which | None = None,
    ) -> None:
        """Add it to a drawing, with the limits of its axes."""
        self._drawing = drawing
        self.x = Scale(
            low=x[0],
            high=x[1],
            start=left,
            end=WIDTH - right,
            logarithmic=logarithmic == "x",
        )
        self.y = Scale(
            low=y[0],
            high=y[1],
            start=drawing.height - bottom,
            end=top,
            logarithmic=logarithmic == "y",
        )

    def line(self, x: Floats, y: Floats, classes: str, *, steps: bool = False) -> None:
        """Draw a line; NaN leaves a gap.

        Args:
            x: values on the horizontal axis.
            y: values on the vertical axis.
            classes: for the style sheet.
            steps: each value holds until the next.
        """
        self._stroke(self.x.place(x), self.y.place(y), classes, steps=steps)

    def area(self, x: Floats, y: Floats, classes: str) -> None:
        """Fill what a closed line surrounds."""
        self._fill(self.x.place(x), self.y.place(y), classes)

    def mark(self, across: tuple[float, float], up: tuple[float, float], classes: str) -> None:
        """Fill a rectangle whose edges are parts of the width and of the height of the panel."""
        left, right = (self._across(part) for part in across)
        lower, upper = (self.y.start + part * (self.y.end - self.y.start) for part in up)
        self._fill(np.array([left, right, right, left]), np.repeat([lower, upper], 2), classes)

    def ticks(self, which: Which, positions: Sequence[float], labels: Sequence[str]) -> None:
        """Draw grid lines and labels on the `x` or the `y` axis."""
        along, other = (self.x, self.y) if which == "x" else (self.y, self.x)
        places = along.place(list(positions))
        # One line with gaps: each artist costs as much as all of its points.
        here, there = np.repeat(places, 3), np.tile([other.start, other.end, np.nan], len(places))
        x, y = (here, there) if which == "x" else (there, here)
        self._stroke(x, y, "grid", order=_GRID_ORDER)
        for place, label in zip(places.tolist(), labels, strict=True):
            if which == "x":
                # Half of a label at the right edge would lie outside of the drawing.
                inside = place + len(label) * _LETTER / 2 <= WIDTH
                x_of, anchor = (place, "middle") if inside else (float(WIDTH), "end")
                self._drawing.write(label, x_of, self.y.start + _BELOW, classes=f"tick {anchor}")
            else:
                beside = self.x.start - _BESIDE
                self._drawing.write(label, beside, place + _MIDDLE, classes="tick end")

    def note(self, text: str) -> None:
        """Write what the vertical axis shows above its upper end: it reads without turning."""
        x, y = self.x.start - _NOTE_LEFT, self.y.end - _NOTE_ABOVE
        self._drawing.write(text, x, y, classes="note start")

    def label(self, text: str, height: float) -> None:
        """Write the name of a line behind its right end, a part of the height from the bottom."""
        y = self.y.start + height * (self.y.end - self.y.start)
        x = self._across(_BEHIND)
        self._drawing.write(text, x, y + _LABEL_MIDDLE, classes="label start")

    def _across(self, part: float) -> float:
        return self.x.start + part * (self.x.end - self.x.start)

    def _stroke(
        self, x: Floats, y: Floats, classes: str, *, steps: bool = False, order: float = 2.0
    ) -> None:
        line = Line2D(
            x,
            self._drawing.height - y,
            drawstyle="steps-post" if steps else "default",
            transform=IdentityTransform(),
            zorder=order,
        )
        line.set_gid(classes)
        self._drawing.add_artist(line)

    def _fill(self, x: Floats, y: Floats, classes: str) -> None:
        corners = np.column_stack([x, self._drawing.height - y])
        area = Polygon(corners, closed=True, transform=IdentityTransform())
        area.set_gid(classes)
        self._drawing.add_artist(area)
