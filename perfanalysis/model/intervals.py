"""The interval table: aggregates of sources that never had request rows.

One row per name and either time window (`scope` = window) or whole run (`scope` = run). Windows of
one name never overlap, so their counts add up; a run row repeats what the windows say and is never
added to them.
"""

from __future__ import annotations

from enum import StrEnum

import pyarrow as pa

from perfanalysis.model.requests import TIMESTAMP


class Scope(StrEnum):
    """What span of time a row stands for."""

    WINDOW = "window"
    RUN = "run"


QUANTILES = pa.list_(
    pa.struct(
        [
            pa.field("q", pa.float64(), nullable=False),
            pa.field("latency_ms", pa.float64(), nullable=False),
        ]
    )
)

INTERVALS = pa.schema(
    [
        pa.field("scope", pa.string(), nullable=False),
        # Null where the source does not say when it ran (most end-of-test summaries).
        pa.field("started_at", TIMESTAMP),
        pa.field("duration_s", pa.float64()),
        pa.field("name", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("requests", pa.int64(), nullable=False),
        pa.field("failures", pa.int64(), nullable=False),
        pa.field("latency_mean_ms", pa.float64()),
        pa.field("latency_stddev_ms", pa.float64()),
        pa.field("latency_min_ms", pa.float64()),
        pa.field("latency_max_ms", pa.float64()),
        pa.field("quantiles", QUANTILES),
        # Relative error bound of the quantiles: 0.05 for two significant digits; null = unknown.
        pa.field("quantile_error", pa.float64()),
        # Seconds that the quantiles look back over, where that is not this row's own window
        # (Locust's history: a sliding 10 s, or everything since the start).
        pa.field("quantile_span_s", pa.float64()),
        pa.field("bytes_received", pa.int64()),
    ]
)
