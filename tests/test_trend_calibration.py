"""False alarms and power of trends: simulated histories of known truth, then real ones.

`docs/trend.md` states the rates. Noise is 3 %, the tolerance 5 %; an alarm is a step, a suspected
newest run or a drift. The settings were chosen with other seeds than those of these tests.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from perfanalysis import api
from perfanalysis.analysis.estimates import Estimate
from perfanalysis.analysis.judge import Settings
from perfanalysis.analysis.trend.history import FigureHistory
from perfanalysis.analysis.trend.levels import RECENT_RUNS, TrendSettings, trends_of
from perfanalysis.model.metric import parse_metric
from perfanalysis.model.results import Verdict

pytestmark = pytest.mark.slow

SERIES = 400
RUNS = 30
NOISE = 0.03


def history(values, name="search"):
    """One figure, as a source reports it that says nothing of its own error."""
    estimates = tuple(
        Estimate(
            value=float(np.exp(value)) * 100,
            sampling_variance=None,
            design_effect=1.0,
            df=np.inf,
            n=1000,
            share=None,
            resolution=None,
        )
        for value in values
    )
    metric = parse_metric("latency.p95")
    runs = tuple(range(len(values)))
    return FigureHistory(name=name, metric=metric, runs=runs, estimates=estimates)


def trends(*series):
    histories = [history(values, f"name {n}") for n, values in enumerate(series)]
    return trends_of(histories, len(series[0]), Settings(), RECENT_RUNS)


def alarms(figure):
    suspected = figure.newest is not None and figure.newest.suspected
    return bool(figure.steps or suspected or (figure.slope and figure.slope.drifting))


def correlated(rng, n, phi):
    shocks = rng.normal(0, NOISE * np.sqrt(1 - phi**2), n + 50)
    values = np.zeros(n + 50)
    for i in range(1, n + 50):
        values[i] = phi * values[i - 1] + shocks[i]
    return values[50:]


def bimodal(rng, n, share):
    return 0.2 * (rng.random(n) < share) + rng.normal(0, 0.01, n)


QUIET: dict[str, Callable] = {
    "white": lambda rng, n: rng.normal(0, NOISE, n),
    "correlated .5": lambda rng, n: correlated(rng, n, 0.5),
    "two modes, half": lambda rng, n: bimodal(rng, n, 0.5),
    "two modes, three in ten": lambda rng, n: bimodal(rng, n, 0.3),
    "heavy tails": lambda rng, n: NOISE * rng.standard_t(3, n),
}


@pytest.mark.parametrize("kind", QUIET)
def test_at_most_one_in_twenty_quiet_histories_raises_an_alarm(kind):
    rng = np.random.default_rng(2027)
    alarmed = sum(alarms(trends(QUIET[kind](rng, RUNS))[0]) for _ in range(SERIES))
    assert alarmed <= 0.05 * SERIES


@pytest.mark.parametrize("kind", QUIET)
def test_short_quiet_histories_raise_no_more_alarms(kind):
    """Of 400 with a true rate of 5 %, more than 31 would have one once in a hundred times."""
    rng = np.random.default_rng(2030)
    assert sum(alarms(trends(QUIET[kind](rng, 12))[0]) for _ in range(SERIES)) <= 31


@pytest.mark.parametrize(("kind", "most"), [("white", 5), ("correlated .5", 11)])
def test_quiet_histories_of_many_names_raise_no_more_alarms(kind, most):
    """Of 100 with a true rate of 5 %, more than 11 would have one once in a hundred times."""
    rng = np.random.default_rng(2028)
    histories = [[QUIET[kind](rng, RUNS) for _ in range(20)] for _ in range(100)]
    assert sum(any(alarms(figure) for figure in trends(*series)) for series in histories) <= most


def found(figure, at):
    return any(abs(step.run - at) <= 3 for step in figure.steps)


def test_four_in_five_steps_of_ten_per_cent_are_found():
    """At places drawn at random, with at least three runs on each side."""
    rng = np.random.default_rng(2029)
    hits = 0
    for _ in range(SERIES):
        at = int(rng.integers(3, RUNS - 2))
        values = rng.normal(0, NOISE, RUNS)
        values[at:] += np.log(1.10)
        hits += found(trends(values)[0], at)
    assert hits >= 0.8 * SERIES


def test_four_in_five_steps_of_ten_per_cent_in_one_of_twenty_names_are_found():
    rng = np.random.default_rng(14)
    hits = 0
    for _ in range(60):
        series = [rng.normal(0, NOISE, RUNS) for _ in range(20)]
        at = int(rng.integers(8, RUNS - 7))
        series[0][at:] += np.log(1.10)
        hits += found(trends(*series)[0], at)
    assert hits >= 0.8 * 60


def test_a_newest_run_that_is_twenty_per_cent_off_is_suspected():
    rng = np.random.default_rng(15)
    hits = 0
    for _ in range(200):
        values = rng.normal(0, NOISE, RUNS)
        values[-1] += np.log(1.20)
        newest = trends(values)[0].newest
        hits += newest is not None and newest.suspected == "worse"
    assert hits >= 0.9 * 200


def test_a_drift_of_one_per_cent_a_run_is_seen_as_a_drift_or_as_steps():
    rng = np.random.default_rng(16)
    values = [rng.normal(0, NOISE, RUNS) + 0.01 * np.arange(RUNS) for _ in range(50)]
    assert sum(alarms(trends(series)[0]) for series in values) >= 45


@pytest.fixture(scope="module")
def truth(shared):
    folder = shared / "data/truth"
    return {path.name.partition(".")[0]: api.load(path) for path in sorted(folder.glob("*.gz"))}


GIVEN = TrendSettings(order="given")


def test_ten_identical_real_runs_are_one_level(truth):
    found = api.trend([truth[f"base-{n}"] for n in range(1, 11)])
    assert not any(alarms(figure) for figure in found.figures)
    assert found.verdict is Verdict.NOT_REGRESSED


def test_identical_real_runs_are_quiet_in_any_order(truth):
    runs = [truth[f"base-{n}"] for n in range(1, 11)]
    rng = np.random.default_rng(17)
    alarmed = 0
    for _ in range(40):
        shuffled = [runs[i] for i in rng.permutation(10)]
        found = api.trend(shuffled, chosen=GIVEN)
        alarmed += any(alarms(figure) for figure in found.figures)
    assert alarmed <= 0.05 * 40


@pytest.mark.parametrize(
    ("kind", "name", "metric", "change"),
    [
        ("search120", "search", "latency.p50", 0.2),
        ("browsetail3", "browse", "latency.p99", 1.4),
        ("checkouterr5", "checkout", "error_rate", 0.045),
    ],
)
def test_a_real_step_is_found_with_its_run_and_nothing_else(truth, kind, name, metric, change):
    quiet = [truth[f"base-{n}"] for n in range(1, 11)]
    runs = [*quiet, *(truth[f"{kind}-{n}"] for n in (1, 2, 3))]
    found = api.trend(runs, chosen=GIVEN)
    assert found.verdict is Verdict.REGRESSED
    stepped = {(figure.name, figure.metric): figure.steps for figure in found.figures}
    (step,) = stepped[name, metric]
    assert step.run == 10
    assert step.change == pytest.approx(change, rel=0.25)
    assert {key[0] for key, steps in stepped.items() if steps} == {name}


def test_one_real_run_is_suspected_and_makes_no_step(truth):
    runs = [truth[f"base-{n}"] for n in range(1, 11)] + [truth["search120-1"]]
    found = api.trend(runs, chosen=GIVEN)
    assert found.verdict is Verdict.UNDECIDED
    assert "suspected" in found.reasons[0]
    assert not any(figure.steps for figure in found.figures)
    suspected = {f.name for f in found.figures if f.newest and f.newest.suspected}
    assert suspected == {"search"}


def test_one_more_statement_per_transaction_is_found_on_a_noisy_database(shared):
    folder = shared / "data/pgbench-aa"
    base = [folder / f"base-{n}" for n in (1, 2, 3, 5, 6, 7, 9, 10)]
    more = [folder / f"more-{n}" for n in (4, 8, 12, 16)]
    quiet = api.trend(base, chosen=GIVEN)
    assert not any(alarms(figure) for figure in quiet.figures)
    found = api.trend([*base, *more], chosen=GIVEN)
    assert found.verdict is Verdict.REGRESSED
    assert "renamed" in {caveat.code for caveat in found.caveats}
    steps = {figure.metric: figure.steps for figure in found.figures if figure.steps}
    assert steps["latency.p10"][0].run == 8
