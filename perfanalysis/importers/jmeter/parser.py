"""Reads the samples of XML text, past what is not well-formed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from perfanalysis.errors import InputError
from perfanalysis.importers.jmeter.elements import Sample, SampleElements
from perfanalysis.importers.jmeter.inspection import Problem
from perfanalysis.importers.jmeter.markup import Markup
from perfanalysis.importers.source import InputFile
from perfanalysis.model.caveat import Caveat
from perfanalysis.phrases import phrase

if TYPE_CHECKING:
    from perfanalysis.importers.rejects import Rejects

_ROOT, _END = b"<testResults>", b"</testResults>"
_ANY_SAMPLE = re.compile(rb"<(?:httpSample|sample|sampleResult)\b")
# Enough to hold a line end and the indentation of a sample.
_BEHIND_BYTES = 256


class SampleParser:
    """Feeds text to a parser, and to a new one behind each place that is not well-formed."""

    def __init__(self, file: InputFile, rejects: Rejects) -> None:
        self._file = file
        self._rejects = rejects
        self._markup = Markup(file)
        self._elements = SampleElements(file.label)
        self._parser: Any = None
        self._parser_line = 1  # where the parser's text starts
        self._fed_bytes = 0
        self._line = 1  # of the end of what was read
        self._behind = b"\n"
        self._in_cdata = False
        self._lost_line: int | None = None  # set while no sample can be read
        self._lost_samples = 0
        self._cut_line: int | None = None
        self._times_seen = False

    @property
    def utf8(self) -> bool:
        """Whether the file is in UTF-8, so far as was read."""
        return self._markup.utf8

    @property
    def between_samples(self) -> bool:
        """Whether the text that was read ends between samples of the top level."""
        if self._in_cdata or self._lost_line is not None or not self._elements.at_top:
            return False
        # The parser holds back what may be the beginning of a tag or a comment.
        return self._parser is None or self._parser.CurrentByteIndex == self._fed_bytes

    @property
    def waiting(self) -> int:
        """How many samples were read and not taken."""
        return len(self._elements.done)

    def feed(self, text: bytes) -> None:
        """Read text that ends between tags.

        Raises:
            InputError: there is a document type; elements are too deep.
            RowError: there are more bad places than tolerated.
        """
        if self._parser is None:
            self._start_parser(self._line)
        piece = self._markup.cleaned(text, self._line)
        self._elements.url_encoded = self._markup.version == "1.0"
        before = self.waiting
        self._read(piece)
        if b"<![" in piece:
            self._in_cdata = True  # perhaps: it may end further on
        elif self.waiting > before:
            self._in_cdata = False

    def skip(self, text: bytes, lines: int) -> None:
        """Pass over whole samples of the top level, which were read otherwise.

        Args:
            text: follows what was read.
            lines: how many line ends it has.
        """
        # A parser that has not seen them would count lines wrongly.
        self._parser = None
        self._line += lines
        self._behind = (self._behind + text[-_BEHIND_BYTES:])[-_BEHIND_BYTES:]
        self._times_seen = True

    def finish(self, unfinished: bytes) -> None:
        """Take note of how the file ends.

        Args:
            unfinished: the beginning of a tag behind all that was read.
        """
        if self._parser is not None and self._lost_line is None:
            try:
                self._parser.Parse(_END, True)  # noqa: FBT003  (pyexpat takes no keywords)
            except expat.ExpatError as exc:
                if not self._elements.open:
                    self._lose(exc, b"")
        if self._elements.open:
            self._cut_line = self._elements.open[0].line
        elif unfinished[:1] == b"<" and unfinished[1:2].isalpha():
            self._cut_line = self._line

    def take(self) -> list[Sample]:
        """Return the samples that were read since the last time, in the order of their end tags.

        Raises:
            InputError: samples lack their times.
            RowError: there are more bad places than tolerated.
        """
        samples, self._elements.done = self._elements.done, []
        for tag, line in self._elements.strange:
            problem = Problem(column=None, expected="<httpSample> or <sample>", found=f"<{tag}>")
            self.reject(Sample(tag, {}, line, 0), problem)
        self._elements.strange.clear()
        if samples and not self._times_seen:
            self._times_seen = any("ts" in s.attributes and "t" in s.attributes for s in samples)
            if not self._times_seen:
                raise InputError(
                    f"{self._file.label}:{samples[0].line}: expected samples with the attributes "
                    f"ts and t, found {', '.join(samples[0].attributes) or 'none'}",
                    hint="set jmeter.save.saveservice.timestamp_format=ms and "
                    "jmeter.save.saveservice.time=true, and run the test again",
                )
        return samples

    def reject(self, sample: Sample, problem: Problem) -> None:
        """Report a bad sample.

        Raises:
            RowError: there are more bad samples than tolerated.
        """
        self._rejects.row(
            self._file,
            sample.line,
            column=problem.column,
            expected=problem.expected,
            found=problem.found,
            raw=repr(sample.attributes),
        )

    def caveats(self) -> Iterator[Caveat]:
        """Yield what was met, once all is read."""
        label = self._file.label
        if self._cut_line is not None:
            message = phrase(
                "{file}:{line}: the last sample is cut short and was dropped",
                file=label,
                line=self._cut_line,
            )
            yield Caveat(code="cut-last-line", message=message)
        elif self._markup.opened > self._markup.closed:
            message = phrase(
                "{file}: </testResults> is missing; every sample was read",
                file=label,
            )
            yield Caveat(code="missing-end-tag", message=message)
        if self._lost_line is not None and self._lost_samples:
            message = phrase(
                "{file}:{line}: the file could not be read from here on; samples lost: {samples}",
                file=label,
                line=self._lost_line,
                samples=self._lost_samples,
            )
            yield Caveat(code="unreadable-end", message=message)
        if self._markup.opened > 1:
            message = phrase(
                "{file}: it holds {sets} sets of results: pauses between their runs "
                "lower its throughput",
                file=label,
                sets=self._markup.opened,
            )
            yield Caveat(code="repeated-header", message=message)
        if self._elements.hidden_parts:
            message = phrase(
                "{file}: {parts} parts of plugins' samples were left out",
                file=label,
                parts=self._elements.hidden_parts,
            )
            yield Caveat(code="plugin-parts", message=message)

    def _start_parser(self, line: int) -> None:
        self._parser = expat.ParserCreate("UTF-8")
        self._parser_line = line
        self._elements.attach(self._parser, line)
        self._parser.Parse(_ROOT)
        self._fed_bytes = len(_ROOT)
        self._lost_line = None
        self._lost_samples = 0

    def _read(self, piece: bytes) -> None:
        """Feed a piece to the parser; look for the next sample wherever that fails."""
        start = 0
        while start < len(piece):
            if self._lost_line is not None:
                found = self._next_sample(piece, start)
                if found is None:
                    self._lost_samples += len(_ANY_SAMPLE.findall(piece, start))
                    break
                start = found
                self._start_parser(self._line + piece.count(b"\n", 0, start))
            try:
                self._parser.Parse(piece[start:])
            except expat.ExpatError as exc:
                start += max(0, self._parser.ErrorByteIndex - self._fed_bytes)
                self._lose(exc, piece[start : start + _BEHIND_BYTES])
                # The sample at fault is one that was rejected, not one that was lost.
                start += 1
            else:
                self._fed_bytes += len(piece) - start
                break
        self._line += piece.count(b"\n")
        self._behind = (self._behind + piece)[-_BEHIND_BYTES:]

    def _lose(self, exc: expat.ExpatError, raw: bytes) -> None:
        line = self._parser_line + exc.lineno - 1
        self._lost_line = line
        self._elements.open.clear()
        self._rejects.row(
            self._file,
            line,
            column=None,
            expected="well-formed XML",
            found=expat.ErrorString(exc.code),
            raw=raw.decode("utf-8", "replace"),
        )

    def _next_sample(self, piece: bytes, start: int) -> int | None:
        """Return where the next sample of the top level starts: no deeper than the first one."""
        indent = b"[ \t]{0,%d}" % (self._elements.column or 0)
        before = self._behind if start == 0 else b""
        pattern = rb"\n" + indent + rb"(<(?:httpSample|sample|sampleResult)\b)"
        for found in re.finditer(pattern, before + piece[start:]):
            if found.start(1) >= len(before):
                return start + found.start(1) - len(before)
        return None
