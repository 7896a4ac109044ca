"""Leaving the warm-up out of every run alike."""

from __future__ import annotations

import numpy as np
import pytest

from perfanalysis import api
from perfanalysis.analysis.compare import compare_runs
from perfanalysis.analysis.evidence import RunEvidence
from perfanalysis.analysis.judge import Settings
from perfanalysis.analysis.warmup import (
    after_start,
    level_over_time,
    parse_warmup,
    warmup_seconds,
    without_warmup,
)
from perfanalysis.errors import UsageError
from perfanalysis.model.results import Verdict

SECONDS = 32.0
N = 6400


@pytest.fixture
def run_of(rows_run, load_of, lognormal):
    """A run of 32 s of two names that is slower by a factor for its first seconds."""

    def make(*, warm_s=0.0, factor=3.0, seed=1, slower=1.0, ok=True, **known):
        late = np.arange(N) * SECONDS / N >= warm_s
        slow = np.where(late, 1.0, factor)
        return rows_run(
            load_of("search", lognormal(50.0 * slower, 0.4, N, seed) * slow, ok=ok),
            load_of("browse", lognormal(5.0, 0.4, N, seed + 1) * slow),
            **known,
        )

    return make


def evidence(*runs):
    return [RunEvidence(run) for run in runs]


def codes(caveats):
    return [caveat.code for caveat in caveats]


def test_a_slow_start_is_found_and_little_else_is_cut(run_of):
    (slow,) = evidence(run_of(warm_s=4.0))
    assert 4.0 <= warmup_seconds(slow) <= 8.0
    assert warmup_seconds(*evidence(run_of())) == 0


def test_the_level_is_that_of_each_name_whatever_their_mix(rows_run, load_of):
    """Fast and slow names in turn: the mix changes halfway, the latencies do not."""
    run = rows_run(
        load_of("fast", np.full(900, 5.0), seconds=16.0),
        load_of("fast", np.full(100, 5.0), seconds=16.0, offset_s=16.0),
        load_of("slow", np.full(100, 500.0), seconds=16.0),
        load_of("slow", np.full(900, 500.0), seconds=16.0, offset_s=16.0),
    )
    starts, level = level_over_time(RunEvidence(run))
    assert len(starts) == 256
    assert np.ptp(level) < 0.01


def test_the_level_is_the_logarithm_of_how_much_slower_a_window_is(rows_run, load_of):
    latencies = np.where(np.arange(3200) < 800, 120.0, 60.0)
    starts, level = level_over_time(RunEvidence(rows_run(load_of("a", latencies))))
    assert level[:64] == pytest.approx(np.log(2), abs=0.02)
    assert level[64:] == pytest.approx(0, abs=0.01)
    assert (starts[64] - starts[0]) / 1e6 == 8.0


def test_most_runs_must_show_it(run_of):
    warm, cold = (lambda seed: run_of(warm_s=4.0, seed=seed)), (lambda seed: run_of(seed=seed))
    both = without_warmup(evidence(warm(1)), evidence(warm(2)), "auto")
    assert codes(both.caveats) == ["warm-up-cut"]
    most = without_warmup(evidence(warm(1), warm(2)), evidence(cold(3)), "auto")
    assert codes(most.caveats) == ["warm-up-cut"]
    none = without_warmup(evidence(cold(1)), evidence(cold(2)), "auto")
    assert none.caveats == ()


def test_a_slow_start_of_one_side_is_said_and_kept(run_of):
    warm = evidence(*(run_of(warm_s=4.0, seed=seed) for seed in (1, 3)))
    cold = evidence(*(run_of(seed=seed) for seed in (5, 7)))
    new = without_warmup(warm[:1], cold[:1], "auto")
    assert codes(new.caveats) == ["warm-up-of-one-side"]
    assert "1 of 1 current runs began with up to " in new.caveats[0].message
    assert new.current[0].names["search"].requests == N
    old = without_warmup(cold, warm, "auto")
    assert "2 of 2 baseline runs began with up to " in old.caveats[0].message
    odd = without_warmup([cold[0], warm[0]], [cold[1], cold[1]], "auto")
    assert (odd.caveats, odd.current[1].names["search"].requests) == ((), N)


def test_every_run_loses_as_many_seconds_as_the_slowest_to_settle(run_of):
    short, long, none = evidence(run_of(warm_s=2.0), run_of(warm_s=6.0, seed=3), run_of(seed=5))
    trimmed = without_warmup([short, long], [none], "auto")
    kept = [run.names["search"].requests for run in (*trimmed.current, *trimmed.baseline)]
    # 200 requests a second; what settles after 6 s leaves about 26 s.
    assert kept[0] == kept[1] == kept[2]
    assert 24 * 200 <= kept[0] <= 26 * 200
    assert "of every run were left out as warm-up, which 2 of 3 runs show" in (
        trimmed.caveats[0].message
    )


def test_what_is_left_is_what_was_made_later(rows_run, load_of):
    """By hand: 100 requests a second for 32 s, of which 8 s go; the first 1,000 fail."""
    latencies = np.where(np.arange(3200) < 800, 500.0, 50.0)
    run = RunEvidence(rows_run(load_of("a", latencies, ok=np.arange(3200) >= 1000)))
    later = after_start(run, 8.0)
    found = later.names["a"]
    assert (found.requests, found.failures) == (2400, 200)
    assert found.latencies.n == 2200
    assert found.duration_s == pytest.approx(24.05, abs=0.05)
    assert later.everything.requests == 2400
    assert found.windows.start_us[0] - run.names["a"].windows.start_us[0] == 8_000_000
    # The whole run is as it was.
    assert (run.names["a"].requests, run.everything.requests) == (3200, 3200)


