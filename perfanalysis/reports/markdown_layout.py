"""Markdown layout: tables, lists and folded sections, kept below the size limit of a comment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from perfanalysis.reports.escape import markdown_cell, markdown_text, shortened

# GitHub refuses a comment of more than 65,536 characters; the rest is for whoever posts it.
MOST_CHARACTERS = 60_000
_MOST_LISTED = 50
_LONGEST_SENTENCE = 400
_ALIGNMENT = {"left": ":--", "right": "--:", "center": ":-:"}


@dataclass(frozen=True, kw_only=True)
class Column:
    """The head of a column: Markdown, and `left`, `right` or `center`."""

    title: str
    align: str


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part that may be left out where there is no room.

    Attributes:
        title: plain words, such as `20 unchanged`.
        body: Markdown; an empty body is no section.
        keep: sections with the lowest number are left out first.
    """

    title: str
    body: str
    keep: int


def table(columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> str:
    """Return a table whose cells are Markdown, or nothing without rows."""
    lines = [_row(row) for row in rows]
    if not lines:
        return ""
    alignment = [_ALIGNMENT[column.align] for column in columns]
    return "\n".join([_row([column.title for column in columns]), _row(alignment), *lines])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(markdown_cell(cell) for cell in cells)} |"


def bullets(sentences: Sequence[str]) -> str:
    """Return sentences, which may quote strangers, as a list; a long one is counted, not shown."""
    lines = [f"- {prose(sentence)}" for sentence in sentences[:_MOST_LISTED]]
    if len(sentences) > _MOST_LISTED:
        lines.append(f"- and {len(sentences) - _MOST_LISTED} more; the JSON output has all")
    return "\n".join(lines)


def prose(text: str) -> str:
    """Return a sentence that may quote strangers as harmless Markdown of bounded length."""
    return markdown_text(shortened(text, _LONGEST_SENTENCE))


def fitted(head: Sequence[str], sections: Sequence[Section], foot: Sequence[str]) -> str:
    """Return blocks and folded sections as one text, leaving out sections that do not fit.

    What is left out is named, so that no reader takes silence for health.
    """
    present = [section for section in sections if section.body]
    left_out: list[Section] = []
    while True:
        kept = [_folded(section) for section in present if section not in left_out]
        blocks = [*head, *kept, *_confession(left_out), *foot]
        text = "\n\n".join(block for block in blocks if block) + "\n"
        if len(text) <= MOST_CHARACTERS or len(left_out) == len(present):
            return text
        candidates = [section for section in present if section not in left_out]
        left_out.append(min(candidates, key=lambda section: section.keep))


def _folded(section: Section) -> str:
    return f"<details><summary>{section.title}</summary>\n\n{section.body}\n\n</details>"


def _confession(left_out: Sequence[Section]) -> list[str]:
    if not left_out:
        return []
    titles = ", ".join(section.title for section in left_out)
    return [f"Left out for their size: {titles}. The JSON output has all."]
