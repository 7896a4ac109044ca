"""Numbers as a reader writes them: the figures of `units`, in the language of a report.

How many digits a figure has is decided in `units`, alike everywhere. Here its digits are grouped
and its percent sign is placed as the language has it. English keeps the house's own form, which
terminals print too: `20.3 %`, and thin spaces in counts. Units (`ms`, `KiB`, `/s`) are the same in
all languages.
"""

from __future__ import annotations

import re
from copy import copy
from decimal import Decimal
from typing import TYPE_CHECKING

from perfanalysis import units
from perfanalysis.reports.language import ENGLISH, current_language, current_locale, ngettext

if TYPE_CHECKING:
    from babel.numbers import NumberPattern

_NUMBER = re.compile(r"(?<![\w.])(\d[\d\u202f]*)(\.\d+)?( %)?(?![\w.])", re.ASCII)

_FIGURE = re.compile(
    r"[<>≤≥+-]? ?(?:\d+(?:\.\d+)? (?:%|ms|s|/s|B|KiB|MiB|GiB|TiB)|\d{1,3}(?:\u202f\d{3})+)",
    re.ASCII,
)


def localized(figure: str) -> str:
    """Return a figure of `units` with its numbers as the current language writes them.

    >>> from perfanalysis.reports.language import in_language
    >>> with in_language("ja"):
    ...     localized("20.3 %"), localized("12035 ms"), localized("-0.50")
    ('20.3%', '12,035 ms', '-0.50')
    >>> localized("20.3 %")
    '20.3 %'
    """
    if current_language() == ENGLISH:
        return figure
    return _NUMBER.sub(_localized_number, figure)


def _localized_number(found: re.Match[str]) -> str:
    whole, fraction, percent = found.group(1).replace("\u202f", ""), found.group(2) or "", found[3]
    locale = current_locale()
    if locale is None:
        return found.group()
    number = Decimal(whole + fraction)
    pattern: NumberPattern = locale.decimal_formats[None]
    if percent:
        number, pattern = number / 100, locale.percent_formats[None]
    digits = copy(pattern)
    digits.frac_prec = (max(len(fraction) - 1, 0),) * 2
    text: str = digits.apply(number, locale)
    return text


def localized_quantity(figure: str) -> str:
    """Return a number and its unit, which may be a stranger's word: only the number changes.

    >>> from perfanalysis.reports.language import in_language
    >>> with in_language("ja"):
    ...     localized_quantity("12035 of 99999"), localized_quantity("5 %")
    ('12,035 of 99999', '5%')
    """
    number, space, unit = figure.partition(" ")
    if unit == "%":
        return localized(figure)
    return f"{localized(number)}{space}{unit}"


def localized_value(text: str) -> str:
    """Return a value of a sentence: a figure as the language writes it, any other text as it is.

    A name may be a number too, so only what has a unit or grouped digits is taken for a figure.

    >>> from perfanalysis.reports.language import in_language
    >>> with in_language("ja"):
    ...     localized_value("+20.3 %"), localized_value("12035 ms"), localized_value("12035")
    ('+20.3%', '12,035 ms', '12035')
    """
    return localized(text) if _FIGURE.fullmatch(text) else text


def format_ms(value: float | None) -> str:
    """Return a latency in milliseconds, as `units.format_ms`."""
    return localized(units.format_ms(value))


def format_count(value: int) -> str:
    """Return a count, as `units.format_count`."""
    return localized(units.format_count(value))


def format_ratio(value: float | None, digits: int = 3) -> str:
    """Return a ratio 0..1 as percent, as `units.format_ratio`."""
    return localized(units.format_ratio(value, digits))


def format_share(value: float) -> str:
    """Return a ratio near 1 as percent, as `units.format_share`."""
    return localized(units.format_share(value))


def format_change(value: float | None) -> str:
    """Return a relative change with its sign, as `units.format_change`."""
    return localized(units.format_change(value))


def format_rate(value: float | None) -> str:
    """Return a rate per second, as `units.format_rate`."""
    return localized(units.format_rate(value))


def format_bytes(value: float | None) -> str:
    """Return a size in binary units, as `units.format_bytes`."""
    return localized(units.format_bytes(value))


def format_quantity(value: float | None, unit: str) -> str:
    """Return a value in its metric's unit, as `units.format_quantity`."""
    return localized_quantity(units.format_quantity(value, unit))


def significant(value: float, digits: int = 3) -> str:
    """Return a number with a number of significant digits, as `units.significant`."""
    return localized(units.significant(value, digits))


def counted(singular: str, plural: str, number: int, **values: str) -> str:
    """Return the form of a text that a number needs, with the number itself as `{num}`.

    >>> counted("{num} run", "{num} runs", 3)
    '3 runs'
    """
    return ngettext(singular, plural, number).format(num=localized(str(number)), **values)
