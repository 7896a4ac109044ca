"""Bencher Metric Format, for `bencher run --adapter json --file FILE`.

Written as https://bencher.dev/docs/reference/bencher-metric-format describes it: benchmarks, each
with measures, each with a value and the ends of its interval where they are known. Names of
benchmarks may have 1,024 characters, those of measures 64.

Bencher's own measures `latency` and `throughput` are in nanoseconds and operations per second; ours
keep their names and units (`latency.p95` in milliseconds), so that nothing mixes.
"""

from __future__ import annotations

from perfanalysis.reports.exports.measurements import (
    MeasuredRun,
    Measurement,
    name_label,
    plain_label,
)
from perfanalysis.reports.json_document import render_json

LONGEST_BENCHMARK = 1024
LONGEST_MEASURE = 64


def bencher_metrics(run: MeasuredRun) -> str:
    """Return the measurements of one run as a JSON document."""
    benchmarks: dict[str, dict[str, object]] = {}
    for measurement in run.measurements:
        benchmark = benchmarks.setdefault(name_label(measurement, longest=LONGEST_BENCHMARK), {})
        benchmark[plain_label(measurement.metric, longest=LONGEST_MEASURE)] = _metric(measurement)
    return render_json(benchmarks)


def _metric(measurement: Measurement) -> dict[str, float]:
    metric = {"value": measurement.value}
    if measurement.low is not None and measurement.high is not None:
        metric |= {"lower_value": measurement.low, "upper_value": measurement.high}
    return metric
