"""Processes: CPU, memory, threads, files and I/O, summed over those that belong together."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import Any, Literal

import psutil

from perfanalysis.model.series import SeriesKind
from perfanalysis.monitor.source import (
    ReadingError,
    Sampled,
    Source,
    SourceEndedError,
    plain_text,
    told,
)
from perfanalysis.traces.psutil_metrics import PROCESS, PROCESS_CPU, Figure
from perfanalysis.traces.series_entry import Point, entry_of_points

COUNT = "process.count"
_MAX_PROCESSES = 256
# Going through all processes of a machine takes milliseconds: new ones are found this late.
_RESCAN_S = 2.0
_OWN = PROCESS[""]
_MEMORY = PROCESS["memory_info"]["*"]
_IO = PROCESS["io_counters"]
_SWITCHES = PROCESS["num_ctx_switches"]["*"]
_IO_FIELDS = ("read_bytes", "write_bytes", "read_count", "write_count")


class Processes(Source):
    """One process, a process with its children, or all whose names fit a glob.

    What several processes of one group use is added up: a service is several workers, and their
    numbers differ from run to run. A process counts from its second reading on.

    Args:
        find: the processes to watch now; it is asked every two seconds.
        label: what messages call it.
        group: the value of the label `process`; None for the name of each process.
        interval_s: from one reading to the next.
        when_none: what it means that there is no process: it has `ended`, or, where there never
            was one, that is `told`, or it is `fine`.
    """

    def __init__(
        self,
        find: Callable[[], list[psutil.Process]],
        *,
        label: str,
        group: str | None,
        interval_s: float,
        when_none: Literal["ended", "told", "fine"],
    ) -> None:
        super().__init__()
        self.label = label
        self.interval_s = interval_s
        self._find = find
        self._group = group
        self._when_none = when_none
        self._tracked: dict[psutil.Process, _Tracked] = {}
        self._found_at: float | None = None
        self._beyond = 0
        self._is_missed = when_none == "told"

    def read(self) -> Sampled:
        """Take one reading of all processes.

        Raises:
            SourceEndedError: the process that was named has ended.
        """
        self._refresh()
        sums: dict[tuple[str, str], _Sum] = {}
        counts: dict[str, int] = {self._group: 0} if self._group is not None else {}
        unreadable: dict[str, None] = {"no process fits": None} if self._is_missed else {}
        for process, tracked in list(self._tracked.items()):
            try:
                figures = tracked.figures(unreadable)
            except psutil.NoSuchProcess:  # also where a zombie is left of it
                del self._tracked[process]
                continue
            name = self._group or tracked.name
            counts[name] = counts.get(name, 0) + 1
            for figure, value in figures:
                sums.setdefault((name, figure.metric), _Sum(figure)).value += value
        if self._when_none == "ended" and not self._tracked:
            raise SourceEndedError("it has ended")
        points = [
            Point(metric, total.value, total.figure.unit, SeriesKind.GAUGE, {"process": name})
            for (name, metric), total in sums.items()
        ]
        points += [
            Point(COUNT, float(n), None, SeriesKind.GAUGE, {"process": name})
            for name, n in counts.items()
        ]
        return Sampled(
            entry=entry_of_points(points),
            numbers=len(points),
            left_out=self._beyond,
            unreadable=tuple(unreadable),
        )

    def _refresh(self) -> None:
        now = time.monotonic()
        if self._found_at is not None and now - self._found_at < _RESCAN_S:
            return
        self._found_at = now
        try:
            found = self._find()
        except psutil.NoSuchProcess:
            return  # what was found before tells that it has ended
        except (OSError, psutil.Error) as exc:
            raise ReadingError(told(exc, self.secrets)) from exc
        for process in found:
            if process not in self._tracked and len(self._tracked) < _MAX_PROCESSES:
                self._tracked[process] = _Tracked(process)
                self._is_missed = False
        self._beyond = sum(process not in self._tracked for process in found)


class _Sum:
    """What the processes of a group add up to."""

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self.value = 0.0


class _Tracked:
    """One process, with what it told before."""

    def __init__(self, process: psutil.Process) -> None:
        self.name = _name(process)
        self._process = process
        self._before: tuple[float, dict[Figure, float]] | None = None

    def figures(self, unreadable: dict[str, None]) -> Iterator[tuple[Figure, float]]:
        """Return the figures of one reading, counters as rates per second since the one before.

        Raises:
            psutil.NoSuchProcess: it has ended, or its number belongs to another process.
        """
        if not self._process.is_running():
            raise psutil.NoSuchProcess(self._process.pid)
        with self._process.oneshot():
            if self._process.status() == psutil.STATUS_ZOMBIE:
                raise psutil.NoSuchProcess(self._process.pid)  # its figures are zeros
            gauges = dict(self._gauges(unreadable))
            now, counters = time.monotonic(), dict(self._counters(unreadable))
        before, self._before = self._before, (now, counters)
        if before is None:
            del gauges[PROCESS_CPU]  # psutil has nothing to compare it with
            return iter(gauges.items())
        elapsed_s = max(now - before[0], 1e-6)
        for figure, value in counters.items():
            if figure in before[1]:
                gauges[figure] = max(value - before[1][figure], 0.0) / elapsed_s
        return iter(gauges.items())

    def _gauges(self, unreadable: dict[str, None]) -> Iterator[tuple[Figure, float]]:
        process = self._process
        yield PROCESS_CPU, process.cpu_percent(interval=None)
        yield _OWN["memory_percent"], process.memory_percent()
        memory = process.memory_info()
        yield _of(_MEMORY, "rss"), memory.rss
        yield _of(_MEMORY, "vms"), memory.vms
        yield _OWN["num_threads"], process.num_threads()
        files = self._permitted("num_fds", unreadable)
        if files is not None:
            yield _OWN["num_fds"], files

    def _counters(self, unreadable: dict[str, None]) -> Iterator[tuple[Figure, float]]:
        switches = self._process.num_ctx_switches()
        yield _of(_SWITCHES, "voluntary"), switches.voluntary
        yield _of(_SWITCHES, "involuntary"), switches.involuntary
        io = self._permitted("io_counters", unreadable)
        for field in _IO_FIELDS if io is not None else ():
            yield _IO[field], getattr(io, field)

    def _permitted(self, name: str, unreadable: dict[str, None]) -> Any:  # noqa: ANN401  (psutil's)
        """Return what a method of psutil says; None where this user or system does not allow it."""
        try:
            return getattr(self._process, name)()
        except (psutil.AccessDenied, AttributeError, NotImplementedError):
            unreadable[f"{name} of {self.name}: not permitted"] = None
            return None


def one_process(pid: int, *, children: bool = False) -> Callable[[], list[psutil.Process]]:
    """Return what finds a process, and its children and theirs if wanted.

    Raises:
        psutil.NoSuchProcess: there is none of that number.
    """
    process = psutil.Process(pid)
    if not children:
        return lambda: [process]
    return lambda: [process, *process.children(recursive=True)]


def processes_named(glob: str) -> Callable[[], list[psutil.Process]]:
    """Return what finds the processes whose names fit a glob; never this process itself."""
    own = os.getpid()
    return lambda: [
        process
        for process in psutil.process_iter()
        if process.pid != own and fnmatchcase(_name(process), glob)
    ]


def _name(process: psutil.Process) -> str:
    try:
        return plain_text(process.name())
    except psutil.Error:
        return ""


def _of(figure: Figure, field: str) -> Figure:
    return Figure(
        figure.metric.replace("{}", field), figure.unit, figure.is_counter, figure.since_last_call
    )
