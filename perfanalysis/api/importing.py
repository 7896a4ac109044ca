"""From source files to a run bundle: connects importers to the store."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from perfanalysis.errors import InputError, UsageError
from perfanalysis.importers.base import Chunk, Facts, Importer, Rows
from perfanalysis.importers.rejects import NO_BAD_ROWS, Rejects, Tolerance
from perfanalysis.importers.source import Source
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.run import Commit, Environment, SourceFile
from perfanalysis.phrases import changed, phrase
from perfanalysis.store.bundle import Run, is_bundle
from perfanalysis.store.cache import cached_run_path, mark_used, trim_cache
from perfanalysis.store.writer import REJECTS_FILE, BundleWriter, Provenance, bundle_writer

Matched: TypeAlias = tuple[Importer, Source]


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far an import is.

    Attributes:
        bytes_done: of the files as they are stored.
        bytes_total: of all files together.
        rows: written so far.
        finished: the bundle stands.
    """

    bytes_done: int
    bytes_total: int
    rows: int
    finished: bool


OnProgress: TypeAlias = Callable[[Progress], None]

_COMMIT_VARIABLES = (
    ("GITHUB_SHA", ("GITHUB_HEAD_REF", "GITHUB_REF_NAME")),
    ("CI_COMMIT_SHA", ("CI_COMMIT_REF_NAME",)),
)


@dataclass(kw_only=True)
class Gathered:
    """What all sources of a run said about it so far."""

    facts: list[Facts] = field(default_factory=list)
    caveats: dict[Caveat, None] = field(default_factory=dict)
    rejected: int = 0

    def take(self, chunks: Iterable[Chunk], writer: BundleWriter, *, origin: str) -> None:
        """Write rows, and keep everything else."""
        for chunk in chunks:
            self.take_one(chunk, writer, origin=origin)

    def take_one(self, chunk: Chunk, writer: BundleWriter, *, origin: str) -> None:
        """Write a chunk of rows, or keep what else it is."""
        match chunk:
            case Rows():
                writer.write(chunk.table, chunk.batch, origin=origin)
            case Facts():
                self.facts.append(chunk)
            case Caveat():
                self.caveats[chunk] = None

    def first(self, name: str) -> Any:  # noqa: ANN401  (the type is the field's)
        """Return what was stated first for a field of Facts: the leading source knows best."""
        return next((v for facts in self.facts if (v := getattr(facts, name)) is not None), None)


def import_sources(
    matched: Sequence[Matched],
    destination: Path,
    *,
    name: str,
    tags: dict[str, str],
    tolerance: Tolerance = NO_BAD_ROWS,
    overwrite: bool = False,
    beside: Iterable[Chunk] = (),
    on_progress: OnProgress | None = None,
) -> Run:
    """Import the sources of one run into a bundle.

    Args:
        matched: importers and their sources; several make one run (a load test and a monitor).
        destination: the folder to make, `NAME.run`.
        name: what people call the run.
        tags: kept in `run.json`.
        tolerance: how many bad rows each source may have.
        overwrite: replace a bundle that is already there.
        beside: what a monitor gathered meanwhile.
        on_progress: called whenever some megabytes were read.

    Raises:
        InputError: a source cannot be read, or holds nothing.
        UsageError: the destination exists or cannot be written.
    """
    gathered = Gathered()
    with bundle_writer(destination, overwrite=overwrite) as writer:
        for importer, source in matched:
            for _ in _read(importer, source, writer, gathered, tolerance):
                if on_progress is not None:
                    on_progress(_progress(matched, writer.rows))
        if writer.rows == 0:
            labels = ", ".join(source.files[0].label for _, source in matched)
            raise InputError(f"{labels}: expected results, found none")
        gathered.take(beside, writer, origin="monitor")
        writer.finish(_provenance(matched, gathered, name=name, tags=tags))
    if on_progress is not None:
        on_progress(_progress(matched, writer.rows, finished=True))
    return Run.open(destination)


