"""Series and latency: what rose and fell together, and what cannot be said."""

from __future__ import annotations

import numpy as np
import pytest

from perfanalysis.analysis.views import view_run

SECONDS = 60
WAVE = np.sin(np.arange(SECONDS) / 3)


@pytest.fixture
def run(rows_run, load_of):
    """A run of a minute whose latency follows a wave, with the given series."""

    def make(*series, rate=100):
        at = np.arange(SECONDS * rate) / rate
        noise = np.random.default_rng(1).lognormal(0, 0.3, len(at))
        latency = 20 * np.exp(0.5 * WAVE[at.astype(int)]) * noise
        return rows_run(load_of("a", latency, seconds=float(SECONDS)), series=series)

    return make


def noisy(values, seed=2):
    return values + np.random.default_rng(seed).normal(0, 0.1, len(values))


def test_what_rises_and_falls_with_latency_is_distinct(run, series_of):
    cpu = series_of("system.cpu", noisy(40 + 20 * WAVE), unit="%", labels={"host": "a"})
    (found,) = view_run(run(cpu)).correlations
    assert (found.metric, found.labels, found.against) == ("system.cpu", "host=a", "latency.p95")
    assert found.coefficient > 0.8
    assert found.ci_low < found.coefficient < found.ci_high
    assert found.distinct
    # A wave repeats itself: it is worth fewer windows than it has.
    assert found.n_effective < SECONDS / 2
    assert found.message.startswith("system.cpu (host=a) and latency.p95 rose and fell together")
    assert "cause" not in found.message


def test_what_falls_when_latency_rises_has_a_negative_coefficient(run, series_of):
    (found,) = view_run(run(series_of("free", noisy(-WAVE)))).correlations
    assert found.coefficient < -0.8
    assert found.message.startswith("free fell when latency.p95 rose, and rose when it fell")


def test_a_series_that_never_changes_is_not_mentioned(run, series_of):
    assert view_run(run(series_of("total", np.full(SECONDS, 8.0)))).correlations == ()


def test_a_series_of_few_values_is_not_mentioned(run, series_of):
    few = series_of("system.cpu", WAVE[:6], step_s=10.0)
    assert view_run(run(few)).correlations == ()


def test_noise_is_told_to_be_nothing(run, series_of):
    noise = series_of("noise", np.random.default_rng(5).normal(size=SECONDS))
    (found,) = view_run(run(noise)).correlations
    assert not found.distinct
    assert found.message.startswith("noise and latency.p95 did not go together beyond chance")


def test_the_strongest_come_first(run, series_of):
    views = view_run(
        run(
            series_of("noise", np.random.default_rng(5).normal(size=SECONDS)),
            series_of("weak", noisy(WAVE, 3) + np.random.default_rng(6).normal(size=SECONDS)),
            series_of("strong", noisy(WAVE)),
        )
    )
    assert [entry.metric for entry in views.correlations] == ["strong", "weak", "noise"]


def test_counters_are_counted_in_the_windows_of_the_latency(run, series_of):
    # Four increments a second, whose sum follows the wave.
    increments = np.repeat(np.round(10 + 5 * WAVE), 4)
    orders = series_of("orders", increments, kind="counter", step_s=0.25)
    (found,) = view_run(run(orders)).correlations
    assert found.coefficient > 0.8


def test_without_a_p95_the_median_is_taken(run, series_of):
    (found,) = view_run(run(series_of("system.cpu", noisy(WAVE)), rate=4)).correlations
    assert found.against == "latency.p50"


def test_a_trace_without_requests_has_no_correlations(rows_run, series_of):
    assert view_run(rows_run(series=[series_of("system.cpu", WAVE)])).correlations == ()


def test_the_warm_up_is_left_out(rows_run, load_of, series_of):
    at = np.arange(120 * 100) / 100
    latency = np.random.default_rng(1).lognormal(3, 0.3, len(at)) * np.where(at < 10, 5.0, 1.0)
    cpu = np.where(np.arange(120) < 10, 95.0, 40.0) + np.random.default_rng(2).normal(0, 1, 120)
    run = rows_run(load_of("a", latency, seconds=120.0), series=[series_of("system.cpu", cpu)])
    view = view_run(run)
    assert view.warmup_s == pytest.approx(10, abs=2.5)
    (found,) = view.correlations
    assert not found.distinct
