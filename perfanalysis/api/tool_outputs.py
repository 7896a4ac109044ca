"""Where a load-testing tool puts its results: read from its command line, found on disk."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from perfanalysis.api.arguments import ReadOptions, match_sources
from perfanalysis.api.importing import Matched
from perfanalysis.errors import InputError, UsageError
from perfanalysis.importers.registry import group_runs
from perfanalysis.importers.source import InputFile, Source

_SCRIPT_SUFFIXES = (".sh", ".bat", ".cmd", ".exe", ".py")
_K6_OUTPUT = re.compile(r"(?:json|csv)=(.+)")
# What the figures rest on, best first; a tool may write several at once. Traces of machines are
# the monitor's own work.
_RANKS = {
    "pgbench-aggregate": 2,
    "locust-csv": 2,
    "jmeter-statistics": 3,
    "k6-summary": 3,
    "locust-json": 3,
    "pgbench-report": 3,
}
_TRACES = frozenset({"psutil", "psrecord"})
# Every process of a distributed test writes a file of its own.
_ONE_RUN_OF_SEVERAL = frozenset({"locust-requests"})


@dataclass(frozen=True, kw_only=True)
class ToolOutputs:
    """What a command line says about results.

    Attributes:
        tool: k6, jmeter, locust, pgbench; None for any other.
        files: that the command line names.
        prefixes: beginnings of files that it names, with the character that ends them.
        streams: `stdout` and `stderr` where the tool prints results.
        appended: the file that the tool adds to, if it is there already; else None.
    """

    tool: str | None
    files: tuple[Path, ...]
    prefixes: tuple[str, ...]
    streams: tuple[str, ...]
    appended: Path | None


def stated_outputs(command: Sequence[str], environment: Mapping[str, str]) -> ToolOutputs:
    """Return what a command line, and the tool's environment variables, say about results.

    >>> stated_outputs(["k6", "run", "--out", "json=out.json.gz", "shop.js"], {}).files
    (PosixPath('out.json.gz'),)
    >>> stated_outputs(["pgbench", "-l", "-T", "60", "shop"], {}).prefixes
    ('pgbench_log.',)
    """
    words = list(_words(command))
    for place, word in enumerate(words):
        name = Path(word).name.lower().partition(":")[0]  # an image may have a tag
        for suffix in _SCRIPT_SUFFIXES:
            name = name.removesuffix(suffix)
        if name in _TOOLS:
            return _TOOLS[name](words[place + 1 :], environment)
    return _nothing(None)


def refuse_appending(outputs: ToolOutputs) -> None:
    """Refuse to start a tool that would add its results to those of an earlier run.

    Raises:
        UsageError: it would.
    """
    path = outputs.appended
    if path is not None and path.is_file() and path.stat().st_size:
        raise UsageError(
            f"{path}: holds the results of an earlier run, and {outputs.tool} adds to it",
            hint="remove it, name another file, or let JMeter remove it with -f",
        )


class FilesBefore:
    """The files of some folders before the tool ran: what was there is none of its results.

    Args:
        folders: the working folder, and those where results are expected.
    """

    def __init__(self, folders: Iterable[Path]) -> None:
        self._known = {
            path.absolute(): stamp
            for folder in set(folders)
            for path in _files(folder)
            if (stamp := _stamp(path)) is not None
        }

    def is_new(self, path: Path) -> bool:
        """Say whether a file appeared or was written since."""
        stamp = _stamp(path)
        return stamp is not None and self._known.get(path.absolute()) != stamp


def expected_folders(outputs: ToolOutputs, globs: Sequence[str]) -> Iterator[Path]:
    """Yield the folders where results may appear."""
    yield Path()
    yield from (path.parent for path in outputs.files)
    yield from (Path(prefix).parent for prefix in outputs.prefixes)
    for glob in globs:
        yield from {path.parent for path in _matching(glob)}


def find_results(
    outputs: ToolOutputs,
    globs: Sequence[str],
    *,
    before: FilesBefore,
    printed: Sequence[Path],
    options: ReadOptions,
) -> list[Matched]:
    """Return the results that a tool wrote; several sources make one run.

    Files that globs name are all taken. Else those that the command line names are looked at,
    else all that appeared in the working folder; of these the best kind is taken: single
    requests, then figures per interval, then totals.

    Args:
        outputs: what the command line says.
        globs: the user's own words; empty for none.
        before: what was there before.
        printed: copies of what the tool printed, in a folder of their own.
        options: importer and time zone.

    Raises:
        InputError: nothing that an importer knows was written, or several runs were.
    """
    if globs:
        return _named_results(globs, before, options)
    stated = _sources(_stated_files(outputs, before), printed, options)
    appeared = _sources(_new_files(before), (), options)
    found = _best(stated)
    if outputs.tool == "locust":
        # Locust's own files have no single requests; its listeners choose their files themselves.
        rows = [matched for matched in appeared if matched[0].name in _ONE_RUN_OF_SEVERAL]
        found = rows or found
    if not found:
        found = _best(appeared)
        if len(found) > 1 and not _are_one_run(found):
            names = ", ".join(source.files[0].path.name for _, source in found[:5])
            raise InputError(
                f"the tool wrote the results of several runs: {names}",
                hint="say which with --output GLOB",
            )
    if not found:
        raise InputError(
            "the tool wrote no results that could be imported",
            hint="let it write some (k6: --out json=FILE, JMeter: -l FILE, Locust: --csv PREFIX, "
            "pgbench: -l), or say where they are with --output GLOB",
        )
    return found if _are_one_run(found) else found[:1]


def _named_results(
    globs: Sequence[str], before: FilesBefore, options: ReadOptions
) -> list[Matched]:
    paths = [path for glob in globs for path in _matching(glob) if path.is_file()]
    fresh = [path for path in dict.fromkeys(paths) if before.is_new(path)]
    shown = " ".join(globs)
    if not fresh:
        old = f"; {paths[0]} was there before and is unchanged" if paths else ""
        raise InputError(f"--output {shown}: expected files that the tool wrote, found none{old}")
    sources, unknown = _grouped(fresh, options)
    if unknown or not sources:
        raise InputError(f"{unknown[0]}: expected the results of a known tool")
    return sources


def _stated_files(outputs: ToolOutputs, before: FilesBefore) -> list[Path]:
    paths = [path for path in outputs.files if before.is_new(path)]
    for prefix in outputs.prefixes:
        folder, beginning = Path(prefix).parent, Path(prefix).name
        paths += [
            path
            for path in _files(folder)
            if path.name.startswith(beginning) and before.is_new(path)
        ]
    return list(dict.fromkeys(paths))


def _sources(paths: Sequence[Path], printed: Sequence[Path], options: ReadOptions) -> list[Matched]:
    if not printed:
        return _grouped(paths, options)[0]
    # pgbench's report belongs to its logs when it lies beside them.
    folder = printed[0].parent
    links = {folder / path.name: path.absolute() for path in paths}
    for link, path in links.items():
        link.symlink_to(path)
    return [_told_by_name(matched) for matched in _grouped([*links, *printed], options)[0]]


def _told_by_name(matched: Matched) -> Matched:
    """Return a source whose messages do not tell of a folder that is gone when they are read."""
    importer, source = matched
    files = tuple(InputFile(path=file.path, label=file.path.name) for file in source.files)
    return importer, Source(files=files, timezone=source.timezone)


def _grouped(paths: Sequence[Path], options: ReadOptions) -> tuple[list[Matched], list[Path]]:
    filled = [path for path in paths if path.stat().st_size]
    if options.format_name is None:
        return group_runs(filled, timezone=options.timezone)
    arguments = [str(path) for path in filled]
    return match_sources(arguments, options), []


def _best(sources: Sequence[Matched]) -> list[Matched]:
    found = [matched for matched in sources if matched[0].name not in _TRACES]
    best = min((_RANKS.get(importer.name, 1) for importer, _ in found), default=1)
    return [matched for matched in found if _RANKS.get(matched[0].name, 1) == best]


def _are_one_run(sources: Sequence[Matched]) -> bool:
    return all(importer.name in _ONE_RUN_OF_SEVERAL for importer, _ in sources)


def _new_files(before: FilesBefore) -> list[Path]:
    return [path for path in _files(Path()) if before.is_new(path)]


def _files(folder: Path) -> list[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return []
    return [path for path in entries if path.is_file() and not path.name.startswith(".")]


def _matching(glob: str) -> list[Path]:
    path = Path(glob)
    anchor = Path(path.anchor) if path.is_absolute() else Path()
    pattern = str(path.relative_to(anchor)) if path.is_absolute() else glob
    return sorted(anchor.glob(pattern))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _words(command: Sequence[str]) -> Iterator[str]:
    """Yield the words of a command, those of `sh -c '...'` one by one."""
    for before, word in zip(("", *command), command, strict=False):
        if before == "-c" and any(character.isspace() for character in word):
            try:
                yield from shlex.split(word)
            except ValueError:
                yield word
        else:
            yield word


def _values(words: Sequence[str], *options: str) -> list[str]:
    """Return the values of an option: `--out json=x`, `--out=json=x`, `-o json=x`, `-ojson=x`."""
    found = []
    for word, following in zip(words, [*words[1:], ""], strict=False):
        for option in options:
            if word == option and following:
                found.append(following)
            elif option.startswith("--") and word.startswith(f"{option}="):
                found.append(word.removeprefix(f"{option}="))
            elif not option.startswith("--") and word.startswith(option) and word != option:
                found.append(word.removeprefix(option))
    return found


def _nothing(tool: str | None) -> ToolOutputs:
    return ToolOutputs(tool=tool, files=(), prefixes=(), streams=(), appended=None)


def _k6(words: Sequence[str], environment: Mapping[str, str]) -> ToolOutputs:
    stated = _values(words, "--out", "-o") or environment.get("K6_OUT", "").split(",")
    files = [found[1] for text in stated if (found := _K6_OUTPUT.fullmatch(text.strip()))]
    files += _values(words, "--summary-export") or [environment.get("K6_SUMMARY_EXPORT", "")]
    paths = tuple(Path(file) for file in files if file)
    return ToolOutputs(tool="k6", files=paths, prefixes=(), streams=(), appended=None)


def _jmeter(words: Sequence[str], environment: Mapping[str, str]) -> ToolOutputs:
    del environment
    paths = tuple(Path(file) for file in _values(words, "-l", "--logfile"))
    removes = any(word in ("-f", "--forceDeleteResultFile") for word in words)
    appended = paths[0] if paths and not removes else None
    return ToolOutputs(tool="jmeter", files=paths, prefixes=(), streams=(), appended=appended)


def _locust(words: Sequence[str], environment: Mapping[str, str]) -> ToolOutputs:
    prefixes = _values(words, "--csv") or [environment.get("LOCUST_CSV", "")]
    files = _values(words, "--json-file") or [environment.get("LOCUST_JSON_FILE", "")]
    return ToolOutputs(
        tool="locust",
        files=tuple(Path(file) for file in files if file),
        prefixes=tuple(f"{prefix}_" for prefix in prefixes if prefix),
        streams=("stdout",) if "--json" in words else (),
        appended=None,
    )


def _pgbench(words: Sequence[str], environment: Mapping[str, str]) -> ToolOutputs:
    del environment
    prefixes = _values(words, "--log-prefix") or ["pgbench_log"]
    logs = any(
        word in ("--log", "-l") or re.fullmatch(r"-[CnNrSdi]*l[CnNrSdi]*", word) for word in words
    )
    return ToolOutputs(
        tool="pgbench",
        files=(),
        prefixes=tuple(f"{prefix}." for prefix in prefixes) if logs else (),
        # The report, and the progress lines.
        streams=("stdout", "stderr"),
        appended=None,
    )


_TOOLS = {"k6": _k6, "jmeter": _jmeter, "locust": _locust, "pgbench": _pgbench}
