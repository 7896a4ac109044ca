"""A disk that cannot take any more: a proper error, and a bundle of what is in memory."""

from __future__ import annotations

import errno

import pyarrow as pa
import pytest

from perfanalysis.analysis.summarize import summarize_run
from perfanalysis.errors import UsageError
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.requests import TIMESTAMP
from perfanalysis.model.run import Environment
from perfanalysis.store.bundle import Run
from perfanalysis.store.conform import ENCODED_REQUESTS, conform
from perfanalysis.store.requests import RequestSorter
from perfanalysis.store.writer import Provenance, bundle_writer

LOST = Caveat(code="rows-lost", message="the disk was full")
START_US = 1_767_225_600_000_000


@pytest.fixture
def known():
    return Provenance(
        id="0123456789ab",
        name="full",
        tool="perfanalysis",
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


def requests(n=1000):
    return pa.RecordBatch.from_pydict(
        {
            "started_at": pa.array([START_US + 1000 * i for i in range(n)], TIMESTAMP),
            "name": pa.array(["a"] * n),
            "latency_ms": pa.array([10.0] * n),
            "ok": pa.array([True] * n),
            "kind": pa.array(["request"] * n),
        }
    )


def series(n=10):
    return pa.RecordBatch.from_pydict(
        {
            "time": pa.array([START_US + 1_000_000 * i for i in range(n)], TIMESTAMP),
            "metric": pa.array(["vus"] * n),
            "value": pa.array([1.0] * n),
            "kind": pa.array(["gauge"] * n),
        }
    )


@pytest.fixture
def full_disk(monkeypatch):
    """The table of requests cannot be written to its end."""

    def write(self, path):
        path.write_bytes(b"half a file")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(RequestSorter, "write", write)


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_is_an_error_with_its_reason_and_leaves_nothing_behind(tmp_path, known):
    def write():
        with bundle_writer(tmp_path / "a.run") as writer:
            writer.write("requests", requests(), origin="test")
            writer.finish(known)

    with pytest.raises(UsageError, match="cannot be written: No space left on device"):
        write()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("full_disk")
def test_what_is_in_memory_can_be_saved_and_summarized(tmp_path, known):
    with bundle_writer(tmp_path / "a.run") as writer:
        writer.write("requests", requests(), origin="test")
        writer.write("series", series(), origin="test")
        with pytest.raises(UsageError):
            writer.finish(known)
        writer.salvage(known, LOST)
    run = Run.open(tmp_path / "a.run")
    assert sorted(path.name for path in run.path.iterdir()) == ["histograms.parquet", "run.json"]
    assert run.info.caveats == (LOST,)
    assert (run.info.counts.requests, run.has_requests) == (1000, False)
    (name,) = (entry for entry in summarize_run(run).names if entry.name == "a")
    assert name.latency.p95 == pytest.approx(10.0, rel=0.0026)


def test_a_write_that_fails_on_the_way_is_told_soon_and_counts_what_was_taken(
    tmp_path, known, monkeypatch
):
    def write_window(self, *, keep):
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr("perfanalysis.store.requests.ROW_GROUP_ROWS", 1)
    monkeypatch.setattr("perfanalysis.store.requests.HELD_BACK_ROWS", 1)
    monkeypatch.setattr(RequestSorter, "_write_window", write_window)
    written = iter(range(20))

    def write_on(writer):
        for _ in written:
            writer.write("requests", requests(), origin="test")

    with bundle_writer(tmp_path / "a.run") as writer:
        with pytest.raises(UsageError, match="cannot be written: Disk quota exceeded"):
            write_on(writer)
        writer.salvage(known, LOST)
    run = Run.open(tmp_path / "a.run")
    taken = run.info.counts.requests
    assert taken == 1000 * (19 - len(list(written)))
    assert 0 < taken < 20_000
    assert sum(run.histograms_table.column("count").to_pylist()) == taken


def test_what_waits_in_memory_is_told(tmp_path):
    sorter = RequestSorter(tmp_path)
    assert sorter.waiting_bytes == 0
    sorter.add(conform(requests(), ENCODED_REQUESTS, origin="test"))
    assert sorter.waiting_bytes > 1000 * 20