def test_a_window_that_the_cut_falls_into_goes_as_a_whole(rows_run, load_of):
    run = RunEvidence(rows_run(load_of("a", np.full(3200, 50.0))))
    later = after_start(run, 7.9)
    assert later.names["a"].requests == 2400
    assert later.names["a"].duration_s == pytest.approx(24.05, abs=0.05)


def test_a_tools_own_count_is_cut_in_proportion(rows_run, load_of, interval_rows):
    """A log of every tenth request beside a report that counted all."""
    report = {"name": "a", "requests": 32000, "failures": 320, "duration_s": 32.0}
    whole = report | {"latency_mean_ms": 50.0, "quantiles": {0.5: 50.0}}
    run = rows_run(load_of("a", np.full(3200, 50.0)), intervals=[interval_rows(whole)])
    total = after_start(RunEvidence(run), 8.0).names["a"].total
    assert (total.requests, total.failures, total.duration_s) == (24000, 240, 24.0)
    assert (total.mean_ms, total.quantiles) == (None, {})


def test_seconds_that_are_demanded_are_cut_without_looking(run_of):
    trimmed = without_warmup(evidence(run_of()), evidence(run_of(seed=3)), 8.0)
    assert trimmed.current[0].names["search"].requests == N * 3 // 4
    assert trimmed.caveats[0].message == (
        "the first 8.00 s of every run were left out as warm-up, as demanded"
    )


def test_one_side_alone_is_cut_as_well(run_of):
    runs = evidence(*(run_of(warm_s=4.0, seed=seed) for seed in (1, 3, 5)))
    trimmed = without_warmup((), runs, "auto")
    assert codes(trimmed.caveats) == ["warm-up-cut"]
    assert (len(trimmed.current), len(trimmed.baseline)) == (0, 3)


@pytest.mark.parametrize("warmup", ["none", 0.0])
def test_nothing_is_cut_on_demand(run_of, warmup):
    runs = evidence(run_of(warm_s=4.0)), evidence(run_of(warm_s=4.0, seed=3))
    trimmed = without_warmup(*runs, warmup)
    assert (trimmed.current, trimmed.baseline, trimmed.caveats) == (*runs, ())


def test_more_seconds_than_a_run_has_are_an_error(run_of):
    with pytest.raises(UsageError, match=r"--warmup 40: 'nightly' lasts 32\.\d s only"):
        without_warmup(evidence(run_of(name="nightly")), evidence(run_of()), 40.0)


def test_what_has_no_requests_cannot_be_cut_and_is_not_compared(rows_run, interval_rows, run_of):
    totals = rows_run(
        intervals=[interval_rows({"name": "search", "requests": 900, "duration_s": 30.0})],
        name="summary",
    )
    runs = evidence(run_of()), evidence(totals)
    assert codes(without_warmup(*runs, 5.0).obstacles) == ["warm-up-not-cut"]
    assert "'summary'" in without_warmup(*runs, 5.0).obstacles[0].message
    assert without_warmup(*runs, "auto").obstacles == ()
    settings = Settings(warmup=5.0)
    assert compare_runs([totals], [totals], settings=settings).verdict is Verdict.UNDECIDED


def test_a_comparison_is_of_what_is_left(run_of):
    """A fifth of slow requests at the start hides the 95th percentile of the rest."""

    def compared(warmup):
        sides = [run_of(warm_s=6.4, factor=6.0)], [run_of(warm_s=6.4, seed=3)]
        settings = Settings(warmup=warmup)
        return compare_runs(*sides, settings=settings, metrics=["latency.p95"])

    whole = compared("none")
    assert {entry.name for entry in whole.not_judged} == {"browse", "search"}
    found = compared("auto")
    assert {r.name: r.change for r in found.results} == pytest.approx(
        {"browse": 0.0, "search": 0.0}, abs=0.1
    )
    search = next(r for r in found.results if r.name == "search")
    # exp(1.645 * 0.4) is 1.93.
    assert search.baseline == pytest.approx(50 * 1.93, rel=0.05)
    assert "warm-up-cut" in codes(found.caveats)


def test_a_name_of_the_warmup_alone_is_listed_as_not_judged(rows_run, load_of, run_of):
    def run(seed):
        return rows_run(
            load_of("search", np.full(6400, 50.0 + seed)),
            load_of("login", np.full(100, 300.0), seconds=2.0),
        )

    found = compare_runs([run(1)], [run(2)], settings=Settings(warmup=4.0))
    assert {entry.reason for entry in found.not_judged if entry.name == "login"} == {
        "too-few-requests"
    }
    assert {result.name for result in found.results} == {"search", "all requests"}


@pytest.mark.parametrize(
    ("text", "meaning"),
    [("auto", "auto"), ("none", "none"), ("30", 30.0), ("2.5s", 2.5), ("0", 0.0)],
)
def test_a_warmup_is_a_word_or_seconds(text, meaning):
    assert parse_warmup(text) == meaning


@pytest.mark.parametrize("text", ["", "soon", "-1", "nan", "inf", "10%"])
def test_other_warmups_are_errors(text):
    with pytest.raises(ValueError, match="expected auto, none or seconds"):
        parse_warmup(text)


@pytest.mark.slow
def test_real_runs_without_warmup_are_left_whole(shared):
    """Runs of a service that is warm before they begin."""
    paths = sorted((shared / "data/truth").glob("*.json.gz"))
    seconds = [warmup_seconds(RunEvidence(api.load(path))) for path in paths]
    assert len(seconds) == 22
    assert set(seconds) == {0.0}
