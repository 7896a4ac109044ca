"""One metric of one name in one run, and the reasons why there is none."""

from __future__ import annotations

import numpy as np
import pytest

from perfanalysis.analysis.estimates import NotEstimableError, estimate
from perfanalysis.analysis.evidence import RunEvidence
from perfanalysis.model.metric import parse_metric


@pytest.fixture
def estimated(rows_run):
    """Estimate a metric of the only name of a run of these batches."""

    def make(key, *batches, **known):
        evidence = RunEvidence(rows_run(*batches, **known))
        return estimate(next(iter(evidence.names.values())), parse_metric(key))

    return make


@pytest.fixture
def refused(estimated):
    """Return why a metric cannot be estimated."""

    def make(key, *batches, **known):
        with pytest.raises(NotEstimableError) as caught:
            estimated(key, *batches, **known)
        return caught.value.reason, str(caught.value)

    return make


@pytest.mark.parametrize(("key", "q"), [("latency.p50", 0.5), ("latency.p99", 0.99)])
def test_a_percentile_is_that_of_the_rows_within_a_bucket(estimated, load_of, lognormal, key, q):
    values = lognormal(50.0, 0.5, 5003)
    found = estimated(key, load_of("a", values))
    assert found.value == pytest.approx(np.quantile(values, q), rel=0.006)
    assert found.n == 5003
    assert 0 < found.sampling_variance < 0.2**2
    assert 0.1 < found.design_effect < 5


def test_the_mean_is_that_of_the_rows_within_a_bucket(estimated, load_of, lognormal):
    values = lognormal(50.0, 0.5, 5003)
    found = estimated("latency.mean", load_of("a", values))
    assert found.value == pytest.approx(values.mean(), rel=0.003)
    assert found.n == 5003


def test_failures_have_no_part_in_latency(estimated, load_of):
    values = np.concatenate([np.full(900, 20.0), np.full(100, 9000.0)])
    found = estimated("latency.mean", load_of("a", values, ok=values < 100))
    assert found.value == pytest.approx(20.0, rel=0.003)
    assert found.n == 900


def test_an_error_rate_counts_requests_without_latency(estimated, load_of):
    failed = np.arange(1000) % 20 == 0
    values = np.where(failed, np.nan, 5.0)
    found = estimated("error_rate", load_of("a", values, ok=~failed))
    assert (found.value, found.share.events, found.share.n) == (0.05, 50, 1000)


def test_errors_in_a_burst_are_worth_fewer_requests(estimated, load_of):
    index = np.arange(10_000)
    steady = estimated("error_rate", load_of("a", [5.0] * 10_000, ok=index % 50 != 0))
    burst = estimated("error_rate", load_of("a", [5.0] * 10_000, ok=index >= 200))
    assert steady.value == burst.value == 0.02
    assert steady.design_effect < 1.2
    assert burst.design_effect > 50


def test_throughput_is_requests_over_the_length_of_the_run(estimated, load_of):
    # The last request starts at 9.99 s and takes 10 ms.
    found = estimated("throughput", load_of("a", [10.0] * 1000, seconds=10.0))
    assert found.value == pytest.approx(100.0)
    assert found.sampling_variance < 0.05**2


def test_throughput_of_a_sampled_log_is_that_of_the_report(estimated, load_of, interval_rows):
    report = interval_rows({"name": "a", "requests": 5000, "duration_s": 10.0})
    found = estimated("throughput", load_of("a", [1.0] * 50), intervals=[report])
    assert (found.value, found.n) == (500.0, 5000)


def test_reported_percentiles_carry_the_rounding_of_their_source(estimated, interval_rows):
    rows = interval_rows(
        {"name": "a", "requests": 2000, "quantiles": {0.5: 8.0, 0.99: 40.0}}
        | {"quantile_error": 0.05}
    )
    found = estimated("latency.p99", intervals=[rows])
    assert (found.value, found.n, found.resolution, found.sampling_variance) == (
        40.0,
        2000,
        0.05,
        None,
    )


def test_a_mean_of_windows_tells_its_error_and_one_of_a_total_does_not(estimated, interval_rows):
    windows = [
        {"scope": "window", "name": "a", "offset_s": i, "duration_s": 1.0, "requests": 100}
        | {"latency_mean_ms": 10.0 + i % 2}
        for i in range(40)
    ]
    found = estimated("latency.mean", intervals=[interval_rows(*windows)])
    assert found.value == 10.5
    assert found.sampling_variance >= 0
    total = interval_rows({"name": "a", "requests": 100, "latency_mean_ms": 12.0})
    known = estimated("latency.mean", intervals=[total])
    assert (known.value, known.sampling_variance) == (12.0, None)


@pytest.mark.parametrize(
    ("key", "needed"), [("latency.p50", 20), ("latency.p95", 200), ("latency.p99", 1000)]
)
def test_too_few_requests_are_refused_with_the_number_needed(refused, load_of, key, needed):
    reason, message = refused(key, load_of("a", np.full(needed - 1, 5.0)))
    assert reason == "too-few-requests"
    assert message.startswith(key.removeprefix("latency."))
    assert message.endswith(f"needs at least {needed} requests, found {needed - 1}")


def test_a_run_of_failures_has_an_error_rate_and_no_latency(estimated, refused, load_of):
    load = load_of("a", np.full(2000, 5.0), ok=False)
    assert estimated("error_rate", load).value == 1.0
    for key in ("latency.p50", "latency.mean"):
        assert refused(key, load)[0] in {"too-few-requests", "too-short"}


def test_nine_requests_have_no_rates(refused, load_of):
    for key in ("error_rate", "throughput"):
        assert refused(key, load_of("a", [5.0] * 9))[0] == "too-few-requests"


def test_a_percentile_that_the_source_does_not_report_is_refused(refused, interval_rows):
    rows = interval_rows({"name": "a", "requests": 2000, "quantiles": {0.5: 8.0}})
    assert refused("latency.p95", intervals=[rows]) == (
        "not-reported",
        "the source does not report latency.p95",
    )
    assert refused("latency.mean", intervals=[rows])[0] == "not-reported"


def test_a_reported_percentile_of_too_few_requests_is_refused(refused, interval_rows):
    rows = interval_rows({"name": "a", "requests": 999, "quantiles": {0.99: 8.0}})
    assert refused("latency.p99", intervals=[rows]) == (
        "too-few-requests",
        "latency.p99 needs at least 1000 requests, found 999",
    )


def test_there_is_no_relative_change_of_nothing(refused, interval_rows):
    rows = interval_rows({"name": "a", "requests": 2000, "quantiles": {0.5: 0.0}})
    assert refused("latency.p50", intervals=[rows])[0] == "zero"


def test_four_windows_are_too_short_for_a_mean(refused, interval_rows):
    windows = [
        {"scope": "window", "name": "a", "offset_s": i, "duration_s": 1.0, "requests": 100}
        | {"latency_mean_ms": 10.0}
        for i in range(4)
    ]
    assert refused("latency.mean", intervals=[interval_rows(*windows)])[0] == "too-short"
