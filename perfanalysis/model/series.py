"""The series table: values over time that are not requests."""

from __future__ import annotations

from enum import StrEnum

import pyarrow as pa

from perfanalysis.model.requests import LABELS, TIMESTAMP


class SeriesKind(StrEnum):
    """How the values of a series are read, in k6's words.

    gauge: a state (CPU, VUs); counter: an increment at each point; rate: 0 or 1 at each point;
    trend: one measured value at each point.
    """

    GAUGE = "gauge"
    COUNTER = "counter"
    RATE = "rate"
    TREND = "trend"


SERIES = pa.schema(
    [
        pa.field("time", TIMESTAMP, nullable=False),
        pa.field("metric", pa.string(), nullable=False),
        pa.field("value", pa.float64(), nullable=False),
        # "%", "ms", "bytes", "bytes/s", "1/s", ... ; null where the source does not say.
        pa.field("unit", pa.string()),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("labels", LABELS),
    ]
)
