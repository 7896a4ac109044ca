"""JSON for github-action-benchmark's tools `customSmallerIsBetter` and `customBiggerIsBetter`.

Written as https://github.com/benchmark-action/github-action-benchmark describes it: a list of
`name`, `unit`, `value`, and optionally `range` and `extra`. The action has one direction for a
whole file, so latencies and error rates go into one file and throughput into another; measurements
without a better direction go into neither.

The action writes names into Markdown tables as they are: signs that would end its code spans and
cells are replaced.
"""

from __future__ import annotations

import re
from typing import Literal

from perfanalysis.reports.exports.measurements import MeasuredRun, Measurement, name_label, one_line
from perfanalysis.reports.json_document import render_json
from perfanalysis.reports.times import started
from perfanalysis.units import significant

LONGEST_NAME = 200

_MARKUP = re.compile(r"[`|\\]")


def benchmark_entries(run: MeasuredRun, better: Literal["lower", "higher"]) -> str:
    """Return the measurements of one run that have a direction, as a JSON list.

    Args:
        run: the run.
        better: `lower` for `customSmallerIsBetter`, `higher` for `customBiggerIsBetter`.
    """
    about = f"{one_line(run.run.name)} ({run.run.tool}), {started(run.run.started_at)}"
    return render_json(
        [
            _entry(measurement, about)
            for measurement in run.measurements
            if measurement.better == better
        ]
    )


def _entry(measurement: Measurement, about: str) -> dict[str, object]:
    name = name_label(measurement, longest=LONGEST_NAME, forbidden=_MARKUP)
    entry: dict[str, object] = {
        "name": f"{name} {measurement.metric}",
        "unit": measurement.unit,
        "value": measurement.value,
    }
    if measurement.low is not None and measurement.high is not None:
        entry["range"] = f"{significant(measurement.low)} to {significant(measurement.high)}"
    return entry | {"extra": about}
