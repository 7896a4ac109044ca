"""What must hold for any runs."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfanalysis.analysis.compare import compare_runs
from perfanalysis.analysis.judge import Settings
from perfanalysis.analysis.summarize import summarize_run
from perfanalysis.analysis.views import view_run
from perfanalysis.model.requests import TIMESTAMP
from perfanalysis.model.results import Verdict
from perfanalysis.reports.json_document import comparison_document, render_json, summary_document

GREEN = {Verdict.UNCHANGED, Verdict.IMPROVED, Verdict.NOT_REGRESSED}
METRICS = ("latency.mean", "latency.p50", "latency.p95", "latency.p99", "error_rate", "throughput")
few_examples = settings(max_examples=15, deadline=None)
# Prime numbers of requests: no percentile falls between two of them, where one bucket more or
# less decides which of the two it is.
SIZES = st.sampled_from([211, 503, 1009, 2003])


@st.composite
def shops(draw, names=None):
    """Latencies and outcomes of up to three names, as a seed and a shape each."""
    chosen = names or draw(st.lists(st.sampled_from("abcde"), min_size=1, max_size=3, unique=True))
    return {
        name: {
            "seed": draw(st.integers(0, 2**32 - 1)),
            "n": draw(SIZES),
            "median": draw(st.floats(0.5, 500)),
            "sd": draw(st.floats(0.0, 1.0)),
            "failing": draw(st.sampled_from([0.0, 0.002, 0.1])),
        }
        for name in chosen
    }


@st.composite
def pairs(draw):
    """Two shops with the same names."""
    first = draw(shops())
    return first, draw(shops(names=list(first)))


@pytest.fixture(scope="module")
def loads(load_of):
    """Make the batches of a shop."""

    def make(shop, *, factor=1.0):
        for name, shape in shop.items():
            rng = np.random.default_rng(shape["seed"])
            values = shape["median"] * np.exp(shape["sd"] * rng.standard_normal(shape["n"]))
            ok = rng.random(shape["n"]) >= shape["failing"]
            yield load_of(name, values * factor, ok=ok)

    return make


def compared(current, baseline, metrics=METRICS, **options):
    return compare_runs([current], [baseline], settings=Settings(), metrics=metrics, **options)


def values(comparison):
    return {(r.name, r.metric): r.change for r in comparison.results}


@few_examples
@given(shops())
def test_a_run_against_itself_never_changes(rows_run, loads, shop):
    run = rows_run(*loads(shop))
    found = compared(run, run)
    assert found.results
    assert set(values(found).values()) == {0.0}
    assert {str(r.verdict) for r in found.results} <= {"unchanged", "undecided"}
    assert found.verdict in {Verdict.UNCHANGED, Verdict.NOT_REGRESSED}


@few_examples
@given(pairs())
def test_swapping_the_sides_flips_every_estimate(rows_run, loads, pair):
    first, second = (rows_run(*loads(shop)) for shop in pair)
    there, back = compared(first, second), compared(second, first)
    assert values(there).keys() == values(back).keys()
    opposite = {(r.name, r.metric): r for r in back.results}
    for result in there.results:
        other = opposite[result.name, result.metric]
        if result.metric == "error_rate":
            assert other.change == pytest.approx(-result.change, abs=1e-12)
            assert other.ci_low == pytest.approx(-result.ci_high, abs=1e-9)
        else:
            assert (1 + other.change) * (1 + result.change) == pytest.approx(1)
            assert (1 + other.ci_low) * (1 + result.ci_high) == pytest.approx(1)
        assert other.p_value == pytest.approx(result.p_value)
        assert {result.verdict, other.verdict} not in ({Verdict.REGRESSED}, {Verdict.IMPROVED})


@few_examples
@given(pairs(), st.floats(0.01, 100))
def test_a_slower_clock_changes_no_relative_change(rows_run, loads, pair, factor):
    plain, scaled = (
        values(compared(*(rows_run(*loads(shop, factor=f)) for shop in pair), METRICS[:4]))
        for f in (1.0, factor)
    )
    # A tail that hardly carries its percentile may gain or lose it by the width of a bucket.
    both = plain.keys() & scaled.keys()
    lost = {metric for _, metric in plain.keys() ^ scaled.keys()}
    assert lost <= {"latency.p95", "latency.p99"}
    assert {metric for _, metric in both} >= {"latency.mean", "latency.p50"}
    for key in both:
        assert 1 + scaled[key] == pytest.approx(1 + plain[key], rel=0.01)


@few_examples
@given(pairs(), st.integers(-100_000, 100_000))
def test_the_time_of_day_changes_nothing(rows_run, loads, pair, blocks):
    def moved(batch):
        start = batch.column("started_at").cast(pa.int64()).to_numpy() + blocks * 128_000_000
        return batch.set_column(
            batch.schema.get_field_index("started_at"), "started_at", pa.array(start, TIMESTAMP)
        )

    now = [rows_run(*loads(shop)) for shop in pair]
    then = [rows_run(*(moved(batch) for batch in loads(shop))) for shop in pair]
    expected, found = (compared(*runs, names=["*"]) for runs in (now, then))
    assert found.results == expected.results
    assert found.verdict is expected.verdict


@few_examples
@given(shops(names=["kept", "gone"]), st.sampled_from(["kept", "gone"]))
def test_a_name_gone_from_the_current_run_is_never_green(rows_run, loads, shop, left):
    baseline = rows_run(*loads(shop))
    current = rows_run(*loads({left: shop[left]}))
    found = compared(current, baseline)
    assert found.verdict not in GREEN
    assert "missing-in-current" in {entry.reason for entry in found.not_judged}


@few_examples
@given(shops())
def test_an_empty_current_run_is_never_green(rows_run, load_of, series_of, loads, shop):
    baseline = rows_run(*loads(shop))
    empty = (
        rows_run(series=[series_of("system.cpu", [1.0, 2.0])]),
        rows_run(load_of("journey", [1.0] * 50, kind="iteration")),
    )
    for run in empty:
        for options in ({}, {"allow_missing": ["*"]}):
            assert compared(run, baseline, **options).verdict not in GREEN
        assert compared(run, run).verdict not in GREEN


@few_examples
@given(st.integers(0, 2**32 - 1), st.integers(20_000, 40_000))
def test_a_collapsed_run_is_never_an_improvement_without_a_note(
    rows_run, load_of, lognormal, seed, n
):
    """97 % fewer requests of the same latencies: the service did not get better."""
    baseline = rows_run(load_of("a", lognormal(50.0, 0.5, n, seed)))
    current = rows_run(load_of("a", lognormal(50.0, 0.5, n * 3 // 100, seed + 1)))
    found = compared(current, baseline, ())
    assert found.verdict is Verdict.UNDECIDED
    assert "different-load" in {caveat.code for caveat in found.caveats}
    (throughput,) = [r for r in found.results if r.metric == "throughput"]
    assert throughput.verdict is Verdict.UNDECIDED
    assert throughput.change == pytest.approx(-0.97, abs=0.01)


@few_examples
@given(st.integers(0, 2**32 - 1), st.floats(0.3, 0.6), st.floats(1.2, 2.0))
def test_more_scatter_about_the_same_median_is_no_regression_of_it(
    rows_run, load_of, lognormal, seed, sd, wider
):
    baseline = rows_run(load_of("a", lognormal(50.0, sd, 3001, seed)))
    current = rows_run(load_of("a", lognormal(50.0, sd * wider, 3001, seed + 1)))
    (median,) = compared(current, baseline, ["latency.p50"]).results
    assert median.verdict is not Verdict.REGRESSED
    (tail,) = compared(current, baseline, ["latency.p95"]).results
    assert tail.change > 0.05


def refuse(constant):
    raise AssertionError(f"{constant} in a JSON document")


AWKWARD = st.one_of(
    st.lists(st.floats(0, 1e12), min_size=1, max_size=60),
    st.lists(st.sampled_from([0.0, 1e-12, 5.0, 1e12, np.nan]), min_size=30, max_size=400),
    st.sampled_from([[0.0] * 500, [np.nan] * 500, [7.0] * 2003, [1e-9, 1e9] * 600]),
)


@settings(max_examples=40, deadline=None)
@given(AWKWARD, AWKWARD, st.sampled_from([0.0, 0.5, 1.0]), st.floats(0.0, 300.0))
def test_documents_of_awkward_runs_hold_no_nan(
    rows_run, load_of, current, baseline, failing, seconds
):
    def run(latencies):
        ok = np.arange(len(latencies)) % 10 >= failing * 10
        return rows_run(load_of("a", latencies, ok=ok, seconds=seconds))

    ours, theirs = run(current), run(baseline)
    found = compared(ours, theirs, ())
    for document in (comparison_document(found), summary_document(summarize_run(ours))):
        read = json.loads(render_json(document), parse_constant=refuse)
        assert read["schema"] == document["schema"]
    assert view_run(ours).summary.run == ours.info


def test_more_runs_of_the_same_kind_do_not_change_the_direction(rows_run, load_of, lognormal):
    """Welch, prediction and single runs agree on what rose."""
    slow = [rows_run(load_of("a", lognormal(60.0 + i, 0.5, 2003, i))) for i in range(3)]
    fast = [rows_run(load_of("a", lognormal(50.0 + i, 0.5, 2003, 9 + i))) for i in range(3)]
    wide = replace(Settings(), tolerance=0.01)
    for ours in (slow[:1], slow):
        for theirs in (fast[:1], fast):
            found = compare_runs(ours, theirs, settings=wide, metrics=["latency.p50"])
            assert found.results[0].change > 0.1
