"""The text of a JTL file in XML, cut between samples where that is possible."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from perfanalysis.errors import InputError
from perfanalysis.importers.byte_search import count_byte
from perfanalysis.importers.source import InputFile

# The first stretch goes to the parser, which must see what the file is like.
_FIRST_BYTES = 1 << 20
_READ_BYTES = 4 << 20
_MAX_TAG_BYTES = 64 << 20
_MAX_REFERENCE_BYTES = 16
_WINDOW_BYTES = 1 << 18
_BOM = b"\xef\xbb\xbf"
_LINE_WITH_SAMPLE = re.compile(rb"\n([ \t]*)(?=<(?:httpSample|sample)\b)")
_SAMPLE_AFTER_SAMPLE = re.compile(
    rb"(?:/>|</(?:httpSample|sample)>)[ \t]*(?=<(?:httpSample|sample)\b)"
)


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Some of the text of a file.

    Attributes:
        data: ends between tags, and before a sample of the top level where that can be seen.
        line: number of its first line.
        unfinished: of the last stretch: the beginning of a tag that stands behind it.
    """

    data: bytes
    line: int
    unfinished: bytes


def stretches(file: InputFile) -> Iterator[Stretch]:
    """Yield a file in stretches, without byte order mark.

    Raises:
        InputError: a tag is longer than 64 MiB.
    """
    rest, line = b"", 1
    with file.open() as stream:
        chunk = stream.read(len(_BOM)).removeprefix(_BOM) + stream.read(_FIRST_BYTES)
        while chunk:
            data = rest + chunk
            end = _end_of_samples(data) or end_of_tags(data, len(data))
            rest = data[end:]
            if len(rest) > _MAX_TAG_BYTES:
                raise InputError(
                    f"{file.label}:{line}: expected XML tags of at most "
                    f"{_MAX_TAG_BYTES >> 20} MiB, found a longer one"
                )
            if end:
                yield Stretch(data=data[:end], line=line, unfinished=b"")
                line += count_byte(memoryview(data)[:end], b"\n")
            chunk = stream.read(_READ_BYTES)
    end = end_of_tags(rest, len(rest))
    yield Stretch(data=rest[:end], line=line, unfinished=rest[end:].rstrip(b"\0"))


def _end_of_samples(data: bytes) -> int | None:
    near = max(0, len(data) - _WINDOW_BYTES)
    found = cut(data, near, len(data))
    return found if found or not near else cut(data, 0, len(data))


def cut(data: bytes, start: int, stop: int) -> int | None:
    """Return where a sample begins that probably stands at the top level, the last one; or None.

    Args:
        data: a text of elements.
        start: where to look from.
        stop: where to look to.
    """
    lines = [(len(m[1]), m.start() + 1) for m in _LINE_WITH_SAMPLE.finditer(data, start, stop)]
    if lines:
        # What is indented least holds the others.
        least = min(lines)[0]
        return max(place for indent, place in lines if indent == least)
    ends = [sample.end() for sample in _SAMPLE_AFTER_SAMPLE.finditer(data, start, stop)]
    return ends[-1] if ends else None


def end_of_tags(data: bytes, stop: int) -> int:
    """Return where text ends, at most at `stop`, that cuts no tag and no reference."""
    tag = data.rfind(b"<", 0, stop)
    if tag > data.rfind(b">", 0, stop):
        return tag
    reference = data.rfind(b"&", max(0, stop - _MAX_REFERENCE_BYTES), stop)
    return reference if reference > data.rfind(b";", 0, stop) else stop
