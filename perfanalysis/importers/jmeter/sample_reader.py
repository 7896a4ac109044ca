"""The samples of a JTL file in XML: plain stretches at once, the others through a parser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfanalysis.errors import InputError
from perfanalysis.importers.byte_search import count_byte
from perfanalysis.importers.jmeter.markup import without_forbidden
from perfanalysis.importers.jmeter.parser import SampleParser
from perfanalysis.importers.jmeter.plain_markup import UnusualMarkupError
from perfanalysis.importers.jmeter.plain_samples import plain_samples
from perfanalysis.importers.jmeter.requests import RequestBuilder, RequestRows
from perfanalysis.importers.jmeter.samples import batch_of
from perfanalysis.importers.jmeter.stretches import Stretch, cut, end_of_tags, stretches
from perfanalysis.importers.pipeline import ordered_map, read_ahead
from perfanalysis.importers.source import InputFile
from perfanalysis.model.caveat import Caveat

if TYPE_CHECKING:
    from perfanalysis.importers.rejects import Rejects

_BATCH_SAMPLES = 4_000
_CLOSE_LOOK_BYTES = 64 << 10
_PARSE_BYTES = 1 << 20
# Where so many parts of a stretch are unusual, the others are not worth a try.
_MAX_FAILURES = 32


@dataclass(frozen=True, kw_only=True)
class _Plain:
    """What a plain text holds: requests, and so many line ends."""

    rows: RequestRows
    lines: int


class SampleReader:
    """Reads the samples of one file, several stretches at once where they are plain.

    Args:
        file: is read from its start.
        rejects: are told of bad samples.
        builder: turns samples into requests.
    """

    def __init__(self, file: InputFile, rejects: Rejects, builder: RequestBuilder) -> None:
        self._file = file
        self._builder = builder
        self._parser = SampleParser(file, rejects)
        self._unfinished = b""

    def __iter__(self) -> Iterator[RequestRows]:
        """Yield the samples in the order of their end tags, thousands at a time.

        Raises:
            InputError: samples lack their times; elements are too deep or too long.
            RowError: there are more bad places than tolerated.
        """
        found = self._stretches()
        # Nothing is read otherwise before the first samples have settled what all of them mean.
        for stretch in found:
            yield from self._taken(stretch, None, closely=False)
            if self._builder.settled:
                break
        for stretch, plain in ordered_map(self._read, read_ahead(found)):
            yield from self._taken(stretch, plain, closely=True)
        self._parser.finish(self._unfinished)
        yield self._parsed()

    def caveats(self) -> Iterator[Caveat]:
        """Yield what was met, once all is read."""
        return self._parser.caveats()

    def _stretches(self) -> Iterator[Stretch | InputError]:
        """Yield the stretches of the file; what goes wrong is yielded too, behind what was read."""
        try:
            yield from stretches(self._file)
        except InputError as exc:
            yield exc

    def _read(self, stretch: Stretch | InputError) -> tuple[Stretch | InputError, _Plain | None]:
        """Return a stretch with what it holds, or with None if it needs a parser."""
        return stretch, None if isinstance(stretch, InputError) else self._plain(stretch.data)

    def _plain(self, text: bytes) -> _Plain | None:
        try:
            samples = plain_samples(without_forbidden(text))
        except UnusualMarkupError:
            return None
        return _Plain(rows=self._builder.rows(samples), lines=count_byte(text, b"\n"))

    def _taken(
        self, stretch: Stretch | InputError, plain: _Plain | None, *, closely: bool
    ) -> Iterator[RequestRows]:
        """Yield the samples of a stretch.

        Args:
            stretch: follows those before.
            plain: what it holds if it begins between samples, or None if that needs a parser.
            closely: if it needs one, look for parts of it that do not.
        """
        if isinstance(stretch, InputError):
            raise stretch
        if plain is not None and self._follows():
            yield from self._passed(stretch.data, plain)
        else:
            yield from self._parts(stretch.data, closely=closely)
        self._unfinished = stretch.unfinished

    def _follows(self) -> bool:
        """Say whether plain text may follow what was read."""
        return self._parser.between_samples and self._parser.utf8

    def _passed(self, text: bytes, plain: _Plain) -> Iterator[RequestRows]:
        yield self._parsed()
        self._parser.skip(text, plain.lines)
        yield plain.rows

    def _parts(self, text: bytes, *, closely: bool) -> Iterator[RequestRows]:
        """Yield the samples of a text of which only parts are plain.

        It is halved until what is not plain is small.
        """
        parts, failures = [text], 0 if closely else _MAX_FAILURES
        tried = True
        while parts:
            part = parts.pop()
            if not tried and failures < _MAX_FAILURES and self._follows():
                plain = self._plain(part)
                if plain is not None:
                    yield from self._passed(part, plain)
                    continue
                failures += 1
            tried = False
            middle = _middle(part) if failures < _MAX_FAILURES else None
            if middle is not None:
                parts += [part[middle:], part[:middle]]
                continue
            yield from self._fed(part)

    def _fed(self, text: bytes) -> Iterator[RequestRows]:
        """Yield the samples of a text that is not plain, but for the last ones."""
        start = 0
        while start < len(text):
            stop = min(start + _PARSE_BYTES, len(text))
            # A tag may be longer than what is parsed at once.
            stop = stop if stop == len(text) else end_of_tags(text, stop)
            self._parser.feed(text[start : stop if stop > start else len(text)])
            start = stop if stop > start else len(text)
            if self._parser.waiting >= _BATCH_SAMPLES:
                yield self._parsed()

    def _parsed(self) -> RequestRows:
        """Return the samples that the parser has read."""
        return self._builder.rows(batch_of(self._parser.take(), self._parser.reject))


def _middle(text: bytes) -> int | None:
    """Return where to halve a text: between samples; None if it is short or has no such place."""
    if len(text) <= _CLOSE_LOOK_BYTES:
        return None
    half = len(text) // 2
    return cut(text, half, half + _CLOSE_LOOK_BYTES)
