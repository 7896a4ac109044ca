"""One source, read in a thread of its own: what it does delays and stops no other."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from perfanalysis.model.series import SeriesKind
from perfanalysis.monitor.schedule import Ticks
from perfanalysis.monitor.source import (
    ReadingError,
    Sampled,
    Source,
    SourceEndedError,
    told,
)
from perfanalysis.phrases import phrase
from perfanalysis.traces.series_entry import Point, entry_of_points

FAILURES = "monitor.failures"
SKIPPED = "monitor.skipped"
# What waits to be fetched; beyond it readings are dropped and counted.
_MAX_WAITING_NUMBERS = 200_000
# A last reading when the monitor stops, unless the one before is younger than this share.
_CLOSING_SHARE = 0.25


@dataclass(kw_only=True)
class Tally:
    """How the readings of a source went."""

    readings: int = 0
    failures: int = 0
    first_failure: str | None = None
    partial: int = 0
    first_unreadable: str | None = None
    left_out: int = 0
    skipped: int = 0
    ended: str | None = None
    restarts: dict[str, int] = field(default_factory=dict)


class Inbox:
    """Where readers put their samples until they are fetched."""

    def __init__(self) -> None:
        self.dropped = 0
        self._lock = threading.Lock()
        self._waiting: deque[tuple[int, Sampled]] = deque()
        self._numbers = 0
        self._closed = False

    def put(self, time_us: int, sampled: Sampled) -> None:
        """Add a sample; `time_us` is in microseconds since 1970, UTC."""
        with self._lock:
            if self._closed:
                return
            if self._numbers + sampled.numbers > _MAX_WAITING_NUMBERS:
                self.dropped += 1
                return
            self._waiting.append((time_us, sampled))
            self._numbers += sampled.numbers

    def drain(self) -> list[tuple[int, dict[str, Any]]]:
        """Return what has been put since the last call: times and entries."""
        with self._lock:
            waiting, self._waiting = self._waiting, deque()
            self._numbers = 0
        return [(time_us, sampled.entry) for time_us, sampled in waiting]

    def close(self) -> None:
        """Take nothing any more: a reader that hung may still wake up."""
        with self._lock:
            self._closed = True


class Reader:
    """Reads a source at its interval until it is told to stop, and once more then.

    Args:
        source: what to read.
        inbox: where its samples go.
        stopping: set when it is time to stop.
    """

    def __init__(self, source: Source, inbox: Inbox, stopping: threading.Event) -> None:
        self.source = source
        self.tally = Tally(restarts=source.restarts)
        self._inbox = inbox
        self._stopping = stopping
        self._lock = threading.Lock()
        self._busy_since: float | None = None
        self._limit_s: float | None = None
        self._thread: threading.Thread | None = None

    def start(self, start: float) -> None:
        """Begin to read; `start` is the first time, in seconds of the monotonic clock."""
        ticks = Ticks(start=start, interval_s=self.source.interval_s)
        self._thread = threading.Thread(
            target=self._run, args=(ticks,), name=f"monitor {self.source.label}", daemon=True
        )
        self._thread.start()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end, and say whether it has come."""
        if self._thread is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def interrupt_after(self, limit_s: float) -> None:
        """Interrupt a reading that has been under way for longer than that."""
        with self._lock:
            if self._busy_since is None or self._limit_s is not None:
                return
            if time.monotonic() - self._busy_since > limit_s:
                self._limit_s = limit_s
                self.source.interrupt()

    def _run(self, ticks: Ticks) -> None:
        began = -float("inf")
        while not self._stopping.wait(max(0.0, ticks.due - time.monotonic())):
            began = time.monotonic()
            if not self._read():
                break
            if missed := ticks.advance(now=time.monotonic()):
                self.tally.skipped += missed
                self._count(time.time_ns() // 1000, SKIPPED, missed)
        else:
            if time.monotonic() - began >= _CLOSING_SHARE * self.source.interval_s:
                self._read()
        self.source.close()

    def _read(self) -> bool:
        """Take one reading; False if there is nothing to read any more."""
        time_us = time.time_ns() // 1000
        self.tally.readings += 1
        with self._lock:
            self._busy_since, self._limit_s = time.monotonic(), None
        try:
            sampled = self.source.read()
        except SourceEndedError:
            self.tally.ended = phrase("it has ended")
            return False
        except Exception as exc:  # noqa: BLE001  (whatever it is: the others must go on)
            self._failed(time_us, exc)
            return True
        finally:
            with self._lock:
                self._busy_since = None
        self._inbox.put(time_us, sampled)
        self.tally.left_out = max(self.tally.left_out, sampled.left_out)
        if sampled.unreadable:
            self.tally.partial += 1
            self.tally.first_unreadable = self.tally.first_unreadable or told(
                ReadingError(", ".join(sampled.unreadable)), self.source.secrets
            )
        return True

    def _failed(self, time_us: int, error: Exception) -> None:
        self.tally.failures += 1
        if self._limit_s is not None:
            reason: str = phrase(
                "no complete answer within {seconds} s", seconds=f"{self._limit_s:g}"
            )
        else:
            reason = told(error, self.source.secrets)
            if not isinstance(error, ReadingError):
                reason = f"{type(error).__name__}: {reason}"
        self.tally.first_failure = self.tally.first_failure or reason
        self._count(time_us, FAILURES, 1)

    def _count(self, time_us: int, metric: str, number: int) -> None:
        where = {"source": self.source.label}
        point = Point(metric, float(number), None, SeriesKind.COUNTER, where)
        entry = entry_of_points([point])
        self._inbox.put(time_us, Sampled(entry=entry, numbers=1, left_out=0, unreadable=()))
