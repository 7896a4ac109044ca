"""The histogram table: log-bucketed latency counts per name and time window.

Bucket numbers are those of `perfanalysis.model.buckets`; null counts rows without a latency, so
that the counts of a window add up to its requests.
"""

from __future__ import annotations

import pyarrow as pa

from perfanalysis.model.requests import TIMESTAMP

HISTOGRAMS = pa.schema(
    [
        pa.field("window", TIMESTAMP, nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("ok", pa.bool_(), nullable=False),
        pa.field("bucket", pa.int32()),
        pa.field("count", pa.int64(), nullable=False),
    ]
)
