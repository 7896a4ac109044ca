"""Counters that only ever grow, as increments between readings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from perfanalysis.model.series import SeriesKind
from perfanalysis.traces.series_entry import Point


class Increments:
    """Turns readings of counters into what they grew by since the reading before.

    The first reading of a counter has nothing to grow from. One that lies below the reading before
    began anew: it has no increment either, and is told. Only the last reading is kept, so that
    labels which come and go take no memory.

    Args:
        restarts: by metric, how many readings fell; it is added to.
    """

    def __init__(self, restarts: dict[str, int]) -> None:
        self._restarts = restarts
        self._before: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}

    def of(self, readings: Iterable[Point]) -> Iterator[Point]:
        """Yield the points of a whole reading: counters as increments, all others as they are."""
        now: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
        for point in readings:
            if point.kind is not SeriesKind.COUNTER:
                yield point
                continue
            key = (point.metric, _sorted(point.labels))
            now[key] = point.value
            before = self._before.get(key)
            if before is None:
                continue
            if point.value < before:
                self._restarts[point.metric] = self._restarts.get(point.metric, 0) + 1
                continue
            grown = point.value - before
            yield Point(point.metric, grown, point.unit, point.kind, point.labels)
        self._before = now


def _sorted(labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(labels.items()))
