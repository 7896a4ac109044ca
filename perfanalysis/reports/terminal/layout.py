"""Terminal layout: columns, paragraphs, lists and footnotes of styled text.

Figures are never cropped or wrapped: where a table is wider than the terminal, the terminal wraps
it. Prose is wrapped with a hanging indent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from io import StringIO
from itertools import pairwise

from rich.console import Console
from rich.style import Style
from rich.text import Span, Text

from perfanalysis.model.caveat import Caveat
from perfanalysis.reports.escape import ELLIPSIS, log_line, shortened, terminal_text
from perfanalysis.reports.terminal.ascii_signs import ascii_name, ascii_words
from perfanalysis.reports.wording import name_text

GAP = 2
_MOST_LISTED = 20
SEE_JSON = "the JSON output has all"
_LONGEST_SENTENCE = 400
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_UNLIMITED = 100_000

Row = Sequence[Text]
_ASCII: ContextVar[bool] = ContextVar("ascii", default=False)
_THEIRS = Style(meta={"theirs": True})


@contextmanager
def in_ascii(ascii_only: bool) -> Iterator[None]:
    """Make the lines of a block of ASCII characters, strangers' names apart."""
    token = _ASCII.set(ascii_only)
    try:
        yield
    finally:
        _ASCII.reset(token)


def is_ascii() -> bool:
    """Return whether lines are made of ASCII characters."""
    return _ASCII.get()


def theirs(text: str, *, style: str | Style = "") -> Text:
    """Return text that is a stranger's already, harmless: its characters stay what they are."""
    own = Style.parse(style) if isinstance(style, str) else style
    # A span and not the style of the whole: what is appended to a name is ours.
    return Text().append(log_line(text), own + _THEIRS)


def name_cell(name: str | None, width: int, *, style: str = "") -> Text:
    """Return a stranger's name for a cell: on one line, its middle left out where it is too long.

    Args:
        name: as it is in the result file; None stands for all requests.
        width: terminal cells that it may take.
        style: of rich.
    """
    if name is None or not name.strip():
        return Text(name_text(name), style)
    if _ASCII.get():
        return theirs(ascii_name(name, width), style=style)
    return theirs(shortened(log_line(terminal_text(name)), width), style=style)


def narrowed(cell: Text, width: int) -> Text:
    """Return a cell with its middle left out, in at most so many terminal cells."""
    if cell.cell_len <= width:
        return cell
    if not _ASCII.get():
        return theirs(shortened(log_line(cell.plain), width))
    return theirs(shortened(log_line(_own(cell).plain), width - 2).replace(ELLIPSIS, "..."))


def _own(text: Text) -> Text:
    """Return a text whose own words are ASCII where that is asked for."""
    if not _ASCII.get() or text.plain.isascii():
        return text
    plain = text.plain
    spans = [*text.spans, Span(0, len(plain), text.style)]
    kept = [span for span in spans if _is_theirs(span)]
    if not kept:
        return Text(ascii_words(plain), text.style)
    if any(span.start == 0 and span.end == len(plain) for span in kept):
        return text
    edges = sorted({0, len(plain), *(edge for span in kept for edge in (span.start, span.end))})
    parts = [text[a:b] for a, b in pairwise(edges)]
    made = Text()
    for part, start in zip(parts, edges, strict=False):
        inside = any(span.start <= start < span.end for span in kept)
        made.append_text(part if inside else Text(ascii_words(part.plain)))
    return made


def _is_theirs(span: Span) -> bool:
    return isinstance(span.style, Style) and bool(span.style.meta.get("theirs"))


def aligned(rows: Sequence[Row], *, right: Iterable[int] = (), indent: int = 0) -> list[Text]:
    """Return rows as lines whose columns stand under each other.

    Args:
        rows: equally many cells in each; a cell is one line.
        right: indices of the columns that end, rather than begin, under each other.
        indent: cells before the first column.
    """
    if not rows:
        return []
    rows = [[_own(cell) for cell in row] for row in rows]
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
    prose = _own(Text(text) if isinstance(text, str) else text)
    # A line may begin with, or hold, what `render` must break with backslashes.
    spare = ("::" in prose.plain) + prose.plain.count("##")
    room = _UNLIMITED if width is None else max(width - indent - GAP - spare, 20)
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
        console.print(_harmless(_own(line)), soft_wrap=True)
    return out.getvalue()


def _harmless(line: Text) -> Text:
    """Return a line that no CI system takes for a command; its style is lost where it was one."""
    safe = log_line(line.plain)
    return line if safe == line.plain else Text(safe)


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
