"""Units: how numbers are printed for people, and how people's numbers are read.

Inside perfanalysis latencies are milliseconds, rates are ratios 0..1, sizes are bytes.
"""

from __future__ import annotations

import math
import re

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_SPAN = re.compile(r"\s*(\d+\.?\d*|\.\d+)\s*(ms|min|s|m|h)", re.ASCII)
_QUANTITY = re.compile(r"^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(%|[A-Za-zµ/]*)\s*$")


def significant(value: float, digits: int = 3) -> str:
    """Return a number with a number of significant digits and no exponent.

    >>> significant(1234.5), significant(0.034567), significant(9.999), significant(0.0)
    ('1234', '0.0346', '10.0', '0')
    """
    if value == 0:
        return "0"
    if not math.isfinite(value):
        return str(value)
    # Rounding may add a digit (9.999 is 10.0): the magnitude is that of the rounded number.
    magnitude = int(f"{value:.{digits - 1}e}".partition("e")[2])
    return f"{value:.{min(max(0, digits - 1 - magnitude), 12)}f}"


def format_ms(value: float | None) -> str:
    """Return a latency in milliseconds; a dash where there is none.

    >>> format_ms(41.03), format_ms(0.5331), format_ms(12034.7), format_ms(None)
    ('41.0 ms', '0.533 ms', '12035 ms', '–')
    """
    return "–" if value is None else f"{significant(value)} ms"


def format_count(value: int) -> str:
    """Return a count, thousands set apart by thin spaces.

    >>> format_count(18204)
    '18\u202f204'
    """
    return f"{value:,}".replace(",", "\u202f")


def format_ratio(value: float | None, digits: int = 3) -> str:
    """Return a ratio 0..1 as percent; a dash where there is none.

    >>> format_ratio(0.00217), format_ratio(0.05), format_ratio(None)
    ('0.217 %', '5 %', '–')
    """
    if value is None:
        return "–"
    text = significant(value * 100, digits)
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"


def format_change(value: float | None) -> str:
    """Return a relative change with its sign; a dash where there is none.

    >>> format_change(0.203), format_change(-0.0421), format_change(0.0)
    ('+20.3 %', '-4.2 %', '0.0 %')
    """
    if value is None:
        return "–"
    text = f"{value * 100:+.1f}"
    return f"{'0.0' if text in ('+0.0', '-0.0') else text} %"


def format_rate(value: float | None) -> str:
    """Return a rate per second; a dash where there is none.

    >>> format_rate(203.9135)
    '204 /s'
    """
    return "–" if value is None else f"{significant(value)} /s"


def format_quantity(value: float | None, unit: str) -> str:
    """Return a value in its metric's unit: `ms`, `ratio`, `1/s`, `%`, `bytes` or any other.

    >>> format_quantity(0.01, "ratio"), format_quantity(12.0, "ms"), format_quantity(3.0, "MiB")
    ('1 %', '12.0 ms', '3.00 MiB')
    """
    if value is None:
        return "–"
    if unit == "ms":
        return format_ms(value)
    if unit == "ratio":
        return format_ratio(value)
    if unit == "1/s":
        return format_rate(value)
    if unit == "bytes":
        return format_bytes(value)
    return f"{significant(value)} {unit}".strip()


def format_bytes(value: float | None) -> str:
    """Return a size in binary units.

    >>> format_bytes(1536), format_bytes(None)
    ('1.50 KiB', '–')
    """
    if value is None:
        return "–"
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(value) < 1024:
            return f"{significant(value)} {unit}" if unit != "B" else f"{value:.0f} B"
        value /= 1024
    return f"{significant(value)} TiB"


def parse_ratio(text: str) -> float:
    """Return a ratio written as `5%`, `5 %` or `0.05`.

    Raises:
        ValueError: the text is no ratio.

    >>> parse_ratio("5 %"), parse_ratio("0.05")
    (0.05, 0.05)
    """
    found = _QUANTITY.match(text)
    if found is None or found.group(2) not in ("", "%"):
        raise ValueError(f"expected a ratio such as '5%' or '0.05', found {text!r}")
    number = float(found.group(1))
    return number / 100 if found.group(2) == "%" else number


def parse_duration(text: str) -> float:
    """Return seconds for a duration with its unit: `500ms`, `30 s`, `2m`, `1h30m`.

    Raises:
        ValueError: the text is no duration, or has no unit.

    >>> parse_duration("1h30m"), parse_duration("250 ms")
    (5400.0, 0.25)
    """
    parts = _SPAN.findall(text)
    if not parts or _SPAN.sub("", text).strip():
        raise ValueError(f"expected a duration such as '500ms', '30s' or '2m', found {text!r}")
    # Thousandths first: 0.1 + 0.2 must not print as 0.30000000000000004.
    return sum(round(float(number) * _SECONDS[unit] * 1000, 6) for number, unit in parts) / 1000
