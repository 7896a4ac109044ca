"""Which importers there are, and which one fits a file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from perfanalysis.errors import FormatError, UsageError
from perfanalysis.importers.base import Importer, Match
from perfanalysis.importers.source import InputFile, Source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

GROUP = "perfanalysis.importers"


@dataclass(frozen=True, kw_only=True)
class BrokenImporter:
    """A registered importer that cannot be loaded."""

    name: str
    reason: str


@lru_cache(maxsize=1)
def importers() -> tuple[dict[str, Importer], tuple[BrokenImporter, ...]]:
    """Return the importers by name, ours and third parties' alike, and those that are broken."""
    working: dict[str, Importer] = {}
    broken: list[BrokenImporter] = []
    for entry in sorted(entry_points(group=GROUP), key=lambda found: found.name):
        try:
            importer = entry.load()()
            if not isinstance(importer, Importer):
                raise TypeError(f"{entry.value} is no perfanalysis.importers.base.Importer")  # noqa: TRY301
            working[entry.name] = importer
        except Exception as exc:  # noqa: BLE001  (a stranger's plugin may raise anything; it is listed)
            broken.append(BrokenImporter(name=entry.name, reason=f"{type(exc).__name__}: {exc}"))
    return working, tuple(broken)


def importer_named(name: str) -> Importer:
    """Return the importer of that name.

    Raises:
        UsageError: there is none, or it is broken.
    """
    working, broken = importers()
    if name in working:
        return working[name]
    for plugin in broken:
        if plugin.name == name:
            raise UsageError(f"importer {name!r} cannot be loaded: {plugin.reason}")
    raise UsageError(
        f"{name!r} is no format; expected one of: {', '.join(working)}",
        hint="perfanalysis formats lists them",
    )


def detect(file: InputFile) -> Importer:
    """Return the importer that fits a file best.

    Raises:
        FormatError: the file is empty; no importer fits, or several fit equally well.
        InputError: the file cannot be read.
    """
    head = file.head()
    if not head.strip(b"\0\r\n\t "):
        raise FormatError(
            f"{file.label}:1: expected results, found an empty file",
            hint="was the test killed before it wrote its first result?",
        )
    working, broken = importers()
    scores = {name: importer.match(head, file.name) for name, importer in working.items()}
    best = max(scores.values(), default=Match.NO)
    fitting = [name for name, score in scores.items() if score == best]
    if best is not Match.NO and len(fitting) == 1:
        return working[fitting[0]]
    hint = "say which with --from NAME; perfanalysis formats describes them"
    if best is Match.NO:
        lame = f" (broken: {', '.join(plugin.name for plugin in broken)})" if broken else ""
        raise FormatError(
            f"{file.label}:1: expected the results of a known tool, found none of: "
            f"{', '.join(working)}{lame}",
            hint=hint,
        )
    raise FormatError(f"{file.label}:1: fits several formats: {', '.join(fitting)}", hint=hint)


def find_source(
    path: Path, *, label: str, format_name: str | None, timezone: tzinfo
) -> tuple[Importer, Source]:
    """Return the importer for a file and all the files that make one run with it.

    Args:
        path: any file of the run.
        label: how messages call it.
        format_name: the importer to use, or None to detect it.
        timezone: zone of times that carry none.

    Raises:
        UsageError: there is no importer of that name.
        InputError: see `detect`.
    """
    beside = sorted(entry.name for entry in path.parent.iterdir() if entry.is_file())
    file = InputFile(path=path, label=label)
    importer = importer_named(format_name) if format_name else detect(file)
    names = importer.companions(path.name, beside)
    if names[0] != path.name and format_name is None:
        importer = detect(_beside(file, names[0]))
        names = importer.companions(names[0], beside)
    files = tuple(file if name == path.name else _beside(file, name) for name in names)
    return importer, Source(files=files, timezone=timezone)


def _beside(file: InputFile, name: str) -> InputFile:
    label = str(Path(file.label).parent / name)
    return InputFile(path=file.path.parent / name, label=label)


def group_runs(
    paths: Sequence[Path], *, timezone: tzinfo
) -> tuple[list[tuple[Importer, Source]], list[Path]]:
    """Sort the files of a folder into runs.

    Returns:
        The sources with their importers, one a run, and the files that no importer knows.
    """
    sources: list[tuple[Importer, Source]] = []
    unknown: list[Path] = []
    taken: set[Path] = set()
    for path in paths:
        if path in taken:
            continue
        try:
            importer, source = find_source(
                path, label=str(path), format_name=None, timezone=timezone
            )
        except FormatError:
            unknown.append(path)
            continue
        sources.append((importer, source))
        taken.update(file.path for file in source.files)
    # A file that says nothing by itself may belong to a later one: an empty stderr.txt.
    return sources, [path for path in unknown if path not in taken]
