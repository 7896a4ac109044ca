"""Measurements: a summary as a flat list of named numbers, which is what other tools read.

Other tools tell series apart by name alone and show names in pages of their own. So a name that
is not plain text, or too long, is replaced by a visible form with a short hash: two names that
differ only in what cannot be seen stay two series, and the same name is the same series for ever.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Literal, TypeAlias

from perfanalysis.errors import ConfigError, UsageError
from perfanalysis.model.requests import Kind
from perfanalysis.model.results import NameSummary, SeriesSummary, Summary
from perfanalysis.model.run import Evidence, RunInfo
from perfanalysis.reports.escape import terminal_text
from perfanalysis.reports.series_names import series_names

ALL_REQUESTS = "all requests"
RESOURCES = "resources"
DASHBOARD_METRICS = ("latency.p50", "latency.p95", "latency.p99", "throughput", "error_rate")

_HASH_CHARS = 8
_SERIES_STATISTICS = ("mean", "p95", "max", "total")
_OTHER_KINDS = tuple(f"{kind}: " for kind in Kind if kind is not Kind.REQUEST)
_NOTHING_FORBIDDEN = re.compile(r"(?!)")

# The interval of a measurement, by name (None: all requests) and metric.
Intervals: TypeAlias = Mapping[tuple[str | None, str], tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One number of a run.

    Attributes:
        scope: of one name, of all requests, or of a series that is no request.
        name: of the requests or of the series; None for all requests.
        kind: of the requests: `request`, `transaction`, ...; of a series what it is: `gauge`, ...
        metric: `latency.p95`, `throughput`, `error_rate`, `requests`, `system.cpu.mean`, ...
        better: None where neither direction is the better one.
        low: lower end of the interval of the value; None where unknown.
    """

    scope: Literal["name", "total", "series"]
    name: str | None
    kind: str
    metric: str
    unit: str
    better: Literal["lower", "higher"] | None
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True)
class MeasuredRun:
    """One run and its measurements. What it does not tell is left out, never written as zero."""

    run: RunInfo
    measurements: tuple[Measurement, ...]


def measured(summary: Summary, intervals: Intervals) -> MeasuredRun:
    """Return every measurement of a summary.

    Args:
        summary: of one run.
        intervals: of its measurements, as far as they are known.
    """
    # A monitor's trace holds no requests: its throughput is unknown, not zero.
    requests = () if summary.run.evidence is Evidence.SERIES else (*summary.names, summary.total)
    measurements = [measurement for entry in requests for measurement in _of_name(entry, intervals)]
    named = zip(series_names(summary.series), summary.series, strict=True)
    measurements += [found for name, entry in named for found in _of_series(name, entry)]
    return MeasuredRun(run=summary.run, measurements=tuple(measurements))


def requests_only(run: MeasuredRun) -> MeasuredRun:
    """Return a run without transactions and iterations, which repeat what their requests tell."""
    kept = (f for f in run.measurements if f.scope == "series" or f.kind == Kind.REQUEST)
    return replace(run, measurements=tuple(kept))


def dashboard_only(run: MeasuredRun) -> MeasuredRun:
    """Return a run with what people put on a dashboard, as far as it has that."""
    kept = (f for f in run.measurements if f.scope != "series" and f.metric in DASHBOARD_METRICS)
    return replace(run, measurements=tuple(kept))


def selected(
    runs: Sequence[MeasuredRun], *, metrics: Sequence[str], names: Sequence[str]
) -> list[MeasuredRun]:
    """Return the runs with some of their measurements.

    Args:
        runs: what to choose from.
        metrics: keys; empty for all.
        names: globs of names; empty for all. All requests together, and series, count as nameless
            and are left out where there are globs.

    Raises:
        ConfigError: no run has a measurement of a metric.
        UsageError: a glob matches no name.
    """
    measurements = [measurement for run in runs for measurement in run.measurements]
    _check_metrics(metrics, {measurement.metric for measurement in measurements})
    _check_names(names, {f.name for f in measurements if f.scope == "name" and f.name is not None})
    return [
        MeasuredRun(
            run=run.run,
            measurements=tuple(f for f in run.measurements if _is_selected(f, metrics, names)),
        )
        for run in runs
    ]


