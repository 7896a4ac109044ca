"""pgbench's progress lines (`pgbench -P S`, on standard error): one window each.

`progress: 5.0 s, 1192.8 tps, lat 3.338 ms stddev 3.122, 0 failed, lag 0.5 ms, 16 skipped, 2
retried, 3 retries`: the first number is the end of the window, in seconds since the start or, with
`--progress-timestamp`, since 1970. The parts that follow `lat` depend on version and options.
The last, unfinished window is never printed. Source: printProgressReport() in pgbench's source.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from perfanalysis.errors import InputError
from perfanalysis.importers.base import Chunk
from perfanalysis.importers.pgbench.files import numbered_lines
from perfanalysis.importers.pgbench.totals import interval_rows
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.intervals import Scope
from perfanalysis.model.requests import Kind
from perfanalysis.phrases import phrase

if TYPE_CHECKING:
    from perfanalysis.importers.rejects import Rejects
    from perfanalysis.importers.source import InputFile

PROGRESS = re.compile(
    r"progress: (?P<end>\d{1,11}\.\d{1,3}) s, (?P<tps>\d{1,7}\.\d) tps, "
    r"lat (?P<mean>\d{1,12}\.\d{3}|-?nan) ms(?: stddev (?P<stddev>\d{1,12}\.\d{3}|-?nan))?"
    r"(?:, (?P<failed>\d{1,12}) failed)?(?:, lag (?:\d+\.\d{3}|-?nan) ms)?"
    r"(?:, (?P<skipped>\d{1,12}) skipped)?(?:, \d+ retried, \d+ retries)?",
    re.IGNORECASE,
)
PROGRESS_START = b"progress: "
_EXPECTED = "a progress line such as 'progress: 5.0 s, 309.5 tps, lat 12.835 ms stddev 6.318'"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# So many seconds are a date, not a duration: more than three years.
_FIRST_DATE_S = 1e8
_BATCH_WINDOWS = 10_000


@dataclass(frozen=True, kw_only=True)
class _Line:
    """One progress line; `end_s` is the end of its window."""

    end_s: float
    tps: float
    failures: int
    mean_ms: float | None
    stddev_ms: float | None

    @property
    def dated(self) -> bool:
        """Whether `end_s` counts from 1970."""
        return self.end_s >= _FIRST_DATE_S


class Progress:
    """The progress lines of one run.

    Args:
        name: of the script that ran.

    Attributes:
        windows: how many were yielded so far.
    """

    def __init__(self, name: str) -> None:
        self.windows = 0
        self._name = name
        self._last: _Line | None = None

    def chunks(self, files: Sequence[InputFile], rejects: Rejects) -> Iterator[Chunk]:
        """Yield the windows as intervals, and caveats about their times.

        Without `--progress-timestamp` nothing says when the run was: it is put at the start of
        1970. There the first window begins at 0; among dated ones it is as long as the second.

        Raises:
            InputError: the time goes back, so the files hold more than one run.
        """
        rows: list[dict[str, Any]] = []
        for begin_s, line in _spans(self._lines(files, rejects)):
            rows.append(_window(self._name, begin_s, line))
            self.windows += 1
            if len(rows) == _BATCH_WINDOWS:
                yield interval_rows(rows)
                rows = []
        if rows:
            yield interval_rows(rows)
        yield from self._caveats()

    def _lines(self, files: Sequence[InputFile], rejects: Rejects) -> Iterator[_Line]:
        for file in files:
            for number, raw, cut in numbered_lines(file):
                if cut or not raw.startswith(PROGRESS_START):
                    continue
                line = _line(raw)
                if line is None:
                    text = raw.decode("utf-8", errors="replace")
                    rejects.row(file, number, column=None, expected=_EXPECTED, found=text, raw=text)
                    continue
                self._check_order(line, f"{file.label}:{number}")
                self._last = line
                yield line

    def _check_order(self, line: _Line, where: str) -> None:
        last = self._last
        if last and (line.end_s <= last.end_s or line.dated != last.dated):
            raise InputError(
                f"{where}: expected progress after {last.end_s:g} s, found {line.end_s:g} s",
                hint="one run, one file: keep what each run prints in a file of its own",
            )

    def _caveats(self) -> Iterator[Caveat]:
        if self._last is None:
            return
        if not self.windows:
            yield Caveat(
                code="single-progress-line",
                message=phrase(
                    "the only progress line was dropped: its time stamp does not "
                    "tell how long its window was"
                ),
            )
        elif not self._last.dated:
            yield Caveat(
                code="no-absolute-time",
                message=phrase(
                    "the progress lines do not say when the run was, so its "
                    "times count from the start of 1970 (pgbench "
                    "--progress-timestamp would tell)"
                ),
            )


def _spans(lines: Iterable[_Line]) -> Iterator[tuple[float, _Line]]:
    """Yield every line with the beginning of its window, in seconds."""
    last: _Line | None = None
    held: _Line | None = None
    for line in lines:
        if last is not None:
            if held is not None:
                yield 2 * held.end_s - line.end_s, held
                held = None
            yield last.end_s, line
        elif line.dated:
            held = line
        else:
            yield 0.0, line
        last = line


def _window(name: str, begin_s: float, line: _Line) -> dict[str, Any]:
    duration_s = round(line.end_s - begin_s, 3)
    return {
        "scope": Scope.WINDOW,
        "started_at": _EPOCH + timedelta(seconds=begin_s),
        "duration_s": duration_s,
        "name": name,
        "kind": Kind.REQUEST,
        # `tps` counts what succeeded.
        "requests": round(line.tps * duration_s) + line.failures,
        "failures": line.failures,
        "latency_mean_ms": line.mean_ms,
        "latency_stddev_ms": line.stddev_ms,
    }


def _line(raw: bytes) -> _Line | None:
    found = PROGRESS.fullmatch(raw.decode("utf-8", errors="replace").rstrip())
    if found is None:
        return None
    tps = float(found["tps"])
    return _Line(
        end_s=float(found["end"]),
        tps=tps,
        failures=int(found["failed"] or 0) + int(found["skipped"] or 0),
        mean_ms=_milliseconds(found["mean"]) if tps else None,
        stddev_ms=_milliseconds(found["stddev"]) if tps else None,
    )


def _milliseconds(text: str | None) -> float | None:
    return None if text is None or "nan" in text.lower() else float(text)
