"""The tables of a bundle from its rows, and figures from rows: sorting, counting, one at a time."""

from __future__ import annotations

import math
from typing import Any

from tests.oracle.reading import Row

FIRST_WIDTH_US = 125_000
MAX_WINDOWS = 256
GROWTH = 1.005
ZERO_BUCKET = -100_000
SMALLEST = 1e-9
QUANTILES = {"p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999}


def sorted_rows(rows: list[Row]) -> list[Row]:
    """Return request rows by their start; those that start together stay in order."""
    return sorted(rows, key=lambda row: row["started_at"])


def bucket_of(latency_ms: float) -> int:
    """Return the number of the bucket that holds a latency."""
    if latency_ms < SMALLEST:
        return ZERO_BUCKET
    return math.floor(math.log(latency_ms) / math.log(GROWTH))


def window_width_us(rows: list[Row]) -> int:
    """Return the shortest window of which a run needs no more than 256."""
    starts = [row["started_at"] for row in rows]
    width = FIRST_WIDTH_US
    while max(starts) // width - min(starts) // width >= MAX_WINDOWS:
        width *= 2
    return width


def histogram_rows(rows: list[Row]) -> list[Row]:
    """Return the histogram table, sorted by name, kind, window, outcome and bucket."""
    counts: dict[tuple[str, str, int, bool, int | None], int] = {}
    width = window_width_us(rows) if rows else FIRST_WIDTH_US
    for row in rows:
        window = row["started_at"] // width * width
        bucket = None if row["latency_ms"] is None else bucket_of(row["latency_ms"])
        key = (row["name"], row["kind"], window, row["ok"], bucket)
        counts[key] = counts.get(key, 0) + 1
    # Rows without a latency come last.
    last = sorted(counts, key=lambda key: (*key[:4], math.inf if key[4] is None else key[4]))
    return [
        {"window": window, "name": name, "kind": kind, "ok": ok, "bucket": bucket, "count": count}
        for (name, kind, window, ok, bucket), count in ((key, counts[key]) for key in last)
    ]


def duration_s(rows: list[Row]) -> float:
    """Return the seconds from the first start to the last end."""
    first = min(row["started_at"] for row in rows)
    last = max(float(row["started_at"]) + (row["latency_ms"] or 0.0) * 1e3 for row in rows)
    return (last - first) / 1e6


def quantile(values: list[float], q: float) -> float | None:
    """Return the type-7 quantile of sorted values; None with fewer than two above it."""
    if len(values) * (1 - q) < 2 - 1e-9:
        return None
    position = q * (len(values) - 1)
    low = int(position)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (position - low)


def summary_of(rows: list[Row]) -> dict[str, Any]:
    """Return counts and latencies of some rows."""
    latencies = sorted(row["latency_ms"] for row in rows if row["latency_ms"] is not None)
    received = [row["bytes_received"] for row in rows if row["bytes_received"] is not None]
    failures = sum(not row["ok"] for row in rows)
    return {
        "requests": len(rows),
        "failures": failures,
        "error_rate": failures / len(rows) if rows else None,
        "bytes_received": sum(received) if received else None,
        "mean": math.fsum(latencies) / len(latencies) if latencies else None,
        "min": latencies[0] if latencies else None,
        "max": latencies[-1] if latencies else None,
        **{key: quantile(latencies, q) for key, q in QUANTILES.items()},
    }
