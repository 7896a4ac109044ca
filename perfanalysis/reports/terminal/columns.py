"""Terminal columns: a table that shows as much as there is room for.

Each column says how much it matters. Where a terminal is too narrow, what matters least is left
out first, then long names are shortened in their middle; figures never are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.text import Text

from perfanalysis.reports.terminal.layout import GAP, aligned, narrowed

ALWAYS = 0


@dataclass(frozen=True, kw_only=True)
class TableColumn:
    """One column.

    Attributes:
        cells: one for each row, each a single line.
        rank: columns of the highest rank are left out first; those of rank 0 never.
        right: whether cells end, rather than begin, under each other.
        least: cells that the column may be narrowed to, by shortening texts in their middle; None
            for figures.
    """

    title: str
    cells: Sequence[Text]
    rank: int
    right: bool
    least: int | None = None

    @property
    def width(self) -> int:
        """Terminal cells that the column needs."""
        return max(Text(self.title).cell_len, *(cell.cell_len for cell in self.cells))

    @property
    def least_width(self) -> int:
        """Terminal cells that it needs at least."""
        if self.least is None:
            return self.width
        return min(self.width, max(self.least, Text(self.title).cell_len))


def fitted_table(
    columns: Sequence[TableColumn], width: int | None, *, most_rank: int | None = None
) -> tuple[list[Text], list[str]]:
    """Return the lines of a table, and the titles of the columns that were left out.

    Args:
        columns: at least one, equally many cells in each.
        width: cells of the terminal; None where there is no limit.
        most_rank: columns of a higher rank are extras: they are not missed where they are left out.
    """
    shown = _that_fit(columns, width)
    left_out = [
        column.title
        for column in columns
        if all(column is not other for other in shown)
        and (most_rank is None or column.rank <= most_rank)
    ]
    narrowed = [_narrowed(column, shown, width) for column in shown]
    rows = [
        [Text(column.title, "bold") for column in shown],
        *(list(row) for row in zip(*narrowed, strict=True)),
    ]
    right = [number for number, column in enumerate(shown) if column.right]
    return aligned(rows, right=right), left_out


def _that_fit(columns: Sequence[TableColumn], width: int | None) -> list[TableColumn]:
    shown = list(columns)
    while width is not None and _total(column.least_width for column in shown) > width:
        last = max(shown, key=lambda column: column.rank)
        if last.rank == ALWAYS:
            break
        shown = [column for column in shown if column is not last]
    return shown


def _total(widths: Iterable[int]) -> int:
    needed = list(widths)
    return sum(needed) + GAP * (len(needed) - 1)


def _narrowed(
    column: TableColumn, shown: Sequence[TableColumn], width: int | None
) -> Sequence[Text]:
    """Return the cells of a column, shortened to the room that the others leave."""
    if column.least is None or width is None:
        return column.cells
    others = [
        other.width if other.least is None or other is column else other.least_width
        for other in shown
    ]
    room = width - (_total(others) - column.width)
    room = max(room, column.least_width)
    return [narrowed(cell, room) for cell in column.cells]
