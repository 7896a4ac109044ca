"""Samples of psutil as JSON: a monitor's list, or a script's dump."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, ClassVar

from perfanalysis.errors import InputError
from perfanalysis.importers.base import Chunk, Facts, Importer, Match
from perfanalysis.importers.json_objects import JsonObjects
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.run import Environment
from perfanalysis.phrases import phrase
from perfanalysis.traces.psutil_readings import (
    TIME_KEYS,
    BareArrayError,
    cpu_count,
    readings,
)
from perfanalysis.traces.sample_points import SamplePoints
from perfanalysis.traces.series_entry import SERIES_TYPE, points_of_entry
from perfanalysis.traces.series_points import SeriesPoints

if TYPE_CHECKING:
    from perfanalysis.importers.rejects import Rejects
    from perfanalysis.importers.source import InputFile, Source

_MONITOR_TYPES = ("system", "application", SERIES_TYPE)
# Names of psutil's own; a bare "cpu" or "memory" beside a time may be anybody's.
_FUNCTIONS = frozenset(
    {
        "cpu_percent",
        "cpu_times",
        "cpu_times_percent",
        "cpu_stats",
        "virtual_memory",
        "swap_memory",
        "disk_usage",
        "disk_io_counters",
        "net_io_counters",
        "memory_info",
        "memory_percent",
        "io_counters",
    }
)
_WORDS = frozenset({"cpu", "memory", "process", "processes", "load_average", "loadavg"})
_OBJECT = re.compile(r"\{")
_COLUMN = re.compile(r'"(?:' + "|".join(TIME_KEYS) + r')"\s*:\s*\[')
_MAX_CANDIDATES = 3
# Numbers of seconds since 1970 from 1973 on; a thousand, a million times more are finer units.
_FIRST_S, _LAST_S = 1e8, 1e11
# Larger than any count of bytes; its rate per microsecond is still finite.
_MAX_VALUE = 1e18
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Psutil(Importer):
    """Reads lists of samples, JSON lines of samples, and objects that hold lists or columns.

    Counters since boot become rates per second. A first CPU percentage of 0.0 is left out: psutil
    has nothing to compare with at its first call.
    """

    name: ClassVar[str] = "psutil"
    title: ClassVar[str] = "psutil samples as JSON: a monitor's list, JSON lines, or lists by name"

    def match(self, head: bytes, filename: str) -> Match:
        """Judge by the first sample: a time, and figures that psutil has."""
        del filename
        text = head.decode("utf-8", errors="replace").lstrip()
        if not text.startswith(("{", "[")):
            return Match.NO
        decoder = json.JSONDecoder()
        for number, start in enumerate(_OBJECT.finditer(text)):
            if number == _MAX_CANDIDATES:
                break
            try:
                candidate, _ = decoder.raw_decode(text, start.start())
            except (ValueError, RecursionError):
                continue  # An object larger than the head: look at what it holds.
            return _fit(candidate)
        functions = any(f'"{name}"' in text for name in _FUNCTIONS)
        return Match.LIKELY if functions and _COLUMN.search(text) else Match.NO

    def read(self, source: Source, rejects: Rejects) -> Iterator[Chunk]:
        """Yield the series, and the number of processors.

        Raises:
            InputError: the file is no JSON, holds no sample, or holds named tuples as bare arrays.
        """
        file = source.files[0]
        objects = JsonObjects(file)
        reader = _Reader(file, source.timezone, rejects)
        for line, value in objects:
            for sample in _samples(value):
                yield from reader.sample(line, sample)
        yield from reader.finish()
        if objects.cut_line is not None:
            message = phrase(
                "{file}:{line}: the last line is cut short and was dropped",
                file=file.label,
                line=objects.cut_line,
            )
            yield Caveat(code="cut-last-line", message=message)
        if file.truncated:
            message = phrase(
                "{file}: the compressed data are cut short; what they hold was read",
                file=file.label,
            )
            yield Caveat(code="truncated-archive", message=message)


class _Reader:
    """Turns samples into points; keeps the counters' last values between them."""

    def __init__(self, file: InputFile, timezone: tzinfo, rejects: Rejects) -> None:
        self._file = file
        self._timezone = timezone
        self._rejects = rejects
        self._points = SeriesPoints()
        self._samples = SamplePoints(self._points)
        self._cpu_count: int | None = None
        self._without_zone = False

    def sample(self, line: int, sample: Mapping[str, Any]) -> Iterator[Chunk]:
        stated = next((sample[key] for key in TIME_KEYS if key in sample), None)
        time_us, has_zone = _time_us(stated, self._timezone)
        if time_us is None:
            self._reject(line, "timestamp", "a time: epoch seconds or ISO 8601", stated, sample)
            return
        self._without_zone |= not has_zone
        if sample.get("type") == SERIES_TYPE:
            self._series(line, time_us, sample)
        else:
            yield from self._sample(line, time_us, sample)
        yield from self._points.full()

    def _sample(self, line: int, time_us: int, sample: Mapping[str, Any]) -> Iterator[Facts]:
        try:
            found = list(readings(sample))
        except BareArrayError as exc:
            raise InputError(
                f"{self._file.label}:{line}: {exc.args[0]}: expected an object with the names of "
                "its fields, found a bare array",
                hint="json.dumps loses the names of psutil's tuples, whose order differs between "
                "systems: dump `._asdict()` instead",
            ) from exc
        for reading in found:
            if not abs(reading.value) <= _MAX_VALUE:  # NaN fails the comparison, too.
                self._reject(line, reading.path, "a number of sensible size", reading.value, sample)
                return
        self._samples.add(time_us, found)
        yield from self._processors(sample)

    def _series(self, line: int, time_us: int, entry: Mapping[str, Any]) -> None:
        """Add the points of an entry that a monitor of perfanalysis wrote."""
        try:
            found = list(points_of_entry(entry))
        except ValueError as exc:
            self._reject(line, "points", "points of series", exc, entry)
            return
        for point in found:
            if not abs(point.value) <= _MAX_VALUE:  # NaN fails the comparison, too.
                self._reject(line, point.metric, "a number of sensible size", point.value, entry)
                return
        for point in found:
            self._points.add(
                time_us, point.metric, point.value, point.unit, point.labels, point.kind
            )

    def finish(self) -> Iterator[Chunk]:
        if not self._points.count:
            raise InputError(
                f"{self._file.label}: expected at least one measurement, found none",
                hint="counters need two samples: their rate is the difference",
            )
        yield from self._points.rest()
        yield Facts(tool="psutil")
        if self._without_zone:
            zone = "UTC" if self._timezone is UTC else str(self._timezone)
            yield Caveat(
                code="assumed-timezone",
                message=phrase(
                    "{file}: its times have no zone and were read as {zone}",
                    file=self._file.label,
                    zone=zone,
                ),
            )
        if self._samples.restarts:
            shown = ", ".join(f"{m} ({n}x)" for m, n in sorted(self._samples.restarts.items())[:5])
            yield Caveat(
                code="counter-restart",
                message=phrase(
                    "{file}: counters fell or the clock stood still or went "
                    "back: no rate at those samples: {metrics}",
                    file=self._file.label,
                    metrics=shown,
                ),
            )

    def _processors(self, sample: Mapping[str, Any]) -> Iterator[Facts]:
        if self._cpu_count is None:
            self._cpu_count = cpu_count(sample)
            if self._cpu_count is not None:
                yield Facts(environment=Environment(cpu_count=self._cpu_count))

    def _reject(
        self, line: int, column: str, expected: str, found: object, sample: Mapping[str, Any]
    ) -> None:
        raw = json.dumps(sample, ensure_ascii=False)
        self._rejects.row(
            self._file, line, column=column, expected=expected, found=str(found), raw=raw
        )


