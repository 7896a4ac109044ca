"""The course of a run's names over time, for a table that has room for a sparkline.

As the timelines of a report, without the rest of it: nothing here reads request rows.
"""

from __future__ import annotations

import numpy as np

from perfanalysis.analysis.evidence import RunEvidence
from perfanalysis.analysis.latency_grid import add_into, empty_grid, latency_grid, span_of
from perfanalysis.analysis.views_timeline import timeline_of
from perfanalysis.model.views import Timeline
from perfanalysis.store.bundle import Run

# A table of more names is searched, not looked at.
MOST_NAMES = 100


def courses_of(run: Run) -> dict[str | None, Timeline]:
    """Return the timeline of each name; None is all requests. Nothing for very many names."""
    evidence = RunEvidence(run)
    names = evidence.names
    if not names or len(names) > MOST_NAMES:
        return {}
    span_us = _span_us(run)
    span = span_of(names)
    total = None if span is None else empty_grid(names, span)
    found: dict[str | None, Timeline] = {}
    for name, known in names.items():
        grid = None
        if span is not None and known.latencies is not None:
            grid = latency_grid(known.latencies, span)
        if grid is not None and total is not None:
            add_into(total, grid)
        timeline = timeline_of(known, grid, span_us)
        if timeline is not None:
            found[name] = timeline
    everything = evidence.counted
    if everything is not None and (timeline := timeline_of(everything, total, span_us)) is not None:
        found[None] = timeline
    return found


def _span_us(run: Run) -> tuple[int, float]:
    """Return start and end of the run, microseconds since 1970; 0 and infinity where unknown."""
    started_at, duration_s = run.info.started_at, run.info.duration_s
    start_us = 0 if started_at is None else round(started_at.timestamp() * 1e6)
    if started_at is None or not duration_s:
        return start_us, np.inf
    return start_us, start_us + duration_s * 1e6