def name_label(
    measurement: Measurement, *, longest: int, forbidden: re.Pattern[str] = _NOTHING_FORBIDDEN
) -> str:
    """Return what other tools call a name: visible, bounded, unique, for ever.

    Args:
        measurement: whose name it is.
        longest: in characters.
        forbidden: matches single characters that the reader would take for markup.
    """
    if measurement.name is None:
        return ALL_REQUESTS
    if measurement.scope == "series":
        return RESOURCES
    prefix = "" if measurement.kind == Kind.REQUEST else f"{measurement.kind}: "
    reserved = measurement.name in (ALL_REQUESTS, RESOURCES) or measurement.name.startswith(
        _OTHER_KINDS
    )
    if reserved and not prefix:
        return _marked(measurement.name, measurement.name, longest)
    return prefix + plain_label(
        measurement.name, longest=longest - len(prefix), forbidden=forbidden
    )


def plain_label(text: str, *, longest: int, forbidden: re.Pattern[str] = _NOTHING_FORBIDDEN) -> str:
    """Return a text itself if every tool can show it, else a visible form of it with a hash."""
    visible = forbidden.sub("_", terminal_text(text)).strip()
    if visible == text and 0 < len(visible) <= longest:
        return visible
    return _marked(text, visible, longest)


def _marked(text: str, visible: str, longest: int) -> str:
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    mark = f"(~{digest[:_HASH_CHARS]})"
    return f"{visible[: longest - len(mark) - 1]} {mark}".strip()


def one_line(text: str, *, longest: int = 200) -> str:
    """Return a text that tells no series apart, such as a branch, on one line and bounded."""
    return terminal_text(text)[:longest]


def _of_name(entry: NameSummary, intervals: Intervals) -> Iterable[Measurement]:
    latency = {
        f"latency.{'p99.9' if key == 'p999' else key}": value
        for key, value in vars(entry.latency).items()
    }
    known: list[tuple[str, str, Literal["lower", "higher"] | None, float | None]] = [
        *((metric, "ms", "lower", value) for metric, value in latency.items()),
        ("throughput", "1/s", "higher", entry.throughput),
        ("error_rate", "ratio", "lower", entry.error_rate),
        ("requests", "count", None, entry.requests),
        ("failures", "count", None, entry.failures),
        ("bytes_received", "bytes", None, entry.bytes_received),
    ]
    for metric, unit, better, value in known:
        if value is None:
            continue
        # Intervals are known of requests only: those of other kinds would be of another name.
        ends = intervals.get((entry.name, metric)) if entry.kind == Kind.REQUEST else None
        yield Measurement(
            scope="total" if entry.name is None else "name",
            name=entry.name,
            kind=entry.kind,
            metric=metric,
            unit=unit,
            better=better,
            value=value,
            low=ends[0] if ends else None,
            high=ends[1] if ends else None,
        )


def _of_series(name: str, entry: SeriesSummary) -> Iterable[Measurement]:
    for statistic in _SERIES_STATISTICS:
        value = getattr(entry, statistic)
        if value is not None:
            yield Measurement(
                scope="series",
                name=name,
                kind=entry.kind,
                metric=f"{name}.{statistic}",
                unit=entry.unit or "",
                better=None,
                value=value,
                low=None,
                high=None,
            )


def _is_selected(measurement: Measurement, metrics: Sequence[str], names: Sequence[str]) -> bool:
    if metrics and measurement.metric not in metrics:
        return False
    if not names:
        return True
    return measurement.scope == "name" and any(
        fnmatchcase(measurement.name or "", glob) for glob in names
    )


def _check_metrics(wanted: Sequence[str], known: set[str]) -> None:
    for metric in wanted:
        if metric not in known:
            close = get_close_matches(metric, known, n=1, cutoff=0.5)
            hint = f"did you mean {close[0]!r}?" if close else f"known: {_first(known)}"
            raise ConfigError(f"no run tells {metric!r}", hint=hint)


def _check_names(globs: Sequence[str], known: set[str]) -> None:
    for glob in globs:
        if not any(fnmatchcase(name, glob) for name in known):
            raise UsageError(f"--name {glob!r} matches none of the names: {_first(known)}")


def _first(texts: Iterable[str]) -> str:
    ordered = sorted(texts)
    more = f" and {len(ordered) - 8} more" if len(ordered) > 8 else ""
    return ", ".join(ordered[:8]) + more
