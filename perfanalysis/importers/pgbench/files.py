"""Which files make one pgbench run, and how their lines are read.

`pgbench -l` writes PREFIX.PID for its first thread and PREFIX.PID.1, PREFIX.PID.2, ... for the
others. The report (standard output) and the progress lines (standard error) belong to the run when
they lie beside it as PREFIX.stdout.txt and PREFIX.stderr.txt, or as stdout.txt and stderr.txt in a
folder that holds the logs of one run only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from perfanalysis.importers.source import InputFile, Source, line_blocks
from perfanalysis.model.caveat import Caveat
from perfanalysis.phrases import phrase

_LOG = re.compile(r"(?P<prefix>.+)\.\d+")
_THREAD = re.compile(r"(?P<lead>.+\.\d+)\.(?P<number>[1-9]\d{0,4})")
_TEXT = re.compile(r"(?:(?P<stem>.+)\.)?(?P<stream>stdout|stderr)\.txt")
_STREAMS = ("stdout", "stderr")


def run_files(filename: str, folder: Sequence[str]) -> tuple[str, ...]:
    """Return the files of the run that a file belongs to: first thread, other threads, texts.

    Args:
        filename: a thread's log, or the text that pgbench printed.
        folder: the names of the files beside it, itself included; compression suffixes are kept.
    """
    real = _real_names(filename, folder)
    plain = _plain(filename)
    families = _families(real)
    for lead, threads in families.items():
        members = (lead, *threads, *_texts(lead, families, real))
        if plain in members:
            return tuple(real[name] for name in members)
    found = _TEXT.fullmatch(plain)
    if found is None:
        return (filename,)
    return tuple(real[name] for name in _streams(found["stem"], real))


def split_files(source: Source) -> tuple[tuple[InputFile, ...], tuple[InputFile, ...]]:
    """Return the logs of a source, the first thread's first, and its printed texts."""
    lead = source.files[0]
    logs, texts = [lead], list[InputFile]()
    for file in source.files[1:]:
        found = _THREAD.fullmatch(file.name)
        (logs if found and found["lead"] == lead.name else texts).append(file)
    return tuple(logs), tuple(texts)


def numbered_lines(file: InputFile) -> Iterator[tuple[int, bytes, bool]]:
    """Yield the lines of a file that are not blank: number, bytes without line end, and "cut".

    Cut means that the file ends before the line does.
    """
    for block in line_blocks(file):
        for number, line in enumerate(block.data.split(b"\n"), block.first_line):
            text = line.rstrip(b"\r")
            if text:
                yield number, text, block.cut


def cut_last_line(file: InputFile, line: int) -> Caveat:
    """Return the caveat of a last line that was dropped.

    pgbench ends every line, and a number that lost its last digits still reads as a number: such a
    line is never trusted.
    """
    return Caveat(
        code="cut-last-line",
        message=phrase(
            "{file}:{line}: the last line is cut short and was dropped",
            file=file.label,
            line=line,
        ),
    )


def truncated_archives(files: Sequence[InputFile]) -> Iterator[Caveat]:
    """Yield a caveat for every file whose compressed data ended early; call it after reading."""
    for file in files:
        if file.truncated:
            yield Caveat(
                code="truncated-archive",
                message=phrase(
                    "{file}: the compressed data end before their trailer; what precedes was read",
                    file=file.label,
                ),
            )


def _plain(filename: str) -> str:
    return InputFile(path=Path(filename), label=filename).name


def _real_names(filename: str, folder: Sequence[str]) -> dict[str, str]:
    # A log may lie there twice, plain and compressed: the file asked for wins, then the plain one.
    real: dict[str, str] = {}
    for name in sorted({*folder, filename}, key=lambda name: (name != filename, len(name))):
        real.setdefault(_plain(name), name)
    return real


def _families(real: dict[str, str]) -> dict[str, list[str]]:
    """Return the threads' logs by the first thread's log."""
    leads: dict[str, list[str]] = {name: [] for name in sorted(real) if _LOG.fullmatch(name)}
    numbered = sorted((int(m["number"]), m[0]) for m in map(_THREAD.fullmatch, leads) if m)
    for _, name in numbered:
        lead = name.rpartition(".")[0]
        if lead in leads:
            leads[lead].append(name)
            del leads[name]
    return leads


def _texts(lead: str, families: dict[str, list[str]], real: dict[str, str]) -> list[str]:
    prefix = lead.rpartition(".")[0]
    if texts := _streams(lead, real):
        return texts
    alike = sum(other.rpartition(".")[0] == prefix for other in families)
    if alike == 1 and (texts := _streams(prefix, real)):
        return texts
    return _streams(None, real) if len(families) == 1 else []


def _streams(stem: str | None, real: dict[str, str]) -> list[str]:
    start = f"{stem}." if stem else ""
    return [name for stream in _STREAMS if (name := f"{start}{stream}.txt") in real]
