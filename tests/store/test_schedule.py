"""What a bundle tells about load without reading its requests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from perfanalysis.errors import BundleError
from perfanalysis.model.requests import TIMESTAMP
from perfanalysis.store.bundle import Run, Schedule

START = datetime(2026, 1, 1, tzinfo=UTC)


def requests(started_s, due_s):
    n = len(started_s)
    due = [None if offset is None else START + timedelta(seconds=offset) for offset in due_s]
    started = [START + timedelta(seconds=offset) for offset in started_s]
    return pa.RecordBatch.from_pydict(
        {
            "started_at": pa.array(started, TIMESTAMP),
            "scheduled_at": pa.array(due, TIMESTAMP),
            "name": pa.array(["a"] * n),
            "latency_ms": pa.array([5.0] * n),
            "ok": pa.array([True] * n),
            "kind": pa.array(["request"] * n),
        }
    )


def series(metric, values):
    n = len(values)
    return pa.RecordBatch.from_pydict(
        {
            "time": pa.array([START + timedelta(seconds=n - i) for i in range(n)], TIMESTAMP),
            "metric": pa.array([metric] * n),
            "value": pa.array(values, pa.float64()),
            "kind": pa.array(["gauge"] * n),
        }
    )


def test_a_schedule_spans_what_was_due_and_what_was_made(write_run):
    run = write_run({"requests": [requests([3.0, 1.0, 9.0], [1.0, 0.5, 5.0])]})
    assert run.schedule() == Schedule(requests=3, due_s=4.5, started_s=8.0)


def test_requests_that_were_never_due_do_not_count(write_run):
    run = write_run({"requests": [requests([1.0, 2.0, 3.0], [1.0, None, 2.5])]})
    assert run.schedule() == Schedule(requests=2, due_s=1.5, started_s=2.0)


def test_without_due_times_there_is_no_schedule(write_run):
    assert write_run({"requests": [requests([1.0, 2.0], [None, None])]}).schedule() is None


def test_without_requests_there_is_no_schedule(write_run):
    assert write_run({"series": [series("vus", [1.0])]}).schedule() is None


def test_a_schedule_is_that_of_every_row_group(write_run, monkeypatch):
    monkeypatch.setattr("perfanalysis.store.requests.ROW_GROUP_ROWS", 2)
    offsets = [float(i) for i in range(7)]
    run = write_run({"requests": [requests(offsets, offsets)]})
    assert run.schedule() == Schedule(requests=7, due_s=6.0, started_s=6.0)


def test_series_are_read_by_metric_in_order_of_time(write_run):
    parts = [series("vus", [3.0, 2.0, 1.0]), series("other", [9.0]), series("cpu", [50.0])]
    run = write_run({"series": parts})
    assert run.series_of(["vus"]).column("value").to_pylist() == [1.0, 2.0, 3.0]
    assert set(run.series_of(["vus", "cpu"]).column("metric").to_pylist()) == {"vus", "cpu"}
    assert run.series_of(["none"]).num_rows == 0


def test_without_series_there_is_an_empty_table(write_run):
    assert write_run({"requests": [requests([1.0], [None])]}).series_of(["vus"]).num_rows == 0


def test_damage_is_told_with_the_file(write_run):
    run = write_run({"requests": [requests([1.0], [1.0])]})
    (run.path / "requests.parquet").write_bytes(b"PAR1 but nothing else")
    with pytest.raises(BundleError, match=r"requests\.parquet: the table is damaged"):
        Run.open(run.path).schedule()
