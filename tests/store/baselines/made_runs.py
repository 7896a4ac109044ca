"""Small runs of known latency, for tests of baselines."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow as pa
from scipy.special import ndtri

from perfanalysis.model.baseline import BaselineEntry, BaselineSettings, begun
from perfanalysis.model.requests import TIMESTAMP
from perfanalysis.model.run import Commit, Environment
from perfanalysis.store.baselines.slim import folder_of, slim_files
from perfanalysis.store.bundle import Run
from perfanalysis.store.writer import Provenance, bundle_writer

# 2026-01-01T00:00:00Z
START_US = 1_767_225_600_000_000
DAY_US = 86_400_000_000
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def make_run(
    folder: Path,
    name: str,
    *,
    factor: float = 1.0,
    seed: int = 1,
    n: int = 240,
    names: tuple[str, ...] = ("search",),
    failures: int = 0,
    day: float = 0.0,
    series: tuple[pa.RecordBatch, ...] = (),
    **known: object,
) -> Run:
    """Write a bundle: lognormal latencies around 100 ms times a factor, at even times.

    Failures are spread evenly; a bundle that is there already is replaced.
    """
    rng = np.random.default_rng(seed)
    values = 100 * factor * np.exp(0.1 * ndtri((np.arange(n) + 0.5) / n))
    start = START_US + round(day * DAY_US)
    stated: dict[str, object] = {
        "id": sha256(name.encode()).hexdigest()[:12],
        "name": name,
        "tool": "k6",
        "tool_version": None,
        "started_at": None,
        "duration_s": None,
        "clock_resolution_ms": None,
        "rejected_rows": 0,
        "sources": (),
        "environment": Environment(),
        "commit": Commit(sha="5eed" * 10, branch=None),
        "tags": {},
        "thresholds": (),
        "caveats": (),
    }
    path = folder / f"{name}.run"
    with bundle_writer(path, overwrite=True) as writer:
        for number, one in enumerate(names):
            batch = {
                "started_at": pa.array(start + np.arange(n) * 50_000 + number, TIMESTAMP),
                "name": pa.array([one] * n),
                "latency_ms": pa.array(rng.permutation(values)),
                "ok": pa.array(np.diff(np.arange(n + 1) * failures // n) == 0),
                "kind": pa.array(["request"] * n),
            }
            writer.write("requests", pa.RecordBatch.from_pydict(batch), origin="test")
        for batch in series:
            writer.write("series", batch, origin="test")
        writer.finish(Provenance(**(stated | known)))  # type: ignore[arg-type]
    return Run.open(path)


def entry_of(run: Run, **changed: object) -> BaselineEntry:
    """What a baseline says about a run that was accepted at noon."""
    entry = BaselineEntry(
        number=1,
        folder=folder_of(slim_files(run)),
        run=run.info.id,
        name=run.info.name,
        started_at=run.info.started_at,
        accepted_at=NOON,
        accepted_by="jane",
        commit=Commit(sha="5eed" * 10, branch="main"),
        reason="tried",
        forced=(),
        recent=True,
        anchor=True,
    )
    return entry.model_copy(update=changed)


def baseline_of(*runs: Run, name: str = "main", **settings: object):
    """Begin a baseline with runs."""
    return begun(
        tuple(entry_of(run) for run in runs),
        name=name,
        environment=None,
        branch=None,
        settings=BaselineSettings(**settings),
        before=None,
    )


def stored(*runs: Run):
    """Return the files that a store keeps of runs, by folder."""
    files = [slim_files(run) for run in runs]
    return {folder_of(one): one for one in files}
