"""Terminal layout: columns, paragraphs, lists and footnotes of styled text.

Figures are never cropped or wrapped: where a table is wider than the terminal, the terminal wraps
it. Prose is wrapped with a hanging indent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import StringIO

from rich.console import Console
from rich.text import Text

from perfanalysis.model.caveat import Caveat
from perfanalysis.reports.escape import shortened, terminal_text

GAP = 2
_MOST_LISTED = 20
SEE_JSON = "the JSON output has all"
_LONGEST_SENTENCE = 400
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_UNLIMITED = 100_000

Row = Sequence[Text]


def aligned(rows: Sequence[Row], *, right: Iterable[int] = (), indent: int = 0) -> list[Text]:
    """Return rows as lines whose columns stand under each other.

    Args:
        rows: equally many cells in each; a cell is one line.
        right: indices of the columns that end, rather than begin, under each other.
        indent: cells before the first column.
    """
    if not rows:
        return []
    widths = column_widths(rows)
    to_the_right = set(right)
    lines = []
    for row in rows:
        line = Text(" " * indent)
        for index, (cell, width) in enumerate(zip(row, widths, strict=True)):
            padding = " " * (width - cell.cell_len)
            line.append_text(Text(" " * GAP) if index else Text())
            line.append_text(Text(padding) + cell if index in to_the_right else cell + padding)
        line.rstrip()
        lines.append(line)
    return lines


def column_widths(rows: Sequence[Row]) -> list[int]:
    """Return the cells that each column needs."""
    return [max(cell.cell_len for cell in column) for column in zip(*rows, strict=True)]


def table_width(rows: Sequence[Row]) -> int:
    """Return the cells that a table needs, gaps included."""
    widths = column_widths(rows)
    return sum(widths) + GAP * (len(widths) - 1)


def paragraph(text: Text | str, *, width: int | None, indent: int = 0) -> list[Text]:
    """Return prose in lines of at most `width` cells, all but the first indented by two more."""
    prose = Text(text) if isinstance(text, str) else text
    room = _UNLIMITED if width is None else max(width - indent - GAP, 20)
    console = _console(StringIO(), color=False)
    lines = list(prose.wrap(console, room))
    for line in lines:
        line.rstrip()
    return [
        Text(" " * (indent + (GAP if number else 0))) + line for number, line in enumerate(lines)
    ]


def heading(*titles: str) -> list[Text]:
    """Return the heads of columns."""
    return [Text(title, "bold") for title in titles]


def sentence(text: str) -> str:
    """Return a sentence that may quote strangers' names, harmless and of bounded length."""
    return shortened(terminal_text(text), _LONGEST_SENTENCE)


def section(title: str, sentences: Sequence[str], width: int | None) -> list[Text]:
    """Return a titled list after an empty line; nothing where there is nothing to list."""
    if not sentences:
        return []
    lines = [Text(), Text(title, "bold")]
    for text in sentences[:_MOST_LISTED]:
        lines += paragraph(sentence(text), width=width, indent=GAP)
    if len(sentences) > _MOST_LISTED:
        lines.append(Text(f"  and {len(sentences) - _MOST_LISTED} more; {SEE_JSON}"))
    return lines


class Footnotes:
    """Caveats of results, numbered in the order of their first mention."""

    def __init__(self) -> None:
        self._numbers: dict[Caveat, int] = {}

    def marks(self, caveats: Iterable[Caveat]) -> str:
        """Return the marks that lead from a result to its caveats: `¹ ²`."""
        numbers = sorted(
            {self._numbers.setdefault(caveat, len(self._numbers) + 1) for caveat in caveats}
        )
        return " ".join(str(number).translate(_SUPERSCRIPTS) for number in numbers)

    def lines(self, width: int | None) -> list[Text]:
        """Return the footnotes, one for each distinct caveat, after an empty line."""
        lines = [Text()] if self._numbers else []
        for caveat, number in list(self._numbers.items())[:_MOST_LISTED]:
            mark = str(number).translate(_SUPERSCRIPTS)
            lines += paragraph(sentence(f"{mark} {caveat.message}"), width=width)
        if len(self._numbers) > _MOST_LISTED:
            lines.append(Text(f"and {len(self._numbers) - _MOST_LISTED} more; {SEE_JSON}"))
        return lines


def render(lines: Iterable[Text], *, color: bool) -> str:
    """Return the lines as text that ends with a line end, with ANSI colours if asked for."""
    out = StringIO()
    console = _console(out, color=color)
    for line in lines:
        console.print(line, soft_wrap=True)
    return out.getvalue()


def _console(out: StringIO, *, color: bool) -> Console:
    """Return a console that heeds neither the environment nor the place where it runs."""
    return Console(
        file=out,
        width=_UNLIMITED,
        color_system="standard" if color else None,
        force_terminal=color,
        force_jupyter=False,
        no_color=not color,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
    )