def _samples(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the samples of an object: itself, those in its lists, or the rows of its columns."""
    columns = {key: cells for key, cells in value.items() if isinstance(cells, list)}
    if any(key in columns for key in TIME_KEYS):
        for cells in zip(*columns.values(), strict=False):
            yield dict(zip(columns, cells, strict=True))
        return
    lists = [items for items in columns.values() if items and _is_sample(items[0])]
    if _is_sample(value) or not lists:
        yield value
        return
    for items in lists:
        yield from (item if isinstance(item, dict) else {} for item in items)


def _is_sample(value: object) -> bool:
    return isinstance(value, dict) and any(key in value for key in TIME_KEYS)


def _fit(candidate: Mapping[str, Any]) -> Match:
    sample = next(_samples(dict(candidate)), {})
    if not _is_sample(sample):
        return Match.NO
    names = {key.partition(".")[0] for key in sample}
    if sample.get("type") in _MONITOR_TYPES and names & (_WORDS | {"metrics", "points"}):
        return Match.CERTAIN
    if names & _FUNCTIONS:
        return Match.CERTAIN
    return Match.LIKELY if names & _WORDS else Match.NO


def _time_us(stated: object, timezone: tzinfo) -> tuple[int | None, bool]:
    """Return a time in microseconds since 1970 (None if it is none), and whether it has a zone."""
    if isinstance(stated, str):
        try:
            number = float(stated)
        except ValueError:
            return _iso_us(stated, timezone)
        return _number_us(number), True
    if isinstance(stated, int | float) and not isinstance(stated, bool):
        return _number_us(stated), True
    return None, True


def _iso_us(text: str, timezone: tzinfo) -> tuple[int | None, bool]:
    try:
        time = datetime.fromisoformat(text.strip())
        has_zone = time.tzinfo is not None
        zoned = time if has_zone else time.replace(tzinfo=timezone)
        return (zoned - _EPOCH) // timedelta(microseconds=1), has_zone
    except (ValueError, OverflowError):
        return None, True


def _number_us(number: float) -> int | None:
    for per_second in (1, 10**3, 10**6, 10**9):
        if _FIRST_S * per_second <= number < _LAST_S * per_second:
            return round(number * 1e6 / per_second)
    return None
