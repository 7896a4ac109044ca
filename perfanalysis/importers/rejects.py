"""Bad rows: how many are tolerated, and where they are kept."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfanalysis.errors import RowError, UsageError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import TextIO

    from perfanalysis.importers.source import InputFile

_MAX_RAW_CHARACTERS = 2_000
_MAX_FOUND_CHARACTERS = 80


@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """How many bad rows an import accepts: a number, or a share of all rows."""

    rows: int
    share: float | None

    @classmethod
    def parse(cls, text: str) -> Tolerance:
        """Read `10` or `0.5%`.

        Raises:
            UsageError: the text is neither.

        >>> Tolerance.parse("0.5%").share
        0.005
        """
        found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(%?)\s*", text)
        if found is None or (not found.group(2) and "." in found.group(1)):
            raise UsageError(f"expected a number of rows or a percentage, found {text!r}")
        if found.group(2):
            return cls(rows=0, share=float(found.group(1)) / 100)
        return cls(rows=int(found.group(1)), share=None)


NO_BAD_ROWS = Tolerance(rows=0, share=None)


class Rejects:
    """Takes the bad rows of one import and decides when there are too many.

    Args:
        tolerance: how many are accepted.
        path: where they are kept, one JSON object per line; created at the first one.
    """

    def __init__(self, tolerance: Tolerance = NO_BAD_ROWS, path: Path | None = None) -> None:
        self.count = 0
        self._tolerance = tolerance
        self._path = path
        self._out: TextIO | None = None
        self._first: RowError | None = None

    def row(
        self, file: InputFile, line: int, *, column: str | None, expected: str, found: str, raw: str
    ) -> None:
        """Report a bad row.

        Args:
            file: where it stands.
            line: its first line, from 1.
            column: the column or key that is wrong, or None for the row as a whole.
            expected: what should stand there, in words: `whole milliseconds`.
            found: what stands there; quoted and shortened in the message.
            raw: the whole row, for `rejects.jsonl`.

        Raises:
            RowError: there are more bad rows than the tolerance allows.
        """
        self.count += 1
        where = f"column {column!r}: " if column else ""
        shown = repr(found[:_MAX_FOUND_CHARACTERS])
        message = f"{file.label}:{line}: {where}expected {expected}, found {shown}"
        if self._first is None:
            self._first = RowError(
                message, hint="--max-bad-rows 10 (or 1%) skips such rows, counts and keeps them"
            )
        if self._tolerance.share is None and self.count > self._tolerance.rows:
            raise self._first
        self._keep(file, line, column, message, raw)

    def finish(self, rows: int) -> None:
        """Close the file of rejected rows and judge their share.

        Args:
            rows: how many good rows were read.

        Raises:
            RowError: the share of bad rows is larger than the tolerance allows.
        """
        self.close()
        share = self._tolerance.share
        if share is not None and self._first and self.count > share * (rows + self.count):
            raise RowError(
                f"{self._first.message} ({self.count} bad rows of {rows + self.count}, "
                f"tolerated: {share * 100:g} %)",
                hint=self._first.hint,
            )

    def close(self) -> None:
        """Close the file of rejected rows."""
        if self._out is not None:
            self._out.close()
            self._out = None

    def _keep(self, file: InputFile, line: int, column: str | None, message: str, raw: str) -> None:
        if self._path is None:
            return
        if self._out is None:
            self._out = self._path.open("w", encoding="utf-8")
        record = {
            "file": file.path.name,
            "line": line,
            "column": column,
            "message": message,
            "raw": raw[:_MAX_RAW_CHARACTERS],
        }
        self._out.write(json.dumps(record, ensure_ascii=True) + "\n")
