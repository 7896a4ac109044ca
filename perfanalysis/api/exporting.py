"""Runs in the words of other tools: Bencher, github-action-benchmark, OpenMetrics, Otava."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfanalysis.analysis.run_intervals import run_intervals
from perfanalysis.analysis.summarize import summarize_run
from perfanalysis.errors import UsageError
from perfanalysis.store.bundle import Run

if TYPE_CHECKING:
    from perfanalysis.reports.exports.measurements import MeasuredRun

EXPORTS: Sequence[str] = (
    "bencher",
    "benchmark-action-smaller",
    "benchmark-action-bigger",
    "openmetrics",
    "otava",
)
_WITH_INTERVALS = ("bencher", "benchmark-action-smaller", "benchmark-action-bigger")


@dataclass(frozen=True, kw_only=True)
class Export:
    """What was written, and what of the runs the format could not take."""

    text: str
    left_out: tuple[str, ...]


def export(
    runs: Sequence[Run],
    format_name: str,
    *,
    metrics: Sequence[str] = (),
    names: Sequence[str] = (),
    timestamps: bool = False,
) -> Export:
    """Return the measurements of runs as another tool reads them.

    Args:
        runs: one run; `otava` and, with time stamps, `openmetrics` take several.
        format_name: one of `EXPORTS`.
        metrics: keys such as `latency.p95`, or `system.cpu.mean` of a series; empty for all in
            `openmetrics`, elsewhere for p50, p95, p99, throughput and error rate.
        names: globs; empty for all requests together, series, and all names: in `openmetrics` of
            any kind, elsewhere of requests, since transactions repeat what their requests tell.
        timestamps: in `openmetrics`, write when each run started.

    Raises:
        UsageError: another format or number of runs, nothing to write, or no name for a glob.
        ConfigError: no run tells a measurement that was asked for.
        InputError: a run cannot be read.

    >>> from perfanalysis import api
    >>> text = api.export(api.load_runs("fixtures/demo/base.json.xz"), "bencher").text
    >>> text.splitlines()[1]
    '  "add_to_cart": {'
    """
    from perfanalysis.reports.exports.measurements import (
        dashboard_only,
        measured,
        requests_only,
        selected,
    )

    if format_name not in EXPORTS:
        raise UsageError(f"expected one of {', '.join(EXPORTS)}, found {format_name!r}")
    if timestamps and format_name != "openmetrics":
        raise UsageError(f"{format_name} takes no time stamps; openmetrics does")
    found = [
        measured(summarize_run(run), run_intervals(run) if format_name in _WITH_INTERVALS else {})
        for run in runs
    ]
    if format_name != "openmetrics":
        found = found if names else [requests_only(run) for run in found]
        found = found if metrics else [dashboard_only(run) for run in found]
    chosen = selected(found, metrics=metrics, names=names)
    if not any(run.measurements for run in chosen):
        raise UsageError(
            "the runs have none of the measurements that are exported",
            hint="--metric names others, such as system.cpu.mean of a monitor's trace",
        )
    return _written(chosen, format_name, timestamps=timestamps)


def _written(runs: Sequence[MeasuredRun], format_name: str, *, timestamps: bool) -> Export:
    if format_name == "otava":
        from perfanalysis.reports.exports.otava import otava_table

        text, left_out = otava_table(runs)
        return Export(text=text, left_out=left_out)
    if format_name == "openmetrics":
        from perfanalysis.reports.exports.openmetrics import run_metrics

        return Export(text=run_metrics(runs, timestamps=timestamps), left_out=())
    if len(runs) != 1:
        raise UsageError(
            f"{format_name} takes one run, found {len(runs)}", hint="export them one by one"
        )
    if format_name == "bencher":
        from perfanalysis.reports.exports.bencher import bencher_metrics

        return Export(text=bencher_metrics(runs[0]), left_out=())
    from perfanalysis.reports.exports.benchmark_action import benchmark_entries

    if format_name == "benchmark-action-smaller":
        return Export(text=benchmark_entries(runs[0], "lower"), left_out=())
    return Export(text=benchmark_entries(runs[0], "higher"), left_out=())
