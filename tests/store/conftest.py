"""Batches of requests to write."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from perfanalysis.model.run import Environment
from perfanalysis.store.writer import Provenance

START = datetime(2026, 1, 1, tzinfo=UTC)
START_US = int(START.timestamp() * 1e6)


@pytest.fixture
def batch_of():
    """Make a batch from offsets in seconds and latencies."""

    def make(offsets_s, latencies_ms, *, name="search", ok=True, kind="request"):
        n = len(offsets_s)
        times = START_US + (np.asarray(offsets_s, dtype=np.float64) * 1e6).astype(np.int64)
        return pa.RecordBatch.from_pydict(
            {
                "started_at": pa.array(times, pa.timestamp("us", tz="UTC")),
                "name": pa.array([name] * n),
                "latency_ms": pa.array(latencies_ms, pa.float64()),
                "ok": pa.array([ok] * n),
                "kind": pa.array([kind] * n),
            }
        )

    return make


@pytest.fixture
def provenance():
    return Provenance(
        id="0123456789ab",
        name="nightly",
        tool="k6",
        tool_version=None,
        started_at=None,
        duration_s=None,
        clock_resolution_ms=None,
        rejected_rows=0,
        sources=(),
        environment=Environment(),
        commit=None,
        tags={"branch": "main"},
        thresholds=(),
        caveats=(),
    )
