"""Tables of the HTML report that hold both sides: errors, checks, thresholds, resources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from perfanalysis.model.outcome import Outcome
from perfanalysis.model.requests import Kind
from perfanalysis.model.results import NameSummary, SeriesSummary, ThresholdOutcome
from perfanalysis.model.run import RunInfo
from perfanalysis.model.views import ReportData, RunView
from perfanalysis.reports.charts.latency import Side

T = TypeVar("T")
_OUTCOMES = (Outcome.BROKEN, Outcome.UNDECIDED, Outcome.MET)


@dataclass(frozen=True, kw_only=True)
class Shown(Generic[T]):
    """The first rows of a table, and how many more there are."""

    rows: tuple[T, ...]
    omitted: int


def shown(rows: Sequence[T], limit: int) -> Shown[T]:
    """Return at most `limit` rows: a page that holds everything would not open.

    >>> shown([1, 2, 3], 2)
    Shown(rows=(1, 2), omitted=1)
    """
    return Shown(rows=tuple(rows[:limit]), omitted=max(len(rows) - limit, 0))


@dataclass(frozen=True, kw_only=True)
class ErrorRow:
    """One kind of error; None where the side's commonest errors do not hold it.

    Attributes:
        baseline_share: of the requests of that name, 0..1; None where those are unknown.
        current_share: likewise.
    """

    name: str
    status: str | None
    error: str | None
    baseline: int | None
    current: int | None
    baseline_share: float | None
    current_share: float | None


def error_rows(data: ReportData) -> list[ErrorRow]:
    """Return errors summed over the runs of each side, most in the current runs first."""
    current, baseline = _errors(data.current), _errors(data.baseline)
    of_current, of_baseline = _requests(data.current), _requests(data.baseline)
    keys = sorted(
        current.keys() | baseline.keys(),
        key=lambda key: (-current[key], -baseline[key], key[0], key[1] or "", key[2] or ""),
    )
    return [
        ErrorRow(
            name=key[0],
            status=key[1],
            error=key[2],
            baseline=baseline.get(key),
            current=current.get(key),
            baseline_share=_share(baseline.get(key), of_baseline[key[0]]),
            current_share=_share(current.get(key), of_current[key[0]]),
        )
        for key in keys
    ]


def _share(count: int | None, requests: int) -> float | None:
    return None if count is None or requests == 0 else count / requests


def _requests(views: Sequence[RunView]) -> Counter[str]:
    requests: Counter[str] = Counter()
    for view in views:
        for entry in view.summary.names:
            requests[str(entry.name)] += entry.requests
    return requests


def _errors(views: Sequence[RunView]) -> Counter[tuple[str, str | None, str | None]]:
    counts: Counter[tuple[str, str | None, str | None]] = Counter()
    for view in views:
        for entry in view.errors:
            counts[entry.name, entry.status, entry.error] += entry.count
    return counts


@dataclass(frozen=True, kw_only=True)
class CheckRow:
    """One check of the load script: passes and fails summed over the runs of each side."""

    name: str
    baseline: tuple[int, int]
    current: tuple[int, int]


def check_rows(data: ReportData) -> list[CheckRow]:
    """Return the checks, those that failed most in the current runs first."""
    current, baseline = _checks(data.current), _checks(data.baseline)
    rows = [
        CheckRow(name=name, baseline=baseline.get(name, (0, 0)), current=current.get(name, (0, 0)))
        for name in {**current, **baseline}
    ]
    return sorted(rows, key=lambda row: (-row.current[1], -row.baseline[1], row.name))


def _checks(views: Sequence[RunView]) -> dict[str, tuple[int, int]]:
    counts: dict[str, tuple[int, int]] = {}
    for view in views:
        for check in view.summary.checks:
            passes, fails = counts.get(check.name, (0, 0))
            counts[check.name] = (passes + check.passes, fails + check.fails)
    return counts


@dataclass(frozen=True, kw_only=True)
class ThresholdRow:
    """A declared threshold on the data of one run."""

    side: Side
    run: RunInfo
    threshold: ThresholdOutcome


def threshold_rows(data: ReportData) -> list[ThresholdRow]:
    """Return the thresholds that the sources declared: current runs first, broken ones first."""
    rows = [
        ThresholdRow(side=side, run=run, threshold=threshold)
        for side, run, view in _runs(data)
        for threshold in view.summary.thresholds
    ]
    return sorted(
        rows, key=lambda row: (row.side != "current", _OUTCOMES.index(row.threshold.outcome))
    )


@dataclass(frozen=True, kw_only=True)
class SeriesRow:
    """A resource series of one run, in figures."""

    side: Side
    run: RunInfo
    series: SeriesSummary
    labels: str


def series_rows(data: ReportData) -> list[SeriesRow]:
    """Return the resource series, the runs of one metric below each other."""
    rows = [
        SeriesRow(side=side, run=run, series=series, labels=series.labels)
        for side, run, view in _runs(data)
        for series in view.summary.series
    ]
    order = {
        metric: place for place, metric in enumerate(dict.fromkeys(r.series.metric for r in rows))
    }
    return sorted(rows, key=lambda row: order[row.series.metric])


def name_rows(view: RunView) -> list[NameSummary]:
    """Return the names of a run, most requests first; transactions and the like follow."""
    return sorted(
        view.summary.names,
        key=lambda entry: (entry.kind != Kind.REQUEST, -entry.requests, str(entry.name)),
    )


def name_values(entry: NameSummary) -> str:
    """Return the numbers that the columns of a name are sorted by, apart by blanks."""
    latency = entry.latency
    numbers = (
        *(entry.requests, entry.failures, entry.error_rate, entry.throughput),
        *(latency.mean, latency.p50, latency.p90, latency.p95, latency.p99, latency.max),
    )
    return " ".join("-" if number is None else f"{number:.6g}" for number in numbers)


def _runs(data: ReportData) -> list[tuple[Side, RunInfo, RunView]]:
    baseline: list[tuple[Side, RunInfo, RunView]] = [
        ("baseline", view.summary.run, view) for view in data.baseline
    ]
    return [*baseline, *(("current", view.summary.run, view) for view in data.current)]


def run_labels(data: ReportData) -> dict[str, str]:
    """Return what each run is called, by id: its name, with the id where names repeat."""
    runs = {run.id: run.name for _, run, _ in _runs(data)}
    names = Counter(runs.values())
    return {
        identifier: name if names[name] == 1 else f"{name} ({identifier[:6]})"
        for identifier, name in runs.items()
    }
