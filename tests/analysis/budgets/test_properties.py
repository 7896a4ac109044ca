"""What must hold for any budget, any value and any file."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from perfanalysis.analysis.budgets.document import parse_document
from perfanalysis.analysis.budgets.figures import parse_figure
from perfanalysis.analysis.budgets.judging import judge_budgets
from perfanalysis.analysis.budgets.measuring import Demand, measure
from perfanalysis.analysis.budgets.observing import Observed
from perfanalysis.analysis.budgets.outcomes import bound_of, headroom, outcome_of, times_as_much
from perfanalysis.analysis.budgets.reading import read_budgets
from perfanalysis.analysis.budgets.samples import sample_of_values
from perfanalysis.errors import ConfigError
from perfanalysis.model.buckets import GROWTH
from perfanalysis.model.outcome import Outcome
from perfanalysis.model.series import SeriesKind
from tests.analysis.budgets.texts import CONTRACT

numbers = st.floats(0.001, 1e6)
signs = st.sampled_from(["<", "<=", ">", ">="])


@st.composite
def intervals(draw):
    """A value within its interval."""
    low, value, high = sorted(draw(st.tuples(numbers, numbers, numbers)))
    return {"low": low, "value": value, "high": high}


def tighter(sign, limit, factor):
    """A limit that asks for more."""
    return limit / factor if bound_of(sign) == "max" else limit * factor


@given(intervals(), signs, numbers, st.floats(1.0, 100.0))
def test_a_tighter_limit_never_helps(interval, sign, limit, factor):
    order = [Outcome.MET, Outcome.UNDECIDED, Outcome.BROKEN]
    loose = outcome_of(sign, limit, **interval)
    tight = outcome_of(sign, tighter(sign, limit, factor), **interval)
    assert order.index(tight) >= order.index(loose)


@given(intervals(), signs, numbers)
def test_headroom_is_negative_where_a_budget_is_broken_and_not_where_it_is_met(
    interval, sign, limit
):
    outcome = outcome_of(sign, limit, **interval)
    left = headroom(sign, limit, interval["value"])
    if outcome is Outcome.BROKEN:
        assert left <= 0
    if outcome is Outcome.MET:
        assert left >= 0


@given(intervals(), numbers)
def test_more_data_are_asked_for_only_where_they_would_decide(interval, limit):
    assume(interval["low"] < limit < interval["high"] and interval["value"] != limit)
    times = times_as_much(limit, interval["value"], interval["low"], interval["high"])
    assert times is None or 1 <= times <= 100


@given(limits=st.lists(st.integers(5, 150), min_size=2, max_size=6, unique=True))
@settings(max_examples=20, deadline=None)
def test_of_rising_limits_of_a_run_none_is_broken_after_one_was_met(shop, limits):
    order = [Outcome.BROKEN, Outcome.UNDECIDED, Outcome.MET]
    entries = [
        {"metric": metric, "limit": f"{limit} ms", "name": "search"}
        for metric in ("latency.p50", "latency.p95", "latency.mean")
        for limit in sorted(limits)
    ]
    found = judge_budgets(read_budgets([{"budgets": entries}]).budgets, [Observed(shop)])
    for part in np.array_split(np.arange(len(found)), 3):
        ranks = [order.index(found[i].outcome) for i in part]
        assert ranks == sorted(ranks)


@given(
    st.text(alphabet=st.characters(codec="utf-8"), max_size=200)
    | st.text(alphabet="[]{}:,-&*!|>'\"%@`#\n \tab1?~", max_size=80)
)
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_or_refused_with_our_error(text):
    message = "b.yml"
    try:
        parse_document("b.yml", text)
    except ConfigError as exc:
        message = str(exc)
    assert message.startswith("b.yml")


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_damaged_budget_file_is_read_or_refused_with_our_error(tmp_path_factory, data):
    at = data.draw(st.integers(0, len(CONTRACT) - 1))
    length = data.draw(st.integers(0, 12))
    put = data.draw(st.text(alphabet="abc[]{}:,-\"'%<>= \n0159.*&!", max_size=6))
    path = tmp_path_factory.getbasetemp() / "damaged.yml"
    path.write_text(CONTRACT[:at] + put + CONTRACT[at + length :], encoding="utf-8")
    message = "damaged.yml: "
    try:
        read_budgets([path])
    except ConfigError as exc:
        message = str(exc)
    assert re.match(r".*damaged\.yml(:\d+)?: ", message)


@pytest.mark.parametrize("key", ["latency.p50", "latency.p95", "latency.mean"])
@given(steps=st.integers(-900, 1800), seed=st.integers(0, 2**16))
@settings(max_examples=20, deadline=None)
def test_measuring_in_other_units_scales_value_and_interval(key, steps, seed):
    # The design effect comes from buckets: a unit that is whole buckets away leaves it alone.
    scale = GROWTH**steps
    values = np.random.default_rng(seed).lognormal(3.0, 0.5, 1009)

    def measured(unit):
        sample = sample_of_values(
            SeriesKind.TREND,
            values * unit,
            np.arange(1009) * 50_000,
            seconds=50.0,
            clock_resolution=None,
        )
        return measure(Demand(figure=parse_figure(key), samples=(sample,), worst=max))

    one, other = measured(1.0), measured(scale)
    assert other.value == pytest.approx(one.value * scale)
    assert (other.low, other.high) == pytest.approx((one.low * scale, one.high * scale))


@pytest.mark.slow
@pytest.mark.parametrize("correlation", [0.0, 0.8])
@pytest.mark.parametrize(
    ("key", "truth"),
    [
        ("latency.p50", 1.0),
        ("latency.p95", np.exp(0.5 * 1.6448536)),
        ("latency.mean", np.exp(0.125)),
    ],
)
def test_intervals_of_one_run_hold_the_truth_nineteen_times_in_twenty(key, truth, correlation):
    rng = np.random.default_rng(11)
    n, held, tries = 3000, 0, 300
    for _ in range(tries):
        noise = rng.standard_normal(n)
        level = np.empty(n)
        level[0] = noise[0]
        keep = np.sqrt(1 - correlation**2)
        for i in range(1, n):
            level[i] = correlation * level[i - 1] + keep * noise[i]
        sample = sample_of_values(
            SeriesKind.TREND,
            np.exp(0.5 * level),
            np.arange(n) * 20_000,
            seconds=n / 50,
            clock_resolution=None,
        )
        found = measure(Demand(figure=parse_figure(key), samples=(sample,), worst=max))
        held += found.low <= truth <= found.high
    # 95 % of 300, less three standard errors and what few batches cost.
    assert held / tries >= 0.9
