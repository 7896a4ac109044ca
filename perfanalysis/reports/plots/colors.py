"""Colours of plots: Okabe and Ito's, told apart with any kind of colour vision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from matplotlib.colors import to_rgb

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Role: TypeAlias = Literal["baseline", "current"] | int

# Those of the report: on a light ground the orange is darkened to stand out.
_SIDES = {
    "light": {"baseline": "#B87400", "current": "#0072B2"},
    "dark": {"baseline": "#E69F00", "current": "#56B4E9"},
}
_LINES = {
    "light": ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B87400", "#56B4E9", "#000000"),
    "dark": ("#56B4E9", "#E69F00", "#5FD3AE", "#CC79A7", "#F0E442", "#D55E00", "#FFFFFF"),
}
_GREY = {"light": "#767676", "dark": "#A8A8A8"}
_SHADES = {
    "light": ("#D3E6F4", "#56A5D8", "#0072B2", "#00304D"),
    "dark": ("#12344A", "#0072B2", "#56B4E9", "#E4F4FF"),
}
_ALARM = {"light": "#A33A00", "dark": "#FF9B6B"}

MOST_LINES = len(_LINES["light"])


def color_of(role: Role, axes: Axes) -> str:
    """Return the colour of a side, or of the n-th line, on the ground of these Axes."""
    ground = _ground(axes)
    if isinstance(role, int):
        return _LINES[ground][role % MOST_LINES]
    return _SIDES[ground][role]


def shades(axes: Axes) -> tuple[str, ...]:
    """Return the shades of a heat map, from few to many."""
    return _SHADES[_ground(axes)]


def grey(axes: Axes) -> str:
    """Return the colour of what is neither side: tolerances, cuts, zero."""
    return _GREY[_ground(axes)]


def alarm(axes: Axes) -> str:
    """Return the colour of what is unlike the rest."""
    return _ALARM[_ground(axes)]


def _ground(axes: Axes) -> Literal["light", "dark"]:
    """Return what the Axes are drawn on; transparent ones count as light."""
    red, green, blue = to_rgb(axes.get_facecolor())
    return "light" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "dark"
