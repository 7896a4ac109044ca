"""What runs offer to comparison, by name."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

from perfanalysis.analysis.evidence import ALL_REQUESTS, RunEvidence, read_ahead
from perfanalysis.errors import BundleError


def test_requests_become_histograms_by_name_and_only_requests_count(rows_run, load_of):
    run = rows_run(
        load_of("search", [10.0] * 30, ok=[True] * 29 + [False]),
        load_of("browse", [20.0] * 10),
        load_of("journey", [30.0] * 5, kind="iteration"),
        load_of("Shop", [30.0] * 5, kind="transaction"),
        load_of("is 200", [np.nan] * 5, kind="check"),
    )
    names = RunEvidence(run).names
    assert list(names) == ["browse", "search"]
    assert (names["search"].requests, names["search"].failures) == (30, 1)
    assert names["search"].windows.requests.sum() == 30
    assert names["search"].windows.failures.sum() == 1


def test_latencies_are_those_of_successes_that_took_time(rows_run, load_of):
    run = rows_run(
        load_of("a", [10.0] * 8 + [5000.0] * 2 + [np.nan], ok=[True] * 8 + [False] * 2 + [True])
    )
    found = RunEvidence(run).names["a"]
    assert found.requests == 11
    assert found.latencies.n == 8
    assert found.latencies.cdf().quantile(1.0) < 11


def test_all_requests_are_the_sum_of_the_names(rows_run, load_of):
    run = rows_run(
        load_of("a", [10.0] * 300, ok=[False] * 3 + [True] * 297),
        load_of("b", [20.0] * 100, seconds=8.0, offset_s=4.0),
    )
    everything = RunEvidence(run).everything
    assert everything.name == ALL_REQUESTS
    assert (everything.requests, everything.failures) == (400, 3)
    assert everything.latencies.n == 397
    assert np.all(np.diff(everything.windows.start_us) > 0)
    assert np.all(np.diff(everything.latencies.window) >= 0)
    assert everything.windows.requests.sum() == 400


def test_a_run_without_requests_has_no_evidence(rows_run, load_of, series_of):
    for run in (
        rows_run(series=[series_of("system.cpu", [1.0])]),
        rows_run(load_of("journey", [1.0], kind="iteration")),
    ):
        assert RunEvidence(run).names == {}
        assert RunEvidence(run).everything is None


def test_the_tools_own_total_outweighs_its_windows(rows_run, interval_rows):
    rows = interval_rows(
        {"scope": "window", "name": "a", "offset_s": 1, "duration_s": 1.0, "requests": 20},
        {"scope": "window", "name": "a", "offset_s": 0, "duration_s": 1.0, "requests": 10},
        {"name": "a", "requests": 33, "failures": 2, "duration_s": 2.5, "latency_mean_ms": 4.0},
        {"scope": "window", "name": "b", "offset_s": 0, "duration_s": 1.0, "requests": 7},
    )
    names = RunEvidence(rows_run(intervals=[rows])).names
    assert (names["a"].requests, names["a"].failures, names["a"].duration_s) == (33, 2, 2.5)
    assert names["a"].windows.requests.tolist() == [10, 20]
    assert names["a"].windows.mean_ms is None
    assert names["a"].total.mean_ms == 4.0
    assert (names["b"].requests, names["b"].total) == (7, None)


def test_windows_of_several_names_add_up_with_means_weighted_by_requests(rows_run, interval_rows):
    window = {"scope": "window", "offset_s": 0, "duration_s": 1.0}
    rows = interval_rows(
        window | {"name": "a", "requests": 30, "latency_mean_ms": 10.0},
        window | {"name": "b", "requests": 10, "latency_mean_ms": 50.0},
        window | {"name": "b", "requests": 0, "offset_s": 1},
    )
    everything = RunEvidence(rows_run(intervals=[rows])).everything
    assert everything.windows.requests.tolist() == [40, 0]
    assert everything.windows.mean_ms[0] == 20.0
    assert np.isnan(everything.windows.mean_ms[1])


def test_a_report_beside_a_sampled_log_is_kept_as_its_total(rows_run, load_of, interval_rows):
    report = interval_rows({"name": "a.sql", "requests": 5000, "duration_s": 10.0})
    found = RunEvidence(rows_run(load_of("a.sql", [7.0] * 50), intervals=[report])).names["a.sql"]
    assert found.requests == 50
    assert (found.total.requests, found.total.duration_s) == (5000, 10.0)


def test_quantiles_of_several_names_do_not_add_up(rows_run, interval_rows):
    told = {"duration_s": 2.0, "requests": 50, "quantiles": {0.5: 8.0}, "latency_mean_ms": 9.0}
    rows = interval_rows(told | {"name": "a"}, told | {"name": "b", "duration_s": 3.0})
    total = RunEvidence(rows_run(intervals=[rows])).everything.total
    assert (total.requests, total.duration_s) == (100, 3.0)
    assert (total.quantiles, total.mean_ms) == ({}, None)


def test_a_renamed_name_keeps_its_evidence(rows_run, load_of):
    evidence = RunEvidence(rows_run(load_of("v1.sql", [1.0] * 9)))
    before = evidence
    evidence = evidence.renamed("v1.sql", "v2.sql")
    assert list(before.names) == ["v1.sql"]
    assert list(evidence.names) == ["v2.sql"]
    assert evidence.names["v2.sql"].name == "v2.sql"
    assert evidence.names["v2.sql"].requests == 9


def test_a_coarse_clock_is_remembered_with_the_latencies(rows_run, load_of):
    run = rows_run(load_of("a", [12.0] * 100), clock_resolution_ms=1.0)
    latencies = RunEvidence(run).names["a"].latencies
    assert latencies.clock_resolution == 1.0
    assert latencies.cdf().quantile(0.25) == pytest.approx(11.75)


def test_what_was_read_for_a_run_is_kept_as_long_as_the_run(rows_run, load_of):
    run = rows_run(load_of("a", [10.0] * 30))
    read_ahead([run])
    first, second = RunEvidence(run), RunEvidence(run)
    assert first.names is second.names
    gone = weakref.ref(first.names["a"])
    del run, first, second
    gc.collect()
    assert gone() is None


def test_a_damaged_run_is_told_while_reading_ahead(rows_run, load_of):
    run = rows_run(load_of("a", [10.0] * 30))
    (run.path / "histograms.parquet").write_bytes(b"PAR1 no longer")
    with pytest.raises(BundleError, match=r"histograms\.parquet"):
        read_ahead([run])


def test_counts_of_all_requests_are_the_same_without_their_latencies(rows_run, load_of):
    run = RunEvidence(rows_run(load_of("a", [10.0] * 300), load_of("b", [20.0] * 100, ok=False)))
    assert (run.counted.requests, run.counted.failures) == (400, 100)
    assert run.counted.latencies is None
    assert np.array_equal(run.counted.windows.requests, run.everything.windows.requests)
