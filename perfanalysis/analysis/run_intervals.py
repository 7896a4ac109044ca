"""Intervals of what one run measured: what this run alone shows of its own error."""

from __future__ import annotations

import math
from collections.abc import Sequence

from perfanalysis.analysis.budgets.figures import parse_figure
from perfanalysis.analysis.budgets.measuring import Demand, measure
from perfanalysis.analysis.budgets.observing import Observed, Selection
from perfanalysis.model.requests import Kind
from perfanalysis.store.bundle import Run

INTERVAL_METRICS = ("latency.p50", "latency.p95", "latency.p99", "throughput", "error_rate")


def run_intervals(
    run: Run, metrics: Sequence[str] = INTERVAL_METRICS
) -> dict[tuple[str | None, str], tuple[float, float]]:
    """Return the interval of each metric, by the name of the requests (None for all) and metric.

    At 95 %, by the methods that budgets are judged with. Left out is what has no interval, or one
    without an end: too few requests, a source that prints a figure and no more, a percentile that
    the data do not reach.

    Args:
        run: one run.
        metrics: keys of figures of requests.
    """
    observed = Observed(run)
    names: list[str | None] = [None, *sorted(observed.names[Kind.REQUEST])]
    found = {}
    for name, metric in ((name, metric) for name in names for metric in metrics):
        figure = parse_figure(metric)
        sample = observed.sample(figure, Selection(kind=Kind.REQUEST, name=name, tags=()))
        if sample is None:
            continue
        measured = measure(Demand(figure=figure, samples=(sample,), worst=max))
        if measured is None or measured.method == "none":
            continue
        if math.isfinite(measured.low + measured.high):
            found[name, metric] = measured.low, measured.high
    return found
