"""Rows of a JTL file in CSV, block by block; what Arrow refuses is looked at closely."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfanalysis.errors import InputError
from perfanalysis.importers.jmeter.columns import Layout
from perfanalysis.importers.jmeter.inspection import Inspector
from perfanalysis.importers.jmeter.records import whole_records
from perfanalysis.importers.jmeter.requests import RequestBuilder, RequestRows
from perfanalysis.importers.jmeter.row_parser import RowParser
from perfanalysis.importers.pipeline import ordered_map, read_ahead
from perfanalysis.importers.source import InputFile, line_blocks
from perfanalysis.model.caveat import Caveat
from perfanalysis.phrases import phrase

if TYPE_CHECKING:
    from perfanalysis.importers.rejects import Rejects

_MAX_RECORD_BYTES = 64 << 20
_CLOSE_LOOK_BYTES = 64 << 10


@dataclass(frozen=True, kw_only=True)
class _Piece:
    """Some lines of the file behind what the piece before should leave over.

    Attributes:
        data: whole lines; the first ones may end a record that began before.
        first_line: number of the first of these lines.
        cut: the file ends here without a line end.
        before: what was left over, if all went well.
        text: both.
        end: how many bytes of the text are whole records.
        certain: that is certain.
    """

    data: bytes
    first_line: int
    cut: bool
    before: bytes
    text: bytes
    end: int
    certain: bool


class RowReader:
    """Reads the rows of one file, in blocks of some megabytes, several of them at once.

    Args:
        file: is read from its start.
        layout: of the file.
        rejects: are told of bad rows.
        builder: turns samples into requests.

    Attributes:
        caveats: complete once the rows are read.
    """

    def __init__(
        self, file: InputFile, layout: Layout, rejects: Rejects, builder: RequestBuilder
    ) -> None:
        self.caveats: list[Caveat] = []
        self._file = file
        self._layout = layout
        self._builder = builder
        self._parser = RowParser(layout)
        self._inspector = Inspector(file, layout, rejects)
        self._headers = 0
        self._foreign_line: int | None = None
        self._pending = b""
        self._line = 1  # where the pending text begins

    def __iter__(self) -> Iterator[RequestRows]:
        """Yield the rows in the order of the file.

        Raises:
            InputError: a row or a line is too long.
            RowError: there are more bad rows than tolerated.
        """
        pieces = self._pieces()
        # Nothing runs side by side before the first samples have settled what all of them mean.
        for piece in pieces:
            as_foreseen = isinstance(piece, _Piece) and piece.before == self._pending
            yield from self._taken(*(self._parsed(piece) if as_foreseen else (piece, None)))
            if self._builder.settled:
                break
        for piece, rows in ordered_map(self._parsed, read_ahead(pieces)):
            yield from self._taken(piece, rows)
        if self._pending:
            yield from self._batches(self._pending, self._line, certain=False, at_end=True)
        self._state_what_was_met()

    def _pieces(self) -> Iterator[_Piece | InputError]:
        """Yield the file in pieces; what goes wrong is yielded too, behind what was read."""
        before = b""
        try:
            for block in line_blocks(self._file):
                head = self._layout.header_bytes if block.first_line == 1 else 0
                line = self._layout.header_lines if block.first_line == 1 else 0
                piece = _piece(
                    block.data[head:], block.first_line + line, cut=block.cut, before=before
                )
                yield piece
                before = piece.text[piece.end :]
        except InputError as exc:
            yield exc

    def _parsed(self, piece: _Piece | InputError) -> tuple[_Piece | InputError, RequestRows | None]:
        """Return a piece with its rows, or with None if it needs a closer look."""
        if isinstance(piece, InputError) or not piece.certain:
            return piece, None
        samples = self._parser.parse(memoryview(piece.text)[: piece.end])
        return piece, None if samples is None else self._builder.rows(samples)

    def _taken(self, piece: _Piece | InputError, rows: RequestRows | None) -> Iterator[RequestRows]:
        """Yield the rows of a piece, parsed already or not, and note what is left over."""
        if isinstance(piece, InputError):
            raise piece
        if piece.before != self._pending:
            # The piece before left something else over than was foreseen.
            piece = _piece(piece.data, piece.first_line, cut=piece.cut, before=self._pending)
            rows = None
        unread = b""
        if rows is not None:
            yield rows
        else:
            line = piece.first_line - piece.before.count(b"\n")
            unread = yield from self._batches(
                piece.text[: piece.end], line, certain=piece.certain, at_end=piece.cut
            )
        self._pending = unread + piece.text[piece.end :]
        if self._pending:
            end_line = piece.first_line + piece.data.count(b"\n")
            self._line = end_line - self._pending.count(b"\n")
        if len(self._pending) > _MAX_RECORD_BYTES:
            raise InputError(
                f"{self._file.label}:{self._line}: expected rows of at most "
                f"{_MAX_RECORD_BYTES >> 20} MiB, found a longer one: is a quote never closed?"
            )

    def _batches(
        self, text: bytes, line: int, *, certain: bool, at_end: bool
    ) -> Generator[RequestRows, None, bytes]:
        """Yield the rows of a text; return what must be read again with the text that follows."""
        batch = self._parser.parse(memoryview(text)) if certain else None
        if batch is None:
            text, changed = self._in_utf8(text, line)
            batch = self._parser.parse(memoryview(text)) if certain and changed else None
        if batch is not None:
            yield self._builder.rows(batch)
            return b""
        middle, split = whole_records(text[: len(text) // 2])
        if not (certain and split and middle > _CLOSE_LOOK_BYTES):
            return (yield from self._inspected(text, line, at_end=at_end))
        # Close looks are slow: halve the text until what Arrow refuses is small.
        unread = yield from self._batches(text[:middle], line, certain=True, at_end=False)
        line += text.count(b"\n", 0, middle) - unread.count(b"\n")
        rest = unread + text[middle:]
        return (yield from self._batches(rest, line, certain=not unread, at_end=at_end))

    def _inspected(
        self, text: bytes, line: int, *, at_end: bool
    ) -> Generator[RequestRows, None, bytes]:
        seen = self._inspector.inspect(text, line, at_end=at_end)
        self._headers += seen.headers
        if seen.cut_line is not None:
            message = phrase(
                "{file}:{line}: the last line is cut short and was dropped",
                file=self._file.label,
                line=seen.cut_line,
            )
            self.caveats.append(Caveat(code="cut-last-line", message=message))
        batch = self._parser.parse(memoryview(seen.clean))
        if batch is None:
            raise InputError(f"{self._file.label}:{line}: expected CSV that Arrow can read")
        yield self._builder.rows(batch)
        return seen.unread

    def _in_utf8(self, text: bytes, line: int) -> tuple[bytes, bool]:
        """Return a text with its lines that are no UTF-8 read as Latin-1, and whether any were."""
        try:
            text.decode()
        except UnicodeDecodeError as exc:
            if self._foreign_line is None:
                self._foreign_line = line + text.count(b"\n", 0, exc.start)
            return b"\n".join(_line_in_utf8(part) for part in text.split(b"\n")), True
        return text, False

    def _state_what_was_met(self) -> None:
        if self._headers:
            message = phrase(
                "{file}: the header is repeated {times} times: several runs may "
                "stand in this file, and pauses between them lower its throughput",
                file=self._file.label,
                times=self._headers,
            )
            self.caveats.append(Caveat(code="repeated-header", message=message))
        if self._foreign_line is not None:
            message = phrase(
                "{file}:{line}: from here on some lines are no UTF-8; they were read "
                "as Latin-1, so names in them may look wrong",
                file=self._file.label,
                line=self._foreign_line,
            )
            self.caveats.append(Caveat(code="not-utf-8", message=message))


def _piece(data: bytes, first_line: int, *, cut: bool, before: bytes) -> _Piece:
    text = before + data if before else data
    # What a file without a last line end ends in may be incomplete.
    end, certain = (len(text), False) if cut else whole_records(text)
    return _Piece(
        data=data,
        first_line=first_line,
        cut=cut,
        before=before,
        text=text,
        end=end,
        certain=certain,
    )


def _line_in_utf8(line: bytes) -> bytes:
    try:
        line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1").encode()
    return line
