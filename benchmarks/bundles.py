"""Bundles of simulated requests: ten minutes of six names, written through the store.

    python benchmarks/bundles.py REQUESTS CURRENT.run BASELINE.run

The current one is a tenth slower.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa

from perfanalysis.model.requests import TIMESTAMP
from perfanalysis.model.run import Environment
from perfanalysis.store.writer import Provenance, bundle_writer

NAMES = ("login", "browse", "search", "detail", "cart", "checkout")
START_US = 1_767_225_600_000_000
_BATCH = 500_000


def write_run(path: Path, requests: int, factor: float) -> None:
    """Write a bundle with that many requests."""
    rng = np.random.default_rng(round(1000 * factor))
    with bundle_writer(path) as writer:
        for first in range(0, requests, _BATCH):
            n = min(_BATCH, requests - first)
            times = START_US + ((first + np.arange(n)) * (600e6 / requests)).astype(np.int64)
            codes = rng.integers(0, len(NAMES), n).astype(np.int32)
            batch = {
                "started_at": pa.array(times, TIMESTAMP),
                "name": pa.DictionaryArray.from_arrays(codes, list(NAMES)),
                "latency_ms": pa.array(rng.lognormal(3.5, 0.5, n) * factor),
                "ok": pa.array(rng.random(n) > 0.001),
                "kind": pa.DictionaryArray.from_arrays(np.zeros(n, np.int32), ["request"]),
            }
            writer.write("requests", pa.RecordBatch.from_pydict(batch), origin="benchmark")
        writer.finish(provenance(path.stem))


def provenance(name: str) -> Provenance:
    """Return what a made-up run says of itself."""
    return Provenance(
        id=name.ljust(12, "0")[:12],
        name=name,
        tool="benchmark",
        tool_version=None,
        started_at=None,
        duration_s=None,
        clock_resolution_ms=None,
        rejected_rows=0,
        sources=(),
        environment=Environment(),
        commit=None,
        tags={},
        thresholds=(),
        caveats=(),
    )


if __name__ == "__main__":
    write_run(Path(sys.argv[2]), int(sys.argv[1]), 1.1)
    write_run(Path(sys.argv[3]), int(sys.argv[1]), 1.0)
