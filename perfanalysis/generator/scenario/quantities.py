"""Durations, rates and think times as people write them into a scenario file."""

from __future__ import annotations

import math
import re
from typing import Annotated, NamedTuple

from pydantic import BeforeValidator, WithJsonSchema

from perfanalysis import units

_NUMBER = r"(?:\d+\.?\d*|\.\d+)"
_RATE = re.compile(rf"\s*({_NUMBER})\s*/\s*(s|min|m|h)\s*", re.ASCII)
_PER_SECOND = {"s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0}
_DURATION_SCHEMA = r"^\s*(?:(?:\d+\.?\d*|\.\d+)\s*(?:ms|min|s|m|h)\s*)+$"
_THINK_SCHEMA = _DURATION_SCHEMA[:-1] + r"(?:-" + _DURATION_SCHEMA[1:-1] + r")?$"


class ThinkTime(NamedTuple):
    """A pause between steps, drawn evenly between two bounds; both are equal where it is fixed."""

    low_s: float
    high_s: float


def parse_duration(value: object) -> float:
    """Return seconds for a duration with its unit; a bare number has none.

    Raises:
        ValueError: it is no duration, or has no unit.

    >>> parse_duration("1h30m"), parse_duration("250 ms"), parse_duration("2 min")
    (5400.0, 0.25, 120.0)
    """
    if not isinstance(value, str):
        raise ValueError(f"expected a duration with its unit, such as '30 s', found {value!r}")  # noqa: TRY004  (pydantic reports ValueError only)
    return units.parse_duration(value)


def parse_rate(value: object) -> float:
    """Return arrivals a second for a rate with its unit: `50 /s`, `600/min`.

    Raises:
        ValueError: it is no rate, or has no unit.

    >>> parse_rate("50 /s"), parse_rate("600/min")
    (50.0, 10.0)
    """
    found = _RATE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"expected a rate with its unit, such as '50 /s', found {value!r}")
    return float(found[1]) / _PER_SECOND[found[2]]


def parse_think(value: object) -> ThinkTime:
    """Return the bounds of a think time: `2 s`, or `1 s - 3 s` for one drawn at random.

    Raises:
        ValueError: it is neither, or its bounds are the wrong way round.

    >>> parse_think("1 s - 3 s")
    ThinkTime(low_s=1.0, high_s=3.0)
    """
    if isinstance(value, ThinkTime):
        return value
    low, dash, high = value.partition("-") if isinstance(value, str) else (value, "", "")
    bounds = ThinkTime(parse_duration(low), parse_duration(high if dash else low))
    if bounds.low_s > bounds.high_s:
        raise ValueError(f"expected the shorter think time first, found {value!r}")
    return bounds


def format_duration(seconds: float) -> str:
    """Return a duration in the units people use, without fractions of what nobody needs.

    >>> format_duration(5400), format_duration(0.25), format_duration(90), format_duration(2.5)
    ('1h30m', '250 ms', '1m30s', '2.5 s')
    """
    if seconds < 1:
        return f"{seconds * 1000:g} ms"
    if seconds < 60 or not float(seconds).is_integer():
        return f"{round(seconds, 3):g} s"
    whole = math.floor(seconds)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    parts = ((hours, "h"), (minutes, "m"), (rest, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number)


Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    WithJsonSchema(
        {"type": "string", "pattern": _DURATION_SCHEMA, "examples": ["500 ms", "30 s", "1h30m"]}
    ),
]
Rate = Annotated[
    float,
    BeforeValidator(parse_rate),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\s*(?:\d+\.?\d*|\.\d+)\s*/\s*(?:s|min|m|h)\s*$",
            "examples": ["50 /s", "600 /min"],
        }
    ),
]
Think = Annotated[
    ThinkTime,
    BeforeValidator(parse_think),
    WithJsonSchema({"type": "string", "pattern": _THINK_SCHEMA, "examples": ["2 s", "1 s - 3 s"]}),
]
