"""Points of series, gathered into batches, and counters as rates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyarrow as pa

from perfanalysis.model.chunks import Rows
from perfanalysis.model.requests import LABELS, TIMESTAMP
from perfanalysis.model.series import SeriesKind

_BATCH_POINTS = 50_000


class SeriesPoints:
    """Gathers points for the series table."""

    def __init__(self) -> None:
        self.count = 0
        self._clear()

    def _clear(self) -> None:
        self._times: list[int] = []
        self._metrics: list[str] = []
        self._values: list[float] = []
        self._units: list[str | None] = []
        self._kinds: list[str] = []
        self._labels: list[list[tuple[str, str]] | None] = []

    def add(
        self,
        time_us: int,
        metric: str,
        value: float,
        unit: str | None,
        labels: Mapping[str, str],
        kind: SeriesKind = SeriesKind.GAUGE,
    ) -> None:
        """Add a point; `time_us` is in microseconds since 1970, UTC."""
        self.count += 1
        self._times.append(time_us)
        self._metrics.append(metric)
        self._values.append(value)
        self._units.append(unit)
        self._kinds.append(kind.value)
        self._labels.append(list(labels.items()) or None)

    def full(self) -> Iterator[Rows]:
        """Yield a batch if enough points have been gathered for one."""
        if len(self._times) >= _BATCH_POINTS:
            yield from self.rest()

    def rest(self) -> Iterator[Rows]:
        """Yield what has been gathered, if anything."""
        if not self._times:
            return
        columns = {
            "time": pa.array(self._times, pa.int64()).cast(TIMESTAMP),
            "metric": pa.array(self._metrics, pa.string()),
            "value": pa.array(self._values, pa.float64()),
            "unit": pa.array(self._units, pa.string()),
            "kind": pa.array(self._kinds, pa.string()),
            "labels": pa.array(self._labels, LABELS),
        }
        self._clear()
        yield Rows(table="series", batch=pa.RecordBatch.from_pydict(columns))


class Rates:
    """Turns readings of counters that only ever grow into rates per second.

    Attributes:
        restarts: by metric, how many readings lay below the one before, or not after it: the
            counter began anew or wrapped, or the clock was set. Such a reading has no rate.
    """

    def __init__(self) -> None:
        self.restarts: dict[str, int] = {}
        self._before: dict[tuple[str, tuple[tuple[str, str], ...]], tuple[int, float]] = {}

    def rate(
        self, time_us: int, metric: str, value: float, labels: Mapping[str, str]
    ) -> float | None:
        """Return the growth per second since the reading before; None for the first one."""
        key = (metric, tuple(sorted(labels.items())))
        before = self._before.get(key)
        self._before[key] = (time_us, value)
        if before is None:
            return None
        elapsed_s = (time_us - before[0]) / 1e6
        if value < before[1] or elapsed_s <= 0:
            self.restarts[metric] = self.restarts.get(metric, 0) + 1
            return None
        return (value - before[1]) / elapsed_s
