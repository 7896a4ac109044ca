"""Markdown layout: tables, lists and folded sections, kept below the size limit of a comment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from perfanalysis.reports.escape import (
    markdown_cell,
    markdown_code,
    markdown_text,
    shortened,
    terminal_text,
)
from perfanalysis.reports.language import gettext as _
from perfanalysis.reports.language import sentences, translated
from perfanalysis.reports.numbers import counted
from perfanalysis.reports.wording import ALL_REQUESTS, name_text

# GitHub refuses a comment of more than 65,536 characters, and is not of one mind whether these are
# bytes; the rest is for whoever posts it.
MOST_BYTES: Final = 60_000
_CONFESSION_BYTES: Final = 1000
_LONGEST_SENTENCE: Final = 400
_LONGEST_METRIC: Final = 60
_LONGEST_CODE: Final = 60  # a wider table scrolls sideways
_ALIGNMENT: Final = {"left": ":--", "right": "--:", "center": ":-:"}


@dataclass(frozen=True, kw_only=True)
class Column:
    """The head of a column: Markdown, and `left`, `right` or `center`."""

    title: str
    align: str


@dataclass(frozen=True, kw_only=True)
class Section:
    """A folded part that may be cut or left out where there is no room.

    Attributes:
        title: plain words, such as `20 unchanged`.
        head: lines that go before the rows; left out with them.
        rows: lines, what matters first; taken one by one until the text is full.
        count: how many rows there are; without any there is no section.
        keep: sections with the highest number are served first.
    """

    title: str
    head: Sequence[str]
    rows: Iterable[str]
    count: int
    keep: int


def table_head(columns: Sequence[Column]) -> list[str]:
    """Return the first two lines of a table."""
    alignment = [_ALIGNMENT[column.align] for column in columns]
    return [table_row([column.title for column in columns]), table_row(alignment)]


def table_row(cells: Sequence[str]) -> str:
    """Return one line of a table whose cells are Markdown."""
    return f"| {' | '.join(markdown_cell(cell) for cell in cells)} |"


def table(columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> str:
    """Return a table whose cells are Markdown, or nothing without rows."""
    lines = [table_row(row) for row in rows]
    return "\n".join([*table_head(columns), *lines]) if lines else ""


def table_section(
    title: str, columns: Sequence[Column], rows: Iterable[Sequence[str]], count: int, *, keep: int
) -> Section:
    """Return a folded table; its rows are made as far as there is room for them."""
    lines = (table_row(row) for row in rows)
    return Section(title=title, head=table_head(columns), rows=lines, count=count, keep=keep)


def list_section(title: str, sentences: Sequence[str], *, keep: int) -> Section:
    """Return a folded list of sentences, which may quote strangers."""
    lines = (f"- {prose(sentence)}" for sentence in sentences)
    return Section(title=title, head=(), rows=lines, count=len(sentences), keep=keep)


def prose(text: str) -> str:
    """Return a sentence that may quote strangers as harmless Markdown of bounded length."""
    return markdown_text(_visible(translated(text), _LONGEST_SENTENCE))


def code(text: str, width: int = _LONGEST_CODE) -> str:
    """Return a stranger's text as a code span of bounded length."""
    return markdown_code(_visible(text, width))


def name_code(name: str | None) -> str:
    """Return a name of requests as a code span; all requests together are plain words."""
    if name is None or not name.strip():
        return name_text(name)
    return code(name_text(name) if name == ALL_REQUESTS else name)


def figure_text(text: str) -> str:
    """Return a figure with its unit for a cell; units of traces are strangers' words."""
    return markdown_text(_visible(text, _LONGEST_METRIC))


def metric_text(metric: str) -> str:
    """Return a metric for a cell; those of k6 scripts and traces are strangers' words."""
    return markdown_text(_visible(metric, _LONGEST_METRIC))


def _visible(text: str, width: int) -> str:
    # Cut again once its signs are visible: `<U+202E>` takes eight times the room of what it
    # stands for.
    return shortened(terminal_text(shortened(text, width)), width)


def fitted(
    head: Sequence[str],
    sections: Sequence[Section],
    foot: Sequence[str],
    *,
    most_bytes: int = MOST_BYTES,
) -> str:
    """Return blocks and folded sections as one text of bounded size.

    What had to be left out is counted, so that no reader takes silence for health.
    """
    head, foot = ([block for block in blocks if block] for blocks in (head, foot))
    room = most_bytes - _CONFESSION_BYTES - sum(_size(block) + 1 for block in (*head, *foot))
    shown: dict[int, str] = {}
    left_out: dict[int, str] = {}
    by_importance = sorted(enumerate(sections), key=lambda entry: -entry[1].keep)
    for index, section in by_importance:
        lines = list(_lines_that_fit(section, room))
        missing = section.count - len(lines)
        if missing:
            part = _("{num} of {section}").format(num=missing, section=section.title)
            left_out[index] = part if lines else section.title
        if lines:
            shown[index] = _folded(section, lines, missing)
            room -= _size(shown[index]) + 1
    confession = [left_out[index] for index in sorted(left_out)]
    folded = [shown[index] for index in sorted(shown)]
    return "\n\n".join([*head, *folded, *_confession(confession), *foot]) + "\n"


def _lines_that_fit(section: Section, room: int) -> Iterator[str]:
    room -= _size(_folded(section, [], section.count)) + 1
    for line in section.rows:
        room -= _size(line)
        if room < 0:
            return
        yield line


def _folded(section: Section, lines: Sequence[str], missing: int) -> str:
    body = "\n".join([*section.head, *lines])
    rest = counted("and {num} more", "and {num} more", missing)
    more = f"\n\n{rest}" if missing else ""
    return f"<details><summary>{section.title}</summary>\n\n{body}{more}\n\n</details>"


def _size(text: str) -> int:
    return len(text.encode()) + 1


def _confession(left_out: Sequence[str]) -> list[str]:
    if not left_out:
        return []
    said = _("Left out for their size: {parts}. The JSON output has all.")
    return [said.format(parts=sentences(left_out))]
