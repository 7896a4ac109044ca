"""Units: how numbers are printed for people, and how people's numbers are read.

Inside perfanalysis latencies are milliseconds, rates are ratios 0..1, sizes are bytes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_QUANTITY = re.compile(rf"^\s*({_NUMBER})\s*(%|[A-Za-zµ/]*)\s*$", re.ASCII)
_LEADING_NUMBER = re.compile(_NUMBER, re.ASCII)

_BYTES = {
    "B": 1.0,
    "bytes": 1.0,
    **{f"{prefix}B": 1000.0**power for power, prefix in enumerate("kMGT", start=1)},
    "KB": 1000.0,
    **{f"{prefix}iB": 1024.0**power for power, prefix in enumerate("KMGT", start=1)},
}
_SECONDS = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "min": 60.0,
    "h": 3600.0,
}
_SPAN_SECONDS = {**_SECONDS, "m": 60.0}
_SPAN = re.compile(r"\s*(\d+\.?\d*|\.\d+)\s*(ms|min|s|m|h)", re.ASCII)
# What people may write for a unit, and how many of that unit it is. A bare number is one.
_SCALES: dict[str, dict[str, float]] = {
    "ms": {unit: seconds * 1000 for unit, seconds in _SECONDS.items()},
    "s": _SECONDS,
    "1/s": {
        **dict.fromkeys(("/s", "1/s", "rps", "req/s", "requests/s"), 1.0),
        **dict.fromkeys(("/min", "1/min", "req/min", "requests/min"), 1 / 60),
        **dict.fromkeys(("/h", "1/h", "req/h", "requests/h"), 1 / 3600),
    },
    "ratio": {"%": 0.01},
    "%": {"%": 1.0},
    "bytes": _BYTES,
    "bytes/s": {f"{unit}/s": scale for unit, scale in _BYTES.items()},
    "MHz": {"MHz": 1.0, "GHz": 1000.0},
    "count": {"requests": 1.0, "failures": 1.0},
}
_EXAMPLES = {
    "ms": "a duration such as '500 ms' or '1.5 s'",
    "s": "a duration such as '10 s'",
    "1/s": "a rate such as '100 /s'",
    "ratio": "a ratio such as '0.1 %' or '0.001'",
    "%": "a percentage such as '70 %'",
    "bytes": "a size such as '512 MB'",
    "bytes/s": "a rate such as '10 MB/s'",
    "MHz": "a frequency such as '2.4 GHz'",
    "count": "a number",
}


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


def format_share(value: float) -> str:
    """Return a ratio near 1 as percent, with enough digits to tell it from 1.

    >>> format_share(0.99953), format_share(0.95), format_share(1.0)
    ('99.953 %', '95 %', '100 %')
    """
    missing = abs(1 - value) * 100
    if not 0 < missing < 10:
        return format_ratio(value)
    decimals = max(len(significant(missing, 2).partition(".")[2]), 1)
    return f"{f'{value * 100:.{decimals}f}'.rstrip('0').rstrip('.')} %"


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

    >>> format_quantity(0.01, "ratio"), format_quantity(12.0, "ms"), format_quantity(7.0, "count")
    ('1 %', '12.0 ms', '7')
    """
    if value is None:
        return "–"
    formats: dict[str, Callable[[float], str]] = {
        "ms": format_ms,
        "ratio": format_ratio,
        "1/s": format_rate,
        "bytes": format_bytes,
        "bytes/s": lambda rate: f"{format_bytes(rate)}/s",
        "count": _format_whole,
    }
    known = formats.get(unit)
    return f"{significant(value)} {unit}".strip() if known is None else known(value)


def _format_whole(value: float) -> str:
    return format_count(round(value)) if value == round(value) else significant(value)


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
    spans_ms = [float(number) * _SPAN_SECONDS[unit] * 1000 for number, unit in parts]
    return sum(round(span_ms, 6) for span_ms in spans_ms) / 1000


def parse_quantity(text: str, unit: str | None) -> float:
    """Return what people wrote, in a unit of ours: `1.5 s` is 1500 in `ms`.

    A bare number is in that unit already. Sizes take decimal (`MB`) and binary (`MiB`) prefixes.

    Args:
        text: a number, and perhaps a unit.
        unit: `ms`, `s`, `1/s`, `ratio`, `%`, `bytes`, `bytes/s`, `count`; any other is only
            itself; None knows numbers only.

    Raises:
        ValueError: the text is none of that; the message says what was expected.

    >>> parse_quantity("1.5 s", "ms"), parse_quantity("0.1 %", "ratio"), parse_quantity("9", "ms")
    (1500.0, 0.001, 9.0)
    """
    found = _LEADING_NUMBER.match(text.strip())
    number = float(found.group()) if found else math.nan
    written = text.strip()[found.end() :].strip() if found else ""
    scales = {"": 1.0, **(_SCALES.get(unit, {unit: 1.0}) if unit else {})}
    if not math.isfinite(number) or written not in scales:
        expected = _EXAMPLES.get(unit or "", f"a number of {unit}" if unit else "a number alone")
        raise ValueError(f"expected {expected}, found {text!r}")
    value = number * scales[written]
    # 0.3 % is 0.003, not 0.0030000000000000001: limits are printed and compared as written.
    return float(f"{value:.15g}")


def range_text(low: str | None, high: str | None) -> str | None:
    """Return a range between two quantities, their unit said once; None where both ends are open.

    >>> range_text("462 ms", "519 ms"), range_text("0.9 s", "1.2 min"), range_text("90 ms", None)
    ('462 to 519 ms', '0.9 s to 1.2 min', 'at least 90 ms')
    """
    if low is None or high is None:
        if low is not None:
            return f"at least {low}"
        return None if high is None else f"at most {high}"
    first, space, unit = low.partition(" ")
    return f"{first if high.endswith(f'{space}{unit}') else low} to {high}"
