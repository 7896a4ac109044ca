from __future__ import annotations

from dataclasses import replace

import pytest

from perfanalysis.model.budget_results import SPANS_LIMIT, Check
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.outcome import Outcome
from perfanalysis.model.results import Verdict
from perfanalysis.reports.markdown import Framing, check_markdown, comparison_markdown
from tests.reports.markdown.reading import first_line, main_rows


def test_a_broken_budget_fails_what_did_not_regress(comparison, unchanged_result, make_budget):
    quiet = replace(
        comparison,
        verdict=Verdict.UNCHANGED,
        results=(unchanged_result,),
        budgets=(make_budget(name="browse"),),
    )
    lines = comparison_markdown(quiet).splitlines()
    assert lines[0] == "### ❌ Performance: 1 budget broken (1 unchanged)"
    assert lines[2] == (
        "Worst: `browse` latency.p95 **+0.5 % (-2.0 to +3.0)**, unchanged, budget 50.0 ms ✗"
    )
    (row,) = main_rows(comparison_markdown(quiet))
    assert (row[0], row[6], row[7]) == ("❌", "50.0 ms ✗", "unchanged; budget broken")


def test_a_budget_that_only_warns_leaves_the_heading_green(
    comparison, unchanged_result, make_budget
):
    warned = replace(
        comparison,
        verdict=Verdict.UNCHANGED,
        results=(unchanged_result,),
        budgets=(make_budget(name="browse", level="warn"),),
    )
    assert first_line(warned) == (
        "### ✅ Performance: no regression (1 budget broken, warning only, 1 unchanged)"
    )
    (row,) = main_rows(comparison_markdown(warned))
    assert (row[0], row[6], row[7]) == ("⚠️", "50.0 ms ✗ (warn)", "unchanged; budget broken (warn)")


def test_an_undecided_budget_is_no_verdict_only_when_strict(
    comparison, unchanged_result, make_budget
):
    unsure = make_budget(
        name="browse", outcome=Outcome.UNDECIDED, reason=SPANS_LIMIT, message="too close to tell"
    )
    met = make_budget(name="browse", metric="latency.p50", outcome=Outcome.MET)
    quiet = replace(
        comparison,
        verdict=Verdict.UNCHANGED,
        results=(unchanged_result,),
        budgets=(unsure, met),
    )
    assert first_line(quiet).startswith("### ✅ Performance: no regression (1 budget undecided, ")
    lines = comparison_markdown(quiet, Framing(strict=True)).splitlines()
    assert lines[0].startswith("### ⚠️ Performance: no verdict (1 budget undecided, ")
    assert lines[2] == "Reason: too close to tell"


def test_all_budgets_met_is_said(comparison, unchanged_result, make_budget):
    quiet = replace(
        comparison,
        verdict=Verdict.UNCHANGED,
        results=(unchanged_result,),
        budgets=(make_budget(outcome=Outcome.MET),),
    )
    assert first_line(quiet) == "### ✅ Performance: no regression, budgets met (1 unchanged)"


def test_what_this_change_broke_goes_before_what_was_broken_already(judged, results, make_budget):
    old = make_budget(name="browse", headroom=-3.0)
    series = make_budget(
        metric="system.cpu.mean", name=None, unit="%", value=93.0, limit=70.0, headroom=-0.33
    )
    relative = make_budget(
        name="cart", metric="latency.p50", relative=True, unit="ratio", limit=0.1, value=0.25
    )
    rows = main_rows(comparison_markdown(replace(judged, budgets=(old, series, relative))))
    assert [row[1:3] for row in rows] == [
        ["checkout", "error_rate"],
        ["search", "latency.p95"],
        ["browse", "latency.p95"],
        ["all requests", "system.cpu.mean"],
        ["cart", "latency.p50"],
        ["login", "throughput"],
        ["search", "latency.p99"],
        ["cart", "latency.p95"],
    ]
    assert rows[3][3:] == ["48.1 %", "93.0 %", "–", "70.0 % ✗", "budget broken"]
    assert rows[4][3:] == ["–", "–", "+25.0 %", "+10.0 % ✗", "budget broken"]


