"""Lines of a plot: whose they are, and so which colour and which entry of the legend they get."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from perfanalysis.errors import UsageError
from perfanalysis.reports.language import gettext as _
from perfanalysis.reports.plots.colors import MOST_LINES, Role, color_of
from perfanalysis.reports.plots.lettering import name_label, write_legend

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

T = TypeVar("T")
Side = Literal["baseline", "current"]

_FEW_RUNS = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class Line(Generic[T]):
    """One line.

    Attributes:
        side: of a comparison; None where the lines are of one run.
        name: of the run where there is a side; else of what the line shows.
        data: what is drawn.
    """

    side: Side | None
    name: str | None
    data: T


@dataclass(frozen=True, kw_only=True)
class Style:
    """How a line is drawn: keyword arguments of matplotlib, and its entry in the legend."""

    drawing: dict[str, Any]
    label: str


def styles(lines: Sequence[Line[T]], axes: Axes) -> list[Style]:
    """Return a style for each line; runs of one side share theirs.

    Lines of one run go on where earlier plots in the same Axes left off.

    Raises:
        UsageError: more lines than colours can tell apart.
    """
    first = len(axes.get_legend_handles_labels()[0])
    keys = list(dict.fromkeys(line.name for line in lines if line.side is None))
    if first + len(keys) > MOST_LINES:
        raise UsageError(
            f"expected at most {MOST_LINES} lines, found {first + len(keys)}",
            hint="more could not be told apart: choose some names",
        )
    found = []
    for line in lines:
        role: Role = line.side or first + keys.index(line.name)
        alike = [other for other in lines if other.side == line.side]
        many = line.side is not None and len(alike) > _FEW_RUNS
        drawing = {
            "color": color_of(role, axes),
            "linewidth": 1.0 if many else 1.8,
            "alpha": 0.75 if many else 1.0,
            "zorder": 2.5 if line.side == "current" else 2.2,
        }
        found.append(Style(drawing=drawing, label=_label(line, len(alike))))
    return found


def _label(line: Line[T], runs: int) -> str:
    match line.side:
        case None:
            return name_label(line.name)
        case "current" if runs == 1:
            return _("current: {name}").format(name=name_label(line.name))
        case "baseline" if runs == 1:
            return _("baseline: {name}").format(name=name_label(line.name))
        case "current":
            return _("current ({runs} runs)").format(runs=runs)
        case "baseline":
            return _("baseline ({runs} runs)").format(runs=runs)


def tell_apart(axes: Axes, artists: Sequence[Artist], found: Sequence[Style]) -> None:
    """Write the legend: one entry for the lines of a side, none where there is one line only."""
    first: dict[str, Artist] = {}
    for artist, style in zip(artists, found, strict=True):
        first.setdefault(style.label, artist)
    write_legend(axes, list(first.values()), list(first))
