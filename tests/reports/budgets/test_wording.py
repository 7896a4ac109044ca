"""Budgets in words."""

from __future__ import annotations

import pytest

from perfanalysis.reports.budgets import wording


def test_broken_ones_come_first_then_those_that_only_warn_then_the_undecided(budgets):
    ordered = [(r.outcome.value, r.level, r.metric) for r in wording.by_importance(budgets)]
    assert ordered == [
        ("broken", "error", "latency.p95"),
        ("broken", "warn", "latency.p95"),
        ("undecided", "error", "error_rate"),
        ("undecided", "error", "system.cpu.mean"),
        ("met", "error", "latency.p95"),
    ]


def test_outcomes_are_counted(budgets):
    assert wording.outcome_counts(budgets) == "2 broken, 2 undecided, 1 met of 5 budgets"
    assert wording.outcome_counts(budgets[:1]) == "1 met of 1 budget"


@pytest.mark.parametrize(
    ("changes", "limit", "value"),
    [
        ({"limit": 500.0, "value": 480.0, "unit": "ms"}, "≤ 500 ms", "480 ms"),
        ({"limit": 100.0, "value": 90.0, "unit": "1/s", "bound": "min"}, "≥ 100 /s", "90.0 /s"),
        ({"limit": 0.001, "value": 0.0004, "unit": "ratio"}, "≤ 0.1 %", "0.04 %"),
        ({"limit": 0.999, "value": 0.9995, "unit": "ratio"}, "≤ 99.9 %", "99.95 %"),
        ({"limit": 70.0, "value": 41.5, "unit": "%"}, "≤ 70 %", "41.5 %"),
        ({"limit": 8.0, "value": 8.0, "unit": ""}, "≤ 8", "8"),
        ({"limit": 2048.0, "value": 1536.0, "unit": "bytes"}, "≤ 2 KiB", "1.50 KiB"),
        ({"limit": 0.0, "value": 3.0, "unit": "count", "bound": "equal"}, "= 0", "3"),
        ({"limit": 0.0, "value": 3.0, "unit": "count", "bound": "unequal"}, "≠ 0", "3"),
        (
            {"limit": 50.0, "value": 60.0, "unit": "ms", "for_s": 10.0},
            "≤ 50 ms for 10 s",
            "60.0 ms",
        ),
        (
            {"limit": 0.1, "value": -0.05, "unit": "ratio", "relative": True},
            "≤ +10 %",
            "-5.0 %",
        ),
        (
            {
                "limit": 0.005,
                "value": 0.02,
                "unit": "ratio",
                "relative": True,
                "metric": "error_rate",
            },
            "≤ +0.5 pp",
            "+2 pp",
        ),
        ({"limit": None, "value": None}, "–", "–"),
    ],
)
def test_values_and_limits_are_printed_in_the_way_of_their_budget(
    make_budget, changes, limit, value
):
    budget = make_budget(**changes)
    assert wording.limit_text(budget) == limit
    assert wording.value_text(budget, budget.value) == value


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (18.0, 23.0, "18.0 to 23.0 ms"),
        (None, 23.0, "at most 23.0 ms"),
        (18.0, None, "at least 18.0 ms"),
        (None, None, "–"),
    ],
)
def test_intervals_say_their_unit_once(make_budget, low, high, text):
    assert wording.interval_text(make_budget(ci_low=low, ci_high=high, unit="ms")) == text


def test_ends_of_different_units_keep_both(make_budget):
    budget = make_budget(ci_low=512.0, ci_high=2048.0, unit="bytes")
    assert wording.interval_text(budget) == "512 B to 2.00 KiB"


def test_what_is_left_is_of_the_allowed_failures_where_there_are_such(make_budget):
    assert wording.left_text(make_budget(headroom=0.25)) == "25 %"
    assert wording.left_text(make_budget(headroom=-0.25)) == "-25 %"
    assert wording.left_text(make_budget(headroom=0.001, error_budget_left=0.5)) == "50 %"
    assert wording.left_text(make_budget(headroom=None)) == "–"


def test_the_source_says_where_it_stands(make_budget):
    assert wording.source_text(make_budget(source="a: b", file="b.yml", line=3)) == "a: b (b.yml:3)"
    declared = make_budget(source="a: b", file=None, line=None)
    assert wording.source_text(declared) == "a: b (declared in the run)"


def test_names_are_followed_by_tags_and_series_have_none(make_budget):
    assert wording.name_text(make_budget(name="a", tags=(("region", "eu"),))) == "a {region:eu}"
    assert wording.name_text(make_budget(name=None, tags=(("region", "eu"),))) == "{region:eu}"
    assert wording.name_text(make_budget(name=None)) == ""


def test_only_what_is_not_met_is_told(budgets):
    told = wording.told(budgets)
    assert len(told) == 4
    assert told[0].startswith("search latency.p95 changed by +20.3 %")
