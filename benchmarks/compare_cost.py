"""Cost of comparing two bundles against the number of their requests: it must not grow.

Bundles of simulated requests are written through the store, then compared by the command line in a
process of its own. Start-up is measured by comparing two tiny bundles.

    python benchmarks/compare_cost.py [--millions 10]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from multiprocessing import get_context
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
    """Write a bundle of ten minutes with that many requests."""
    rng = np.random.default_rng(round(1000 * factor))
    with bundle_writer(path) as writer:
        for first in range(0, requests, _BATCH):
            n = min(_BATCH, requests - first)
            times = START_US + ((first + np.arange(n)) * (600e6 / requests)).astype(np.int64)
            name = pa.DictionaryArray.from_arrays(rng.integers(0, len(NAMES), n), list(NAMES))
            batch = {
                "started_at": pa.array(times, TIMESTAMP),
                "name": name.cast(pa.string()),
                "latency_ms": pa.array(rng.lognormal(3.5, 0.5, n) * factor),
                "ok": pa.array(rng.random(n) > 0.001),
                "kind": pa.array(["request"]).take(pa.array(np.zeros(n, dtype=np.int64))),
            }
            writer.write("requests", pa.RecordBatch.from_pydict(batch), origin="benchmark")
        writer.finish(_provenance(path.stem))


def _provenance(name: str) -> Provenance:
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


def measure(current: Path, baseline: Path) -> tuple[float, float]:
    """Return wall seconds and peak MiB of one comparison, the best of three."""
    command = [sys.executable, "-m", "perfanalysis", "compare", str(current), str(baseline)]
    best, peak = float("inf"), 0.0
    for _ in range(3):
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        best = min(best, time.perf_counter() - started)
        peak = max(peak, usage.ru_maxrss / 1024)
        if os.waitstatus_to_exitcode(status) not in {0, 1}:
            sys.exit(f"failed: {command}")
    return best, peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--millions", type=float, default=10.0)
    most = int(parser.parse_args().millions * 1e6)
    print("| requests a run | compare s | beyond start-up s | peak MiB |")
    print("|---|---|---|---|")
    start_up = None
    with tempfile.TemporaryDirectory() as folder:
        for requests in (1_000, most // 100, most // 10, most):
            paths = [Path(folder) / f"{side}-{requests}.run" for side in ("current", "baseline")]
            for path, factor in zip(paths, (1.1, 1.0), strict=True):
                # In a process of its own: a child's peak memory starts at that of its parent.
                writer = get_context("spawn").Process(
                    target=write_run, args=(path, requests, factor)
                )
                writer.start()
                writer.join()
            wall_s, peak_mib = measure(*paths)
            start_up = wall_s if start_up is None else start_up
            beyond = f"{max(wall_s - start_up, 0):.2f}"
            print(f"| {requests:,} | {wall_s:.2f} | {beyond} | {peak_mib:.0f} |", flush=True)


if __name__ == "__main__":
    main()
