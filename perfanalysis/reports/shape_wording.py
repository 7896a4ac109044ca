"""Wording of shapes: which names changed otherwise than as a whole, and which have several modes.

Nothing here is escaped, because every format escapes differently: callers escape what they get.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from perfanalysis.model.shapes import Mode, Shape, ShapeKind
from perfanalysis.reports.language import gettext as _
from perfanalysis.reports.language import listed, translated
from perfanalysis.reports.numbers import format_ms, format_ratio
from perfanalysis.reports.wording import name_text
from perfanalysis.reports.words import word

# Of a shift the results say all: every quantile moved as they did.
_CHANGED = (ShapeKind.TAIL, ShapeKind.SPREAD, ShapeKind.MIXED)


def changed_shapes(shapes: Iterable[Shape]) -> list[str]:
    """Return a sentence for each name of which some requests changed more than others."""
    return [
        f"{name_text(shape.name)}: {shape_text(shape)}"
        for shape in shapes
        if shape.kind in _CHANGED
    ]


def shape_text(shape: Shape) -> str:
    """Return which requests of a name changed, without the name.

    `a change is seen in the slowest 2 % only: p98 +98.8 %, p99 +129.3 % (tail)`.
    """
    sentence = translated(shape.sentence)
    if shape.kind is ShapeKind.NONE:
        return sentence
    return _("{sentence} ({kind})").format(sentence=sentence, kind=word(shape.kind))


def several_modes(shapes: Iterable[Shape]) -> list[str]:
    """Return a sentence for each name that has several modes on either side."""
    return [
        f"{name_text(shape.name)}: {text}"
        for shape in shapes
        if (text := modes_text(shape)) is not None
    ]


def modes_text(shape: Shape) -> str | None:
    """Return the modes of both sides, without the name; None where neither has several.

    `current 70 % around 7.93 ms, 30 % around 47.2 ms; baseline 72 % around 7.02 ms, ...`.
    """
    if max(len(shape.current_modes), len(shape.baseline_modes)) < 2:
        return None
    return _("current {current}; baseline {baseline}").format(
        current=_modes(shape.current_modes), baseline=_modes(shape.baseline_modes)
    )


def _modes(modes: Sequence[Mode]) -> str:
    if not modes:
        return _("unknown")
    if len(modes) == 1:
        return _("one mode")
    return listed(
        _("{share} around {latency}").format(
            share=format_ratio(mode.share, 2), latency=format_ms(mode.latency_ms)
        )
        for mode in modes
    )
