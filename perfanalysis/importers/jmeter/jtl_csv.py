"""JTL files in CSV: one row per sample, as JMeter and those who imitate it write them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from perfanalysis.importers.base import Chunk, Facts, Importer, Match
from perfanalysis.importers.jmeter.columns import read_layout, split_first_row, split_header
from perfanalysis.importers.jmeter.nesting import LabelNesting
from perfanalysis.importers.jmeter.requests import RequestBuilder
from perfanalysis.importers.jmeter.rows import RowReader
from perfanalysis.importers.source import InputFile, Source
from perfanalysis.model.caveat import Caveat
from perfanalysis.phrases import phrase

if TYPE_CHECKING:
    from perfanalysis.importers.rejects import Rejects


class JmeterCsv(Importer):
    """Reads JTL files in CSV, with or without header, with any delimiter."""

    name: ClassVar[str] = "jmeter-csv"
    title: ClassVar[str] = "JMeter results (JTL) in CSV"

    def match(self, head: bytes, filename: str) -> Match:
        """Say how well a file fits: certain with both time columns in a header."""
        del filename
        header = split_header(head)
        if header is not None:
            names = header[1]
            both = "timeStamp" in names and ("elapsed" in names or "time" in names)
            return Match.CERTAIN if both else Match.LIKELY
        return Match.NO if split_first_row(head) is None else Match.LIKELY

    def read(self, source: Source, rejects: Rejects) -> Iterator[Chunk]:
        """Yield the samples of one file as requests, and active threads as a series.

        Raises:
            InputError: columns are missing, there are no samples, or too many bad rows.
        """
        file = source.files[0]
        layout = read_layout(file.head(), file.label)
        yield Facts(tool="jmeter", clock_resolution_ms=1.0)
        if layout.version is not None:
            message = phrase(
                "{file}: it has no header; its {columns} columns were read as the "
                "default ones of JMeter {version}",
                file=file.label,
                columns=layout.width,
                version=layout.version,
            )
            yield Caveat(code="assumed-columns", message=message)
        timed = layout.time_format
        local = not timed.epoch and not timed.zoned
        builder = RequestBuilder(
            file, zone=source.timezone if local else None, nesting=LabelNesting()
        )
        reader = RowReader(file, layout, rejects, builder)
        for rows in reader:
            yield from builder.take(rows)
        yield from reader.caveats
        yield from truncation(file)
        yield from builder.finish()


def truncation(file: InputFile) -> Iterator[Caveat]:
    """Yield a caveat if the compressed data of a file, now read, end too early."""
    if file.truncated:
        message = phrase(
            "{file}: the compressed data end too early; what was there was read",
            file=file.label,
        )
        yield Caveat(code="truncated-archive", message=message)
