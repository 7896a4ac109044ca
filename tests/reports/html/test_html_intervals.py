"""Intervals drawn in the rows of the HTML report."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from perfanalysis.reports.html.intervals import WIDTH, interval_scale


def test_half_and_double_lie_equally_far_from_no_change(make_result):
    scale = interval_scale([make_result(change=1.0, ci_low=-0.5, ci_high=1.0, tolerance=0.5)])
    assert scale.x(1.0) - scale.x(0.0) == pytest.approx(scale.x(0.0) - scale.x(-0.5), abs=0.2)


def test_the_scale_of_a_table_has_zero_and_ordered_ticks(results):
    scale = interval_scale([r for key, r in results.items() if key != "errors"])
    places = [scale.x(tick) for tick in scale.ticks()]
    assert 0.0 in scale.ticks()
    assert all(right - left >= 38 for left, right in pairwise(places))


def test_one_wild_interval_is_cut_off_with_an_arrow_and_the_others_stay_readable(make_result):
    usual = make_result(change=0.1, ci_low=0.05, ci_high=0.15)
    wild = make_result(change=0.1, ci_low=-0.9, ci_high=50.0)
    scale = interval_scale([usual, wild])
    assert scale.x(0.15) - scale.x(0.05) > 20
    assert scale.row(wild).count('class="arrow"') == 2
    assert scale.row(usual).count('class="arrow"') == 0


def test_an_open_interval_ends_in_an_arrow(make_result):
    result = make_result(ci_high=None)
    assert interval_scale([result]).row(result).count('class="arrow"') == 1


@pytest.mark.parametrize("change", [None, -1.0, 0.0, 1e9])
def test_extreme_changes_are_drawn_inside_the_row(change, make_result):
    result = make_result(change=change, ci_low=change, ci_high=change, tolerance=0.0)
    drawing = interval_scale([result]).row(result)
    assert all(0 <= float(x) <= WIDTH for x in re.findall(r'(?:M|H|cx=")(-?[\d.]+)', drawing))
    assert drawing.count("<circle") == (change is not None)


@pytest.mark.parametrize(("metric", "size"), [("error_rate", 0.005), ("latency.p95", 0.5)])
def test_no_label_of_the_axis_is_cut_off_or_runs_into_the_next(make_result, metric, size):
    result = make_result(metric=metric, change=size, ci_low=-size, ci_high=size, tolerance=size)
    axis = str(interval_scale([result]).axis(metric))
    labels = re.findall(r'x="([\d.]+)" y="12">([^<]+)<', axis)
    assert len(labels) >= 3
    # A sign is at most 6 pixels wide on average, in the font of these labels.
    ends = [(float(x) - 3 * len(text), float(x) + 3 * len(text)) for x, text in labels]
    assert ends[0][0] >= 0
    assert ends[-1][1] <= WIDTH
    assert all(right <= left for (_, right), (left, _) in pairwise(ends))
