"""What a RUN argument may be: bundle, raw file, folder, glob, prefix, `label=RUN`, `@name`, `-`."""

from __future__ import annotations

import glob
import logging
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path

from perfanalysis.api.importing import Matched, OnProgress, import_cached
from perfanalysis.errors import InputError, UsageError
from perfanalysis.importers.base import Importer
from perfanalysis.importers.registry import find_source, group_runs
from perfanalysis.importers.rejects import NO_BAD_ROWS, Tolerance
from perfanalysis.importers.source import Source
from perfanalysis.store.baselines.names import is_reference, parse_reference
from perfanalysis.store.baselines.store import open_store
from perfanalysis.store.bundle import Run, is_bundle

STANDARD_INPUT = "-"
_LOG = logging.getLogger(__name__)
_SUFFIXES = (".gz", ".zst", ".bz2", ".xz", ".json", ".jsonl", ".csv", ".jtl", ".xml", ".log")


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """How raw files are read where a run is expected.

    Attributes:
        format_name: the importer, or None to detect it.
        timezone: zone of times that carry none.
        tolerance: how many bad rows are accepted.
        store: where `@name` is looked up; None for what `PERFANALYSIS_BASELINES` says, or else
            the folder `baselines`.
        on_progress: called while files are read.
    """

    format_name: str | None = None
    timezone: tzinfo = UTC
    tolerance: Tolerance = NO_BAD_ROWS
    store: str | None = None
    on_progress: OnProgress | None = None


DEFAULT_OPTIONS = ReadOptions()


def open_runs(argument: str, options: ReadOptions = DEFAULT_OPTIONS) -> list[Run]:
    """Return the runs that a RUN argument names, at least one.

    Raises:
        UsageError: there is no such file, folder or baseline, or it is ambiguous.
        InputError: a file cannot be read; a folder holds nothing that an importer knows.
    """
    label, target = _split_label(argument)
    if target == STANDARD_INPUT:
        with standard_input() as path:
            return [_cached([_matched(path, "<stdin>", options)], label or "stdin", options)]
    runs = _named_runs(target, options)
    return runs if label is None else _labelled(runs, label)


def _named_runs(target: str, options: ReadOptions) -> list[Run]:
    if is_reference(target):
        reference = parse_reference(target)
        return open_store(options.store).open(reference.name).runs(reference.role)
    path = Path(target)
    if is_bundle(path):
        return [Run.open(path)]
    if path.is_dir():
        return _runs_in_folder(path, options)
    if path.is_file():
        matched = _matched(path, target, options)
        return [_cached([matched], run_name(matched), options)]
    return _runs_of_pattern(target, options)


def _labelled(runs: Sequence[Run], label: str) -> list[Run]:
    """Return runs under the name that the user gave them, numbered where there are several."""
    names = [label] if len(runs) == 1 else [f"{label} {i}" for i in range(1, len(runs) + 1)]
    return [run.called(name) for run, name in zip(runs, names, strict=True)]


def match_sources(arguments: Sequence[str], options: ReadOptions) -> list[Matched]:
    """Return the sources that SOURCE arguments name, all of one run.

    Raises:
        UsageError: there is no such file, or an argument names several runs.
        InputError: no importer fits.
    """
    found: list[Matched] = []
    taken: set[Path] = set()
    for argument in arguments:
        path = Path(argument)
        if path.is_file():
            matched = _matched(path, argument, options)
        elif path.is_dir():
            matched = _only(_files_of(path), argument, options)
        else:
            matched = _only(_beginning_with(path), argument, options)
        # Locust's four files given one by one are still one source.
        files = {file.path.resolve() for file in matched[1].files}
        if not files <= taken:
            found.append(matched)
            taken |= files
    return found


def run_name(matched: Matched) -> str:
    """Return what a run is called when nobody named it: its leading file without suffixes."""
    name = matched[1].files[0].path.name
    while name.lower().endswith(_SUFFIXES) and "." in name[1:]:
        name = name.rpartition(".")[0]
    return name


