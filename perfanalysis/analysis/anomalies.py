"""Where a run was unlike itself: latency that jumped, errors in bursts, and stalls.

Each name and all requests together are watched in windows of a second or more that hold thirty
requests or more. What is marked is beyond chance (`stats.anomalies`), of a size that matters, and
not explained by more load. Levels that last are looked for in the busiest names. One event gets
one mark: on the name that it hit, or on all requests where it hit several. The first window is not
watched: connections are opened in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from perfanalysis.analysis.evidence import NameEvidence, Windows
from perfanalysis.analysis.latency_grid import LatencyGrid
from perfanalysis.analysis.stalls import Stall
from perfanalysis.model.views import Anomaly, AnomalyKind
from perfanalysis.phrases import Phrase, phrase
from perfanalysis.stats.anomalies import Stretch, bursts, peaks, shifts
from perfanalysis.stats.window_quantiles import window_quantiles
from perfanalysis.units import format_ratio, significant

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_MOST = 20
# Levels that last are costly to find: of all requests and of the names with most of them.
_MOST_SHIFTS = 21
_SECOND_US = 1_000_000
_MOST_WINDOWS = 150
_FEWEST_WINDOWS = 20
_MIN_REQUESTS = 30
_MIN_REQUESTS_FOR_P95 = 60
# A median that rises by a quarter can be felt; a p95 of thirty requests moves more by itself.
_LEAST = {
    "latency.p50": float(np.log(1.25)),
    "latency.mean": float(np.log(1.25)),
    "latency.p95": float(np.log(1.5)),
}
# Windows: what is shorter is a spike, or else a burst.
_SPIKE, _BURST = 3, 10
# Requests a second, relative to usual: with so many more of them, higher latency is no surprise.
_MORE_LOAD, _LESS_LOAD = 1.1, 0.9
_ERRORS = "error_rate"


@dataclass(frozen=True, kw_only=True, eq=False)
class Watched:
    """One name, or all requests, in windows of equal length; arrays have shape (windows,).

    Attributes:
        start_s: of the first window, seconds after the start of the run.
        levels: logarithm of latency by metric, NaN where too few requests carry it.
    """

    name: str | None
    start_s: float
    width_s: float
    requests: Ints
    failures: Ints
    levels: dict[str, Floats]


@dataclass(frozen=True, kw_only=True)
class _Found:
    """A stretch that is marked; `score` is the logarithm of how far it is from what is usual."""

    name: str | None
    metric: str
    kind: AnomalyKind
    start_s: float
    end_s: float
    size: float
    score: float
    message: Phrase

    def overlaps(self, other: _Found) -> bool:
        return self.start_s < other.end_s and other.start_s < self.end_s


def watched_of(
    name: str | None, found: NameEvidence, grid: LatencyGrid | None, start_us: int
) -> Watched | None:
    """Return what is watched of a name; None where it has too few requests or windows."""
    windows = found.windows
    if windows is None or len(windows.start_us) < _FEWEST_WINDOWS:
        return None
    width_us = _width_us(windows, grid)
    if width_us is None:
        return None
    bins = windows.start_us // width_us
    first, n = int(bins[0]), int(bins[-1] - bins[0]) + 1
    sums = [
        np.bincount(bins - first, weights=column, minlength=n).astype(np.int64)
        for column in (windows.requests, windows.failures)
    ]
    levels = (
        _mean_level(windows, bins - first, n) if grid is None else _levels(grid, first, n, width_us)
    )
    return Watched(
        name=name,
        start_s=(first * width_us - start_us) / 1e6,
        width_s=width_us / 1e6,
        requests=sums[0],
        failures=sums[1],
        levels=levels,
    )


def anomalies_of(
    watched: Sequence[Watched], stalls: Sequence[Stall], warmup_s: float
) -> tuple[Anomaly, ...]:
    """Return what is marked on the time axis of a run: at most 20 anomalies, biggest first.

    Args:
        watched: of each name and of all requests.
        stalls: of all requests.
        warmup_s: what lies within the first seconds is the warm-up, and no anomaly.
    """
    found = [_of_stall(stall) for stall in stalls]
    tests = sum(len(w.requests) * (len(w.levels) + 1) for w in watched)
    busiest = sorted(watched, key=lambda entry: -int(entry.requests.sum()))[:_MOST_SHIFTS]
    for whole in watched:
        entry = _after(whole, warmup_s)
        marked = _latency(entry, tests, lasting=whole in busiest)
        latencies = [found for found in marked if not _explained(entry, found)]
        found += _strongest(latencies)
        found += _errors(entry, tests)
    kept = _one_an_event(found)
    kept.sort(key=lambda entry: (-entry.score, entry.start_s, entry.name or ""))
    return tuple(
        Anomaly(
            start_s=entry.start_s,
            end_s=entry.end_s,
            kind=entry.kind,
            name=entry.name,
            metric=entry.metric,
            size=entry.size,
            message=entry.message,
        )
        for entry in kept[:_MOST]
    )


def _width_us(windows: Windows, grid: LatencyGrid | None) -> int | None:
    """Return a width at which a usual window holds thirty requests; None if few windows do."""
    steps = np.diff(windows.start_us)
    step = max(int(steps.min()), 0 if grid is None else grid.span.step_us)
    span = int(windows.start_us[-1] - windows.start_us[0]) + step
    width = -(-_SECOND_US // step) * step
    requests = int(windows.requests.sum())
    while span / width > _MOST_WINDOWS or requests * width / span < _MIN_REQUESTS:
        width *= 2
        if span / width < _FEWEST_WINDOWS:
            return None
    return width if span / width >= _FEWEST_WINDOWS else None


def _levels(grid: LatencyGrid, first: int, n: int, width_us: int) -> dict[str, Floats]:
    counts = grid.binned(first, n, width_us)
    usual = float(np.median(counts.sum(axis=1)))
    wanted = [
        (metric, q, fewest)
        for metric, q, fewest in (
            ("latency.p50", 0.5, _MIN_REQUESTS),
            ("latency.p95", 0.95, _MIN_REQUESTS_FOR_P95),
        )
        if usual >= fewest
    ]
    # A window that is not full, or in which much failed, still carries half as many.
    values = window_quantiles(counts, *grid.edges, [(q, fewest // 2) for _, q, fewest in wanted])
    return {metric: _logarithm(found) for (metric, _, _), found in zip(wanted, values, strict=True)}


def _mean_level(windows: Windows, position: Ints, n: int) -> dict[str, Floats]:
    if windows.mean_ms is None:
        return {}
    timed = np.where(np.isnan(windows.mean_ms), 0, windows.requests)
    sums = np.bincount(position, weights=np.nan_to_num(windows.mean_ms) * timed, minlength=n)
    counts = np.bincount(position, weights=timed, minlength=n)
    return {
        "latency.mean": _logarithm(sums / np.where(counts >= _MIN_REQUESTS / 2, counts, np.nan))
    }


def _logarithm(values: Floats) -> Floats:
    level: Floats = np.log(np.where(values > 0, values, np.nan))
    return level


def _after(entry: Watched, warmup_s: float) -> Watched:
    """Return a name without its warm-up, and at least without its first window."""
    left_out = max(int(np.ceil((warmup_s - entry.start_s) / entry.width_s)), 1)
    return replace(
        entry,
        start_s=entry.start_s + left_out * entry.width_s,
        requests=entry.requests[left_out:],
        failures=entry.failures[left_out:],
        levels={metric: level[left_out:] for metric, level in entry.levels.items()},
    )


def _latency(entry: Watched, tests: int, *, lasting: bool) -> Iterator[_Found]:
    for metric, level in entry.levels.items():
        least = _LEAST[metric]
        moved = shifts(level, least=least, tests=tests) if lasting else []
        for stretch in moved:
            yield _of_latency(entry, metric, stretch, _kind(stretch))
        for stretch in peaks(level, least=least, tests=tests):
            # A running median is late at both ends of a level that lasts.
            if all(stretch.end <= s.start or s.end <= stretch.start for s in moved):
                yield _of_latency(entry, metric, stretch, _kind(stretch))


def _kind(stretch: Stretch) -> AnomalyKind:
    length = stretch.end - stretch.start
    return "spike" if length < _SPIKE else "burst" if length < _BURST else "shift"


def _of_latency(entry: Watched, metric: str, stretch: Stretch, kind: AnomalyKind) -> _Found:
    start_s, end_s = _times(entry, stretch)
    size = float(np.exp(stretch.size))
    values = {"metric": metric, "times": significant(size, 2), "start": _clock(start_s)}
    if kind == "spike":
        message = phrase("{metric} rose to {times} times its usual value at {start} s", **values)
    elif kind == "burst":
        message = phrase(
            "{metric} was up to {times} times its usual value from {start} s to {end} s",
            **values,
            end=_clock(end_s),
        )
    else:
        message = phrase(
            "{metric} was {times} times its usual value from {start} s to {end} s",
            **values,
            end=_clock(end_s),
        )
    return _Found(
        name=entry.name,
        metric=metric,
        kind=kind,
        start_s=start_s,
        end_s=end_s,
        size=size,
        score=abs(stretch.size),
        message=message,
    )


def _errors(entry: Watched, tests: int) -> Iterator[_Found]:
    total, failed = int(entry.requests.sum()), int(entry.failures.sum())
    usual = max(failed / total if total else 0.0, 0.01)
    for stretch in bursts(entry.failures, entry.requests, tests=tests):
        start_s, end_s = _times(entry, stretch)
        yield _Found(
            name=entry.name,
            metric=_ERRORS,
            kind=_kind(stretch),
            start_s=start_s,
            end_s=end_s,
            size=stretch.size,
            score=float(np.log(stretch.size / usual)),
            message=phrase(
                "{share} of requests failed from {start} s to {end} s",
                share=format_ratio(stretch.size, 2),
                start=_clock(start_s),
                end=_clock(end_s),
            ),
        )


def _of_stall(stall: Stall) -> _Found:
    length_s = stall.end_s - stall.start_s
    return _Found(
        name=None,
        metric="throughput",
        kind="stall",
        start_s=stall.start_s,
        end_s=stall.end_s,
        size=length_s,
        score=float(np.log(max(stall.missing, 2.0))),
        message=phrase(
            "no answer came for about {length} s from {start} s on; requests waiting: {waiting}",
            length=significant(length_s, 2),
            start=_clock(stall.start_s),
            waiting=stall.waiting,
        ),
    )


def _clock(time_s: float) -> str:
    """Return a time; windows of a second or more need no more than a tenth.

    >>> _clock(0.9986), _clock(3720.4)
    ('1.0', '3720')
    """
    return f"{time_s:.0f}" if time_s >= 100 else f"{time_s:.1f}"


def _times(entry: Watched, stretch: Stretch) -> tuple[float, float]:
    return (
        max(entry.start_s + stretch.start * entry.width_s, 0.0),
        entry.start_s + stretch.end * entry.width_s,
    )


def _explained(entry: Watched, found: _Found) -> bool:
    """Return whether load moved as latency did: what more requests do is no anomaly."""
    begin, end = (
        round((at - entry.start_s) / entry.width_s) for at in (found.start_s, found.end_s)
    )
    inside = np.zeros(len(entry.requests), dtype=bool)
    inside[max(begin, 0) : end] = True
    if inside.all():
        return False
    usual = float(np.median(entry.requests[~inside]))
    load = float(np.median(entry.requests[inside])) / usual if usual else 1.0
    return load > _MORE_LOAD if found.size > 1 else load < _LESS_LOAD


def _strongest(found: Sequence[_Found]) -> list[_Found]:
    """Return of stretches of one name that overlap, in whatever metric, the strongest."""
    kept: list[_Found] = []
    for entry in sorted(found, key=lambda entry: -entry.score):
        if not any(entry.overlaps(other) for other in kept):
            kept.append(entry)
    return kept


def _one_an_event(found: Sequence[_Found]) -> list[_Found]:
    """Return one mark for each event.

    What a stall does to latency is part of it. What all requests show is told of all where several
    names show it, and of the name where one does.
    """
    stalls = [entry for entry in found if entry.kind == "stall"]
    rest = [
        entry
        for entry in found
        if entry.kind != "stall" and not any(entry.overlaps(stall) for stall in stalls)
    ]
    whole = [entry for entry in rest if entry.name is None]
    named = [entry for entry in rest if entry.name is not None]
    kept = list(stalls)
    told: set[int] = set()
    for entry in whole:
        of_names = [
            other
            for other in named
            if entry.overlaps(other) and (entry.metric == _ERRORS) == (other.metric == _ERRORS)
        ]
        if len({other.name for other in of_names}) != 1:
            kept.append(entry)
            told.update(id(other) for other in of_names)
    return [*kept, *(entry for entry in named if id(entry) not in told)]
