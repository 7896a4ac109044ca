"""How far an import is, on standard error: a line that moves, or lines in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from perfanalysis.api.importing import Progress

_QUIET_S = 1.0  # an import that is over by then needs no progress
_SCREEN_EVERY_S = 0.2
_LOG_EVERY_S = 10.0
_ERASE = "\r\x1b[K"


@contextmanager
def import_progress(*, quiet: bool) -> Iterator[Callable[[Progress], None] | None]:
    """Give what imports call, or None where nobody wants to know; leaves no line behind."""
    if quiet:
        yield None
        return
    display = ProgressDisplay(sys.stderr, clock=time.monotonic)
    try:
        yield display.show
    finally:
        display.erase()


class ProgressDisplay:
    """Shows the progress of one import after the other.

    Args:
        stream: a terminal gets one line that is written anew, anything else a line now and then.
        clock: seconds that only go forward.
    """

    def __init__(self, stream: TextIO, *, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._clock = clock
        self._terminal = stream.isatty()
        self._every_s = _SCREEN_EVERY_S if self._terminal else _LOG_EVERY_S
        self._started_s: float | None = None
        self._shown_s = 0.0
        self._line_stands = False

    def show(self, progress: Progress) -> None:
        """Take note of progress, and show it if it is time; the last one erases the line."""
        now_s = self._clock()
        if self._started_s is None:
            self._started_s = now_s
            self._shown_s = now_s + _QUIET_S - self._every_s if self._terminal else now_s
        if progress.finished:
            self.erase()
            self._started_s = None
        elif now_s - self._shown_s >= self._every_s:
            self._shown_s = now_s
            self._write(progress_text(progress, elapsed_s=now_s - self._started_s))

    def erase(self) -> None:
        """Take the line away, so that what follows stands alone."""
        if self._line_stands:
            self._stream.write(_ERASE)
            self._stream.flush()
            self._line_stands = False

    def _write(self, text: str) -> None:
        if self._terminal:
            self._stream.write(_ERASE + text)
            self._line_stands = True
        else:
            self._stream.write(text + "\n")
        self._stream.flush()


def progress_text(progress: Progress, *, elapsed_s: float) -> str:
    """Return one line of less than 80 characters.

    Args:
        progress: of an import.
        elapsed_s: since the import began, more than 0.
    """
    done, total = progress.bytes_done, max(progress.bytes_total, progress.bytes_done)
    rate = done / elapsed_s
    share = f"{100 * done / total:.0f} %" if total else "100 %"
    left = f", {_duration_text((total - done) / rate)} left" if rate else ""
    unit, name, digits = (1e9, "GB", 1) if total >= 1e10 else (1e6, "MB", 0)
    return (
        f"importing: {done / unit:,.{digits}f} of {total / unit:,.{digits}f} {name} ({share}), "
        f"{rate / 1e6:,.0f} MB/s, {progress.rows:,} rows{left}"
    )


def _duration_text(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
