"""The table of a summary's names, for a terminal, with their course over time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from rich.text import Text

from perfanalysis.model.results import NameSummary, Summary
from perfanalysis.model.views import Timeline
from perfanalysis.reports import summary_wording
from perfanalysis.reports.escape import terminal_text
from perfanalysis.reports.name_columns import name_columns
from perfanalysis.reports.terminal.columns import ALWAYS, TableColumn, fitted_table
from perfanalysis.reports.terminal.layout import Footnotes, is_ascii, name_cell, paragraph
from perfanalysis.reports.terminal.sparklines import sparkline

WIDEST_NAME = 40
_LEAST_NAME = 14
# Between the ranks of figures, which are ten apart.
_LATENCY_RANK, _THROUGHPUT_RANK = 25, 45
_WIDE_TERMINAL = 160
_SHORT_COURSE, _LONG_COURSE = 13, 30
_CARRIED = 0.75

Courses = Mapping[str | None, Timeline]


def name_lines(
    summary: Summary, courses: Courses, notes: Footnotes, width: int | None
) -> list[Text]:
    """Return one line per name and one for all requests, with as many figures as fit.

    Args:
        summary: what was measured.
        courses: timelines by name, None for all requests; names without one have a blank.
        notes: where caveats are gathered.
        width: cells of the terminal; None where nothing is left out.
    """
    if not summary_wording.has_requests(summary):
        return []
    entries = [*summary.names, summary.total]
    names = [_marked_name(entry, notes) for entry in entries]
    columns = [
        TableColumn(title="name", cells=names, rank=ALWAYS, right=False, least=_LEAST_NAME),
        *(
            TableColumn(
                title=column.title,
                cells=[Text(terminal_text(column.text(entry))) for entry in entries],
                rank=column.rank * 10,
                right=column.right,
            )
            for column in name_columns(summary)
        ),
        *_course_columns(entries, courses, width),
    ]
    table, left_out = fitted_table(columns, width)
    lines = [Text(), *table]
    if left_out:
        missed = [title.removesuffix(" ms") for title in left_out]
        lines += paragraph(f"too narrow to show: {', '.join(missed)}", width=width)
    return lines


def _marked_name(entry: NameSummary, notes: Footnotes) -> Text:
    style = "bold" if entry.name is None else ""
    name = name_cell(entry.name, WIDEST_NAME, style=style)
    marks = notes.marks(entry.caveats)
    return name + Text(f" {marks}" if marks else "")


def _course_columns(
    entries: Sequence[NameSummary], courses: Courses, width: int | None
) -> list[TableColumn]:
    if not courses:
        return []
    cells = _LONG_COURSE if width is not None and width >= _WIDE_TERMINAL else _SHORT_COURSE
    found = []
    percentile = _percentile([course for e in entries if (course := _course(e, courses))])
    for title, rank, values in (
        (f"{percentile} over time", _LATENCY_RANK, _LATENCIES[percentile]),
        ("per s over time", _THROUGHPUT_RANK, _throughput),
    ):
        texts = []
        for entry in entries:
            course = _course(entry, courses)
            shown = [] if course is None else values(course)
            texts.append(sparkline(shown, width=cells, ascii_only=is_ascii()))
        if any(text.strip() for text in texts):
            column = TableColumn(
                title=title, cells=[Text(text) for text in texts], rank=rank, right=False
            )
            found.append(column)
    return found


def _course(entry: NameSummary, courses: Courses) -> Timeline | None:
    # A transaction may be called like the request that it holds: timelines are those of requests.
    return courses.get(entry.name) if entry.kind == "request" else None


def _percentile(courses: Sequence[Timeline]) -> str:
    """Return the highest percentile that most windows carry: one for all names."""
    for key, values in _LATENCIES.items():
        points = [math.isfinite(value) for course in courses for value in values(course)]
        if sum(points) >= _CARRIED * len(points):
            return key
    return "mean"


def _floats(values: Iterable[float]) -> list[float]:
    return [float(value) for value in values]


def _throughput(course: Timeline) -> list[float]:
    return _floats(course.throughput)


_LATENCIES: Mapping[str, Callable[[Timeline], list[float]]] = {
    "p95": lambda course: _floats(course.p95_ms),
    "p50": lambda course: _floats(course.p50_ms),
    "mean": lambda course: _floats(course.mean_ms),
}
