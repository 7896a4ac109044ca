"""What is said below a resource chart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perfanalysis.reports.html.correlations import coefficient_text, side_correlation


@pytest.fixture
def correlation(report_data):
    return replace(
        report_data.current[0].correlations[0],
        metric="system.cpu",
        labels="host=a",
        against="latency.p95",
        coefficient=0.82,
        ci_low=0.6,
        ci_high=0.92,
        distinct=True,
    )


def said(correlation) -> str:
    return side_correlation("current", [correlation]).text


def test_the_series_is_not_named_again_below_its_caption(correlation):
    text = said(correlation)
    assert text == "latency.p95 rose and fell with it: Spearman 0.82 (0.60 to 0.92)"


def test_what_went_the_other_way_is_said_with_the_minus_of_all_figures(correlation):
    text = said(replace(correlation, coefficient=-0.82, ci_low=-0.92, ci_high=-0.6))
    assert text == (
        "latency.p95 fell when it rose, and rose when it fell: "
        "Spearman \u22120.82 (\u22120.92 to \u22120.60)"
    )


def test_chance_is_called_chance(correlation):
    found = side_correlation("current", [replace(correlation, distinct=False)])
    assert found.text.startswith("no more than chance with latency.p95: Spearman 0.82")
    assert not found.distinct


@pytest.mark.parametrize("end", ["ci_low", "ci_high"])
def test_without_an_interval_nothing_is_claimed(correlation, end):
    text = said(replace(correlation, distinct=False, **{end: None}))
    assert "cannot be said" in text
    assert "None" not in text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1.00"),
        (0.9999, "0.999"),
        (-0.9999, "\u22120.999"),
        (-1.0, "\u22121.00"),
        (0.0, "0.00"),
    ],
)
def test_only_a_perfect_coefficient_is_called_perfect(value, text):
    assert coefficient_text(value) == text
