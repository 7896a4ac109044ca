"""Intervals of one run: about the values that its summary shows."""

from __future__ import annotations

import pytest

from perfanalysis import api
from perfanalysis.analysis.run_intervals import INTERVAL_METRICS, run_intervals


@pytest.mark.parametrize("source", ["demo/base.json.xz", "pgbench/base", "jmeter/base.csv.jtl"])
def test_every_interval_holds_the_value_of_the_summary(fixtures, source):
    run = api.load(fixtures / source)
    summary = api.summarize(run)
    entries = {entry.name: entry for entry in summary.names if entry.kind == "request"}
    entries[None] = summary.total
    found = run_intervals(run)
    assert {name for name, _ in found} == set(entries)
    for (name, metric), (low, high) in found.items():
        entry = entries[name]
        percentile = metric.removeprefix("latency.")
        value = getattr(entry.latency if percentile != metric else entry, percentile)
        assert low <= value <= high, (name, metric)
        assert low < high


def test_all_metrics_of_a_rich_run_have_one(fixtures):
    found = run_intervals(api.load(fixtures / "demo/base.json.xz"))
    assert {metric for _, metric in found} == set(INTERVAL_METRICS)


def test_figures_that_a_tool_printed_have_none(fixtures):
    found = run_intervals(api.load(fixtures / "locust/base_stats.csv"))
    assert not [metric for _, metric in found if metric.startswith("latency.")]


def test_a_percentile_that_the_data_do_not_reach_has_none(fixtures):
    found = run_intervals(api.load(fixtures / "k6/base.json.gz"))
    assert ("login", "latency.p50") in found
    assert ("login", "latency.p99") not in found


def test_a_run_without_requests_has_none(fixtures):
    assert run_intervals(api.load(fixtures / "psutil/base.json")) == {}
