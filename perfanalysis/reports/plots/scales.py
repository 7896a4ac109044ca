"""Scales of plots: where ticks are and what they say, also after the user set other limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from matplotlib.ticker import FixedLocator, Formatter, FuncFormatter, Locator, NullLocator
from scipy.special import ndtr, ndtri

from perfanalysis.reports.charts.axes import TimeAxis, linear_ticks, log_ticks, tick_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

    from perfanalysis.model.views import Floats

Which = Literal["x", "y"]

_SHARES = (0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999)
_CHANGES = (
    *(-0.95, -0.9, -0.8, -0.65, -0.5, -0.35, -0.2, -0.1, -0.05, -0.02, -0.01, 0.0),
    *(0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 1.0, 2.0, 4.0, 9.0, 99.0, 999.0, 9999.0),
)
_BINARY = ((2.0**10, "KiB"), (2.0**20, "MiB"), (2.0**30, "GiB"), (2.0**40, "TiB"))
_CLOSEST = 0.09  # of the height: two labels nearer than this would crowd


class Ticks(Locator):
    """Ticks that a function finds between two limits."""

    def __init__(self, found: Callable[[float, float], Sequence[float]]) -> None:
        self._found = found

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        """Return the positions between two limits, in any order."""
        low, high = sorted((float(vmin), float(vmax)))
        return self._found(low, high if high > low else low + 1.0)

    def __call__(self) -> Sequence[float]:
        """Return the positions between the limits of the axis."""
        return [] if self.axis is None else self.tick_values(*self.axis.get_view_interval())


class TimeLabels(Formatter):
    """Labels in seconds, minutes or hours; the last one says which."""

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """Return the label of each tick."""
        low, high = (0.0, 1.0) if self.axis is None else sorted(self.axis.get_view_interval())
        positions, labels = TimeAxis(start_s=low, end_s=high).ticks() if high > low else ([], [])
        if not np.array_equal(positions, values):  # the user's own ticks, in seconds
            return [f"{value:g}" for value in values]
        return labels

    def __call__(self, x: float, pos: int | None = None) -> str:  # noqa: ARG002  (matplotlib's)
        """Return a position, in seconds."""
        return f"{x:.4g} s"


def use_latency(axes: Axes, which: Which, *, logarithmic: bool) -> None:
    """Give an axis a scale for latencies, or other quantities."""
    if logarithmic:
        _set_scale(axes, which, "log")
    ticks = log_ticks_between if logarithmic else linear_ticks
    _use(_axis(axes, which), Ticks(ticks), tick_label)


def use_percent(axes: Axes, which: Which) -> None:
    """Give an axis a linear scale for ratios, shown as percent."""

    def label(value: float) -> str:
        return f"{tick_label(round(value * 100, 6))} %"

    _use(_axis(axes, which), Ticks(linear_ticks), label)


def use_bytes(axes: Axes, which: Which) -> None:
    """Give an axis a linear scale for bytes, with round numbers of KiB, MiB or GiB."""

    def ticks(low: float, high: float) -> list[float]:
        size = _binary_size(max(abs(low), abs(high)))
        return [size * tick for tick in linear_ticks(low / size, high / size)]

    _use(_axis(axes, which), Ticks(ticks), format_bytes_short)


def _binary_size(value: float) -> float:
    return max((float(size) for size, _ in _BINARY if value >= size), default=1.0)


def format_bytes_short(value: float) -> str:
    """Return a size without needless digits.

    >>> format_bytes_short(1536.0), format_bytes_short(0.0), format_bytes_short(3 * 2.0**30)
    ('1.5 KiB', '0', '3 GiB')
    """
    if not value:
        return "0"
    size = _binary_size(abs(value))
    return f"{value / size:.4g} {dict(_BINARY).get(size, 'B')}"


def use_time(axes: Axes) -> None:
    """Give the horizontal axis a scale for seconds after the start."""
    axes.xaxis.set_major_locator(
        Ticks(lambda low, high: TimeAxis(start_s=low, end_s=high).ticks()[0])
    )
    axes.xaxis.set_major_formatter(TimeLabels())


def use_shares(axes: Axes, which: Which, *, percentiles: bool = False) -> None:
    """Give an axis a probability scale: 90 %, 99 % and 99.9 % lie apart.

    Data and limits stay shares of requests, 0..1.

    Args:
        axes: whose axis.
        which: of the two.
        percentiles: say `p90` instead of `90 %`.
    """
    _set_scale(axes, which, "function", functions=(_normal_score, ndtr))
    text = "p{:g}" if percentiles else "{:g} %"
    _use(
        _axis(axes, which),
        Ticks(lambda low, high: [share for share in _SHARES if low <= share <= high]),
        lambda share: text.format(round(share * 100, 4)),
    )


def use_changes(axes: Axes) -> None:
    """Give the vertical axis a scale for changes: doubling and halving lie equally far from 0."""
    _set_scale(axes, "y", "function", functions=(_log_change, np.expm1))
    _use(axes.yaxis, Ticks(_change_ticks), _change_label)


def use_names(axes: Axes, positions: Sequence[float], labels: Sequence[str]) -> None:
    """Give the vertical axis a label for each of some positions."""
    axes.yaxis.set_major_locator(FixedLocator(list(positions)))
    axes.set_yticks(list(positions), labels=list(labels), parse_math=False, usetex=False)


def _axis(axes: Axes, which: Which) -> Axis:
    return axes.xaxis if which == "x" else axes.yaxis


def _set_scale(axes: Axes, which: Which, name: str, **settings: object) -> None:
    (axes.set_xscale if which == "x" else axes.set_yscale)(name, **settings)


def _use(axis: Axis, locator: Locator, label: Callable[[float], str]) -> None:
    axis.set_major_locator(locator)
    axis.set_major_formatter(FuncFormatter(lambda value, _: label(value)))
    axis.set_minor_locator(NullLocator())


def log_ticks_between(low: float, high: float) -> list[float]:
    """Return positions of 1, 2, 5 times powers of ten between two limits above 0."""
    return log_ticks(max(low, 1e-9), max(high, 1e-8))


def _change_ticks(low: float, high: float) -> list[float]:
    """Return no change, and from it outwards what has room."""
    bottom, top = _score_of_change(low), _score_of_change(high)
    inside = [change for change in _CHANGES if bottom <= _score_of_change(change) <= top]
    kept: list[float] = []
    for candidate in sorted(inside, key=lambda change: (abs(_score_of_change(change)), change)):
        place = _score_of_change(candidate)
        distances = [abs(place - _score_of_change(other)) for other in kept]
        if all(distance >= _CLOSEST * (top - bottom) for distance in distances):
            kept.append(candidate)
    return sorted(kept)


def _change_label(change: float) -> str:
    return f"{change * 100:+g} %" if change else "0 %"


def _score_of_change(change: float) -> float:
    return float(np.log1p(max(change, -0.9999)))


def _log_change(change: Floats) -> Floats:
    found: Floats = np.log1p(np.maximum(change, -0.9999))
    return found


def _normal_score(share: Floats) -> Floats:
    found: Floats = ndtri(np.clip(share, 1e-7, 1 - 1e-7))
    return found


def latency_limits(values: Floats) -> tuple[float, float]:
    """Return limits of a logarithmic axis for latencies: at least a factor of two apart."""
    known = values[np.isfinite(values) & (values > 0)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.1, 1.0)
    middle = (low * high) ** 0.5
    return min(low / 1.04, middle / 1.5), max(high * 1.04, middle * 1.5)


def drawn_values(axes: Axes, which: Which) -> Floats:
    """Return the coordinates of every line in some Axes: those of earlier plots too."""
    found = [
        np.asarray(line.get_xdata() if which == "x" else line.get_ydata(), dtype=np.float64)
        for line in axes.get_lines()
        if line.get_transform() == axes.transData
    ]
    return np.concatenate(found) if found else np.empty(0)
