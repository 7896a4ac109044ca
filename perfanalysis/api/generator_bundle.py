"""From a plan to a run bundle: what the generator measures streams into the store."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from perfanalysis.api.importing import Gathered, commit_of_job, stated_environment
from perfanalysis.api.live_thresholds import LiveThresholds
from perfanalysis.api.measured_bundle import MeasuredBundle
from perfanalysis.errors import UsageError
from perfanalysis.generator.control import Control, Ending
from perfanalysis.generator.plan import Plan
from perfanalysis.generator.progress import Progress
from perfanalysis.generator.redaction import Redactor
from perfanalysis.generator.run import run
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.chunks import Chunk, Facts, Rows
from perfanalysis.model.run import SourceFile, Threshold
from perfanalysis.phrases import changed
from perfanalysis.store.bundle import Run
from perfanalysis.store.writer import Provenance, bundle_writer

if TYPE_CHECKING:
    from perfanalysis.monitor.recorder import Recorder
    from perfanalysis.monitor.settings import MonitorSettings

TOOL = "perfanalysis"


@dataclass(frozen=True, kw_only=True)
class Recording:
    """How a plan's run is recorded.

    Attributes:
        destination: the folder to make, `NAME.run`.
        name: what people call the run.
        tags: kept in `run.json`.
        thresholds: stored with the run and judged on it.
        live: those that may end the run.
        redactor: takes the secrets out of everything that is stored.
        sources: the scenario file.
        overwrite: replace a bundle that is already there.
        monitor: what is watched beside the run; None for nothing.
    """

    destination: Path
    name: str
    tags: dict[str, str]
    thresholds: tuple[Threshold, ...]
    live: LiveThresholds
    redactor: Redactor
    sources: tuple[SourceFile, ...]
    overwrite: bool
    monitor: MonitorSettings | None


def record_plan(
    plan: Plan,
    recording: Recording,
    *,
    control: Control,
    on_progress: Callable[[Progress], None] | None = None,
) -> Run:
    """Run a plan and write what is measured into a bundle, in memory that does not grow.

    Where the disk is full, the run ends, and the bundle keeps what fits on it.

    Raises:
        UsageError: the plan cannot be run, nothing was measured, or the bundle cannot be written.
        KeyboardInterrupt: the run was interrupted before anything was measured.
    """
    live = recording.live
    with bundle_writer(recording.destination, overwrite=recording.overwrite) as writer:
        bundle = MeasuredBundle(writer)

        def tell(progress: Progress) -> str | None:
            if on_progress is not None:
                on_progress(progress)
            if (reason := bundle.reason_to_stop()) is not None:
                control.stop(reason, Ending.DISK_FULL)
            return live.broken(progress.elapsed_s)

        with _monitor(recording.monitor) as recorder:
            chunks = run(plan, on_progress=tell, control=control)
            for chunk in _redacted(chunks, recording.redactor):
                if isinstance(chunk, Rows) and chunk.table == "requests":
                    live.add(chunk.batch)
                bundle.take((chunk,), origin="generator")
                _take(recorder, bundle)
        _take(recorder, bundle)
        if bundle.is_empty:
            # There is nothing to keep.
            if control.ending is Ending.INTERRUPTED:
                raise KeyboardInterrupt
            told = "; ".join(caveat.message for caveat in bundle.gathered.caveats)
            raise UsageError(f"nothing was measured: {told or 'no request was made'}")
        bundle.finish(_provenance(recording, bundle.gathered))
        if bundle.problem is not None and control.ending is Ending.FINISHED:
            control.ending = Ending.DISK_FULL
    return Run.open(recording.destination)


def _monitor(settings: MonitorSettings | None) -> AbstractContextManager[Recorder | None]:
    if settings is None:
        return nullcontext()
    from perfanalysis.api.monitoring import monitoring

    return monitoring(settings)


def _take(recorder: Recorder | None, bundle: MeasuredBundle) -> None:
    if recorder is not None:
        bundle.take(recorder.chunks(), origin="monitor")


def _redacted(chunks: Iterator[Chunk], redactor: Redactor) -> Iterator[Chunk]:
    for chunk in chunks:
        match chunk:
            case Rows():
                yield replace(chunk, batch=redactor.batch(chunk.batch))
            case Facts():
                tags = {key: redactor.text(value) for key, value in chunk.tags.items()}
                yield replace(chunk, tags=tags)
            case Caveat():
                yield Caveat(code=chunk.code, message=changed(chunk.message, redactor.text))


def _provenance(recording: Recording, gathered: Gathered) -> Provenance:
    known = {key: value for facts in gathered.facts for key, value in facts.tags.items()}
    return Provenance(
        # What is measured is not known again from any file: every run is another one.
        id=secrets.token_hex(6),
        name=recording.name,
        tool=str(gathered.first("tool") or TOOL),
        tool_version=gathered.first("tool_version"),
        started_at=gathered.first("started_at"),
        duration_s=gathered.first("duration_s"),
        clock_resolution_ms=None,
        rejected_rows=0,
        sources=recording.sources,
        environment=stated_environment(gathered.facts),
        commit=commit_of_job(),
        tags={**known, **recording.tags},
        thresholds=recording.thresholds,
        caveats=tuple(gathered.caveats),
    )
