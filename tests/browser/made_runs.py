"""Run bundles of simulated requests: several runs a side, hostile texts, two hundred names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from perfanalysis.model.requests import LABELS, TIMESTAMP
from perfanalysis.model.run import Commit, Environment, SourceFile
from perfanalysis.store.writer import Provenance, bundle_writer
from tests.reports.hostile import CONTROLS, DIRECTIONS, HTML, LONG, MARKDOWN

NAMES = ("login", "browse", "search", "detail", "cart", "checkout")


def _has_surrogates(text: str) -> bool:
    """Say whether no table can hold the text."""
    return any(0xD800 <= ord(sign) <= 0xDFFF for sign in text)


MANY_NAMES = tuple(f"GET /api/v1/resources/{number}/items?sort=name" for number in range(200))
HOSTILE_NAMES, HOSTILE_ERRORS = (
    tuple(text for text in texts if not _has_surrogates(text))
    for texts in (
        (*HTML[::2], *MARKDOWN[:3], *CONTROLS[:6], *DIRECTIONS[-6:], *LONG[:13:2]),
        (*HTML[1::2], *MARKDOWN[3:6], *CONTROLS[6:12], *LONG[1:13:2]),
    )
)
_START_US = 1_767_225_600_000_000
_MINUTES = 2
_BATCH = 500_000


def write_run(
    path: Path,
    requests: int,
    *,
    names: Sequence[str] = NAMES,
    errors: Sequence[str] = ("503 from the backend",),
    factor: float = 1.0,
    seed: int = 1,
) -> Path:
    """Write a run of that many requests, two minutes long, with a series of the machine beside."""
    rng = np.random.default_rng(seed)
    length_us = _MINUTES * 60e6
    # Names differ, and so do runs of the same name.
    typical_ms = np.geomspace(5, 200, len(names)) * rng.lognormal(0, 0.02, len(names)) * factor
    with bundle_writer(path) as writer:
        for first in range(0, requests, _BATCH):
            n = min(_BATCH, requests - first)
            offsets = (first + np.arange(n)) * (length_us / requests)
            codes = rng.integers(0, len(names), n).astype(np.int32)
            failed = rng.random(n) < 0.01
            latency_ms = typical_ms[codes] * rng.lognormal(0, 0.4, n)
            error = np.where(failed, rng.integers(0, len(errors), n), -1)
            batch = {
                "started_at": pa.array(_START_US + offsets.astype(np.int64), TIMESTAMP),
                "name": pa.DictionaryArray.from_arrays(codes, list(names)),
                "latency_ms": pa.array(latency_ms),
                "ok": pa.array(~failed),
                "kind": pa.DictionaryArray.from_arrays(np.zeros(n, np.int32), ["request"]),
                "status": pa.array(np.where(failed, "503", "200")),
                "error": _texts(error, errors),
            }
            writer.write("requests", pa.RecordBatch.from_pydict(batch), origin="test")
        writer.write("series", _machine(rng, errors), origin="test")
        writer.finish(_provenance(path.stem, hostile=names is HOSTILE_NAMES))
    return path


def _texts(codes: np.ndarray, texts: Sequence[str]) -> pa.Array:
    """Return the text of each code, null where it is negative."""
    known = pa.array(codes.astype(np.int32), mask=codes < 0)
    return pa.DictionaryArray.from_arrays(known, list(texts)).cast(pa.string())


def _machine(rng: np.random.Generator, texts: Sequence[str]) -> pa.RecordBatch:
    seconds = np.arange(_MINUTES * 60)
    n = len(seconds)
    metrics = ("system.cpu", texts[0])
    return pa.RecordBatch.from_pydict(
        {
            "time": pa.array(np.tile(_START_US + seconds * 1_000_000, 2), TIMESTAMP),
            "metric": pa.array([metric for metric in metrics for _ in range(n)]),
            "value": pa.array(np.concatenate([50 + 20 * rng.random(n), 1e9 * rng.random(n)])),
            "unit": pa.array(["%"] * n + ["bytes"] * n),
            "kind": pa.array(["gauge"] * (2 * n)),
            "labels": pa.array([[("core", texts[-1])]] * (2 * n), LABELS),
        }
    )


def _provenance(name: str, *, hostile: bool) -> Provenance:
    text = HOSTILE_NAMES[0] if hostile else "plain"
    return Provenance(
        id=name.replace("-", "").ljust(12, "0")[:12],
        name=text if hostile else name,
        tool=text if hostile else "k6",
        tool_version=text,
        started_at=None,
        duration_s=None,
        clock_resolution_ms=None,
        rejected_rows=0,
        sources=(SourceFile(name=text, format=text, bytes=1, sha256="ab12" * 16),),
        environment=Environment(os=text, cpu_model=text, host_class="ci"),
        commit=Commit(sha="a1b2c3d4e5f60718293a4b5c6d7e8f9012345678", branch=text),
        tags={"stage": text},
        thresholds=(),
        caveats=(),
    )