def test_a_row_shows_the_worst_of_several_budgets_and_tagged_ones_stand_alone(judged, make_budget):
    budgets = (
        make_budget(limit=55.0, level="warn"),
        make_budget(limit=50.0),
        make_budget(limit=90.0, outcome=Outcome.MET),
        make_budget(limit=20.0, tags=(("region", "eu"),)),
    )
    rows = main_rows(comparison_markdown(replace(judged, budgets=budgets)))
    search = [(row[2], row[6]) for row in rows if row[1] == "search"]
    assert search == [
        ("latency.p95", "50.0 ms ✗"),
        ("latency.p95{region=eu}", "20.0 ms ✗"),
        ("latency.p99", "–"),
    ]


@pytest.mark.parametrize(
    ("changes", "cell"),
    [
        ({"bound": "min", "unit": "1/s", "limit": 100.0}, "≥ 100 /s ✗"),
        ({"bound": "equal", "limit": 5.0}, "= 5.00 ms ✗"),
        ({"for_s": 10.0}, "50.0 ms for 10.0 s ✗"),
        ({"limit": None, "outcome": Outcome.UNDECIDED}, "– ?"),
        ({"relative": True, "unit": "ratio", "limit": -0.05, "bound": "min"}, "≥ -5.0 % ✗"),
    ],
)
def test_a_limit_says_what_it_bounds(judged, make_budget, changes, cell):
    rows = main_rows(comparison_markdown(replace(judged, budgets=(make_budget(**changes),))))
    assert cell in [row[6] for row in rows]


def test_the_error_budget_that_is_left_is_told(judged, make_budget):
    budget = make_budget(headroom=0.4, error_budget_left=0.35, outcome=Outcome.MET)
    assert "| 40 %; 35 % of the error budget |" in comparison_markdown(
        replace(judged, budgets=(budget,))
    )


def test_the_layout_of_a_check(make_run, make_budget):
    met = make_budget(name="cart", outcome=Outcome.MET, source="p95 of cart", message="fine")
    check = Check(
        runs=(make_run(),),
        outcome=Outcome.BROKEN,
        results=(met, make_budget()),
        caveats=(Caveat(code="c", message="a note"),),
    )
    framing = Framing(reproduce="perfanalysis check base --budget budget.yml")
    assert check_markdown(check, framing) == (
        "### ❌ Performance: 1 budget broken\n\n"
        "Judged: base (1 run, started 2026-01-01T00:00:00Z)\n\n"
        "|   | Budget | Name | Value | Headroom | Outcome |\n"
        "| :-: | :-- | :-- | --: | --: | :-- |\n"
        "| ❌ | `latency.p95 of search at most 50 ms` | `search` | 57.9 ms | -15.8 % "
        "| broken: search latency.p95 is 57.9 ms, 15.8 % over 50 ms |\n\n"
        "<details><summary>2 budgets: 1 broken, 1 met</summary>\n\n"
        "|   | Budget | Name | Value | Headroom | Outcome |\n"
        "| :-: | :-- | :-- | --: | --: | :-- |\n"
        "| ❌ | `latency.p95 of search at most 50 ms` | `search` | 57.9 ms | -15.8 % "
        "| broken: search latency.p95 is 57.9 ms, 15.8 % over 50 ms |\n"
        "| ✅ | `p95 of cart` | `cart` | 57.9 ms | -15.8 % | met: fine |\n\n"
        "</details>\n\n"
        "<details><summary>1 note</summary>\n\n- a note \\[c\\]\n\n</details>\n\n"
        "Reproduce: `perfanalysis check base --budget budget.yml`\n"
    )


def test_a_check_without_budgets_is_no_pass(make_run):
    nothing = Check(runs=(make_run(),), outcome=Outcome.UNDECIDED, results=(), caveats=())
    assert check_markdown(nothing).startswith(
        "### ⚠️ Performance: no verdict (nothing was judged)\n"
    )


def test_a_budget_on_all_requests_stands_beside_their_result(judged, make_result, make_budget):
    total = make_result(name="all requests", metric="throughput", unit="1/s", gate=False)
    budget = make_budget(name=None, metric="throughput", unit="1/s", bound="min", limit=40.0)
    both = replace(judged, results=(total,), budgets=(budget,))
    (row,) = main_rows(comparison_markdown(both))
    assert (row[1], row[6]) == ("all requests", "≥ 40.0 /s ✗")
