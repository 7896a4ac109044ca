"""Points of series from the samples of one machine, one after another."""

from __future__ import annotations

from collections.abc import Iterable

from perfanalysis.traces.psutil_readings import Reading
from perfanalysis.traces.series_points import Rates, SeriesPoints


class SamplePoints:
    """Turns readings into points; keeps the counters' last values between samples.

    Counters since boot become rates per second. A first CPU percentage of 0.0 is left out: psutil
    has nothing to compare with at its first call.

    Args:
        points: where the points are gathered.
    """

    def __init__(self, points: SeriesPoints) -> None:
        self._points = points
        self._rates = Rates()
        self._started: set[tuple[str, str]] = set()

    @property
    def restarts(self) -> dict[str, int]:
        """By metric, how many readings of counters had no rate; see `Rates`."""
        return self._rates.restarts

    def add(self, time_us: int, readings: Iterable[Reading]) -> None:
        """Add the points of one sample; `time_us` is in microseconds since 1970, UTC."""
        for reading in readings:
            self._add(time_us, reading)

    def _add(self, time_us: int, reading: Reading) -> None:
        figure = reading.figure
        if figure.since_last_call:
            key = (figure.metric, "".join(reading.labels.values()))
            first = key not in self._started
            self._started.add(key)
            if first and reading.value == 0:
                return
        value: float | None = reading.value
        if figure.is_counter:
            whose = {**reading.labels, "\0pid": reading.process}
            value = self._rates.rate(time_us, figure.metric, reading.value, whose)
        if value is not None:
            self._points.add(time_us, figure.metric, value, figure.unit, reading.labels)
