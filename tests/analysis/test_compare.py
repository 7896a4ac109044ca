"""Current runs against baseline runs."""

from __future__ import annotations

import numpy as np
import pytest

from perfanalysis.analysis.compare import compare_runs
from perfanalysis.analysis.judge import Settings
from perfanalysis.errors import ConfigError, UsageError
from perfanalysis.model.results import Verdict


@pytest.fixture
def shop(rows_run, load_of, lognormal):
    """A run of search and browse; `slower` multiplies the latencies of search."""

    def make(*, slower=1.0, seed=1, errors=0, n=3001, **known):
        return rows_run(
            load_of("search", lognormal(20.0 * slower, 0.5, n, seed), ok=np.arange(n) >= errors),
            load_of("browse", lognormal(40.0, 0.3, n, seed + 1)),
            **known,
        )

    return make


def compared(current, baseline, *, settings=None, **options):
    sides = [side if isinstance(side, list) else [side] for side in (current, baseline)]
    return compare_runs(*sides, settings=settings or Settings(), **options)


def codes(comparison):
    return {caveat.code for caveat in comparison.caveats}


def test_the_slower_name_regresses_and_the_other_does_not(shop):
    found = compared(shop(slower=1.5), shop(seed=5))
    assert found.verdict is Verdict.REGRESSED
    assert {r.name for r in found.results if r.verdict is Verdict.REGRESSED} == {"search"}
    search = next(r for r in found.results if (r.name, r.metric) == ("search", "latency.p50"))
    assert search.change == pytest.approx(0.5, abs=0.01)
    assert search.ci_low < 0.5 < search.ci_high
    assert (search.n_baseline, search.n_current) == (3001, 3001)
    assert any("search" in reason for reason in found.reasons)


def test_the_default_metrics_are_judged_per_name_and_throughput_once(shop):
    found = compared(shop(), shop(seed=5))
    judged = {(r.name, r.metric) for r in found.results}
    assert judged == {
        *((n, m) for n in ("search", "browse") for m in ("latency.p10", "latency.p50")),
        *((n, "latency.p95") for n in ("search", "browse")),
        *((n, m) for n in ("search", "browse") for m in ("latency.p99", "error_rate")),
        ("all requests", "throughput"),
    }
    assert found.judged == len(found.results) == 11
    assert found.not_judged == ()


def test_throughput_does_not_gate(shop):
    # A third of the requests at the same latency is another load, which is judged only by force.
    chosen = {"metrics": ["throughput", "latency.p50"], "settings": Settings(force=True)}
    found = compared(shop(n=1001), shop(n=3001), **chosen)
    gates = {r.metric: r.gate for r in found.results}
    assert gates == {"throughput": False, "latency.p50": True}
    slower = [r for r in found.results if r.metric == "throughput"]
    assert {r.verdict for r in slower} == {Verdict.REGRESSED}
    assert found.verdict is not Verdict.REGRESSED


def test_metrics_are_those_asked_for_each_once(shop):
    found = compared(shop(), shop(), metrics=["latency.p90", "latency.mean", "latency.p90"])
    assert {r.metric for r in found.results} == {"latency.p90", "latency.mean"}
    assert found.judged == 4


def test_an_unknown_metric_is_an_error(shop):
    with pytest.raises(ConfigError, match=r"did you mean 'latency\.p95'"):
        compared(shop(), shop(), metrics=["latancy.p95"])


def test_names_are_chosen_by_globs(shop):
    found = compared(shop(), shop(), names=["sea*"])
    assert {r.name for r in found.results} == {"search"}


def test_a_glob_that_matches_nothing_lists_the_names(shop):
    with pytest.raises(UsageError, match=r"--name 'cart\*' matches none .*: browse, search"):
        compared(shop(), shop(), names=["search", "cart*"])


