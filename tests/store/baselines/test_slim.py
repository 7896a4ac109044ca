"""What a baseline keeps of a run: enough to compare alike, and little of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from perfanalysis import api
from perfanalysis.errors import BundleError
from perfanalysis.model.requests import TIMESTAMP
from perfanalysis.model.series import SERIES
from perfanalysis.store.baselines.slim import MOST_POINTS, folder_of, slim_files, thinned
from perfanalysis.store.baselines.stored_run import StoredRun
from perfanalysis.store.bundle import Run, Schedule
from tests.store.baselines.made_runs import START_US, make_run


def series(metric, values, *, kind="gauge", labels=None, first=0):
    n = len(values)
    return pa.RecordBatch.from_pydict(
        {
            "time": pa.array(START_US + (first + np.arange(n)) * 1_000_000, TIMESTAMP),
            "metric": pa.array([metric] * n),
            "value": pa.array(np.asarray(values, dtype=np.float64)),
            "unit": pa.array([None] * n, pa.string()),
            "kind": pa.array([kind] * n),
            "labels": pa.array([labels] * n, pa.map_(pa.string(), pa.string())),
        },
        schema=SERIES,
    )


def table(*batches):
    return pa.Table.from_batches(batches)


def stored(run):
    return StoredRun.of_files(Path("stored.run"), slim_files(run))


def test_a_stored_run_compares_exactly_like_the_whole_one(fixtures):
    base, slow = (api.load(fixtures / "demo" / f"{name}.json.xz") for name in ("base", "slow"))
    whole, slim = api.compare(slow, base), api.compare(slow, stored(base))
    assert slim.results == whole.results
    assert slim.shapes == whole.shapes
    assert (slim.verdict, slim.reasons) == (whole.verdict, whole.reasons)


@pytest.mark.parametrize("source", ["locust/base", "pgbench/base", "k6/base.summary.json"])
def test_sources_of_every_evidence_are_kept(fixtures, source):
    run = api.load(fixtures / source)
    slim = stored(run)
    assert slim.info == run.info
    assert slim.intervals_table == run.intervals_table
    assert slim.histograms_table == run.histograms_table
    assert not slim.has_requests


def test_a_run_of_the_demo_takes_some_tens_of_kilobytes(fixtures):
    files = slim_files(api.load(fixtures / "demo/base.json.xz"))
    assert 10_000 < sum(map(len, files.values())) < 40_000


def test_equal_content_has_an_equal_name_whatever_line_ends_git_writes(runs):
    files = slim_files(runs[0])
    other = {
        name: content.replace(b"\n", b"\r\n") if name.endswith(".json") else content
        for name, content in files.items()
    }
    assert other != files
    assert folder_of(other) == folder_of(files)


def test_other_content_has_another_name(runs):
    first, second = (slim_files(run) for run in runs[:2])
    assert folder_of(first) != folder_of(second)
    moved = {**first, "intervals.parquet": first["histograms.parquet"]}
    assert folder_of(moved) != folder_of(first)


def test_when_requests_were_due_is_kept_without_the_requests(tmp_path):
    run = make_run(tmp_path, "open")
    due = Schedule(requests=240, due_s=10.0, started_s=12.0)
    run.schedule = lambda: due  # an importer of an open model would have stored it
    assert stored(run).schedule() == due


def test_a_stored_folder_knows_when_requests_were_due(tmp_path):
    run = make_run(tmp_path, "open")
    due = Schedule(requests=240, due_s=10.0, started_s=12.0)
    run.schedule = lambda: due
    folder = tmp_path / "stored.run"
    folder.mkdir()
    for name, content in slim_files(run).items():
        (folder / name).write_bytes(content)
    assert Run.open(folder).schedule() == due
    (folder / "schedule.json").write_text('{"requests": "many"}')
    with pytest.raises(BundleError, match=r"schedule\.json: expected what was due"):
        Run.open(folder).schedule()


def test_a_closed_model_has_no_schedule_to_keep(runs):
    assert stored(runs[0]).schedule() is None


def test_short_series_stay_as_they_are():
    short = table(series("vus", range(50)), series("cpu", range(50)))
    assert thinned(short) == short


def test_a_counter_keeps_its_total():
    values = np.arange(5000) % 7
    kept = thinned(table(series("iterations", values, kind="counter")))
    assert 200 < kept.num_rows <= MOST_POINTS
    assert sum(kept.column("value").to_pylist()) == values.sum()


def test_a_gauge_keeps_its_largest_value():
    values = np.full(5000, 10.0)
    values[4321] = 99.0
    kept = thinned(table(series("vus", values)))
    assert 200 < kept.num_rows <= MOST_POINTS + 1
    assert max(kept.column("value").to_pylist()) == 99.0


def test_a_rate_stays_a_matter_of_yes_and_no():
    values = (np.arange(5000) % 10 == 0).astype(float)
    kept = thinned(table(series("checks", values, kind="rate"))).column("value").to_pylist()
    assert set(kept) <= {0.0, 1.0}


def test_series_are_told_apart_by_metric_kind_and_labels():
    many = table(
        series("http", np.full(1000, 1.0), kind="counter", labels=[("host", "a"), ("port", "1")]),
        series("http", np.full(1000, 2.0), kind="counter", labels=[("host", "a"), ("port", "2")]),
        series("http", np.full(1000, 4.0), kind="counter", labels=[("host", "b"), ("port", "1")]),
        series("http", np.full(1000, 8.0), kind="counter"),
        series("http", np.full(1000, 16.0)),
    )
    rows = thinned(many).to_pylist()
    sums: dict[object, float] = {}
    for row in rows:
        labels = None if row["labels"] is None else tuple(row["labels"])
        key = (row["kind"], labels)
        sums[key] = sums.get(key, 0.0) + row["value"]
    counters = {labels: total for (kind, labels), total in sums.items() if kind == "counter"}
    assert counters == {
        (("host", "a"), ("port", "1")): 1000.0,
        (("host", "a"), ("port", "2")): 2000.0,
        (("host", "b"), ("port", "1")): 4000.0,
        None: 8000.0,
    }
    assert {row["value"] for row in rows if row["kind"] == "gauge"} == {16.0}


def test_a_part_of_a_table_is_thinned_like_a_whole_one():
    batch = series("iterations", np.ones(2000), kind="counter", labels=[("host", "a")])
    other = series("iterations", np.ones(2000), kind="counter", labels=[("host", "b")])
    part = table(batch, other).slice(1500, 1000).combine_chunks()
    kept = thinned(part).to_pylist()
    sums = {host: sum(r["value"] for r in kept if r["labels"] == [("host", host)]) for host in "ab"}
    assert sums == {"a": 500.0, "b": 500.0}


def test_points_stay_in_the_order_of_time():
    kept = thinned(table(series("a", range(1000)), series("b", range(1000), first=500)))
    times = kept.column("time").to_pylist()
    assert times == sorted(times)
    assert kept.schema == SERIES


def test_a_damaged_run_file_is_an_error_that_names_the_place(runs):
    files = {**slim_files(runs[0]), "run.json": b'{"id": 1}'}
    with pytest.raises(BundleError, match=r"here\.run/run\.json: "):
        StoredRun.of_files(Path("here.run"), files)
