"""The interval of a change, drawn in its table row: tolerance band, zero line, interval, change.

Every row of a table has the same scale, so that the eye may run down the column. Ratios stand on
a logarithmic scale, where half and double lie equally far from no change; differences of error
rates stand on a linear one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from perfanalysis.model.results import Result
from perfanalysis.reports.wording import is_difference, size_text

WIDTH = 176
HEIGHT = 24
_MARGIN = 10  # CSS pixels on both sides, for the ends of clipped intervals
_TICK_DISTANCE = 38  # CSS pixels between two labels
_SIGN = 6.2  # CSS pixels that a sign of a label takes
_RATIO_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 50.0, 100.0, 1000.0)
_POINT_TICKS = (0.0001, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_LEAST_EXTENT = 0.001  # so that a table without any change has a scale
_LEAST_RATIO = math.log(1e-4)  # a change of -100 % has no logarithm: it is drawn at the edge


@dataclass(frozen=True, kw_only=True)
class IntervalScale:
    """The horizontal scale of one table.

    Attributes:
        difference: changes are differences of rates, not ratios.
        left: lower end of the scale, after `_position`; negative.
        right: upper end; positive.
        number: of the table in the page, so that rows can refer to its grid.
    """

    difference: bool
    left: float
    right: float
    number: int

    def x(self, change: float) -> float:
        """Return the distance of a change from the left edge in CSS pixels, within the margins."""
        position = min(max(_position(change, difference=self.difference), self.left), self.right)
        room = WIDTH - 2 * _MARGIN
        return round(_MARGIN + room * (position - self.left) / (self.right - self.left), 1)

    def ticks(self) -> list[float]:
        """Return the changes that are labelled, zero among them, in ascending order."""
        chosen = [0.0]
        sizes = _POINT_TICKS if self.difference else _RATIO_TICKS
        # Nearest to the edges first, which tells the extent of the scale.
        for size in reversed(sizes):
            for change in (size, -size):
                inside = (
                    change > -1
                    and self.left <= _position(change, difference=self.difference) <= self.right
                )
                if inside and all(
                    abs(self.x(change) - self.x(other)) >= _TICK_DISTANCE for other in chosen
                ):
                    chosen.append(change)
        return sorted(chosen)

    def axis(self, metric: str) -> Markup:
        """Return the labels over the column, and the grid that all rows show."""
        labels = Markup("").join(
            Markup('<text class="tick middle" x="{}" y="12">{}</text>').format(
                label_x(self.x(tick), text, WIDTH), text
            )
            for tick, text in ((tick, _tick_text(tick, metric)) for tick in self.ticks())
        )
        grid = "".join(f"M{self.x(tick)} 0v{HEIGHT}" for tick in self.ticks() if tick != 0)
        return Markup(
            '<svg class="interval" viewBox="0 0 {} 16" aria-hidden="true">'
            '<defs><g class="change-grid" id="grid-{}">'
            '<path class="grid" d="{}"/><path class="zero" d="M{} 0v{}"/></g></defs>{}</svg>'
        ).format(WIDTH, self.number, grid, self.x(0), HEIGHT, labels)

    def row(self, result: Result) -> Markup:
        """Return the drawing of one result; the cell beside it says the same in figures."""
        # Of a ratio the tolerance is symmetric on this scale: 5 % up is undone by 4.76 % down.
        floor = -result.tolerance if self.difference else 1 / (1 + result.tolerance) - 1
        band = self.x(floor), self.x(result.tolerance)
        parts = Markup(
            '<path class="tolerance" d="M{} 0H{}V{}H{}z"/><use href="#grid-{}"/>'
        ).format(band[0], band[1], HEIGHT, band[0], self.number)
        return Markup(
            '<svg class="interval {}" viewBox="0 0 {} {}" aria-hidden="true">{}{}</svg>'
        ).format(str(result.verdict), WIDTH, HEIGHT, parts, self._interval(result))

    def _interval(self, result: Result) -> Markup:
        """Return line and dot; an open end, or one beyond the scale, gets an arrow head."""
        if result.change is None:
            return Markup("")
        middle = HEIGHT // 2
        drawn = Markup("")
        if result.ci_low is not None or result.ci_high is not None:
            low, low_open = self._end(result.ci_low, left=True)
            high, high_open = self._end(result.ci_high, left=False)
            drawn += Markup('<path class="ci" d="M{} {}H{}"/>').format(low, middle, high)
            for x, is_open, step in ((low, low_open, 6), (high, high_open, -6)):
                if is_open:
                    drawn += Markup('<path class="arrow" d="M{} {}l{} -4v8z"/>').format(
                        x - step, middle, step
                    )
        return drawn + Markup('<circle cx="{}" cy="{}" r="4"/>').format(
            self.x(result.change), middle
        )

    def _end(self, change: float | None, *, left: bool) -> tuple[float, bool]:
        """Return where an end of an interval is drawn, and whether it goes on beyond."""
        edge = float(_MARGIN if left else WIDTH - _MARGIN)
        if change is None:
            return edge, True
        position = _position(change, difference=self.difference)
        return self.x(change), position < self.left or position > self.right


def interval_scale(results: Sequence[Result], *, number: int = 1) -> IntervalScale:
    """Return a scale for one table: wide enough for every change and most intervals.

    One interval may be many times as wide as the others; it is cut off rather than letting it
    press the rest together.
    """
    difference = all(is_difference(result.metric) for result in results)
    widest_tolerance = max((_size(r.tolerance, difference) for r in results), default=0.05)
    changes = [_size(r.change, difference) for r in results if r.change is not None]
    least = max(1.6 * widest_tolerance, _LEAST_EXTENT)
    most = max(2.5 * least, *(1.8 * change for change in changes), 0.0)
    ends = [
        _position(end, difference=difference)
        for result in results
        for end in (result.ci_low, result.ci_high, result.change)
        if end is not None
    ]
    left = min(max(_furthest(-end for end in ends), least), most)
    right = min(max(_furthest(ends), least), most)
    # Neither side vanishes: the direction of "worse" must stay in sight.
    left, right = max(left, right / 3), max(right, left / 3)
    return IntervalScale(
        difference=difference, left=-left * 1.05, right=right * 1.05, number=number
    )


def label_x(x: float, text: str, width: float) -> float:
    """Return where the middle of a label is: where its tick is, or as near as it is not cut off.

    >>> label_x(10.0, "+0.5 pp", 176), label_x(90.0, "0 pp", 176)
    (21.7, 90.0)
    """
    half = _SIGN * len(text) / 2
    return round(min(max(x, half), width - half), 1)


def _tick_text(change: float, metric: str) -> str:
    sign = "+" if change > 0 else "\u2212" if change < 0 else ""
    return sign + size_text(abs(change), metric)


def _furthest(ends: Iterable[float]) -> float:
    return max(ends, default=0.0)


def _size(change: float, difference: bool) -> float:
    return abs(_position(change, difference=difference))


def _position(change: float, *, difference: bool) -> float:
    """Return a change on its scale: itself, or the logarithm of the ratio."""
    if difference:
        return change
    return max(math.log1p(change), _LEAST_RATIO) if change > -1 else _LEAST_RATIO