@pytest.mark.parametrize(
    ("currents", "baselines", "design", "methods"),
    [
        (1, 1, "1v1", {"assumed-run-noise", "batch-means"}),
        (1, 3, "1v3", {"prediction"}),
        (3, 1, "3v1", {"prediction"}),
        (2, 3, "2v3", {"welch"}),
    ],
)
def test_the_design_decides_the_method(shop, currents, baselines, design, methods):
    ours = [shop(seed=i, slower=1 + i / 100) for i in range(currents)]
    theirs = [shop(seed=10 + i, slower=1 + i / 100) for i in range(baselines)]
    found = compared(ours, theirs, metrics=["latency.p50"])
    assert found.design == design
    assert ("single-run" in codes(found)) == (design == "1v1")
    assert {r.method for r in found.results} <= methods


def test_several_runs_a_side_find_what_one_cannot(shop):
    """8 % is below what the assumed noise of single runs lets through, not below a measured one."""
    theirs = [shop(seed=i, slower=1 + i / 500) for i in range(5)]
    ours = [shop(seed=20 + i, slower=1.08 + i / 500) for i in range(5)]
    assert compared(ours, theirs).verdict is Verdict.REGRESSED
    assert compared(ours[0], theirs[0]).verdict is not Verdict.REGRESSED


def test_error_rates_are_differences(shop):
    found = compared(shop(errors=300), shop())
    (result,) = [r for r in found.results if (r.name, r.metric) == ("search", "error_rate")]
    assert result.change == pytest.approx(300 / 3001)
    assert (result.baseline, result.tolerance) == (0.0, 0.001)


def test_a_name_gone_from_the_current_run_forbids_green_unless_excused(
    rows_run, load_of, shop, lognormal
):
    less = rows_run(load_of("search", lognormal(20.0, 0.5, 3001, 1)))
    found = compared(less, shop())
    assert found.verdict is Verdict.UNDECIDED
    (gone,) = [entry for entry in found.not_judged if entry.metric is None]
    assert (gone.name, gone.reason) == ("browse", "missing-in-current")
    assert found.reasons == (gone.message,)
    excused = compared(less, less, allow_missing=["bro*"])
    assert excused.verdict is Verdict.NOT_REGRESSED


def test_a_name_gone_from_one_of_several_current_runs_is_missing(rows_run, load_of, shop):
    less = rows_run(load_of("search", np.full(3001, 20.0)))
    found = compared([shop(), less], [shop(), shop()])
    (gone,) = [entry for entry in found.not_judged if entry.metric is None]
    assert gone.message == "'browse' is missing in a current run"
    assert found.verdict is Verdict.UNDECIDED


def test_a_new_name_is_listed_and_forbids_nothing(rows_run, load_of, shop):
    less = rows_run(load_of("search", np.full(3001, 20.0)))
    found = compared(shop(), less, metrics=["error_rate"])
    (new,) = found.not_judged
    assert (new.name, new.reason) == ("browse", "missing-in-baseline")
    assert found.verdict is Verdict.UNCHANGED


def test_single_names_are_held_against_each_other_with_a_caveat(rows_run, load_of, lognormal):
    new = rows_run(load_of("v2.sql", lognormal(30.0, 0.4, 3001)))
    old = rows_run(load_of("v1.sql", lognormal(20.0, 0.4, 3001)))
    found = compared(new, old)
    assert found.verdict is Verdict.REGRESSED
    assert {r.name for r in found.results} == {"v2.sql", "all requests"}
    (renamed,) = [c for c in found.caveats if c.code == "renamed"]
    assert "'v2.sql' is held against 'v1.sql'" in renamed.message


def test_what_cannot_be_judged_is_listed_with_its_run(rows_run, load_of, shop):
    few = rows_run(load_of("search", np.full(150, 20.0)), name="nightly")
    found = compared(few, shop(), names=["search"])
    messages = {entry.metric: entry.message for entry in found.not_judged}
    assert messages == {
        "latency.p95": "p95 needs at least 200 requests, found 150 (current run 'nightly')",
        "latency.p99": "p99 needs at least 1000 requests, found 150 (current run 'nightly')",
    }


