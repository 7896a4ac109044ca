"""The text formats of metrics: OpenMetrics, and Prometheus's older one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from perfanalysis.errors import UsageError
from perfanalysis.model.series import SeriesKind
from perfanalysis.monitor.increments import Increments
from perfanalysis.monitor.source import (
    MAX_POINTS,
    MAX_VALUE,
    ReadingError,
    Sampled,
    plain_text,
    told,
)
from perfanalysis.traces.series_entry import Point, entry_of_points

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

OPENMETRICS_TYPE = "application/openmetrics-text"
_MAX_LINES = 20_000
# The parser's time grows with the square of a line.
_MAX_LINE_CHARACTERS = 64 << 10
_EOF = "# EOF"
# The base units that Prometheus's conventions put at the end of a name.
_UNITS = {"seconds": "s", "bytes": "bytes", "ratio": "ratio", "celsius": "°C", "volts": "V"}
_COUNTER_ENDINGS = ("_total", "_count", "_sum")
# Buckets would be many times as many points as all others and tell of latencies that were not
# measured by the test; times of creation and texts in labels measure nothing.
_NOT_MEASURED = ("_bucket", "_created")
_Parser = Callable[[str], Iterable["Metric"]]


class Exposition:
    """Reads the answers of one endpoint; keeps its counters' last values.

    Args:
        name: of the endpoint, which begins the names of its metrics; None for none.
        restarts: by metric, how many readings of counters fell; it is added to.

    Raises:
        UsageError: the parser is not installed.
    """

    def __init__(self, name: str | None, restarts: dict[str, int]) -> None:
        self._prefix = "app." if name is None else f"app.{name}."
        self._increments = Increments(restarts)
        self._parsers = _parsers()

    def sampled(self, body: bytes, *, is_openmetrics: bool) -> Sampled:
        """Return the values of an answer: gauges as they are, counters as increments.

        Raises:
            ReadingError: it is not in the format.
        """
        text, left_out = _within_limits(body, is_openmetrics=is_openmetrics)
        measured = _Measured(self._prefix)
        try:
            found = measured.points(self._parsers[is_openmetrics](text))
        except Exception as exc:
            # Whatever a stranger's text makes the library raise.
            raise ReadingError(f"its answer is no metrics text: {told(exc, ())}") from exc
        points = list(self._increments.of(found))
        return Sampled(
            entry=entry_of_points(points),
            numbers=len(points),
            left_out=left_out + measured.left_out,
            unreadable=(),
        )


class _Measured:
    """Picks out of the parser's families what measures something."""

    def __init__(self, prefix: str) -> None:
        self.left_out = 0
        self._prefix = prefix

    def points(self, families: Iterable[Metric]) -> list[Point]:
        """Return the values, counters as they are told; at most as many as are kept."""
        found: list[Point] = []
        for family in families:
            for point in self._of_family(family):
                if len(found) < MAX_POINTS:
                    found.append(point)
                else:
                    self.left_out += 1
        return found

    def _of_family(self, family: Metric) -> Iterator[Point]:
        if family.type == "info":
            return
        for sample in family.samples:
            value = float(sample.value)
            if family.type != "gauge" and sample.name.endswith(_NOT_MEASURED):
                continue
            if not abs(value) <= MAX_VALUE:
                self.left_out += math.isfinite(value)  # NaN stands for "nothing measured"
                continue
            yield Point(
                self._prefix + plain_text(sample.name),
                value,
                _unit(sample.name, family.unit),
                SeriesKind.COUNTER if _is_counter(family.type, sample.name) else SeriesKind.GAUGE,
                {plain_text(key): plain_text(text) for key, text in sample.labels.items()},
            )


def _is_counter(kind: str, name: str) -> bool:
    if kind == "unknown":
        return name.endswith("_total")  # what nothing else is called
    return kind in ("counter", "summary", "histogram") and name.endswith(_COUNTER_ENDINGS)


def _unit(name: str, stated: str) -> str | None:
    """Return the unit of a metric: as it is stated, else as its name says.

    >>> _unit("process_resident_memory_bytes", ""), _unit("http_requests_total", "")
    ('bytes', None)
    """
    ending = stated
    if not stated:
        for counter in _COUNTER_ENDINGS:
            if name.endswith("_count"):
                return None  # of events, whatever was measured of them
            name = name.removesuffix(counter)
        ending = name.rpartition("_")[2]
    return _UNITS.get(ending, plain_text(stated) or None)


def _within_limits(body: bytes, *, is_openmetrics: bool) -> tuple[str, int]:
    """Return the text that is parsed, and how many lines are left out of it."""
    lines = body.decode("utf-8", errors="replace").split("\n")
    kept = [line for line in lines[:_MAX_LINES] if len(line) <= _MAX_LINE_CHARACTERS]
    left_out = len(lines) - len(kept)
    if left_out and is_openmetrics and kept[-1:] != [_EOF]:
        kept += [_EOF, ""]
    return "\n".join(kept), left_out


def _parsers() -> dict[bool, _Parser]:
    try:
        from prometheus_client import parser
        from prometheus_client.openmetrics import parser as openmetrics_parser
    except ImportError as exc:
        raise UsageError(
            "endpoints with metrics as text need a library that is not installed: "
            "prometheus-client",
            hint="pip install 'perfanalysis[monitor]'",
        ) from exc
    return {
        False: parser.text_string_to_metric_families,
        True: openmetrics_parser.text_string_to_metric_families,
    }
