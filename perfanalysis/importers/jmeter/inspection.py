"""The close look at CSV text that Arrow refused: which rows are bad, on which line, and why.

Arrow counts records, not lines, and stops at the first bad one. So a block of text that it refuses
is read again here, record by record, and handed back without what was wrong.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from perfanalysis.importers.jmeter.columns import NUMBERS, Layout
from perfanalysis.importers.jmeter.records import cells_of, record_end
from perfanalysis.importers.rejects import Rejects
from perfanalysis.importers.source import InputFile

TRUE = ("true", "True", "TRUE")
FALSE = ("false", "False", "FALSE")
_WHOLE_MS = re.compile(r"[ \t]*[0-9]{1,15}[ \t]*")
_WHOLE = re.compile(r"[ \t]*-?[0-9]{1,18}[ \t]*")


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """What a close look found.

    Attributes:
        clean: the good records.
        unread: an incomplete record at the end, to be read with what follows it.
        cut_line: line of a last record that the end of the file cuts short, or None.
        headers: how many headers were repeated.
    """

    clean: bytes
    unread: bytes
    cut_line: int | None
    headers: int


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is wrong with a row; `column` is None for the row as a whole."""

    column: str | None
    expected: str
    found: str


@dataclass(frozen=True, kw_only=True)
class _Record:
    """One record: where it ends (None: not in this text), what is wrong, whether it is a row."""

    end: int | None
    problem: Problem | None
    row: bool


class Inspector:
    """Looks at records one by one and reports the bad ones."""

    def __init__(self, file: InputFile, layout: Layout, rejects: Rejects) -> None:
        self._file = file
        self._layout = layout
        self._rejects = rejects
        sign = re.escape(layout.delimiter.encode())
        epoch = layout.time_format.epoch
        time = rb"\d{9,15}[ \t]*\"?" + sign if epoch else rb"[\d/-]{8,10}[ T]\d\d:"
        before = rb"(?:[^\n]*?" + sign + rb")??" if layout.positions["timeStamp"] else rb""
        self._row_start = re.compile(rb"(?m)^" + before + rb'"?' + time)

    def inspect(self, data: bytes, first_line: int, *, at_end: bool) -> Inspection:
        """Report the bad rows of a text and return the good ones.

        Args:
            data: starts with a record.
            first_line: its line number.
            at_end: the file ends with this text.

        Raises:
            RowError: there are more bad rows than tolerated.
        """
        good: list[bytes] = []
        start, line, headers = 0, first_line, 0
        while start < len(data):
            record = self._record(data, start)
            if record.end is None or (at_end and _is_cut(record, record.end, data)):
                break
            text = data[start : record.end]
            if record.problem is not None:
                self._reject(record.problem, line, text)
            elif record.row:
                good.append(text)
            elif text.strip():
                headers += 1
            line += text.count(b"\n")
            start = record.end
        rest = data[start:]
        return Inspection(
            clean=b"".join(good),
            unread=b"" if at_end else rest,
            cut_line=line if at_end and rest else None,
            headers=headers,
        )

    def _record(self, data: bytes, start: int) -> _Record:
        end = record_end(data, start, self._layout.delimiter)
        if end is None:
            problem = Problem(column=None, expected="a closing quote", found="no more quotes")
            return _Record(end=self._next_row(data, start), problem=problem, row=True)
        cells = cells_of(data[start:end], self._layout.delimiter)
        if cells == [""] or tuple(cells) == self._layout.header:
            return _Record(end=end, problem=None, row=False)
        if len(cells) != self._layout.width:
            found = f"{len(cells)} cells"
            problem = Problem(column=None, expected=f"{self._layout.width} cells", found=found)
            return _Record(end=self._end_of_torn_row(data, start, end), problem=problem, row=True)
        return _Record(end=end, problem=self._problem(cells, data[start:end]), row=True)

    def _next_row(self, data: bytes, start: int) -> int | None:
        """Return where the next line starts that begins like a row, or None."""
        line = data.find(b"\n", start) + 1
        found = self._row_start.search(data, line) if line else None
        return None if found is None else found.start()

    def _end_of_torn_row(self, data: bytes, start: int, end: int) -> int:
        """Return where a row of the wrong width ends.

        A stray quote may have swallowed rows: then it ends before the first of them. A line break
        without quotes may have torn it: then the pieces that follow belong to it.
        """
        swallowed = self._row_start.search(data, data.find(b"\n", start, end) + 1, end)
        if swallowed is not None and swallowed.start() > start:
            return swallowed.start()
        while end < len(data) and self._row_start.match(data, end) is None:
            piece = record_end(data, end, self._layout.delimiter)
            if piece is None:
                break
            cells = cells_of(data[end:piece], self._layout.delimiter)
            if len(cells) == self._layout.width:
                break
            end = piece
        return end

    def _problem(self, cells: list[str], record: bytes) -> Problem | None:
        position = self._layout.positions
        if not self._layout.time_format.accepts(cells[position["timeStamp"]]):
            return Problem(
                column="timeStamp",
                expected=self._layout.time_format.expected,
                found=cells[position["timeStamp"]],
            )
        if cells[position["success"]] not in (*TRUE, *FALSE):
            found = cells[position["success"]]
            return Problem(column="success", expected="true or false", found=found)
        for column in NUMBERS:
            if column in position and (problem := bad_number(column, cells[position[column]])):
                return problem
        if self._layout.ends_with_number and not cells[-1] and not record.endswith((b"\n", b"\r")):
            return Problem(column=None, expected="a number in the last cell", found="")
        return None

    def _reject(self, problem: Problem, line: int, record: bytes) -> None:
        self._rejects.row(
            self._file,
            line,
            column=problem.column,
            expected=problem.expected,
            found=problem.found,
            raw=record.decode("utf-8", "replace").rstrip("\r\n"),
        )


def _is_cut(record: _Record, end: int, data: bytes) -> bool:
    last = end == len(data) and not data.endswith((b"\n", b"\r"))
    return last and record.problem is not None


def bad_number(column: str, cell: str) -> Problem | None:
    """Return what is wrong with the text of one of the columns `NUMBERS`, or None."""
    if column == "elapsed":
        if _WHOLE_MS.fullmatch(cell) is None:
            return Problem(column=column, expected="whole milliseconds", found=cell)
    elif cell and _WHOLE.fullmatch(cell) is None:
        return Problem(column=column, expected="a whole number", found=cell)
    elif column == "SampleCount" and cell and int(cell) > 1:
        expected = "one sample a row (the listener's Statistical mode must be off)"
        return Problem(column=column, expected=expected, found=f"an aggregate of {cell}")
    return None