def test_sources_without_rows_are_compared_by_their_means_too(rows_run, interval_rows):
    def total(mean):
        rows = {"name": "a", "requests": 5000, "latency_mean_ms": mean, "duration_s": 10.0}
        return rows_run(intervals=[interval_rows(rows | {"quantiles": {0.5: mean}})])

    found = compared(total(15.0), total(10.0))
    assert {r.metric for r in found.results if r.verdict is Verdict.REGRESSED} == {
        "latency.mean",
        "latency.p50",
    }
    assert {e.metric for e in found.not_judged} == {"latency.p10", "latency.p95", "latency.p99"}


def test_a_rounded_percentile_widens_the_interval_and_says_so(rows_run, interval_rows):
    def total(error):
        rows = {"name": "a", "requests": 5000, "duration_s": 10.0, "quantiles": {0.5: 10.0}}
        return rows_run(intervals=[interval_rows(rows | {"quantile_error": error})])

    exact, rounded = (
        compared(total(e), total(e), metrics=["latency.p50"]).results[0] for e in (None, 0.05)
    )
    assert rounded.ci_high > exact.ci_high
    assert "coarse-percentiles" in {c.code for c in rounded.caveats}
    assert "coarse-percentiles" not in {c.code for c in exact.caveats}


def test_the_same_run_and_different_tools_are_said(shop):
    run = shop()
    assert "same-run" in codes(compared(run, run))
    assert "different-tools" in codes(compared(shop(tool="locust"), run))
    assert codes(compared(shop(), run)) == {"single-run"}


def test_strict_turns_undecided_into_no_verdict(shop):
    run = shop()
    assert compared(run, run).verdict is Verdict.NOT_REGRESSED
    assert compared(run, run, settings=Settings(strict=True)).verdict is Verdict.UNDECIDED


def test_a_wide_tolerance_shows_that_nothing_changed(shop):
    run = shop()
    settings = Settings(tolerance=0.5, error_rate_tolerance=0.1)
    assert compared(run, run, settings=settings).verdict is Verdict.UNCHANGED


def test_a_change_within_the_tolerance_is_no_regression(shop):
    settings = Settings(tolerance=0.6)
    assert compared(shop(slower=1.5), shop(), settings=settings).verdict is not Verdict.REGRESSED


def test_p_values_are_adjusted_for_the_gating_family_only(shop):
    found = compared(shop(slower=1.5), shop(seed=5))
    gating = [r for r in found.results if r.gate]
    assert all(r.p_adjusted >= r.p_value for r in found.results)
    smallest = min(gating, key=lambda r: r.p_value)
    assert smallest.p_adjusted == pytest.approx(smallest.p_value * len(gating))


def test_planned_pairs_cancel_what_their_runs_share(rows_run, load_of, lognormal):
    def run_of(weather, factor, seed):
        return rows_run(load_of("a", lognormal(20.0 * weather * factor, 0.3, 3001, seed)))

    weathers = (1.0, 1.6, 0.7, 1.3, 2.0)
    baseline = [run_of(weather, 1.0, i) for i, weather in enumerate(weathers)]
    current = [run_of(weather, 1.1, 50 + i) for i, weather in enumerate(weathers)]
    metrics = ["latency.p50"]
    (alone,) = compared(current, baseline, metrics=metrics).results
    settings = Settings(paired=True)
    (together,) = compared(current, baseline, settings=settings, metrics=metrics).results
    assert (alone.verdict, alone.method) == (Verdict.UNDECIDED, "welch")
    assert (together.verdict, together.method) == (Verdict.REGRESSED, "paired-t")


def test_pairs_of_unequal_sides_are_refused(shop):
    with pytest.raises(UsageError, match="found 2 current and 1 baseline"):
        compared([shop(), shop()], shop(), settings=Settings(paired=True))
