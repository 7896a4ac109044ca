"""Monitors beside anything, and runs that are nothing but a monitor's series."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from itertools import chain
from pathlib import Path

from perfanalysis.api.importing import Gathered, commit_of_job, stated_environment
from perfanalysis.errors import InputError
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.chunks import Chunk
from perfanalysis.monitor.recorder import Recorder
from perfanalysis.monitor.samples_file import SamplesFile
from perfanalysis.monitor.settings import MonitorSettings, build_sources
from perfanalysis.phrases import phrase
from perfanalysis.store.bundle import Run
from perfanalysis.store.writer import Provenance, bundle_writer

TOOL = "perfanalysis-monitor"
_FETCH_INTERVAL_S = 1.0


@dataclass(frozen=True, kw_only=True)
class MonitorProgress:
    """How far a monitor has come.

    Attributes:
        elapsed_s: seconds since its start.
        points: how many have been gathered.
        failures: readings that failed, of all sources.
    """

    elapsed_s: float
    points: int
    failures: int


@contextmanager
def monitoring(settings: MonitorSettings) -> Iterator[Recorder]:
    """Monitor while the block runs, in threads of its own.

    `chunks()` of what is given yields what was gathered so far, and after the block (or after
    `stop()`) the rest, with caveats about what went wrong. Nothing that is watched can make the
    block fail once it has begun.

    Args:
        settings: what to watch, and how often.

    Raises:
        UsageError: something that is to be watched does not exist, a library is missing, or the
            file cannot be written.
    """
    sources = build_sources(settings)
    path = settings.samples_path
    samples_file = None if path is None else SamplesFile(path)
    recorder = Recorder(sources, samples_file=samples_file)
    recorder.start()
    try:
        yield recorder
    finally:
        recorder.stop()


def monitor(
    settings: MonitorSettings,
    destination: str | Path,
    *,
    duration_s: float | None = None,
    name: str | None = None,
    tags: dict[str, str] | None = None,
    overwrite: bool = False,
    stopping: threading.Event | None = None,
    on_progress: Callable[[MonitorProgress], None] | None = None,
) -> Run:
    """Monitor for a while, and write a bundle of series.

    Args:
        settings: what to watch, and how often.
        destination: the folder to make, `NAME.run`.
        duration_s: how long; None until `stopping` is set.
        name: what people call the run; the folder's name without suffix if None.
        tags: kept in `run.json`.
        overwrite: replace a bundle that is already there.
        stopping: ends it early when it is set; the bundle is written all the same.
        on_progress: called every second.

    Raises:
        UsageError: the destination exists, or something that is to be watched does not.
        InputError: nothing at all could be read.
    """
    stopping, destination = stopping or threading.Event(), Path(destination)
    gathered = Gathered()
    with bundle_writer(destination, overwrite=overwrite) as writer:
        start = time.monotonic()
        with monitoring(settings) as recorder:
            while not _ends(stopping, start, duration_s):
                gathered.take(recorder.chunks(), writer, origin=TOOL)
                if on_progress is not None:
                    on_progress(_progress(recorder, start))
        gathered.take(recorder.chunks(), writer, origin=TOOL)
        elapsed_s = time.monotonic() - start
        if duration_s is not None and elapsed_s < duration_s:
            message = phrase(
                "the monitor was interrupted after {elapsed_s} of {duration_s} s",
                elapsed_s=f"{elapsed_s:.1f}",
                duration_s=f"{duration_s:g}",
            )
            gathered.caveats[Caveat(code="stopped-early", message=message)] = None
        if writer.rows == 0:
            raise InputError("nothing could be read: " + _told(gathered.caveats))
        writer.finish(_provenance(gathered, name=name or destination.stem, tags=tags or {}))
    return Run.open(destination)


def write_series_bundle(
    chunks: Iterable[Chunk],
    destination: Path,
    *,
    name: str,
    tags: dict[str, str],
    caveats: Sequence[Caveat] = (),
    overwrite: bool = False,
) -> Run:
    """Write a monitor's chunks as a bundle of their own.

    Raises:
        UsageError: the destination exists or cannot be written.
    """
    gathered = Gathered()
    with bundle_writer(destination, overwrite=overwrite) as writer:
        gathered.take(chain(caveats, chunks), writer, origin=TOOL)
        writer.finish(_provenance(gathered, name=name, tags=tags))
    return Run.open(destination)


def _provenance(gathered: Gathered, *, name: str, tags: dict[str, str]) -> Provenance:
    return Provenance(
        id=secrets.token_hex(6),  # no source whose content it could be made of
        name=name,
        tool=TOOL,
        tool_version=version("perfanalysis"),
        started_at=None,
        duration_s=None,
        clock_resolution_ms=None,
        rejected_rows=0,
        sources=(),
        environment=stated_environment(gathered.facts),
        commit=commit_of_job(),
        tags=tags,
        thresholds=(),
        caveats=tuple(gathered.caveats),
    )


def _ends(stopping: threading.Event, start: float, duration_s: float | None) -> bool:
    """Wait for a moment, and say whether it is over."""
    if duration_s is None:
        return stopping.wait(_FETCH_INTERVAL_S)
    left_s = start + duration_s - time.monotonic()
    return left_s <= 0 or stopping.wait(min(_FETCH_INTERVAL_S, left_s))


def _progress(recorder: Recorder, start: float) -> MonitorProgress:
    return MonitorProgress(
        elapsed_s=time.monotonic() - start,
        points=recorder.points,
        failures=sum(tally.failures for tally in recorder.tallies.values()),
    )


def _told(caveats: Iterable[Caveat]) -> str:
    return "; ".join(caveat.message for caveat in caveats) or "no source answered"
