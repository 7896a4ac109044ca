"""Sparklines: a course of figures in one line of text.

Eight block characters from the lowest to the highest figure; where only ASCII can be shown, as
many levels of ASCII characters. What is missing is a blank.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

BLOCKS = "▁▂▃▄▅▆▇█"
# By how high their ink stands.
ASCII_LEVELS = "_.-~=+*#"
_GAP = " "


def sparkline(values: Sequence[float | None], *, width: int, ascii_only: bool = False) -> str:
    """Return figures as characters, at most `width` of them.

    The scale begins at the lowest figure, unless all figures are alike: a spread of less than a
    tenth of the highest would make mountains of noise, so the scale is at least that wide.

    Args:
        values: in their order; None or NaN where there is none. Neighbours are averaged where
            there are more than `width`.
        width: at least 1.
        ascii_only: use ASCII characters only.

    >>> sparkline([1, 2, None, 4, 8], width=10)
    '▁▂ ▄█'
    >>> sparkline([100, 101, 100], width=10), sparkline([1, 2, 4, 8], width=4, ascii_only=True)
    ('▄▅▄', '_.~#')
    """
    levels = ASCII_LEVELS if ascii_only else BLOCKS
    known = [_finite(value) for value in values]
    shown = _averaged(known, width)
    there = [value for value in shown if value is not None]
    if not there:
        return _GAP * len(shown)
    low, high = min(there), max(there)
    # As wide on both sides of the figures as it takes.
    missing = max(abs(high) / 10 - (high - low), 0.0)
    low, span = low - missing / 2, high - low + missing
    return "".join(
        _GAP if value is None else levels[_step(value - low, span, len(levels))] for value in shown
    )


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _step(above: float, span: float, levels: int) -> int:
    if span <= 0:
        return 0
    return min(int(above / span * levels), levels - 1)


def _averaged(values: Sequence[float | None], width: int) -> list[float | None]:
    n = len(values)
    if n <= width:
        return list(values)
    edges = [number * n // width for number in range(width + 1)]
    found: list[float | None] = []
    for first, end in pairwise(edges):
        part = [value for value in values[first:end] if value is not None]
        found.append(sum(part) / len(part) if part else None)
    return found
