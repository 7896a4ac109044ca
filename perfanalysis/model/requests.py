"""The request table: one row per timed operation."""

from __future__ import annotations

from enum import StrEnum

import pyarrow as pa

TIMESTAMP = pa.timestamp("us", tz="UTC")
LABELS = pa.map_(pa.string(), pa.string())


class Kind(StrEnum):
    """What a row timed. Only `request` rows are added to totals."""

    REQUEST = "request"
    TRANSACTION = "transaction"
    ITERATION = "iteration"
    CHECK = "check"


REQUESTS = pa.schema(
    [
        pa.field("started_at", TIMESTAMP, nullable=False),
        pa.field("name", pa.string(), nullable=False),
        # Null where the operation has no duration: skipped, or a check.
        pa.field("latency_ms", pa.float64()),
        pa.field("ok", pa.bool_(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("group", pa.string()),
        pa.field("scenario", pa.string()),
        pa.field("method", pa.string()),
        # Text: JMeter and pgbench have words where HTTP has numbers.
        pa.field("status", pa.string()),
        pa.field("error", pa.string()),
        pa.field("worker", pa.string()),
        pa.field("bytes_sent", pa.int64()),
        pa.field("bytes_received", pa.int64()),
        # The intended start in an open model: with `started_at` it shows coordinated omission.
        pa.field("scheduled_at", TIMESTAMP),
        pa.field("blocked_ms", pa.float64()),
        pa.field("connect_ms", pa.float64()),
        pa.field("tls_ms", pa.float64()),
        pa.field("send_ms", pa.float64()),
        pa.field("wait_ms", pa.float64()),
        pa.field("receive_ms", pa.float64()),
        pa.field("tags", LABELS),
    ]
)
