"""What a worker process sends to the one that records: frames on a pipe.

A row is packed into ninety-four bytes of numbers where it is measured, and becomes a row of text
and milliseconds in the other process: a worker's time belongs to its users. Names and errors travel
once, and rows tell them by number. What a killed worker has sent is whole up to its last flush.
"""

from __future__ import annotations

import struct
from enum import IntEnum

HEADER = struct.Struct("<BI")

# started, latency, scheduled, blocked, connect, tls, send, wait, receive (nanoseconds; -1 for
# none, scheduled 0 for none), bytes received, label, bytes sent, status, error, ok, known_bytes.
ROW = struct.Struct("<qqqqqqqqqqIIHH??")
ROW_FIELDS = (
    ("started", "<i8"),
    ("latency", "<i8"),
    ("scheduled", "<i8"),
    ("blocked", "<i8"),
    ("connect", "<i8"),
    ("tls", "<i8"),
    ("send", "<i8"),
    ("wait", "<i8"),
    ("receive", "<i8"),
    ("received", "<i8"),
    ("label", "<u4"),
    ("sent", "<u4"),
    ("status", "<u2"),
    ("error", "<u2"),
    ("ok", "?"),
    ("exchanged", "?"),
)
NONE = -1
MAX_FRAME_BYTES = 64 << 20


class Frame(IntEnum):
    """What a frame holds.

    READY: the worker can start; PREPARED: what setup returned, pickled; LABELS, ERRORS: texts whose
    numbers go on from the last ones, JSON; ROWS: packed rows; SECOND: the worker's own figures of a
    second, JSON; END: how its part of the load ended, JSON; FAILED: why there was none, JSON.
    Towards the worker: PLAN: what to do, pickled; START: when to begin, pickled; STOP: do no more;
    TEARDOWN: all others have ended.
    """

    READY = 1
    PREPARED = 2
    LABELS = 3
    ERRORS = 4
    ROWS = 5
    SECOND = 6
    END = 7
    FAILED = 8
    PLAN = 16
    START = 17
    STOP = 18
    TEARDOWN = 19


class RowKind(IntEnum):
    """Kind of a row, by number: `perfanalysis.model.requests.Kind` costs a worker Arrow."""

    REQUEST = 0
    TRANSACTION = 1
    ITERATION = 2
    CHECK = 3


def packed(kind: Frame, payload: bytes | memoryview) -> bytes:
    """Return a frame as bytes."""
    return b"".join((HEADER.pack(kind, len(payload)), payload))