def import_cached(
    matched: Sequence[Matched],
    *,
    name: str,
    tolerance: Tolerance,
    on_progress: OnProgress | None = None,
) -> Run:
    """Import into the cache, or return what an earlier import of the same content left there.

    Raises:
        InputError: a source cannot be read, or holds nothing.
    """
    parts = [_source_key(importer, source) for importer, source in matched]
    path = cached_run_path([name, repr(tolerance), *parts])
    if is_bundle(path):
        mark_used(path)
        return Run.open(path)
    trim_cache()
    try:
        return import_sources(
            matched, path, name=name, tags={}, tolerance=tolerance, on_progress=on_progress
        )
    except UsageError:
        # Another process may have finished the same import first.
        if is_bundle(path):
            return Run.open(path)
        raise


def _read(
    importer: Importer,
    source: Source,
    writer: BundleWriter,
    gathered: Gathered,
    tolerance: Tolerance,
) -> Iterator[None]:
    """Read a source; give control back after every chunk."""
    rejects = Rejects(tolerance, writer.folder / REJECTS_FILE)
    rows_before = writer.rows
    try:
        chunks = (
            _without_folders(chunk, source) if isinstance(chunk, Caveat) else chunk
            for chunk in importer.read(source, rejects)
        )
        for chunk in chunks:
            gathered.take_one(chunk, writer, origin=importer.name)
            yield
        rejects.finish(writer.rows - rows_before)
    finally:
        rejects.close()
    gathered.rejected += rejects.count
    if rejects.count:
        message = phrase(
            "{rows} bad rows were left out; they are in {file}",
            rows=rejects.count,
            file=REJECTS_FILE,
        )
        gathered.caveats[Caveat(code="rejected-rows", message=message)] = None


def _progress(matched: Sequence[Matched], rows: int, *, finished: bool = False) -> Progress:
    files = [file for _, source in matched for file in source.files]
    return Progress(
        bytes_done=sum(file.position for file in files),
        bytes_total=sum(file.path.stat().st_size for file in files),
        rows=rows,
        finished=finished,
    )


def _without_folders(caveat: Caveat, source: Source) -> Caveat:
    """Return a caveat that names bare files: what is stored must not tell where it was made."""

    def bare(text: str) -> str:
        for file in source.files:
            text = text.replace(file.label, file.path.name)
        return text

    return Caveat(code=caveat.code, message=changed(caveat.message, bare))


def _provenance(
    matched: Sequence[Matched], gathered: Gathered, *, name: str, tags: dict[str, str]
) -> Provenance:
    sources = tuple(
        SourceFile(
            name=file.path.name,
            format=importer.name,
            bytes=file.path.stat().st_size,
            sha256=file.sha256(),
        )
        for importer, source in matched
        for file in source.files
    )
    content = "\0".join(sorted(f"{file.format} {file.sha256}" for file in sources))
    known_tags = {key: value for facts in gathered.facts for key, value in facts.tags.items()}
    return Provenance(
        id=hashlib.sha256(content.encode()).hexdigest()[:12],
        name=name,
        tool=str(gathered.first("tool") or matched[0][0].name),
        tool_version=gathered.first("tool_version"),
        started_at=gathered.first("started_at"),
        duration_s=gathered.first("duration_s"),
        clock_resolution_ms=gathered.first("clock_resolution_ms"),
        rejected_rows=gathered.rejected,
        sources=sources,
        environment=stated_environment(gathered.facts),
        commit=commit_of_job(),
        tags={**known_tags, **tags},
        thresholds=tuple(t for facts in gathered.facts for t in facts.thresholds),
        caveats=tuple(gathered.caveats),
    )


def stated_environment(stated: Sequence[Facts]) -> Environment:
    """Return what all facts together tell about the machine; later ones are believed more."""
    known: dict[str, object] = {}
    for facts in stated:
        if facts.environment is not None:
            known |= facts.environment.model_dump(exclude_none=True)
    return Environment.model_validate(known)


def commit_of_job() -> Commit | None:
    """Return the commit that the CI system names; the folder's own may be another project's."""
    for sha_name, branch_names in _COMMIT_VARIABLES:
        if sha := os.environ.get(sha_name):
            branch = next((os.environ[b] for b in branch_names if os.environ.get(b)), None)
            return Commit(sha=sha, branch=branch)
    return None


def _source_key(importer: Importer, source: Source) -> str:
    hashes = " ".join(f"{file.path.name}:{file.sha256()}" for file in source.files)
    return f"{importer.name} {source.timezone} {hashes}"
