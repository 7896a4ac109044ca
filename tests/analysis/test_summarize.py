"""One run in numbers, against numpy and counts made by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfanalysis.analysis.summarize import summarize_run
from perfanalysis.model.run import Fidelity

QUANTILES = {"p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999}
LATENCIES = st.lists(st.floats(0, 1e7), min_size=1, max_size=300)


def codes(entry):
    return {caveat.code for caveat in entry.caveats}


@settings(max_examples=20, deadline=None)
@given(values=LATENCIES)
def test_quantiles_are_those_of_numpy_or_withheld_below_two_above(rows_run, load_of, values):
    latency = summarize_run(rows_run(load_of("a", np.array(values)))).total.latency
    for key, q in QUANTILES.items():
        if len(values) * (1 - q) < 2 - 1e-6:
            assert getattr(latency, key) is None
        else:
            assert getattr(latency, key) == pytest.approx(np.quantile(values, q), rel=1e-12)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2_000, 2_500))
def test_every_percentile_of_a_run_is_that_of_numpy(rows_run, load_of, seed, n):
    values = np.random.default_rng(seed).lognormal(3, 1, n)
    latency = summarize_run(rows_run(load_of("a", values))).total.latency
    for key, q in QUANTILES.items():
        assert getattr(latency, key) == pytest.approx(np.quantile(values, q), rel=1e-12)
    assert (latency.min, latency.max) == (values.min(), values.max())
    assert latency.mean == pytest.approx(values.mean(), rel=1e-12)


@pytest.mark.parametrize(
    ("n", "withheld"),
    [
        (3, "p50, p75, p90, p95, p99, p99.9"),
        (4, "p75, p90, p95, p99, p99.9"),
        (39, "p95, p99, p99.9"),
        (40, "p99, p99.9"),
        (1999, "p99.9"),
    ],
)
def test_percentiles_that_too_few_requests_carry_are_withheld_and_named(
    rows_run, load_of, n, withheld
):
    total = summarize_run(rows_run(load_of("a", np.arange(n) + 1.0))).total
    (caveat,) = total.caveats
    assert caveat.code == "too-few-requests"
    assert caveat.message == f"{n} requests are too few for {withheld}"
    known = [key for key in QUANTILES if getattr(total.latency, key) is not None]
    assert len(known) == 6 - len(withheld.split(", "))


def test_two_thousand_requests_carry_every_percentile(rows_run, load_of):
    total = summarize_run(rows_run(load_of("a", np.arange(2000.0)))).total
    assert total.caveats == ()
    assert total.latency.p999 == pytest.approx(1997.001)


def test_the_total_is_of_requests_only(rows_run, load_of):
    summary = summarize_run(
        rows_run(
            load_of("search", [10.0] * 6, ok=[True, False] * 3),
            load_of("browse", [30.0] * 4),
            load_of("Shop", [500.0] * 5, kind="transaction"),
            load_of("journey", [900.0] * 3, kind="iteration"),
            load_of("is 200", [np.nan] * 9, kind="check", ok=[False] + [True] * 8),
        )
    )
    assert (summary.total.requests, summary.total.failures) == (10, 3)
    assert summary.total.error_rate == 0.3
    assert summary.total.latency.mean == 18.0
    assert summary.total.latency.max == 30.0
    assert [(n.kind, n.name, n.requests) for n in summary.names] == [
        ("request", "browse", 4),
        ("request", "search", 6),
        ("iteration", "journey", 3),
        ("transaction", "Shop", 5),
    ]
    (check,) = summary.checks
    assert (check.name, check.passes, check.fails) == ("is 200", 8, 1)


def test_a_name_of_two_kinds_is_summarised_once_a_kind(rows_run, load_of):
    summary = summarize_run(
        rows_run(load_of("x", [1.0] * 4), load_of("x", [50.0] * 2, kind="transaction"))
    )
    assert [(n.name, n.kind, n.requests) for n in summary.names] == [
        ("x", "request", 4),
        ("x", "transaction", 2),
    ]
    assert summary.total.latency.max == 1.0


def test_requests_without_latency_count_but_do_not_time(rows_run, load_of):
    values = [10.0, 20.0, 30.0, 40.0, np.nan, np.nan]
    total = summarize_run(rows_run(load_of("a", values, ok=[True] * 4 + [False] * 2))).total
    assert (total.requests, total.failures) == (6, 2)
    assert total.latency.mean == 25.0
    assert total.latency.p50 == 25.0


def test_throughput_is_over_the_span_from_first_start_to_last_end(rows_run, load_of):
    # Starts at 0, 1, ..., 9 s; the last takes 1 s.
    total = summarize_run(rows_run(load_of("a", [1000.0] * 10, seconds=10.0))).total
    assert total.throughput == 1.0


def test_bytes_received_add_up_and_are_none_where_the_source_is_silent(rows_run, load_of):
    told = load_of("a", [1.0] * 3, bytes_received=[100, 200, 300])
    assert summarize_run(rows_run(told)).total.bytes_received == 600
    assert summarize_run(rows_run(load_of("a", [1.0] * 3))).total.bytes_received is None


def test_a_run_without_requests_has_a_total_of_nothing(rows_run, series_of):
    summary = summarize_run(rows_run(series=[series_of("system.cpu", [10.0, 30.0])]))
    assert summary.names == ()
    assert summary.total.requests == 0
    assert summary.total.error_rate is None
    assert summary.total.latency.mean is None
    (cpu,) = summary.series
    assert (cpu.mean, cpu.max, cpu.n, cpu.total) == (20.0, 30.0, 2, None)


def test_a_run_of_iterations_alone_has_no_requests(rows_run, load_of):
    summary = summarize_run(rows_run(load_of("journey", [5.0] * 4, kind="iteration")))
    assert summary.total.requests == 0
    assert summary.total.error_rate is None
    assert [n.kind for n in summary.names] == ["iteration"]


def test_a_counter_is_a_rate_and_a_sum(rows_run, load_of, series_of):
    orders = series_of("orders", [1.0] * 10, kind="counter")
    run = rows_run(load_of("a", [1000.0] * 20, seconds=20.0), series=[orders])
    (found,) = summarize_run(run).series
    assert (found.mean, found.total) == (0.5, 10.0)


def test_windows_add_up_and_their_means_are_weighted(rows_run, interval_rows):
    rows = interval_rows(
        {"scope": "window", "name": "a", "offset_s": 0, "duration_s": 1.0, "requests": 30}
        | {"failures": 1, "latency_mean_ms": 10.0, "latency_max_ms": 12.0},
        {"scope": "window", "name": "a", "offset_s": 1, "duration_s": 1.0, "requests": 10}
        | {"failures": 0, "latency_mean_ms": 30.0, "latency_max_ms": 44.0},
        {"scope": "window", "name": "b", "offset_s": 1, "duration_s": 1.0, "requests": 40}
        | {"latency_mean_ms": 5.0, "latency_max_ms": 7.0},
    )
    summary = summarize_run(rows_run(intervals=[rows]))
    a, b = summary.names
    assert (a.requests, a.failures, a.latency.mean, a.latency.max) == (40, 1, 15.0, 44.0)
    assert a.fidelity is Fidelity.WINDOWED
    assert a.throughput == 20.0
    assert codes(a) == codes(b) == {"no-percentiles"}
    total = summary.total
    assert (total.requests, total.failures, total.latency.mean) == (80, 1, 10.0)
    assert total.throughput == 40.0
    assert (total.latency.p50, codes(total)) == (None, {"no-percentiles"})


def test_a_whole_run_row_repeats_its_windows_and_is_not_added_to_them(rows_run, interval_rows):
    rows = interval_rows(
        {"scope": "window", "name": "a", "offset_s": 0, "duration_s": 1.0, "requests": 30},
        {"name": "a", "duration_s": 2.0, "requests": 50, "latency_mean_ms": 9.0}
        | {"quantiles": {0.5: 8.0, 0.95: 20.0}, "quantile_error": 0.05},
    )
    summary = summarize_run(rows_run(intervals=[rows]))
    (name,) = summary.names
    assert (name.requests, name.throughput) == (50, 25.0)
    assert (name.latency.p50, name.latency.p95, name.latency.p99) == (8.0, 20.0, None)
    assert name.fidelity is Fidelity.REPORTED
    assert [c.message for c in name.caveats] == ["the source rounds percentiles to 5 %"]
    # One name alone is the whole run: its percentiles are the run's.
    assert summary.total.latency.p95 == 20.0


def test_transactions_and_checks_of_a_summary_are_not_added_up(rows_run, interval_rows):
    rows = interval_rows(
        {"name": "a", "requests": 10, "latency_mean_ms": 5.0},
        {"name": "journey", "kind": "iteration", "requests": 4, "latency_mean_ms": 99.0},
        {"name": "is 200", "kind": "check", "requests": 10, "failures": 2},
    )
    summary = summarize_run(rows_run(intervals=[rows]))
    assert (summary.total.requests, summary.total.latency.mean) == (10, 5.0)
    (check,) = summary.checks
    assert (check.passes, check.fails) == (8, 2)


def test_a_sampled_log_is_counted_by_the_report_and_timed_by_its_rows(
    rows_run, load_of, interval_rows
):
    report = interval_rows(
        {"name": "a.sql", "requests": 5000, "failures": 50, "duration_s": 10.0}
        | {"latency_mean_ms": 4.0}
    )
    run = rows_run(load_of("a.sql", np.full(500, 7.0)), intervals=[report])
    summary = summarize_run(run)
    for entry in (summary.names[0], summary.total):
        assert (entry.requests, entry.failures, entry.error_rate) == (5000, 50, 0.01)
        assert entry.throughput == 500.0
        assert entry.latency.mean == 7.0
        assert "sampled-log" in codes(entry)
        assert any("500 logged requests" in caveat.message for caveat in entry.caveats)


def test_a_complete_log_is_counted_by_its_rows(rows_run, load_of, interval_rows):
    report = interval_rows({"name": "a.sql", "requests": 500, "duration_s": 10.0})
    run = rows_run(load_of("a.sql", np.full(500, 7.0)), intervals=[report])
    total = summarize_run(run).total
    assert total.throughput == pytest.approx(500 / 31.943)
    assert "sampled-log" not in codes(total)
