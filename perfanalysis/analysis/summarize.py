"""One run in numbers: counts, rates and percentiles per name and in total."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import Any, TypeAlias

import numpy as np

from perfanalysis.analysis.bucketed import (
    NO_LATENCY,
    QUANTILES,
    summarize_histograms,
)
from perfanalysis.analysis.evidence import NameEvidence, RunEvidence
from perfanalysis.analysis.rows import summarize_rows
from perfanalysis.analysis.series import NOT_RESOURCES, Series, series_of
from perfanalysis.analysis.thresholds import judge_thresholds
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.intervals import Scope
from perfanalysis.model.requests import Kind
from perfanalysis.model.results import (
    CheckSummary,
    Latency,
    NameSummary,
    SeriesSummary,
    Summary,
)
from perfanalysis.model.run import Evidence, Fidelity
from perfanalysis.model.series import SeriesKind
from perfanalysis.phrases import phrase
from perfanalysis.store.bundle import Run

Row: TypeAlias = dict[str, Any]

_MOST_SERIES = 300
_MOST_LABEL_SETS = 24  # of one metric


def summarize_run(run: Run) -> Summary:
    """Return the summary of a run.

    Latencies are those of all requests that have one, failed ones included, as every tool prints
    them. Percentiles of rows are of type 7 (linear between order statistics, as numpy and k6);
    those of other evidence are the tool's own.
    """
    if run.info.evidence is Evidence.REQUESTS and not run.has_requests:
        names, total, checks = summarize_histograms(run)
    elif run.info.evidence is Evidence.REQUESTS:
        names, total, checks = _from_rows(run)
    else:
        names, total, checks = _from_intervals(run)
    series, caveats = _series(run)
    return Summary(
        run=run.info,
        names=names,
        total=replace(total, caveats=(*total.caveats, *caveats)),
        series=series,
        checks=checks,
        thresholds=judge_thresholds(run),
    )


def _from_rows(
    run: Run,
) -> tuple[tuple[NameSummary, ...], NameSummary, tuple[CheckSummary, ...]]:
    names, total, checks = summarize_rows(run)
    if run.intervals_table.num_rows == 0:  # nothing that the tool counted itself
        return names, total, checks
    evidence = RunEvidence(run)
    return (
        tuple(_with_counts(entry, evidence.names.get(entry.name or "")) for entry in names),
        _with_counts(total, evidence.counted),
        checks,
    )


def _with_counts(entry: NameSummary, evidence: NameEvidence | None) -> NameSummary:
    """Return a summary with the tool's own counts, where its log held only a sample."""
    reported = evidence.total if evidence is not None and entry.kind == Kind.REQUEST else None
    if reported is None or reported.requests <= entry.requests or not reported.duration_s:
        return entry
    message = phrase(
        "latencies are those of {logged} logged requests, counts and throughput those of the "
        "{reported} that the tool reports",
        logged=entry.requests,
        reported=reported.requests,
    )
    return replace(
        entry,
        requests=reported.requests,
        failures=reported.failures,
        error_rate=reported.failures / reported.requests,
        throughput=reported.requests / reported.duration_s,
        caveats=(*entry.caveats, Caveat(code="sampled-log", message=message)),
    )


def _from_intervals(
    run: Run,
) -> tuple[tuple[NameSummary, ...], NameSummary, tuple[CheckSummary, ...]]:
    rows = run.intervals_table.to_pylist()
    checks = tuple(
        CheckSummary(
            name=row["name"], passes=row["requests"] - row["failures"], fails=row["failures"]
        )
        for row in rows
        if row["kind"] == Kind.CHECK
    )
    grouped: dict[tuple[bool, str, str], list[Row]] = {}
    for row in rows:
        if row["kind"] != Kind.CHECK:
            key = (row["kind"] != Kind.REQUEST, row["kind"], row["name"])
            grouped.setdefault(key, []).append(row)
    names = tuple(
        _interval_summary(name, kind, found, run)
        for (_, kind, name), found in sorted(grouped.items())
    )
    return names, _interval_total([n for n in names if n.kind == Kind.REQUEST], run), checks


def _interval_summary(name: str, kind: str, rows: list[Row], run: Run) -> NameSummary:
    """Summarise one name: the tool's whole-run row where there is one, else its windows."""
    whole = next((row for row in rows if row["scope"] == Scope.RUN), None)
    counted = [whole] if whole is not None else rows
    n = sum(row["requests"] for row in counted)
    failures = sum(row["failures"] for row in counted)
    seconds = (whole and whole["duration_s"]) or run.info.duration_s
    latency, caveats = _reported_latency(whole, counted)
    received = [row["bytes_received"] for row in counted]
    return NameSummary(
        name=name,
        kind=kind,
        requests=n,
        failures=failures,
        error_rate=failures / n if n else None,
        throughput=n / seconds if seconds else None,
        latency=latency,
        fidelity=Fidelity.REPORTED if whole is not None else Fidelity.WINDOWED,
        bytes_received=None if None in received else sum(received),
        caveats=caveats,
    )


