"""Metrics: named quantities with a unit and a direction."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from perfanalysis.errors import ConfigError

_PERCENTILE = re.compile(r"^latency\.p(\d{1,2}(?:\.\d{1,3})?)$")
_FIXED: dict[str, tuple[str, Literal["lower", "higher"]]] = {
    "latency.mean": ("ms", "lower"),
    "throughput": ("1/s", "higher"),
    "error_rate": ("ratio", "lower"),
}


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A named quantity: direction and unit belong to it, so no comparison knows "latency".

    Attributes:
        key: `latency.p95`, `latency.mean`, `throughput`, `error_rate`.
        unit: `ms`, `1/s`, `ratio`.
        better: the direction that users want.
        quantile: 0..1 for a percentile of latency, else None.
    """

    key: str
    unit: str
    better: Literal["lower", "higher"]
    quantile: float | None


def parse_metric(key: str) -> Metric:
    """Return the metric that a key names.

    Raises:
        ConfigError: the key names no metric.

    >>> parse_metric("latency.p99.9").quantile
    0.999
    """
    if key in _FIXED:
        unit, better = _FIXED[key]
        return Metric(key=key, unit=unit, better=better, quantile=None)
    found = _PERCENTILE.match(key)
    if found is None or float(found.group(1)) == 0:
        known = ", ".join(["latency.p50", "latency.p95", "latency.p99", *_FIXED])
        raise ConfigError(
            f"{key!r} is no metric; {_suggestion(key)}", hint=f"metrics are, for example: {known}"
        )
    quantile = round(float(found.group(1)) / 100, 8)
    return Metric(key=key, unit="ms", better="lower", quantile=quantile)


def _suggestion(key: str) -> str:
    from difflib import get_close_matches

    known = [f"latency.p{p}" for p in (50, 75, 90, 95, 99, "99.9")] + list(_FIXED)
    close = get_close_matches(key, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else "expected a name such as 'latency.p95'"
