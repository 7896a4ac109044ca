"""The chart of changes quantile by quantile."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from perfanalysis.model.shapes import QuantileChange
from perfanalysis.reports.charts.quantiles import quantile_chart


def points(chart, wanted):
    """Return the corners of the path of a class."""
    [data] = re.findall(rf'<path class="{wanted}" d="M([^"]*)"', chart)
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", data)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def labels(chart):
    return re.findall(r'<text class="tick[^"]*"[^>]*>([^<]*)</text>', chart)


def test_the_chart_stretches_the_tail_and_rises_with_the_change(tail_shape):
    chart = quantile_chart(tail_shape)
    line = points(chart, "line current")
    assert len(line) == 4
    assert [y for _, y in line] == sorted((y for _, y in line), reverse=True)
    # On a probability scale p99 is farther from p95 than p95 is, in per cent of requests.
    assert line[3][0] - line[2][0] > (line[1][0] - line[0][0]) / 3
    assert {"p10", "p50", "p90", "p99", "0 %"} <= set(labels(chart))


def test_the_band_surrounds_the_curve_and_an_open_end_reaches_the_edge(tail_shape):
    chart = quantile_chart(tail_shape)
    band, line = points(chart, "certainty"), points(chart, "line current")
    lower, upper = band[:4], band[7:3:-1]
    for (_, below), (_, middle), (_, above) in zip(lower, line, upper, strict=True):
        assert above < middle < below  # SVG counts downwards
    assert upper[3][1] == min(y for _, y in band)


def test_no_change_is_a_level_line_through_zero(tail_shape):
    still = tuple(replace(quantile, change=0.0) for quantile in tail_shape.curve)
    chart = quantile_chart(replace(tail_shape, curve=still))
    heights = {y for _, y in points(chart, "line current")} | {y for _, y in points(chart, "zero")}
    assert len(heights) == 1


@pytest.mark.parametrize("change", [-1.0, -0.9999999, 0.0, 1e8])
def test_extreme_changes_have_a_chart(tail_shape, change):
    curve = tuple(
        QuantileChange(share=share, change=change, low=None, high=None) for share in (0.1, 0.5, 0.9)
    )
    chart = quantile_chart(replace(tail_shape, curve=curve))
    assert len(points(chart, "line current")) == 3
    assert "0 %" in labels(chart)
    assert "nan" not in chart


def test_a_chart_without_a_curve_is_none(tail_shape):
    assert quantile_chart(None) is None
    assert quantile_chart(replace(tail_shape, curve=())) is None
