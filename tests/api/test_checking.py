"""Budgets through the public functions."""

from __future__ import annotations

import pytest

import perfanalysis
from perfanalysis import api
from perfanalysis.errors import ConfigError, UsageError
from perfanalysis.model.outcome import Outcome

TIGHT = {"budgets": [{"metric": "latency.p95", "name": "search", "limit": "1 ms"}]}
LOOSE = {"budgets": [{"metric": "latency.p95", "name": "search", "limit": 5000}]}


@pytest.fixture
def base(fixtures):
    return fixtures / "demo/base.json.xz"


@pytest.fixture
def slow(fixtures):
    return fixtures / "demo/slow.json.xz"


def test_a_run_is_held_against_files_and_dictionaries(base, tmp_path):
    path = tmp_path / "budget.yml"
    path.write_text("budgets: [{metric: latency.p95, name: search, limit: 5 s}]")
    for budgets in (LOOSE, path, str(path), [path, LOOSE], api.load_budgets(path)):
        assert api.check(base, budgets).outcome is Outcome.MET
    assert api.check(base, [path, TIGHT]).outcome is Outcome.BROKEN


def test_without_budgets_the_declared_thresholds_are_judged(base):
    found = api.check(base)
    assert [result.source for result in found.results] == [
        "http_reqs: rate>10",
        "http_req_duration: p(95)<500",
        "http_req_duration: p(99)<1000",
        "http_req_failed: rate<0.1",
        "checkout_duration: p(95)<2000",
    ]
    assert found.outcome is Outcome.MET


def test_thresholds_that_several_runs_declare_are_judged_once(base, slow):
    found = api.check([base, slow])
    assert len(found.results) == 5
    assert [run.name for run in found.runs] == ["base", "slow"]


def test_without_budgets_and_thresholds_there_is_nothing_to_judge(fixtures):
    with pytest.raises(UsageError, match=r"'base' declares no thresholds") as caught:
        api.check(fixtures / "jmeter/base.csv.jtl")
    assert "--budget" in caught.value.hint


def test_no_run_is_an_error():
    with pytest.raises(UsageError, match="at least one run"):
        api.check([], LOOSE)


def test_one_run_is_said_to_show_its_own_figures_only(base, slow):
    assert [caveat.code for caveat in api.check(base, LOOSE).caveats] == ["one-run"]
    assert api.check([base, slow], LOOSE).caveats == ()
    facts = {"budgets": [{"metric": "requests", "min": 1}]}
    assert api.check(base, facts).caveats == ()


def test_a_comparison_holds_its_current_runs_against_budgets(base, slow):
    budgets = {"budgets": [{"metric": "latency.p95", "name": "search", "limit": "65 ms"}]}
    for current, baseline, outcome in (
        (slow, base, Outcome.BROKEN),
        (base, slow, Outcome.UNDECIDED),
    ):
        found = api.compare(current, baseline, budgets=budgets)
        assert [result.outcome for result in found.budgets] == [outcome]
    assert api.compare(slow, base).budgets == ()


def test_a_wrong_budget_is_told_before_anything_is_compared(base, monkeypatch):
    def fail(*args, **kwargs):
        raise AssertionError("compared")

    monkeypatch.setattr("perfanalysis.api.stored_baseline.compare_sides", fail)
    with pytest.raises(ConfigError, match="is no key"):
        api.compare(base, base, budgets={"bugdets": []})


def test_notes_of_a_budget_file_are_caveats(base):
    text = {"thresholds": {"http_reqs": [{"threshold": "count>1", "abortOnFail": True}]}}
    assert "abort-on-fail" in {caveat.code for caveat in api.check(base, text).caveats}
    compared = api.compare(base, base, budgets=text)
    assert "abort-on-fail" in {caveat.code for caveat in compared.caveats}


def test_every_format_of_a_check_renders_and_others_are_refused(base):
    found = api.check(base)
    for name in ("table", "json", "csv", "markdown", "junit"):
        assert api.render_check(found, name)
    with pytest.raises(UsageError, match="no format 'html'"):
        api.render_check(found, "html")


def test_the_public_function_shows_its_result_in_a_notebook(base):
    found = perfanalysis.check(base, TIGHT)
    assert isinstance(found, perfanalysis.Check)
    assert "<table>" in found._repr_html_()
    assert "1 budget broken" in found._repr_markdown_()
    compared = perfanalysis.compare(base, base, budgets=TIGHT)
    assert compared.budgets[0].outcome is Outcome.BROKEN


def test_a_report_shows_the_budgets_of_a_comparison_or_its_own(base, slow):
    runs = api.load_runs(base)
    judged = api.check(base, TIGHT).results
    assert api.report_data(runs, [], None, budgets=judged).budgets == judged
    comparison = api.compare(slow, base, budgets=TIGHT)
    data = api.report_data(api.load_runs(slow), runs, comparison)
    assert data.budgets == comparison.budgets != ()


def test_a_name_in_a_source_of_totals_is_missing_data_not_misspelt(fixtures):
    named = {"budgets": [{"metric": "latency.p95", "name": "search", "limit": "1 s"}]}
    (found,) = api.check(fixtures / "k6/base.summary.json", named).results
    assert (found.outcome, found.reason) == (Outcome.UNDECIDED, "no-data")
    assert "tells of no single request by name" in found.message


@pytest.mark.parametrize(
    ("metric", "expression", "value"),
    [
        ("http_req_duration", "p(95)<500", 83.663806),
        ("http_req_duration", "avg<500", 28.8756),
        ("http_req_duration", "min>1", 1.834532),
        ("http_req_duration", "max<500", 294.07865),
        ("http_req_failed", "rate<0.1", 4 / 9216),
        ("http_reqs", "count>9000", 9216.0),
        ("http_reqs", "rate>10", 203.9135),
        ("iteration_duration", "med<500", 189.267118),
        ("checks{check:checkout status is 200}", "rate>0.9", 922 / 926),
    ],
)
def test_a_summary_of_k6_is_judged_on_what_it_prints(fixtures, metric, expression, value):
    budgets = {"thresholds": {metric: [expression]}}
    (found,) = api.check(fixtures / "k6/base.summary.json", budgets).results
    assert found.value == pytest.approx(value, rel=1e-5)
    assert found.outcome is Outcome.MET


def test_a_stored_baseline_can_be_checked_though_its_requests_are_gone(base, tmp_path):
    store = str(tmp_path / "store")
    api.baseline_save("main", [base], store=store)
    from perfanalysis.api import ReadOptions

    runs = api.load_runs("@main", ReadOptions(store=store))
    found = api.check(runs, LOOSE)
    assert found.outcome is Outcome.MET
    exact = api.check(base, LOOSE).results[0].value
    assert found.results[0].value == pytest.approx(exact, rel=0.01)
