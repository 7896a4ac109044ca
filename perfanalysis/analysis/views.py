"""What a report draws of a run: curves over time and over latency.

Everything but exact percentiles and error messages comes from histograms, windows and series, so
that the cost and the size of a report hardly grow with the number of requests.
"""

from __future__ import annotations

import numpy as np

from perfanalysis.analysis.anomalies import Watched, anomalies_of, watched_of
from perfanalysis.analysis.correlation import correlations_of
from perfanalysis.analysis.evidence import NameEvidence, RunEvidence
from perfanalysis.analysis.heatmap import heatmap_of
from perfanalysis.analysis.latency_grid import (
    LatencyGrid,
    add_into,
    empty_grid,
    latency_grid,
    span_of,
)
from perfanalysis.analysis.stalls import stalls_of
from perfanalysis.analysis.summarize import summarize_run
from perfanalysis.analysis.views_distribution import distribution_of, histogram_of
from perfanalysis.analysis.views_errors import errors_of
from perfanalysis.analysis.views_series import curve_of, drawn_series, resource_series
from perfanalysis.analysis.views_timeline import timeline_of
from perfanalysis.analysis.warmup import warmup_seconds
from perfanalysis.model.run import Evidence
from perfanalysis.model.views import Distribution, Heatmap, Histogram, RunView, Timeline
from perfanalysis.phrases import phrase
from perfanalysis.store.bundle import Run
from perfanalysis.units import significant


def view_run(run: Run) -> RunView:
    """Return everything that a report shows of one run."""
    evidence = RunEvidence(run)
    span_us = _span_us(run)
    drawn = _Drawn(span_us)
    grids = _Grids(evidence.names)
    for name, found in evidence.names.items():
        drawn.add(name, found, grids.of(found))
    if (everything := _everything(evidence, grids)) is not None:
        drawn.add(None, everything, grids.total)
    warmup_s = warmup_seconds(evidence) if run.info.evidence is Evidence.REQUESTS else None
    stalls = [] if grids.total is None else stalls_of(grids.total, span_us[0])
    series = drawn_series(resource_series(run))
    return RunView(
        summary=summarize_run(run),
        distributions=drawn.distributions,
        histograms=drawn.histograms,
        timelines=drawn.timelines,
        heatmaps=drawn.heatmaps,
        warmup_s=warmup_s,
        warmup_message=_warmup_message(warmup_s),
        anomalies=anomalies_of(drawn.watched, stalls, warmup_s or 0.0),
        curves=tuple(curve_of(entry, span_us[0]) for entry in series),
        correlations=correlations_of(
            series, drawn.timelines.get(None), start_us=span_us[0], warmup_s=warmup_s or 0.0
        ),
        errors=errors_of(run, sum(found.failures for found in evidence.names.values())),
    )


def _warmup_message(warmup_s: float | None) -> str | None:
    if not warmup_s:
        return None
    return phrase(
        "the first {seconds} s were unlike the rest of the run: a comparison leaves them out as "
        "warm-up where most of the runs show it",
        seconds=significant(warmup_s),
    )


class _Grids:
    """The latencies of each name over time, one at a time, and their sum."""

    def __init__(self, names: dict[str, NameEvidence]) -> None:
        self._span = span_of(names)
        self.total = None if self._span is None else empty_grid(names, self._span)

    def of(self, found: NameEvidence) -> LatencyGrid | None:
        """Return the latencies of a name, and count them in."""
        if found.latencies is None or self._span is None:
            return None
        grid = latency_grid(found.latencies, self._span)
        if grid is not None and self.total is not None:
            add_into(self.total, grid)
        return grid


class _Drawn:
    """What is drawn of each name, and of all requests."""

    def __init__(self, span_us: tuple[int, float]) -> None:
        self._span_us = span_us
        self.distributions: dict[str | None, Distribution] = {}
        self.histograms: dict[str | None, Histogram] = {}
        self.timelines: dict[str | None, Timeline] = {}
        self.heatmaps: dict[str | None, Heatmap] = {}
        self.watched: list[Watched] = []

    def add(self, name: str | None, found: NameEvidence, grid: LatencyGrid | None) -> None:
        if (distribution := distribution_of(found, grid)) is not None:
            self.distributions[name] = distribution
        if (timeline := timeline_of(found, grid, self._span_us)) is not None:
            self.timelines[name] = timeline
        if (watched := watched_of(name, found, grid, self._span_us[0])) is not None:
            self.watched.append(watched)
        if grid is None or not grid.n:
            return
        if (histogram := histogram_of(grid)) is not None:
            self.histograms[name] = histogram
        if found.windows is None:
            return
        if (heatmap := heatmap_of(grid, found.windows, self._span_us[0])) is not None:
            self.heatmaps[name] = heatmap


def _everything(evidence: RunEvidence, grids: _Grids) -> NameEvidence | None:
    """Return all requests as one name; their latencies, if they are in the grid, are left out."""
    if grids.total is None:
        return evidence.everything
    return evidence.counted


def _span_us(run: Run) -> tuple[int, float]:
    """Return start and end of the run, microseconds since 1970; 0 and infinity where unknown."""
    started_at, duration_s = run.info.started_at, run.info.duration_s
    start_us = 0 if started_at is None else round(started_at.timestamp() * 1e6)
    if started_at is None or not duration_s:
        return start_us, np.inf
    return start_us, start_us + duration_s * 1e6
