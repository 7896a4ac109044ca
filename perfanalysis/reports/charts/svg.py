"""Turn a matplotlib figure into SVG that lives inside an HTML page.

matplotlib places lines, ticks and labels; the page's style sheet colours them. The SVG that
matplotlib writes is reduced to its geometry: every artist carries its CSS classes as `gid`, and
an artist without one is not drawn. So one chart follows light mode, dark mode and print, holds
no id that another chart could repeat, no style that a Content-Security-Policy would refuse, and
is a tenth of the size.

Rejected: pyplot (keeps global state in the user's process) and images (blurred, one colour
scheme, no text for search and screen readers).
"""

from __future__ import annotations

import io
import re
import threading
import warnings
import xml.etree.ElementTree as ET
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib.style
from markupsafe import Markup, escape
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

WIDTH = 440  # CSS pixels: three charts abreast on a desktop, one at its natural size on a phone
HEIGHT = 236
_POINTS_PER_INCH = 72
_SVG = "{http://www.w3.org/2000/svg}"
_COMMAND = re.compile(r"([MLz])([^MLz]*)")
# Whatever style the user chose for his own figures, ours start from matplotlib's defaults.
_STYLE: list[str | Path | dict[str, Any]] = [
    "default",
    {"svg.fonttype": "none", "font.size": 11, "axes.unicode_minus": False, "path.simplify": True},
]
# The style lives in process-wide settings: two threads at once would restore each other's.
_STYLE_LOCK = threading.Lock()


@contextmanager
def drawing() -> Iterator[None]:
    """Set the style under which figures are made and written, and restore the user's."""
    with _STYLE_LOCK, matplotlib.style.context(_STYLE):
        yield


def new_figure(height: int) -> Figure:
    """Return an empty figure, `WIDTH` by `height` CSS pixels."""
    figure = Figure(figsize=(WIDTH / _POINTS_PER_INCH, height / _POINTS_PER_INCH))
    figure.patch.set_visible(False)
    return figure


def add_panel(figure: Figure, *, top: int, bottom: int, left: int = 46, right: int = 12) -> Axes:
    """Return bare axes at margins from the figure's edges, in CSS pixels."""
    height = figure.get_figheight() * _POINTS_PER_INCH
    axes = figure.add_axes(
        (left / WIDTH, bottom / height, 1 - (left + right) / WIDTH, 1 - (top + bottom) / height)
    )
    axes.patch.set_visible(False)
    axes.spines[:].set_visible(False)
    axes.minorticks_off()
    axes.tick_params(bottom=False, left=False, pad=5)
    return axes


def use_logarithm(axes: Axes, which: str) -> None:
    """Make the `x` or `y` axis logarithmic, without the minor ticks, which cost half the time."""
    scale = axes.set_xscale if which == "x" else axes.set_yscale
    scale("log")
    axes.minorticks_off()


def set_ticks(axes: Axes, which: str, positions: list[float], labels: list[str]) -> None:
    """Place grid lines and labels on the `x` or `y` axis, ready for the style sheet."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_ticks(positions, labels=labels)
    axis.grid(visible=True)
    for tick in axis.get_major_ticks():
        tick.gridline.set_gid("grid")
        tick.label1.set_gid("tick")


def note(axes: Axes, text: str) -> None:
    """Write what the vertical axis shows above its upper end, where it reads without turning."""
    corner, offset = "axes fraction", "offset points"
    axes.annotate(text, (0, 1), (-40, 9), xycoords=corner, textcoords=offset, gid="note")


def inline_svg(
    figure: Figure,
    *,
    title: str,
    description: str,
    beneath: Sequence[tuple[str, str]] = (),
) -> Markup:
    """Return a figure as an `<svg>` element with a name and a description for screen readers.

    Args:
        figure: made and filled inside `drawing()`; artists to be drawn carry a `gid`.
        title: our own words, never a name from a result file.
        description: likewise.
        beneath: classes and path data, in the pixels of the figure, of what lies under all else
            and is too much for matplotlib to write.
    """
    buffer = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with warnings.catch_warnings():
        # Texts are written by the fonts of the page, which know more signs than matplotlib's own.
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from font", UserWarning)
        figure.savefig(buffer, format="svg", metadata=nothing)
    root = ET.fromstring(buffer.getvalue())  # noqa: S314  (matplotlib wrote it a line ago)
    width, height = root.attrib["viewBox"].split()[2:]
    drawn = [Markup('<path class="{}" d="{}"/>').format(*path) for path in beneath]
    drawn += _elements(root)
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}. {}">{}</svg>'
    ).format(width, height, title, description, Markup("").join(drawn))


def _elements(root: ET.Element) -> Iterator[Markup]:
    """Yield the drawn elements, flat; neighbouring lines of one class become one path.

    matplotlib writes a line of nothing but gaps as a path without data.
    """
    classes, data = "", ""
    for found, element in _drawn(root, ""):
        if element.tag == f"{_SVG}path" and found == classes:
            data += path_data(element.attrib.get("d", ""))
            continue
        if data:
            yield Markup('<path class="{}" d="{}"/>').format(classes, data)
        classes, data = "", ""
        if element.tag == f"{_SVG}path":
            classes, data = found, path_data(element.attrib.get("d", ""))
        else:
            yield _text(found, element)
    if data:
        yield Markup('<path class="{}" d="{}"/>').format(classes, data)


def _drawn(element: ET.Element, classes: str) -> Iterator[tuple[str, ET.Element]]:
    """Yield paths and texts below an element with the classes of the artist they belong to.

    matplotlib numbers the groups of artists without a gid: `axes_1`, `line2d_7`, `text_3`.
    """
    found = element.attrib.get("id", "")
    if element.tag == f"{_SVG}g" and found and not re.search(r"_\d+$", found):
        classes = found
    if classes and element.tag in (f"{_SVG}path", f"{_SVG}text"):
        yield classes, element
    for child in element:
        if child.tag != f"{_SVG}defs":
            yield from _drawn(child, classes)


def _text(classes: str, element: ET.Element) -> Markup:
    anchor = re.search(r"text-anchor: (\w+)", element.attrib["style"])
    if anchor:
        classes = f"{classes} {anchor.group(1)}"
    x, y = (f"{float(element.attrib[key]):.1f}" for key in "xy")
    return Markup('<text class="{}" x="{}" y="{}">{}</text>').format(
        classes, x, y, escape(element.text or "")
    )


def path_data(data: str) -> str:
    r"""Return SVG path data with one decimal and no needless letters.

    A point between two gaps is no line; a stroke of length zero with round ends shows it.

    >>> path_data("M 1.04 2.96 \nL 3.123456 4 \nM 5 6 \n")
    'M1 3 3.1 4M5 6h0'
    """
    text = ""
    alone = False
    for command, numbers in _COMMAND.findall(data):
        pair = " ".join(f"{float(n):.1f}".removesuffix(".0") for n in numbers.split())
        if command == "M":
            text += ("h0" if alone else "") + "M" + pair
        else:
            text += " " + pair if command == "L" else "z"
        alone = command == "M"
    return text + ("h0" if alone else "")
