"""A load test of any tool with the monitor beside it, as one bundle."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import psutil

from perfanalysis.api.arguments import DEFAULT_OPTIONS, ReadOptions
from perfanalysis.api.importing import Matched, import_sources
from perfanalysis.api.monitoring import monitoring, write_series_bundle
from perfanalysis.api.series_spool import SeriesSpool
from perfanalysis.api.tool_outputs import (
    FilesBefore,
    ToolOutputs,
    expected_folders,
    find_results,
    refuse_appending,
    stated_outputs,
)
from perfanalysis.api.tool_process import ForwardedSignals, ToolProcess
from perfanalysis.errors import InputError, UsageError
from perfanalysis.importers.rejects import Tolerance
from perfanalysis.model.caveat import Caveat
from perfanalysis.monitor.process import Processes, one_process
from perfanalysis.monitor.settings import MonitorSettings
from perfanalysis.phrases import phrase
from perfanalysis.store.bundle import Run

EXIT_CODE_TAG = "exit_code"
COMMAND_TAG = "command"
_FETCH_INTERVAL_S = 1.0
# What is stored must not tell where it was made.
_ABSOLUTE_FOLDER = re.compile(r"(?<![\w.])/(?:[^/\s:'\"]+/)*(?=[^/\s])")


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What came of a recording.

    Attributes:
        run: the bundle; with the monitor's series alone where there is a problem.
        exit_code: the tool's; 128 and the number of the signal that ended it.
        problem: why there are no results in the bundle, or None.
    """

    run: Run
    exit_code: int
    problem: InputError | None


def record(
    command: Sequence[str],
    destination: str | Path,
    *,
    settings: MonitorSettings,
    outputs: Sequence[str] = (),
    options: ReadOptions = DEFAULT_OPTIONS,
    name: str | None = None,
    tags: dict[str, str] | None = None,
    overwrite: bool = False,
) -> Recorded:
    """Run a tool with the monitor beside it, and import what it wrote.

    The bundle is written whether or not the tool succeeds, and with the monitor's series alone
    where its results cannot be found or read.

    Args:
        command: the tool and its arguments.
        destination: the folder to make, `NAME.run`.
        settings: what to monitor; the tool's own processes are watched besides.
        outputs: globs of the tool's result files; empty to find them.
        options: how these are read.
        name: what people call the run; the folder's name without suffix if None.
        tags: kept in `run.json`, beside the tool's name and exit code.
        overwrite: replace a bundle that is already there.

    Raises:
        UsageError: the tool cannot be started, the destination exists, or something that is to be
            monitored does not. The tool has not run then.
    """
    if not command or shutil.which(command[0]) is None:
        raise UsageError(f"{command[0] if command else ''!r}: there is no such command")
    destination = Path(destination)
    stated = stated_outputs(command, os.environ)
    refuse_appending(stated)
    with _work_folder(destination, overwrite=overwrite) as folder:
        before = FilesBefore(expected_folders(stated, outputs))
        spool = SeriesSpool(folder / "series.arrow")
        kept = {stream: folder / f"{stream}.txt" for stream in stated.streams}
        exit_code = _run(command, settings, spool, stated, kept)
        tool = Path(command[0]).name
        run, problem = _written(
            lambda: find_results(
                stated, outputs, before=before, printed=list(kept.values()), options=options
            ),
            spool,
            destination,
            tolerance=options.tolerance,
            caveats=_caveats(tool, exit_code),
            name=name or destination.stem,
            tags={COMMAND_TAG: tool, EXIT_CODE_TAG: str(exit_code), **(tags or {})},
            overwrite=overwrite,
        )
    return Recorded(run=run, exit_code=exit_code, problem=problem)


def _written(
    find: Callable[[], list[Matched]],
    spool: SeriesSpool,
    destination: Path,
    *,
    tolerance: Tolerance,
    caveats: tuple[Caveat, ...],
    name: str,
    tags: dict[str, str],
    overwrite: bool,
) -> tuple[Run, InputError | None]:
    """Write the bundle with results, or without if they cannot be had; return it and why."""
    try:
        run = import_sources(
            find(),
            destination,
            name=name,
            tags=tags,
            tolerance=tolerance,
            overwrite=overwrite,
            beside=chain(caveats, spool.chunks()),
        )
    except InputError as problem:
        reason = _ABSOLUTE_FOLDER.sub("", problem.message)
        lost = Caveat(code="results-missing", message=phrase("no results: {reason}", reason=reason))
        run = write_series_bundle(
            spool.chunks(),
            destination,
            name=name,
            tags=tags,
            caveats=(*caveats, lost),
            overwrite=overwrite,
        )
        return run, problem
    return run, None


def _run(
    command: Sequence[str],
    settings: MonitorSettings,
    spool: SeriesSpool,
    stated: ToolOutputs,
    kept: dict[str, Path],
) -> int:
    """Run the tool to its end, and return its exit code."""
    with monitoring(settings) as recorder, ForwardedSignals() as signals:
        tool = ToolProcess(command, kept)
        try:
            signals.to(tool)
            watched = _processes_of(tool, stated.tool or Path(command[0]).name, settings)
            if watched is not None:
                recorder.add(watched)
            while not tool.wait(_FETCH_INTERVAL_S):
                spool.take(recorder.chunks())
            exit_code = tool.exit_code()
        finally:
            tool.kill()  # nothing where it has ended
    spool.take(recorder.chunks())
    spool.close()
    return exit_code


def _processes_of(tool: ToolProcess, name: str, settings: MonitorSettings) -> Processes | None:
    """Return the tool and its children as something to watch; None if it has ended already."""
    try:
        find = one_process(tool.pid, children=True)
    except psutil.NoSuchProcess:
        return None
    return Processes(
        find, label=f"tool {name}", group=name, interval_s=settings.interval_s, when_none="fine"
    )


@contextmanager
def _work_folder(destination: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give a folder beside the destination; what would make writing fail later fails here.

    Raises:
        UsageError: the destination exists, or nothing can be written there.
    """
    if destination.exists() and not overwrite:
        raise UsageError(
            f"{destination}: exists already", hint="choose another name, or add --force"
        )
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(
            dir=destination.parent, prefix=f".{destination.name}.record-"
        )
    except OSError as exc:
        raise UsageError(f"{destination}: cannot be written: {exc.strerror}") from exc
    with folder as path:
        yield Path(path)


def _caveats(tool: str, exit_code: int) -> tuple[Caveat, ...]:
    if exit_code == 0:
        return ()
    message = phrase("{tool} ended with exit code {code}", tool=tool, code=exit_code)
    return (Caveat(code="tool-failed", message=message),)
