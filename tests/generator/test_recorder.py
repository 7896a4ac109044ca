"""Rows on their way from a worker to Arrow: nothing changed, nothing unbounded."""

from __future__ import annotations

import numpy as np
import pytest

from perfanalysis.generator.batches import RowDecoder
from perfanalysis.generator.frames import HEADER, ROW, ROW_FIELDS, Frame, RowKind
from perfanalysis.generator.recorder import (
    MAX_ERRORS,
    MAX_TEXT,
    OTHER_ERRORS,
    OTHER_NAMES,
    ROWS_PER_FRAME,
    Recorder,
)
from perfanalysis.model.requests import REQUESTS
from perfanalysis.store.conform import conform

UTC_OFFSET_NS = 1_795_000_000_000_000_000


class Wire:
    """Takes frames as the recording process would."""

    def __init__(self, **options):
        self.decoder = RowDecoder("3", UTC_OFFSET_NS)
        self.batches = []
        self.recorder = Recorder(self.send, **({"max_names": 100} | options))

    def send(self, frame):
        kind, _ = HEADER.unpack_from(frame)
        payload = frame[HEADER.size :]
        if kind == Frame.LABELS:
            self.decoder.add_labels(payload)
        elif kind == Frame.ERRORS:
            self.decoder.add_errors(payload)
        else:
            self.batches.append(self.decoder.batch(self.decoder.rows(payload)))

    def rows(self):
        self.recorder.flush()
        return [row for batch in self.batches for row in batch.to_pylist()]


def test_the_packed_row_and_the_array_that_reads_it_are_the_same():
    assert np.dtype(list(ROW_FIELDS)).itemsize == ROW.size


def test_every_column_arrives():
    wire = Wire()
    label = wire.recorder.label(
        RowKind.REQUEST, "buy", method="POST", group="shop", scenario="eager", tags=(("a", "b"),)
    )
    error = wire.recorder.error("HTTP 500")
    wire.recorder.row(
        5_000_000,
        12_345_678,
        label,
        0,
        status=500,
        error=error,
        scheduled=4_000_000,
        blocked=1000,
        connect=2000,
        tls=3000,
        send=4000,
        wait=5000,
        receive=6000,
        sent=70,
        received=80,
        exchanged=1,
    )
    (row,) = wire.rows()
    assert row.pop("started_at").timestamp() == pytest.approx(1_795_000_000.005, abs=1e-6)
    assert row.pop("scheduled_at").timestamp() == pytest.approx(1_795_000_000.004, abs=1e-6)
    assert row == {
        "name": "buy",
        "latency_ms": 12.345678,
        "ok": False,
        "kind": "request",
        "group": "shop",
        "scenario": "eager",
        "method": "POST",
        "status": "500",
        "error": "HTTP 500",
        "worker": "3",
        "bytes_sent": 70,
        "bytes_received": 80,
        "blocked_ms": 0.001,
        "connect_ms": 0.002,
        "tls_ms": 0.003,
        "send_ms": 0.004,
        "wait_ms": 0.005,
        "receive_ms": 0.006,
        "tags": [("a", "b")],
    }


def test_what_is_not_known_is_null():
    wire = Wire()
    wire.recorder.row(1, -1, wire.recorder.label(RowKind.CHECK, "is cheap"), 1)
    (row,) = wire.rows()
    known = {key for key, value in row.items() if value is not None}
    assert known == {"started_at", "name", "ok", "kind", "worker"}


def test_batches_conform_to_the_schema():
    wire = Wire()
    label = wire.recorder.label(RowKind.REQUEST, "a")
    for number in range(ROWS_PER_FRAME + 10):
        wire.recorder.row(number, number, label, 1, status=200)
    wire.recorder.flush()
    assert [batch.num_rows for batch in wire.batches] == [ROWS_PER_FRAME, 10]
    for batch in wire.batches:
        assert conform(batch, REQUESTS, origin="test").schema == REQUESTS
    assert wire.recorder.rows == ROWS_PER_FRAME + 10


def test_labels_that_come_later_are_known_to_later_rows():
    wire = Wire()
    for name in ("a", "b", "a", "c"):
        wire.recorder.row(1, 1, wire.recorder.label(RowKind.REQUEST, name), 1)
        wire.recorder.flush()
    assert [row["name"] for row in wire.rows()] == ["a", "b", "a", "c"]


def test_too_many_names_are_counted_under_one_for_each_kind():
    wire = Wire(max_names=3)
    for number in range(10):
        for kind in (RowKind.REQUEST, RowKind.CHECK):
            wire.recorder.row(1, 1, wire.recorder.label(kind, f"n{number}", method="GET"), 1)
    rows = wire.rows()
    assert len(rows) == 20
    others = [row for row in rows if row["name"] == OTHER_NAMES]
    assert len(others) == 17
    assert {row["kind"] for row in others} == {"request", "check"}
    assert {row["method"] for row in others} == {None}
    assert wire.recorder.other_names == 17


def test_too_many_errors_are_counted_as_others():
    wire = Wire()
    label = wire.recorder.label(RowKind.REQUEST, "a")
    for number in range(MAX_ERRORS + 50):
        wire.recorder.row(1, 1, label, 0, error=wire.recorder.error(f"error {number}"))
    errors = [row["error"] for row in wire.rows()]
    assert len(set(errors)) == MAX_ERRORS + 1
    assert errors.count(OTHER_ERRORS) == 50


def test_strangers_texts_are_cut_and_made_storable():
    wire = Wire()
    label = wire.recorder.label(RowKind.REQUEST, "x" * 10_000 + "\udcff", group="\udc80g")
    wire.recorder.row(1, 1, label, 0, error=wire.recorder.error("\udcff" + "e" * 10_000))
    (row,) = wire.rows()
    assert row["name"] == "x" * MAX_TEXT
    assert row["group"] == "?g"
    assert row["error"] == "?" + "e" * (MAX_TEXT - 1)


def test_half_a_row_of_a_killed_worker_is_left_out():
    wire = Wire()
    label = wire.recorder.label(RowKind.REQUEST, "a")
    kept = []
    wire.recorder._send = kept.append
    for number in range(3):
        wire.recorder.row(number, 1, label, 1)
    wire.recorder.flush()
    labels, rows = kept
    wire.decoder.add_labels(labels[HEADER.size :])
    assert len(wire.decoder.rows(rows[HEADER.size : -10])) == 2


def test_requests_are_counted_for_the_live_view_and_nothing_else():
    wire = Wire()
    request = wire.recorder.label(RowKind.REQUEST, "a")
    for ok in (True, False):
        wire.recorder.row(1, 2_000_000, request, int(ok))
    wire.recorder.row(1, -1, request, 1)  # a message that was sent: no latency
    wire.recorder.row(1, 9_000_000, wire.recorder.label(RowKind.ITERATION, "i"), 0)
    sent = []
    wire.recorder._send = sent.append
    wire.recorder.flush()
    wire.decoder.add_labels(sent[0][HEADER.size :])
    told = wire.decoder.outcomes(wire.decoder.rows(sent[1][HEADER.size :]))
    assert (told.requests, told.failures, list(told.latencies_ms)) == (3, 1, [2.0, 2.0])