@contextmanager
def standard_input() -> Iterator[Path]:
    """Give standard input as a file: formats are recognised and hashed by reading twice."""
    with tempfile.TemporaryDirectory(prefix="perfanalysis-") as folder:
        path = Path(folder) / "stdin"
        with path.open("wb") as out:
            shutil.copyfileobj(sys.stdin.buffer, out)
        yield path


def _split_label(argument: str) -> tuple[str | None, str]:
    label, equals, target = argument.partition("=")
    if equals and label and not Path(argument).exists():
        return label, target
    return None, argument


def _matched(path: Path, label: str, options: ReadOptions) -> Matched:
    return find_source(
        path, label=label, format_name=options.format_name, timezone=options.timezone
    )


def _cached(matched: Sequence[tuple[Importer, Source]], name: str, options: ReadOptions) -> Run:
    return import_cached(
        matched, name=name, tolerance=options.tolerance, on_progress=options.on_progress
    )


def _runs_in_folder(folder: Path, options: ReadOptions) -> list[Run]:
    """Open every run in a folder: bundles, groups of files, and folders of these."""
    runs: list[Run] = []
    for entry in sorted(folder.iterdir(), key=_natural_order):
        if entry.is_dir() and not entry.name.startswith("."):
            runs += [Run.open(entry)] if is_bundle(entry) else _runs_in_folder(entry, options)
    files = _files_of(folder)
    groups, unknown = group_runs(files, timezone=options.timezone)
    if not runs and not groups:
        shown = ", ".join(path.name for path in unknown[:5]) or "nothing"
        raise InputError(f"{folder}: expected runs or result files, found {shown}")
    if unknown:
        names = ", ".join(path.name for path in unknown)
        _LOG.warning("%s: ignored, as no importer knows them: %s", folder, names)
    # A folder that holds one run's files gives it its name: the files are called alike everywhere.
    single = folder.name if len(groups) == 1 and not runs else None
    return runs + [_cached([matched], single or run_name(matched), options) for matched in groups]


def _runs_of_pattern(target: str, options: ReadOptions) -> list[Run]:
    """Open what a glob or a prefix names."""
    if glob.has_magic(target):
        paths = [Path(found) for found in glob.glob(target)]  # noqa: PTH207  (may be absolute)
        folders = sorted((p for p in paths if p.is_dir()), key=_natural_order)
        runs = [run for folder in folders for run in open_runs(str(folder), options)]
        files = sorted((p for p in paths if p.is_file()), key=_natural_order)
        groups, unknown = group_runs(files, timezone=options.timezone)
        if unknown:
            raise InputError(f"{unknown[0]}: expected the results of a known tool")
        if not runs and not groups:
            raise UsageError(f"{target}: matches no file")
        return runs + [_cached([m], run_name(m), options) for m in groups]
    path = Path(target)
    matched = _only(_beginning_with(path), target, options)
    return [_cached([matched], path.name, options)]


def _only(files: Sequence[Path], argument: str, options: ReadOptions) -> Matched:
    groups, _ = group_runs(files, timezone=options.timezone)
    if len(groups) == 1:
        return groups[0]
    if not groups:
        raise UsageError(
            f"{argument}: no such file, folder or prefix of result files",
            hint="a prefix is what Locust's --csv was given: results/base for base_stats.csv",
        )
    names = ", ".join(source.files[0].path.name for _, source in groups)
    raise UsageError(f"{argument}: expected one run, found several: {names}")


def _beginning_with(path: Path) -> list[Path]:
    """Return the files whose names continue a prefix after `_` (Locust), else after `.`."""
    if not path.parent.is_dir() or not path.name:
        return []
    files = _files_of(path.parent)
    found = [file for file in files if file.name.startswith(f"{path.name}_")]
    return found or [file for file in files if file.name.startswith(f"{path.name}.")]


def _files_of(folder: Path) -> list[Path]:
    files = (p for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))
    return sorted(files, key=_natural_order)


def _natural_order(path: Path) -> list[tuple[int, int, str]]:
    """Sort `base-10` after `base-9`, and `load.jtl` before `load2.jtl`."""
    stem, dot, suffix = path.name.partition(".")
    parts = [*re.split(r"(\d+)", stem), dot + suffix]
    return [(1, int(part), "") if part.isdecimal() else (0, 0, part) for part in parts]
