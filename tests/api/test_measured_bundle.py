"""Measuring goes on until the disk is full, and what was measured is told."""

from __future__ import annotations

from typing import NamedTuple

import pyarrow as pa

from perfanalysis.api.measured_bundle import MeasuredBundle
from perfanalysis.errors import UsageError
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.chunks import Facts, Rows
from perfanalysis.model.requests import TIMESTAMP
from perfanalysis.store.writer import bundle_writer

MIB = 1 << 20


class Usage(NamedTuple):
    free: int


def batch(n=100):
    start = 1_767_225_600_000_000
    return Rows(
        table="requests",
        batch=pa.RecordBatch.from_pydict(
            {
                "started_at": pa.array([start + i for i in range(n)], TIMESTAMP),
                "name": ["a"] * n,
                "latency_ms": [1.0] * n,
                "ok": [True] * n,
                "kind": ["request"] * n,
            }
        ),
    )


def test_a_disk_that_is_nearly_full_is_a_reason_to_stop(tmp_path, monkeypatch):
    with bundle_writer(tmp_path / "a.run") as writer:
        bundle = MeasuredBundle(writer)
        bundle.take([batch()], origin="test")
        monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(100 * MIB))
        assert bundle.reason_to_stop() is None
        monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(60 * MIB))
        assert bundle.reason_to_stop() == "the disk is nearly full: 60 MiB are free"


def test_rows_that_cannot_be_written_are_dropped_and_everything_else_is_kept(tmp_path, monkeypatch):
    with bundle_writer(tmp_path / "a.run") as writer:
        bundle = MeasuredBundle(writer)
        bundle.take([batch()], origin="test")

        def full(*arguments, **options):
            raise UsageError("the bundle cannot be written: No space left on device")

        monkeypatch.setattr(writer, "write", full)
        told = Caveat(code="stopped-early", message="stopped")
        bundle.take([batch(), Facts(tool="perfanalysis"), batch(), told], origin="test")
        assert bundle.reason_to_stop() == "the bundle cannot be written: No space left on device"
        assert list(bundle.gathered.caveats) == [told]
        assert not bundle.is_empty
