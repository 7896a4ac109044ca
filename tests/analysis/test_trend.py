"""Histories of runs: order, levels, the newest run, names that come and go, the verdict."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from perfanalysis import api
from perfanalysis.analysis.estimates import Estimate
from perfanalysis.analysis.judge import Settings
from perfanalysis.analysis.trend.history import FigureHistory
from perfanalysis.analysis.trend.levels import TrendSettings, trends_of
from perfanalysis.errors import ConfigError, UsageError
from perfanalysis.model.metric import parse_metric
from perfanalysis.model.results import Severity, Verdict
from perfanalysis.stats.rates import Share

GIVEN = TrendSettings(order="given")


@pytest.fixture(scope="module")
def shop(fixtures):
    return api.load_runs(str(fixtures / "history/shop"))


@pytest.fixture(scope="module")
def base(shop):
    return shop[:9]


@pytest.fixture(scope="module")
def slow(shop):
    return shop[9:]


def named(run, name, **known):
    found = run.called(name)
    found.info = found.info.model_copy(update={"id": f"{name:0>12}"[-12:], **known})
    return found


def figure(found, name, metric):
    return next(f for f in found.figures if (f.name, f.metric) == (name, metric))


def estimated(values, metric="latency.p50", requests=1000):
    def one(value):
        share = None
        if metric == "error_rate":
            share = Share(events=round(value * requests), n=requests, design_effect=1.0)
        return Estimate(
            value=share.value if share else float(value),
            sampling_variance=None,
            design_effect=1.0,
            df=np.inf,
            n=requests,
            share=share,
            resolution=None,
        )

    return FigureHistory(
        name="search",
        metric=parse_metric(metric),
        runs=tuple(range(len(values))),
        estimates=tuple(one(value) for value in values),
    )


def trend_of_values(values, metric="latency.p50", recent=10, **known):
    (found,) = trends_of(
        [estimated(values, metric)], len(values), replace(Settings(), **known), recent
    )
    return found


def around(level, n, seed=1, noise=0.02):
    return level * np.exp(np.random.default_rng(seed).normal(0, noise, n))


def test_runs_are_sorted_by_their_start(shop):
    found = api.trend(list(reversed(shop)))
    starts = [run.started_at for run in found.runs]
    assert starts == sorted(starts)
    assert found.order == "start"
    assert found.verdict is Verdict.REGRESSED


def test_runs_may_stand_in_the_order_in_which_they_are_given(shop):
    backwards = list(reversed(shop))
    found = api.trend(backwards, chosen=GIVEN)
    assert [run.id for run in found.runs] == [run.info.id for run in backwards]
    assert found.order == "given"
    assert figure(found, "search", "latency.p10").verdict is Verdict.IMPROVED


def test_where_a_start_is_unknown_the_given_order_holds_and_is_told(shop):
    runs = [*shop[:-1], named(shop[-1], "undated", started_at=None)]
    found = api.trend(runs)
    assert found.order == "given"
    (caveat,) = (c for c in found.caveats if c.code == "start-unknown")
    assert "'undated'" in caveat.message


def test_a_run_that_is_given_twice_counts_once(shop):
    found = api.trend([*shop, shop[3]])
    assert len(found.runs) == len(shop)
    assert "same-run-twice" in {caveat.code for caveat in found.caveats}


def test_levels_and_steps_are_told_by_the_numbers_of_runs(shop):
    found = figure(api.trend(shop), "search", "latency.p10")
    assert [(level.first, level.last, level.runs) for level in found.levels] == [
        (0, 8, 9),
        (9, 11, 3),
    ]
    (step,) = found.steps
    assert (step.run, step.direction, step.severity) == (9, "worse", Severity.CRITICAL)
    assert step.ci_low < step.change < step.ci_high
    assert step.change == pytest.approx(0.2, abs=0.02)
    assert step.p_value < step.p_adjusted < 0.05
    assert found.change == step.change
    assert "new-level" in {caveat.code for caveat in found.caveats}


def test_points_have_the_interval_that_a_run_shows_alone(shop):
    for point in figure(api.trend(shop), "search", "latency.p50").points:
        assert point.ci_low < point.value < point.ci_high


def test_one_slow_run_is_suspected_and_passes_no_gate(base, slow):
    found = api.trend([*base, slow[0]])
    p10 = figure(found, "search", "latency.p10")
    assert (p10.newest.suspected, p10.newest.runs) == ("worse", 1)
    assert p10.steps == ()
    assert p10.verdict is Verdict.UNDECIDED
    assert found.verdict is Verdict.UNDECIDED
    assert "until more runs show whether it stays" in found.reasons[0]


def test_two_slow_runs_are_suspected_together(base, slow):
    found = api.trend([*base, *slow[:2]])
    p10 = figure(found, "search", "latency.p10")
    assert (p10.newest.suspected, p10.newest.runs) == ("worse", 2)
    assert p10.steps == ()


@pytest.mark.parametrize("runs", [1, 5])
def test_too_few_runs_are_never_green(base, runs):
    found = api.trend(base[:runs])
    assert found.verdict is Verdict.UNDECIDED
    assert found.reasons[0].startswith(f"{runs} runs are too few to tell a step from noise")
    assert found.judged == 0
    assert {c.code for f in found.figures for c in f.caveats} == {"too-few-runs"}


def test_identical_runs_say_up_to_what_size_a_step_could_hide(base):
    found = api.trend(base)
    assert found.verdict is Verdict.NOT_REGRESSED
    assert "a recent step of up to" in found.reasons[0]


def test_strict_takes_undecided_figures_for_no_verdict(base):
    assert api.trend(base, settings=Settings(strict=True)).verdict is Verdict.UNDECIDED


def test_a_quiet_history_is_unchanged_where_a_step_would_have_been_seen():
    found = trend_of_values(around(100, 30, noise=0.005))
    assert found.verdict is Verdict.UNCHANGED
    assert found.detectable_change == found.tolerance == 0.05


def test_an_old_step_is_told_and_no_longer_judged():
    values = np.concatenate([around(100, 20, noise=0.005), around(120, 20, 2, noise=0.005)])
    new, old = (trend_of_values(values, recent=recent) for recent in (25, 10))
    assert new.verdict is Verdict.REGRESSED
    assert old.verdict is Verdict.UNCHANGED
    assert old.change is None
    assert [step.run for step in old.steps] == [step.run for step in new.steps] == [20]


def test_what_went_up_and_came_down_again_has_not_regressed():
    parts = [around(100, 12, 1, 0.005), around(130, 8, 2, 0.005), around(100, 12, 3, 0.005)]
    found = trend_of_values(np.concatenate(parts), recent=25)
    assert [step.direction for step in found.steps] == ["worse", "better"]
    assert found.change == pytest.approx(0, abs=0.01)
    assert found.verdict is Verdict.UNCHANGED


def test_a_fall_of_throughput_is_worse_and_does_not_gate():
    values = np.concatenate([around(100, 15), around(80, 5, 2)])
    found = trend_of_values(values, "throughput")
    assert found.steps[0].direction == "worse"
    assert found.verdict is Verdict.REGRESSED
    assert not found.gate


def test_a_fall_of_latency_is_an_improvement():
    found = trend_of_values(np.concatenate([around(100, 15), around(80, 5, 2)]))
    assert found.verdict is Verdict.IMPROVED
    assert found.severity is Severity.CRITICAL


def test_error_rates_step_by_differences_and_zero_stays_zero():
    rng = np.random.default_rng(1)
    quiet = np.zeros(12)
    noisy = rng.binomial(1000, 0.05, 8) / 1000
    found = trend_of_values(np.concatenate([quiet, noisy]), "error_rate")
    (step,) = found.steps
    assert step.before == 0.0
    assert step.change == pytest.approx(0.05, abs=0.01)
    assert found.levels[0].value == found.levels[0].ci_low == 0.0
    assert found.levels[0].ci_high > 0
    assert found.verdict is Verdict.REGRESSED


def test_a_level_that_drifts_is_not_called_unchanged():
    values = around(100, 30, noise=0.002) * 1.002 ** np.arange(30)
    found = trend_of_values(values, tolerance=0.05)
    assert found.slope.drifting or found.steps
    assert found.verdict is not Verdict.UNCHANGED


def test_figures_do_not_depend_on_the_unit():
    values = np.concatenate([around(100, 15), around(130, 8, 2)])
    one, other = trend_of_values(values), trend_of_values(values * 1000)
    assert one.verdict is other.verdict
    assert one.change == pytest.approx(other.change)
    assert [s.run for s in one.steps] == [s.run for s in other.steps]


def test_a_history_of_one_and_the_same_figure_never_alarms():
    found = trend_of_values(np.full(20, 12.0))
    assert found.steps == ()
    assert found.newest.suspected is None
    assert not found.slope.drifting


def test_runs_on_different_machines_get_no_verdict_unless_forced(shop):
    cloud = shop[-1].info.environment.model_copy(update={"cpu_count": 64})
    local = shop[0].info.environment.model_copy(update={"cpu_count": 8})
    runs = [
        named(run, f"r{n}", environment=cloud if n > 8 else local) for n, run in enumerate(shop)
    ]
    found = api.trend(runs)
    assert found.verdict is Verdict.UNDECIDED
    assert found.reasons[0].startswith("not comparable: ")
    assert {f.verdict for f in found.figures} == {Verdict.UNDECIDED}
    forced = api.trend(runs, settings=Settings(force=True))
    assert forced.verdict is Verdict.REGRESSED
    assert forced.caveats[0].code == "forced"


def test_a_metric_and_a_name_may_be_chosen(shop):
    found = api.trend(shop, metrics=["latency.p95"], names=["s*"])
    assert [(f.name, f.metric) for f in found.figures] == [("search", "latency.p95")]
    assert found.verdict is Verdict.REGRESSED


def test_what_does_not_exist_is_refused(shop):
    with pytest.raises(UsageError, match="matches none of the names"):
        api.trend(shop, names=["nothing"])
    with pytest.raises(ConfigError, match="is no metric"):
        api.trend(shop, metrics=["latancy.p95"])
    with pytest.raises(UsageError, match="expected at least one run"):
        api.trend([])
    with pytest.raises(UsageError, match="at least 1 run, found 0"):
        api.trend(shop, chosen=TrendSettings(recent=0))


def test_a_row_for_each_run_and_figure_in_a_frame(shop):
    found = api.trend(shop, names=["search"], metrics=["latency.p10"])
    frame = found.to_pandas()
    assert list(frame["run"])[-1] == "search120-3"
    assert list(frame["level"].round(1).unique()) == [4.6, 5.6]
    assert str(frame["value"].dtype) == "float64"
    assert found.__repr__() == "<Trend of 12 runs: regressed>"


def request_batches(names, start):
    import pyarrow as pa

    from perfanalysis.model.requests import TIMESTAMP

    n = 300 * len(names)
    rng = np.random.default_rng(round(start.timestamp()) % 1000)
    offsets = np.sort(rng.uniform(0, 30e6, n)).astype(np.int64)
    started = pa.array(round(start.timestamp() * 1e6) + offsets, TIMESTAMP)
    return pa.RecordBatch.from_pydict(
        {
            "started_at": started,
            "name": pa.array([names[i % len(names)] for i in range(n)]),
            "latency_ms": pa.array(rng.lognormal(3, 0.3, n)),
            "ok": pa.array([True] * n),
            "kind": pa.array(["request"] * n),
        }
    )


@pytest.fixture(scope="module")
def history_of_names(write_run):
    """Write one run a list of names, each an hour after the one before."""

    def write(*lists):
        first = datetime(2026, 1, 1, tzinfo=UTC)
        starts = [first + timedelta(hours=n) for n in range(len(lists))]
        return [
            write_run({"requests": [request_batches(names, start)]})
            for names, start in zip(lists, starts, strict=True)
        ]

    return write


def test_a_name_that_vanished_lately_forbids_a_green_verdict(history_of_names):
    runs = history_of_names(*[["a", "b"]] * 7, ["a"], ["a"])
    found = api.trend(runs)
    assert [(entry.name, entry.event, entry.run) for entry in found.names] == [("b", "vanished", 7)]
    assert found.verdict is Verdict.UNDECIDED
    assert found.reasons[0].startswith("'b' is in no run since ")
    excused = api.trend(runs, chosen=TrendSettings(allow_missing=("b*",)))
    assert excused.verdict is Verdict.NOT_REGRESSED
    assert excused.names == found.names


def test_a_name_that_vanished_long_ago_is_only_told(history_of_names):
    found = api.trend(history_of_names(["a", "b"], *[["a"]] * 8), chosen=TrendSettings(recent=5))
    assert [entry.event for entry in found.names] == ["vanished"]
    assert found.verdict is Verdict.NOT_REGRESSED


def test_a_new_name_is_told_and_judged_once_it_has_runs_enough(history_of_names):
    found = api.trend(history_of_names(*[["a"]] * 3, *[["a", "c"]] * 6))
    assert [(entry.name, entry.event, entry.run) for entry in found.names] == [("c", "new", 3)]
    c = figure(found, "c", "latency.p50")
    assert [point.run for point in c.points] == [3, 4, 5, 6, 7, 8]
    assert c.levels[0].first == 3


def test_runs_with_one_name_each_are_one_history_whatever_it_is_called(history_of_names):
    found = api.trend(history_of_names(*[["a.sql"]] * 5, *[["b.sql"]] * 4))
    assert {f.name for f in found.figures} == {"b.sql", "all requests"}
    assert "renamed" in {caveat.code for caveat in found.caveats}
    assert found.names == ()
