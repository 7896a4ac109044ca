"""Text in plots: strangers' names as they are, and only what the fonts can write.

Between two dollars matplotlib sees a formula, and with `text.usetex` TeX would run what a name
says. Neither may happen to a name from a result file, nor may a name that no font can write
fill the notebook with warnings. Texts of ours are in the language of the reports, unless no font
can write that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import matplotlib as mpl
from matplotlib import font_manager

from perfanalysis.reports.escape import shortened, terminal_text
from perfanalysis.reports.language import (
    ENGLISH,
    current_language,
    gettext,
    in_language,
    translated,
)
from perfanalysis.reports.wording import name_text

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.text import Text

_WIDEST_NAME = 40  # terminal cells
_WIDEST_SENTENCE = 200
_MISSING = "\u25a1"
# What writes Chinese, Japanese and Korean on Linux, macOS and Windows.
_EAST_ASIAN = (
    *("Noto Sans CJK JP", "Noto Sans JP", "Source Han Sans JP", "IPAexGothic", "IPAGothic"),
    *("TakaoPGothic", "VL PGothic", "Hiragino Sans", "Yu Gothic", "Meiryo", "MS Gothic"),
    *("Noto Sans CJK SC", "WenQuanYi Zen Hei", "PingFang SC", "Microsoft YaHei"),
    *("Droid Sans Fallback", "Arial Unicode MS"),
)


@contextmanager
def writable_language() -> Iterator[None]:
    """Make texts in the language of the reports if a font can write it, else in English."""
    sample = gettext("share of requests at or below")
    chosen = current_language() if _drawable(sample) == sample else ENGLISH
    with in_language(chosen):
        yield


def name_label(name: str | None, width: int = _WIDEST_NAME) -> str:
    r"""Return a name for a plot: visible, bounded, in characters that its font has.

    >>> name_label("search"), name_label(None), name_label("a\nb")
    ('search', 'all requests', 'a⏎b')
    """
    return _drawable(shortened(terminal_text(name_text(name)), width))


def sentence_label(text: str) -> str:
    """Return a sentence about what was found, which may quote names, for a plot."""
    return _drawable(shortened(terminal_text(translated(text)), _WIDEST_SENTENCE))


def run_title(run: str, names: Sequence[str | None]) -> str:
    """Return the heading of a plot of one run: with the name of the requests, if it is one.

    >>> run_title("base", ["search"]), run_title("base", ["search", "login"])
    ('base: search', 'base')
    """
    if len(names) != 1:
        return name_label(run)
    return gettext("{run}: {name}").format(run=name_label(run), name=name_label(names[0]))


def write_title(axes: Axes, text: str, *, lines: Sequence[str] = ()) -> None:
    """Write a heading over Axes, and below it smaller lines."""
    literal(axes.set_title("\n".join((text, *lines)), loc="left", fontsize="medium"))


def write_labels(axes: Axes, *, x: str | None = None, y: str | None = None) -> None:
    """Name the axes; None leaves one as it is."""
    for axis, text in ((axes.xaxis, x), (axes.yaxis, y)):
        if text is not None:
            axis.set_label_text(text)
            literal(axis.label)


def write_legend(
    axes: Axes,
    artists: Sequence[Artist],
    labels: Sequence[str],
    *,
    place: Literal["best", "upper left"] = "best",
    columns: int = 1,
) -> None:
    """Say which line is which, those of earlier plots in the same Axes too; one needs no legend.

    The artists keep their labels, so that a legend which the user makes himself is as safe.
    """
    for artist, label in zip(artists, labels, strict=True):
        artist.set_label(_unparsed(label))
    handles, known = axes.get_legend_handles_labels()
    if len(handles) > 1:
        legend = axes.legend(
            handles, known, loc=place, ncols=columns, framealpha=0.75, edgecolor="none"
        )
        for text in legend.get_texts():
            text.set_usetex(False)
            text.set_fontfamily(list(_families()))


def literal(text: Text) -> None:
    """Let a text be shown as it is, in fonts that can write it."""
    text.set_parse_math(False)
    text.set_usetex(False)
    text.set_fontfamily(list(_families()))


def _unparsed(label: str) -> str:
    """Return a label that legends list and whose dollars begin no formula.

    Legends leave out labels with an underscore in front.
    """
    listed = f" {label}" if label.startswith("_") else label
    return listed.replace("$", r"\$") if mpl.rcParams["text.parse_math"] else listed


def _drawable(text: str) -> str:
    """Return a text with a box for each character that no font has."""
    return "".join(char if _has_glyph(char, _families()) else _MISSING for char in text)


def _families() -> tuple[str, ...]:
    """Return the families of the user's settings, and one that writes Chinese and Japanese."""
    chosen = tuple(mpl.rcParams["font.family"])
    return (*chosen, *(family for family in _east_asian() if family not in chosen))


@lru_cache(maxsize=1)
def _east_asian() -> tuple[str, ...]:
    known = set(font_manager.get_font_names())
    return tuple(family for family in _EAST_ASIAN if family in known)[:1]


@lru_cache(maxsize=4096)
def _has_glyph(char: str, families: tuple[str, ...]) -> bool:
    paths = [
        font_manager.findfont(font_manager.FontProperties(family=[family])) for family in families
    ]
    return any(font_manager.get_font(path).get_char_index(ord(char)) for path in paths)
