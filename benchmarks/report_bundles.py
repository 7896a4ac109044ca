"""Bundles of simulated requests with all that a report draws: 200 names, failures, series.

    python benchmarks/report_bundles.py REQUESTS CURRENT.run BASELINE.run

Ten minutes whose level wanders, as that of real machines does. Some names are a hundred times as
frequent as others; the current run is a tenth slower.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from bundles import START_US, provenance

from perfanalysis.model.requests import TIMESTAMP
from perfanalysis.model.series import SERIES
from perfanalysis.store.writer import bundle_writer

NAMES = tuple(f"GET /api/v1/resources/{number}/items" for number in range(200))
STATUSES = ("200", "500", "502", "503", "0")
ERRORS = tuple(f"error {number}" for number in range(40))
CORES = 12
_SECONDS = 600
_BATCH = 500_000
_FAILING = 0.002

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Load:
    """How often each name is asked for, its median in ms, and the log level of each second."""

    weights: Floats
    median_ms: Floats
    level: Floats


def _load(rng: np.random.Generator, factor: float) -> Load:
    level = np.zeros(_SECONDS + 1)
    for second in range(1, len(level)):
        level[second] = 0.9 * level[second - 1] + rng.normal(0, 0.05)
    # The same names on both sides, whatever the seed of the run.
    names = np.random.default_rng(200)
    weights = names.dirichlet(np.full(len(NAMES), 1.0))
    median_ms = np.exp(names.normal(3.5, 0.6, len(NAMES))) * factor
    return Load(weights=weights, median_ms=median_ms, level=level)


def _requests(rng: np.random.Generator, load: Load, offset_us: Ints) -> pa.RecordBatch:
    n = len(offset_us)
    name = rng.choice(len(NAMES), n, p=load.weights).astype(np.int32)
    ok = rng.random(n) > _FAILING
    status = np.where(ok, 0, rng.integers(1, len(STATUSES), n)).astype(np.int32)
    error = pa.array(rng.integers(0, len(ERRORS), n).astype(np.int32), mask=ok)
    spread = np.exp(rng.normal(0, 0.5, n) + load.level[offset_us // 1_000_000])
    columns = {
        "started_at": pa.array(START_US + offset_us, TIMESTAMP),
        "name": pa.DictionaryArray.from_arrays(name, list(NAMES)),
        "latency_ms": pa.array(load.median_ms[name] * spread),
        "ok": pa.array(ok),
        "kind": pa.DictionaryArray.from_arrays(np.zeros(n, np.int32), ["request"]),
        "status": pa.DictionaryArray.from_arrays(status, list(STATUSES)),
        "error": pa.DictionaryArray.from_arrays(error, list(ERRORS)),
    }
    return pa.RecordBatch.from_pydict(columns)


def _series(rng: np.random.Generator, load: Load, core: int) -> pa.RecordBatch:
    value = 40 + 3 * core + 100 * load.level[:_SECONDS] + rng.normal(0, 5, _SECONDS)
    columns = {
        "time": pa.array(START_US + np.arange(_SECONDS) * 1_000_000, TIMESTAMP),
        "metric": pa.array(["system.cpu.core"] * _SECONDS),
        "value": pa.array(value.clip(0)),
        "unit": pa.array(["%"] * _SECONDS),
        "kind": pa.array(["gauge"] * _SECONDS),
        "labels": pa.array([[("core", str(core))]] * _SECONDS, SERIES.field("labels").type),
    }
    return pa.RecordBatch.from_pydict(columns)


def write_run(path: Path, requests: int, factor: float) -> None:
    """Write a bundle with that many requests."""
    rng = np.random.default_rng(round(1000 * factor))
    load = _load(rng, factor)
    with bundle_writer(path) as writer:
        for first in range(0, requests, _BATCH):
            number = np.arange(first, min(first + _BATCH, requests))
            offset_us = (number * (_SECONDS * 1e6 / requests)).astype(np.int64)
            writer.write("requests", _requests(rng, load, offset_us), origin="benchmark")
        for core in range(CORES):
            writer.write("series", _series(rng, load, core), origin="benchmark")
        writer.finish(provenance(path.stem))


if __name__ == "__main__":
    write_run(Path(sys.argv[2]), int(sys.argv[1]), 1.1)
    write_run(Path(sys.argv[3]), int(sys.argv[1]), 1.0)
