"""Reading Locust's CSV files as data frames, with the line of every row.

The files are small by nature (a row per second and name) yet ill-behaved: CR CR LF on Windows, the
code page of the machine, `N/A`, quoted line breaks, a last line cut short. Python's `csv` module
takes all that and knows the lines; the cells then become numbers column by column.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from perfanalysis.errors import InputError
from perfanalysis.importers.locust.layout import Table, columns_of, percentile_columns, table_of
from perfanalysis.importers.source import InputFile, line_blocks
from perfanalysis.model.caveat import Caveat
from perfanalysis.phrases import phrase

if TYPE_CHECKING:
    from perfanalysis.importers.rejects import Rejects

_CHUNK_ROWS = 20_000
_BLOCK_BYTES = 1 << 20
_MAX_CELL_LINES = 2
_MISSING = ("", "N/A", "None")
# Beyond, a float64 does not hold every whole number; outside, no test was ever run.
_MAX_NUMBER = 2.0**53
_FIRST_TIME, _LAST_TIME = 1e8, 1e11
_REQUIRED = {
    "at": "a time in seconds since 1970",
    "requests": "a number of requests",
    "failures": "a number of failures",
    "occurrences": "a number of occurrences",
    "count": "a number of occurrences",
}
_OPTIONAL = ("users", "mean", "min", "max", "size", "rate")


class _Record(NamedTuple):
    """A row of text; `unfinished` where the file ends within it or right after it."""

    line: int
    cells: list[str]
    unfinished: bool


class CsvFile:
    """One of Locust's files.

    Args:
        file: where it is.

    Attributes:
        notes: the caveats of the last reading.
    """

    def __init__(self, file: InputFile) -> None:
        self.file = file
        self.notes: list[Caveat] = []

    def columns(self) -> list[str]:
        """Return our names of the columns; empty for an empty file.

        Raises:
            InputError: a column stands there twice.
        """
        first = next(self._records(), None)
        columns = columns_of(first.cells) if first else []
        for name in columns:
            if columns.count(name) > 1:
                raise InputError(
                    f"{self.file.label}:1: expected every column once, found {name!r} twice"
                )
        return columns

    def table(self) -> Table | None:
        """Return what the file holds, or None where it is no file of Locust's or empty."""
        return table_of(self.columns())

    def frames(self, rejects: Rejects) -> Iterator[pd.DataFrame]:
        """Yield the rows in pieces, in the columns of `locust_layout` and `line`.

        Columns of numbers are float64 with NaN where the cell says `N/A` or nothing; the others
        are text. `mean_is_whole` says that a mean was printed without decimals. Bad rows go to
        `rejects`; a last line cut short is dropped with a caveat.

        Raises:
            InputError: the file is no CSV, or a column stands there twice.
        """
        self.notes = []
        columns = self.columns()
        for records in self._pieces(len(columns), rejects):
            frame = pd.DataFrame([r.cells for r in records], columns=columns, dtype=object)
            frame["line"] = [record.line for record in records]
            unfinished = records[-1].line if records[-1].unfinished else None
            yield self._with_numbers(frame, columns, unfinished, rejects)

    def _pieces(self, width: int, rejects: Rejects) -> Iterator[list[_Record]]:
        piece: list[_Record] = []
        records = self._records()
        next(records, None)
        for record in records:
            if len(record.cells) == width:
                piece.append(record)
            elif record.unfinished:
                self._note_cut_line(record.line)
            else:
                rejects.row(
                    self.file,
                    record.line,
                    column=None,
                    expected=f"{width} columns",
                    found=f"{len(record.cells)} columns",
                    raw=",".join(record.cells),
                )
            if len(piece) >= _CHUNK_ROWS:
                yield piece
                piece = []
        if piece:
            yield piece

    def _with_numbers(
        self, frame: pd.DataFrame, columns: list[str], unfinished: int | None, rejects: Rejects
    ) -> pd.DataFrame:
        good = np.ones(len(frame), dtype=bool)
        numbers: dict[str, np.ndarray] = {}
        expected = {name: _REQUIRED[name] for name in columns if name in _REQUIRED}
        optional = [name for name in columns if name in _OPTIONAL]
        optional += [name for name, _ in percentile_columns(columns)]
        expected |= dict.fromkeys(optional, "a number")
        for column, words in expected.items():
            numbers[column], valid = _numbers(frame[column], column)
            for row in np.flatnonzero(good & ~valid):
                self._bad_cell(frame.iloc[row], (column, words), unfinished, rejects)
            good &= valid
        if "mean" in numbers:
            # 0.x cut averages to whole milliseconds; `40.0` is an exact one.
            numbers["mean_is_whole"] = ~frame["mean"].str.contains(".", regex=False).to_numpy()
        return frame.assign(**numbers)[good]

    def _bad_cell(
        self,
        row: pd.Series[str],
        column: tuple[str, str],
        unfinished: int | None,
        rejects: Rejects,
    ) -> None:
        line = int(row["line"])
        if line == unfinished:
            self._note_cut_line(line)
            return
        name, expected = column
        raw = ",".join(row.drop("line"))
        rejects.row(self.file, line, column=name, expected=expected, found=row[name], raw=raw)

    def _records(self) -> Iterator[_Record]:
        """Yield the rows that are not blank, the header first.

        Each is held back until the next is read: only then is it known whether the file ends there.
        """
        ending = _Ending()
        reader = csv.reader(self._lines(ending))
        held: _Record | None = None
        header: list[str] = []
        line = 1
        try:
            for cells in reader:
                if cells:
                    header = header or cells
                    if held:
                        yield held
                    held = _Record(line, cells, unfinished=False)
                line = reader.line_num + 1
        except csv.Error as exc:
            raise InputError(
                f"{self.file.label}:{line}: expected a row of CSV, found {exc}"
            ) from exc
        if held and ending.within_quotes and len(held.cells) != len(header):
            yield self._unclosed(held, reader.line_num, table_of(columns_of(header)))
        elif held:
            yield held._replace(unfinished=ending.without_line_end)

    def _unclosed(self, record: _Record, last_line: int, table: Table | None) -> _Record:
        """Return a last row whose quote is never closed as an unfinished one without cells.

        Raises:
            InputError: it swallowed whole rows: the quote does not belong there.
        """
        # Only the tracebacks of exceptions have many lines.
        if table is not Table.EXCEPTIONS and last_line - record.line > _MAX_CELL_LINES:
            raise InputError(
                f"{self.file.label}:{record.line}: expected a closing quote, found none up to the "
                f"end of the file in line {last_line}"
            )
        return _Record(record.line, [], unfinished=True)

    def _lines(self, ending: _Ending) -> Iterator[str]:
        for block in line_blocks(self.file, size=_BLOCK_BYTES):
            ending.within_quotes ^= block.data.count(b'"') % 2 == 1
            ending.without_line_end = block.cut
            # Only LF ends a line here: the csv module takes CR LF and CR CR LF as one row's end.
            yield from io.StringIO(self._decoded(block.data), newline="\n")

    def _decoded(self, data: bytes) -> str:
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            self._note(
                "assumed-encoding",
                phrase(
                    "{file}: is not UTF-8 and was read as Windows text (cp1252)",
                    file=self.file.label,
                ),
            )
            return data.decode("cp1252", errors="replace")

    def _note_cut_line(self, line: int) -> None:
        message = phrase(
            "{file}:{line}: the last line is cut short and was dropped",
            file=self.file.label,
            line=line,
        )
        self._note("cut-last-line", message)

    def _note(self, code: str, message: str) -> None:
        caveat = Caveat(code=code, message=message)
        if caveat not in self.notes:
            self.notes.append(caveat)


class _Ending:
    """How the text read so far ends."""

    within_quotes = False
    without_line_end = False


def _numbers(text: pd.Series[str], column: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of a column (NaN where missing or bad), and which cells are good."""
    numbers = pd.to_numeric(text, errors="coerce").to_numpy(dtype=np.float64)
    low, high = (_FIRST_TIME, _LAST_TIME) if column == "at" else (0.0, _MAX_NUMBER)
    valid = (numbers >= low) & (numbers <= high)
    if column in _REQUIRED:
        valid &= (column == "at") | (numbers == np.floor(numbers))
    else:
        missing = np.isnan(numbers)
        missing[missing] = text[missing].str.strip().isin(_MISSING).to_numpy(dtype=bool)
        valid |= missing
    return np.where(valid, numbers, np.nan), valid
