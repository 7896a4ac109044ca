"""Synthetic runs: requests spread evenly over time, windows, totals and series."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from perfanalysis.model.intervals import INTERVALS
from perfanalysis.model.requests import REQUESTS, TIMESTAMP

# 2026-01-01T00:00:00Z, also a multiple of 128 s: windows of any width start here.
START_US = 1_767_225_600_000_000


def times(offsets_s):
    microseconds = START_US + np.round(np.asarray(offsets_s, dtype=np.float64) * 1e6)
    return pa.array(microseconds.astype(np.int64), TIMESTAMP)


@pytest.fixture(scope="session")
def load_of():
    """Make requests of one name, evenly over `seconds` in the order given.

    `ok` is one answer for all or one for each; a latency of NaN stands for none.
    """

    def make(name, latencies_ms, *, seconds=32.0, offset_s=0.0, ok=True, kind="request", **columns):
        values = np.asarray(latencies_ms, dtype=np.float64)
        n = len(values)
        offsets = offset_s + np.arange(n) * (seconds / max(n, 1))
        table = {
            "started_at": times(offsets),
            "name": pa.array([name] * n, pa.string()),
            "latency_ms": pa.array(values, pa.float64(), mask=np.isnan(values)),
            "ok": pa.array(np.broadcast_to(np.asarray(ok, dtype=bool), n)),
            "kind": pa.array([kind] * n, pa.string()),
        }
        for column, value in columns.items():
            whole = value if isinstance(value, list) else [value] * n
            table[column] = pa.array(whole, REQUESTS.field(column).type)
        return pa.RecordBatch.from_pydict(table)

    return make


@pytest.fixture(scope="session")
def rows_run(write_run):
    """Make a run of batches of requests."""

    def make(*batches, series=(), intervals=(), **known):
        tables = {"requests": batches, "intervals": intervals, "series": series}
        return write_run(tables, **known)

    return make


@pytest.fixture(scope="session")
def lognormal():
    """Latencies at even steps of probability, shuffled: no seed moves their quantiles."""
    from scipy.special import ndtri

    def make(median, sd, n, seed=1):
        values = median * np.exp(sd * ndtri((np.arange(n) + 0.5) / n))
        return np.random.default_rng(seed).permutation(values)

    return make


@pytest.fixture(scope="session")
def interval_rows():
    """Make a batch of intervals from one dictionary a row; offsets in seconds, None for none."""

    def make(*rows):
        filled = []
        for row in rows:
            entry = {"scope": "run", "kind": "request", "failures": 0} | row
            offset = entry.pop("offset_s", None)
            entry["started_at"] = None if offset is None else START_US + round(offset * 1e6)
            if "quantiles" in entry:
                entry["quantiles"] = [
                    {"q": q, "latency_ms": value} for q, value in entry["quantiles"].items()
                ]
            filled.append(entry)
        return pa.RecordBatch.from_pylist(filled, schema=INTERVALS)

    return make


@pytest.fixture(scope="session")
def series_of():
    """Make one series, a value a second."""

    def make(metric, values, *, kind="gauge", unit=None, labels=None, step_s=1.0, offset_s=0.0):
        n = len(values)
        pairs = None if labels is None else list(labels.items())
        return pa.RecordBatch.from_pydict(
            {
                "time": times(offset_s + np.arange(n) * step_s),
                "metric": pa.array([metric] * n),
                "value": pa.array(values, pa.float64()),
                "unit": pa.array([unit] * n, pa.string()),
                "kind": pa.array([kind] * n),
                "labels": pa.array([pairs] * n, pa.map_(pa.string(), pa.string())),
            }
        )

    return make
