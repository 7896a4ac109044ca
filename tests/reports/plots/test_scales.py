"""Scales of plots follow the limits that a user sets."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from perfanalysis.reports.plots.scales import (
    latency_limits,
    use_bytes,
    use_changes,
    use_latency,
    use_percent,
    use_shares,
    use_time,
)


@pytest.fixture
def axes():
    return Figure().add_subplot()


def labels(axes, which):
    """The labels of the ticks that lie within the limits."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    low, high = sorted(axis.get_view_interval())
    places = axis.get_majorticklocs()
    texts = axis.get_major_formatter().format_ticks(places)
    return [text for place, text in zip(places, texts, strict=True) if low <= place <= high]


def test_latencies_have_round_ticks_at_any_zoom(axes):
    use_latency(axes, "x", logarithmic=True)
    axes.set_xlim(4, 130)
    assert labels(axes, "x") == ["5", "10", "20", "50", "100"]
    axes.set_xlim(1, 1e6)
    assert labels(axes, "x") == ["1", "10", "100", "1000", "10k", "100k", "1M"]


def test_time_is_in_seconds_minutes_or_hours(axes):
    use_time(axes)
    for end, shown in ((31, "30 s"), (1500, "25 min"), (20_000, "5 h")):
        axes.set_xlim(0, end)
        assert labels(axes, "x")[-1] == shown


def test_ticks_of_the_users_own_are_labelled_in_seconds(axes):
    use_time(axes)
    axes.set_xlim(0, 600)
    formatter = axes.xaxis.get_major_formatter()
    assert formatter.format_ticks([0.0, 90.0]) == ["0", "90"]


def test_shares_lie_apart_towards_the_tail_and_stay_shares(axes):
    use_shares(axes, "y")
    axes.set_ylim(0.004, 0.9996)
    assert labels(axes, "y") == ["1 %", "10 %", "50 %", "90 %", "99 %", "99.9 %"]
    heights = axes.transData.transform([(0, s) for s in (0.5, 0.9, 0.99, 0.999)])[:, 1]
    assert np.ptp(np.diff(heights)) < 0.6 * np.diff(heights).mean()


def test_percentiles_are_called_so(axes):
    use_shares(axes, "x", percentiles=True)
    axes.set_xlim(0.05, 0.995)
    assert labels(axes, "x") == ["p10", "p50", "p90", "p99"]


def test_doubling_and_halving_are_equally_far_from_no_change(axes):
    use_changes(axes)
    axes.set_ylim(-0.6, 1.5)
    low, zero, high = axes.transData.transform([(0, c) for c in (-0.5, 0.0, 1.0)])[:, 1]
    assert high - zero == pytest.approx(zero - low)
    assert {"-50 %", "0 %", "+100 %"} <= set(labels(axes, "y"))


def test_no_change_is_labelled_at_any_zoom(axes):
    use_changes(axes)
    for limits in ((-0.02, 0.03), (-0.3, 0.4), (-0.9, 50)):
        axes.set_ylim(*limits)
        assert "0 %" in labels(axes, "y")
        assert len(labels(axes, "y")) >= 3


def test_ratios_are_percent_and_bytes_have_binary_units(axes):
    use_percent(axes, "y")
    axes.set_ylim(0, 0.01)
    assert labels(axes, "y") == ["0 %", "0.2 %", "0.4 %", "0.6 %", "0.8 %", "1 %"]
    use_bytes(axes, "x")
    axes.set_xlim(0, 3 * 2**20)
    assert labels(axes, "x")[-1] == "3 MiB"


@pytest.mark.parametrize("values", [[], [np.nan], [0.0], [7.0, 7.0]])
def test_limits_of_latencies_are_apart_whatever_the_values(values):
    low, high = latency_limits(np.array(values, dtype=np.float64))
    assert 0 < 2 * low <= high
