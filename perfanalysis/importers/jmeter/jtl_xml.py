"""JTL files in XML: one element per sample, samples nested in samples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from perfanalysis.importers.base import Chunk, Facts, Importer, Match
from perfanalysis.importers.jmeter.jtl_csv import truncation
from perfanalysis.importers.jmeter.nesting import StatedNesting
from perfanalysis.importers.jmeter.requests import RequestBuilder
from perfanalysis.importers.jmeter.sample_reader import SampleReader
from perfanalysis.importers.source import Source

if TYPE_CHECKING:
    from perfanalysis.importers.rejects import Rejects


class JmeterXml(Importer):
    """Reads JTL files in XML, of result versions 1.0 to 1.2."""

    name: ClassVar[str] = "jmeter-xml"
    title: ClassVar[str] = "JMeter results (JTL) in XML"

    def match(self, head: bytes, filename: str) -> Match:
        """Say how well a file fits: its root element is unmistakable."""
        del filename
        start = head.lstrip()
        if not start.startswith((b"<?xml", b"<testResults")):
            return Match.NO
        return Match.CERTAIN if b"<testResults" in start else Match.NO

    def read(self, source: Source, rejects: Rejects) -> Iterator[Chunk]:
        """Yield the samples of one file as requests, and active threads as a series.

        Raises:
            InputError: samples lack their times, there are none, or too many are bad.
        """
        file = source.files[0]
        yield Facts(tool="jmeter", clock_resolution_ms=1.0)
        builder = RequestBuilder(file, zone=None, nesting=StatedNesting())
        reader = SampleReader(file, rejects, builder)
        for rows in reader:
            yield from builder.take(rows)
        yield from reader.caveats()
        yield from truncation(file)
        yield from builder.finish()