def _reported_latency(whole: Row | None, rows: list[Row]) -> tuple[Latency, tuple[Caveat, ...]]:
    means = [
        (r["latency_mean_ms"], r["requests"]) for r in rows if r["latency_mean_ms"] is not None
    ]
    timed = sum(n for _, n in means)
    lowest = [row["latency_min_ms"] for row in rows if row["latency_min_ms"] is not None]
    highest = [row["latency_max_ms"] for row in rows if row["latency_max_ms"] is not None]
    reported = {round(e["q"], 6): e["latency_ms"] for e in (whole and whole["quantiles"]) or ()}
    latency = Latency(
        mean=sum(mean * n for mean, n in means) / timed if timed else None,
        min=min(lowest, default=None),
        max=max(highest, default=None),
        **{key: reported.get(q) for key, q in QUANTILES.items()},
    )
    error = whole and whole["quantile_error"]
    if not reported:
        message = phrase("the source does not report percentiles of the whole run")
        return latency, (Caveat(code="no-percentiles", message=message),)
    if error:
        message = phrase("the source rounds percentiles to {percent} %", percent=f"{error * 100:g}")
        return latency, (Caveat(code="coarse-percentiles", message=message),)
    return latency, ()


def _interval_total(names: list[NameSummary], run: Run) -> NameSummary:
    n = sum(entry.requests for entry in names)
    failures = sum(entry.failures for entry in names)
    means = [(e.latency.mean, e.requests) for e in names if e.latency.mean is not None]
    timed = sum(count for _, count in means)
    latency_sum = sum(mean * count for mean, count in means)
    received = [entry.bytes_received for entry in names]
    mins = [e.latency.min for e in names if e.latency.min is not None]
    maxs = [e.latency.max for e in names if e.latency.max is not None]
    only = names[0].latency if len(names) == 1 else NO_LATENCY
    caveats: tuple[Caveat, ...] = ()
    if len(names) > 1:
        message = phrase("percentiles of several names cannot be added up without their requests")
        caveats = (Caveat(code="no-percentiles", message=message),)
    return NameSummary(
        name=None,
        kind=Kind.REQUEST,
        requests=n,
        failures=failures,
        error_rate=failures / n if n else None,
        throughput=n / run.info.duration_s if run.info.duration_s else None,
        latency=Latency(
            mean=latency_sum / timed if timed else None,
            min=min(mins, default=None),
            max=max(maxs, default=None),
            **{key: getattr(only, key) for key in QUANTILES},
        ),
        fidelity=Fidelity.REPORTED,
        bytes_received=None if None in received else sum(b for b in received if b is not None),
        caveats=caveats,
    )


def _series(run: Run) -> tuple[tuple[SeriesSummary, ...], tuple[Caveat, ...]]:
    """Return the series of a run, and a caveat where not all are listed.

    Gauges of different labels are different things. What counts events adds up: it is listed as a
    whole, and counters besides by their labels.
    """
    found: list[SeriesSummary] = []
    left_out = 0
    for metric, group in groupby(series_of(run), key=lambda series: series.metric):
        parts = list(group)
        rest = [part for part in parts if part.kind == SeriesKind.GAUGE]
        if len(parts) > 1 and metric not in NOT_RESOURCES:
            rest += [part for part in parts if part.kind == SeriesKind.COUNTER]
        kept = rest[:_MOST_LABEL_SETS]
        left_out += len(rest) - len(kept)
        found += [_series_summary(part, run.info.duration_s) for part in (*_wholes(parts), *kept)]
    left_out += max(len(found) - _MOST_SERIES, 0)
    if not left_out:
        return tuple(found), ()
    message = phrase("not all series are listed: of other labels there are {n} more", n=left_out)
    return tuple(found[:_MOST_SERIES]), (Caveat(code="series-left-out", message=message),)


def _wholes(parts: list[Series]) -> list[Series]:
    """Return the series of one metric that count events, those of all labels as one."""
    events = [part for part in parts if part.kind != SeriesKind.GAUGE]
    if len(events) < 2:
        return events
    return [
        replace(
            events[0],
            labels="",
            time_us=np.concatenate([part.time_us for part in events]),
            value=np.concatenate([part.value for part in events]),
        )
    ]


def _series_summary(series: Series, seconds: float | None) -> SeriesSummary:
    values = np.sort(series.value)
    total = float(values.sum()) if series.kind == SeriesKind.COUNTER else None
    mean = float(values.mean()) if total is None or not seconds else total / seconds
    return SeriesSummary(
        metric=series.metric,
        labels=series.labels,
        unit=series.unit,
        kind=series.kind,
        n=len(values),
        mean=mean,
        p95=float(np.quantile(values, 0.95)),
        max=float(values[-1]),
        total=total,
    )
