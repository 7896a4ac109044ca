"""Turn a matplotlib figure into SVG that lives inside an HTML page.

matplotlib draws lines and areas, the page's style sheet colours them. The SVG that matplotlib
writes is reduced to its geometry: every artist carries its CSS classes as `gid`, and an artist
without one is not drawn. So one chart follows light mode, dark mode and print, holds no id that
another chart could repeat, no style that a Content-Security-Policy would refuse, and is a tenth
of the size. Axes and their labels are ours (`panel`): those of matplotlib lay out each label as if
its font were to be embedded, and took five sixths of the time.

Rejected: pyplot (keeps global state in the user's process) and images (blurred, one colour
scheme, no text for search and screen readers).
"""

from __future__ import annotations

import io
import re
import threading
import xml.etree.ElementTree as ET
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib.style
from markupsafe import Markup
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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


class Drawing(Figure):
    """A figure whose texts are kept apart, as elements of SVG.

    Its points, pixels and dots are the same.
    """

    def __init__(self, height: int) -> None:
        """Make it `WIDTH` by `height` CSS pixels."""
        size = WIDTH / _POINTS_PER_INCH, height / _POINTS_PER_INCH
        super().__init__(figsize=size, dpi=_POINTS_PER_INCH)
        self.patch.set_visible(False)
        self.height = height
        self.texts_beside: list[Markup] = []

    def write(self, text: str, x: float, y: float, *, classes: str) -> None:
        """Write our own words, or numbers, at a place counted from the upper left corner."""
        if text:
            element = Markup('<text class="{}" x="{:.1f}" y="{:.1f}">{}</text>')
            self.texts_beside.append(element.format(classes, x, y, text))


def inline_svg(
    figure: Drawing,
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
    figure.savefig(buffer, format="svg", metadata=nothing)
    root = ET.fromstring(buffer.getvalue())  # noqa: S314  (matplotlib wrote it a line ago)
    width, height = root.attrib["viewBox"].split()[2:]
    drawn = [Markup('<path class="{}" d="{}"/>').format(*path) for path in beneath]
    drawn += _elements(root)
    drawn += figure.texts_beside
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}. {}">{}</svg>'
    ).format(width, height, title, description, Markup("").join(drawn))


def _elements(root: ET.Element) -> Iterator[Markup]:
    """Yield the drawn elements, flat; neighbouring lines of one class become one path.

    matplotlib writes a line of nothing but gaps as a path without data.
    """
    classes, data = "", ""
    for found, element in _drawn(root, ""):
        if found != classes and data:
            yield Markup('<path class="{}" d="{}"/>').format(classes, data)
            data = ""
        classes = found
        data += path_data(element.attrib.get("d", ""))
    if data:
        yield Markup('<path class="{}" d="{}"/>').format(classes, data)


def _drawn(element: ET.Element, classes: str) -> Iterator[tuple[str, ET.Element]]:
    """Yield paths below an element with the classes of the artist they belong to.

    matplotlib numbers the groups of artists without a gid: `axes_1`, `line2d_7`, `patch_3`.
    """
    found = element.attrib.get("id", "")
    if element.tag == f"{_SVG}g" and found and not re.search(r"_\d+$", found):
        classes = found
    if classes and element.tag == f"{_SVG}path":
        yield classes, element
    for child in element:
        if child.tag != f"{_SVG}defs":
            yield from _drawn(child, classes)


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
