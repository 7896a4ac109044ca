"""All sources together: threads, what they gathered as chunks, what went wrong as caveats."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

from perfanalysis.model.caveat import Caveat
from perfanalysis.model.chunks import Chunk, Facts
from perfanalysis.monitor.machine import this_machine
from perfanalysis.monitor.reader import Inbox, Reader, Tally
from perfanalysis.monitor.samples_file import SamplesFile
from perfanalysis.monitor.source import MAX_POINTS, Source
from perfanalysis.phrases import phrase
from perfanalysis.traces.psutil_readings import readings
from perfanalysis.traces.sample_points import SamplePoints
from perfanalysis.traces.series_entry import SERIES_TYPE, points_of_entry
from perfanalysis.traces.series_points import SeriesPoints

_WATCH_INTERVAL_S = 0.25
# How long a last reading may take when the monitor stops, and how long one is waited for.
_CLOSING_LIMIT_S = 1.0
_GRACE_S = 2.0


class Recorder:
    """Reads sources at their intervals while the program does something else.

    Args:
        sources: each is read in a thread of its own, first of all at the start.
        samples_file: gets every sample, too; None for no such file. It is closed at the end.
    """

    def __init__(
        self, sources: Sequence[Source], *, samples_file: SamplesFile | None = None
    ) -> None:
        self._samples_file = samples_file
        self._inbox = Inbox()
        self._stopping = threading.Event()
        self._readers = [Reader(source, self._inbox, self._stopping) for source in sources]
        self._hanging: list[Reader] = []
        self._watch = threading.Thread(target=self._interrupt_slow, name="monitor", daemon=True)
        self._points = SeriesPoints()
        self._samples = SamplePoints(self._points)
        self._stopped = False
        self._finished = False

    @property
    def points(self) -> int:
        """How many points have been gathered so far."""
        return self._points.count

    @property
    def tallies(self) -> dict[str, Tally]:
        """How the readings of each source went so far, by its label."""
        return {reader.source.label: reader.tally for reader in self._readers}

    def start(self) -> None:
        """Begin to read."""
        start = time.monotonic()
        for reader in self._readers:
            reader.start(start)
        self._watch.start()

    def add(self, source: Source) -> None:
        """Begin to read a further source, after the start."""
        reader = Reader(source, self._inbox, self._stopping)
        self._readers.append(reader)
        reader.start(time.monotonic())

    def stop(self) -> None:
        """Take a last reading of every source, and end; a source that hangs is left behind."""
        if self._stopped:
            return
        self._stopping.set()
        deadline = time.monotonic() + _GRACE_S
        running = list(self._readers)
        while running and time.monotonic() < deadline:
            running = [reader for reader in running if not reader.join(0.01)]
            for reader in running:
                reader.interrupt_after(_CLOSING_LIMIT_S)
        self._watch.join(_GRACE_S)
        self._inbox.close()
        self._hanging = running
        self._stopped = True

    def chunks(self) -> Iterator[Chunk]:
        """Yield what has been gathered since the last call, in large batches.

        What is too little for a batch waits for a later call. After `stop` everything is yielded,
        with facts about the machine and caveats.
        """
        yield from self._gathered()
        if self._stopped and not self._finished:
            self._finished = True
            if self._samples_file is not None:
                self._samples_file.close()
            yield from self._points.rest()
            yield Facts(environment=this_machine())
            yield from self._caveats()

    def _gathered(self) -> Iterator[Chunk]:
        waiting = self._inbox.drain()
        for time_us, entry in waiting:
            if self._samples_file is not None:
                self._samples_file.write(time_us, entry)
            if entry["type"] == SERIES_TYPE:
                for point in points_of_entry(entry):
                    self._points.add(
                        time_us, point.metric, point.value, point.unit, point.labels, point.kind
                    )
            else:
                self._samples.add(time_us, readings(entry))
            yield from self._points.full()
        if self._samples_file is not None and waiting:
            self._samples_file.flush()

    def _interrupt_slow(self) -> None:
        while not self._stopping.wait(_WATCH_INTERVAL_S):
            for reader in tuple(self._readers):  # it may grow meanwhile
                reader.interrupt_after(reader.source.timeout_s)

    def _caveats(self) -> Iterator[Caveat]:
        for reader in self._readers:
            yield from _caveats_of(reader.source, reader.tally, hangs=reader in self._hanging)
        if self._inbox.dropped:
            message = phrase(
                "{readings} readings of the monitor were dropped since they were not fetched in "
                "time",
                readings=self._inbox.dropped,
            )
            yield Caveat(code="monitor-dropped", message=message)
        if self._samples_file is not None and self._samples_file.failure:
            message = phrase(
                "{file}: is not complete, since it could not be written: {reason}",
                file=self._samples_file.path.name,
                reason=self._samples_file.failure,
            )
            yield Caveat(code="samples-file-incomplete", message=message)
        restarts = dict(self._samples.restarts)
        for reader in self._readers:
            for metric, number in reader.tally.restarts.items():
                restarts[metric] = restarts.get(metric, 0) + number
        if restarts:
            shown = ", ".join(f"{metric} ({n}x)" for metric, n in sorted(restarts.items())[:5])
            message = phrase(
                "counters of what was monitored fell or the clock went back: no value at those "
                "readings: {metrics}",
                metrics=shown,
            )
            yield Caveat(code="counter-restart", message=message)


def _caveats_of(source: Source, tally: Tally, *, hangs: bool) -> Iterator[Caveat]:
    label = source.label
    failures = tally.failures + hangs
    if failures:
        message = phrase(
            "{source}: {failures} of {readings} readings failed; the first: {first}",
            source=label,
            failures=failures,
            readings=tally.readings,
            first=tally.first_failure or phrase("no answer when the monitor stopped"),
        )
        yield Caveat(code="monitor-failures", message=message)
    if tally.partial:
        message = phrase(
            "{source}: {partial} of {readings} readings were incomplete; the first: {first}",
            source=label,
            partial=tally.partial,
            readings=tally.readings,
            first=tally.first_unreadable,
        )
        yield Caveat(code="monitor-incomplete", message=message)
    yield from _caveats_of_size(source, tally)
    if tally.ended is not None:
        message = phrase(
            "{source}: {ended}, after {readings} readings",
            source=label,
            ended=tally.ended,
            readings=tally.readings - 1,
        )
        yield Caveat(code="process-ended", message=message)


def _caveats_of_size(source: Source, tally: Tally) -> Iterator[Caveat]:
    """Yield what was left out because it came too fast or was too much."""
    label = source.label
    if tally.skipped:
        message = phrase(
            "{source}: {skipped} readings were skipped, since the one before took longer than the "
            "interval of {interval_s} s",
            source=label,
            skipped=tally.skipped,
            interval_s=f"{source.interval_s:g}",
        )
        yield Caveat(code="monitor-skipped", message=message)
    if tally.left_out:
        message = phrase(
            "{source}: up to {left_out} numbers or lines of a reading were left out: {limit} "
            "numbers are kept, of bounded size and depth",
            source=label,
            left_out=tally.left_out,
            limit=MAX_POINTS,
        )
        yield Caveat(code="monitor-limits", message=message)
