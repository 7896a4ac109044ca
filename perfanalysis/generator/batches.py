"""From packed rows to Arrow batches, in the process that records."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from perfanalysis.generator.frames import NONE, ROW, ROW_FIELDS, RowKind
from perfanalysis.model.requests import LABELS, TIMESTAMP, Kind

_DTYPE = np.dtype(list(ROW_FIELDS))
_KINDS = {
    RowKind.REQUEST: Kind.REQUEST,
    RowKind.TRANSACTION: Kind.TRANSACTION,
    RowKind.ITERATION: Kind.ITERATION,
    RowKind.CHECK: Kind.CHECK,
}
_PHASES = ("blocked", "connect", "tls", "send", "wait", "receive")
_STATUSES = pa.array([str(status) for status in range(1000)])

Rows = npt.NDArray[np.void]


class Outcomes(NamedTuple):
    """Requests that came in together: how many, how many failed, and what they took if anything."""

    requests: int
    failures: int
    latencies_ms: npt.NDArray[np.float64]


class RowDecoder:
    """Makes batches of the packed rows of one worker.

    Args:
        worker: what the rows are told to come from.
        utc_offset_ns: what is added to the monotonic clock to get the time since 1970.
    """

    def __init__(self, worker: str, utc_offset_ns: int) -> None:
        self._worker = worker
        self._utc_offset_ns = utc_offset_ns
        self._labels: list[list[Any]] = []
        self._errors: list[str | None] = [None]
        self._columns: dict[str, pa.Array] | None = None

    def add_labels(self, payload: bytes) -> None:
        """Take new labels; their numbers go on from the last one."""
        self._labels += json.loads(payload)
        self._columns = None

    def add_errors(self, payload: bytes) -> None:
        """Take new error texts; their numbers go on from the last one."""
        self._errors += json.loads(payload)

    def rows(self, payload: bytes) -> Rows:
        """Return packed rows as a structured array."""
        whole = len(payload) // ROW.size
        return np.frombuffer(payload, dtype=_DTYPE, count=whole)

    def outcomes(self, rows: Rows) -> Outcomes:
        """Return what a live view tells of the requests among some rows."""
        kinds = np.array([label[0] for label in self._labels])
        requests = rows[kinds[rows["label"]] == RowKind.REQUEST]
        latency = requests["latency"]
        return Outcomes(
            requests=len(requests),
            failures=int(np.count_nonzero(~requests["ok"])),
            latencies_ms=latency[latency != NONE] / 1e6,
        )

    def batch(self, rows: Rows) -> pa.RecordBatch:
        """Return rows as a batch of requests."""
        label = pa.array(rows["label"])
        texts = self._label_columns()
        started_us = (rows["started"] + self._utc_offset_ns) // 1000
        scheduled = rows["scheduled"]
        scheduled_us = (scheduled + self._utc_offset_ns) // 1000
        status = rows["status"]
        columns = {
            "started_at": pa.array(started_us).cast(TIMESTAMP),
            "name": texts["name"].take(label),
            "latency_ms": _milliseconds(rows["latency"]),
            "ok": pa.array(rows["ok"]),
            "kind": texts["kind"].take(label),
            "group": texts["group"].take(label),
            "scenario": texts["scenario"].take(label),
            "method": texts["method"].take(label),
            "status": _STATUSES.take(pa.array(np.minimum(status, 999), mask=status == 0)),
            "error": pa.array(self._errors, pa.string()).take(pa.array(rows["error"])),
            "worker": pa.repeat(self._worker, len(rows)),
            "bytes_sent": pa.array(rows["sent"].astype(np.int64), mask=~rows["exchanged"]),
            "bytes_received": pa.array(rows["received"], mask=~rows["exchanged"]),
            "scheduled_at": pa.array(scheduled_us, mask=scheduled == 0).cast(TIMESTAMP),
        }
        columns |= {f"{phase}_ms": _milliseconds(rows[phase]) for phase in _PHASES}
        columns["tags"] = texts["tags"].take(label)
        return pa.RecordBatch.from_pydict(columns)

    def _label_columns(self) -> dict[str, pa.Array]:
        if self._columns is None:
            kinds, names, methods, groups, scenarios, tags = (
                zip(*self._labels, strict=True) if self._labels else ((),) * 6
            )
            text: Callable[[Any], pa.Array] = lambda values: pa.array(values, pa.string())  # noqa: E731
            self._columns = {
                "kind": text([_KINDS[RowKind(kind)].value for kind in kinds]),
                "name": text(names),
                "method": text(methods),
                "group": text(groups),
                "scenario": text(scenarios),
                "tags": pa.array([[*map(tuple, pairs)] or None for pairs in tags], LABELS),
            }
        return self._columns


def _milliseconds(nanoseconds: npt.NDArray[np.int64]) -> pa.Array:
    values = np.ascontiguousarray(nanoseconds)
    return pa.array(values / 1e6, mask=values == NONE)
