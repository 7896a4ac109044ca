"""Trend: what `perfanalysis trend` prints: a row with a sparkline for each figure, then why."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from perfanalysis.model.results import Verdict
from perfanalysis.model.trend import FigureTrend, Trend
from perfanalysis.reports import wording
from perfanalysis.reports.escape import terminal_text
from perfanalysis.reports.terminal.columns import ALWAYS, TableColumn, fitted_table
from perfanalysis.reports.terminal.layout import (
    Footnotes,
    in_ascii,
    is_ascii,
    name_cell,
    paragraph,
    render,
    section,
    sentence,
)
from perfanalysis.reports.terminal.results import VERDICT_STYLES
from perfanalysis.reports.terminal.sparklines import sparkline
from perfanalysis.reports.trend import wording as trend_wording
from perfanalysis.units import format_quantity

_MOST_ROWS = 40
_LEAST_NAME = 12
_LEAST_METRIC = 11
_WIDE_TERMINAL = 120
_SHORT_COURSE, _LONG_COURSE = 10, 40
# Columns of a higher rank are extras of wide terminals.
_COMMON_RANK = 3
_TILDE = "~ no step within the newest runs; <X: a step of up to X could hide"


def trend_table(
    trend: Trend,
    *,
    width: int | None,
    color: bool,
    ascii_only: bool = False,
    every_row: bool = False,
) -> str:
    """Return a trend for a terminal.

    Args:
        trend: what was found.
        width: cells of the terminal; None where the output is no terminal: nothing is wrapped.
        color: whether to write ANSI colours.
        ascii_only: our own words and signs are ASCII.
        every_row: give every figure a row, of long lists too.
    """
    with in_ascii(ascii_only):
        return render(_lines(trend, width, every_row=every_row), color=color)


def _lines(trend: Trend, width: int | None, *, every_row: bool) -> list[Text]:
    ordered = trend_wording.by_importance(trend.figures)
    shown = ordered
    if len(ordered) > _MOST_ROWS and not every_row:
        shown = [figure for figure in ordered if not trend_wording.is_quiet(figure)]
    left_out = len(ordered) - len(shown)
    notes = Footnotes()
    lines = [*_header(trend, width), *_table(shown, trend, notes, width)]
    if left_out:
        said = f"{wording.plural(left_out, 'more figure')} without any step; --all shows them"
        lines += paragraph(said, width=width)
    not_judged = [wording.not_judged_text(entry) for entry in trend.not_judged]
    return [
        *lines,
        *section("Steps, newest first:", trend_wording.step_sentences(trend), width),
        *section("Suspected:", trend_wording.suspicion_sentences(trend), width),
        *section("Drifting:", trend_wording.drift_sentences(trend), width),
        *section("For a few runs only:", trend_wording.episode_sentences(trend), width),
        *section("Names that come and go:", trend_wording.name_sentences(trend), width),
        *section(f"Not judged ({len(not_judged)}):", not_judged, width),
        *section("Caveats:", trend_wording.trend_caveats(trend), width),
        *notes.lines(width),
    ]


def _header(trend: Trend, width: int | None) -> list[Text]:
    verdict = Text(sentence(trend_wording.headline(trend)))
    verdict.stylize(VERDICT_STYLES[trend.verdict], 0, len(trend.verdict))
    return [
        *paragraph(verdict, width=width),
        *paragraph(sentence(trend_wording.span_text(trend)), width=width),
        *paragraph(sentence(trend_wording.coverage(trend)), width=width),
    ]


def _table(
    figures: Sequence[FigureTrend], trend: Trend, notes: Footnotes, width: int | None
) -> list[Text]:
    if not figures:
        return []
    columns = _columns(figures, trend, notes, width)
    table, left_out = fitted_table(columns, width, most_rank=_COMMON_RANK)
    lines = [Text(), *table]
    if any(figure.change is None for figure in figures):
        lines += paragraph(_TILDE, width=width)
    if left_out:
        lines += paragraph(f"too narrow to show: {', '.join(left_out)}", width=width)
    return lines


def _columns(
    figures: Sequence[FigureTrend], trend: Trend, notes: Footnotes, width: int | None
) -> list[TableColumn]:
    names = [name_cell(figure.name, wording.LONGEST_NAME) for figure in figures]
    metrics = [Text(figure.metric) for figure in figures]
    wide = width is None or width >= _WIDE_TERMINAL
    room = min(len(trend.runs), _LONG_COURSE if wide else _SHORT_COURSE)
    lines = [
        sparkline(
            trend_wording.values_of(figure, len(trend.runs)), width=room, ascii_only=is_ascii()
        )
        for figure in figures
    ]
    levels = [_quantity(figure.levels[-1].value, figure.unit) for figure in figures]
    extras = _further_columns(figures) if width is not None or is_ascii() else []
    return [
        TableColumn(title="name", cells=names, rank=ALWAYS, right=False, least=_LEAST_NAME),
        TableColumn(title="metric", cells=metrics, rank=ALWAYS, right=False, least=_LEAST_METRIC),
        TableColumn(title="runs", cells=[Text(t) for t in lines], rank=2, right=False),
        _column("level", 1, levels),
        _column("change", ALWAYS, [trend_wording.change_text(figure) for figure in figures]),
        *extras,
        TableColumn(
            title="verdict",
            cells=[_verdict(figure, notes) for figure in figures],
            rank=ALWAYS,
            right=False,
        ),
    ]


def _further_columns(figures: Sequence[FigureTrend]) -> list[TableColumn]:
    intervals = [trend_wording.level_interval_text(figure) for figure in figures]
    newest = [_quantity(figure.points[-1].value, figure.unit) for figure in figures]
    sizes = [_size(figure.detectable_change, figure.metric) for figure in figures]
    return [
        _column("95 % of level", 4, intervals, right=False),
        _column("at level", 5, [str(figure.levels[-1].runs) for figure in figures]),
        _column("newest", 6, newest),
        _column("detectable", 7, sizes),
        _column("tolerance", 8, [_size(figure.tolerance, figure.metric) for figure in figures]),
    ]


def _column(title: str, rank: int, texts: Sequence[str], *, right: bool = True) -> TableColumn:
    return TableColumn(title=title, cells=[Text(text) for text in texts], rank=rank, right=right)


def _quantity(value: float, unit: str) -> str:
    return terminal_text(format_quantity(value, unit))


def _size(value: float | None, metric: str) -> str:
    return "∞" if value is None else wording.size_text(value, metric)


def _verdict(figure: FigureTrend, notes: Footnotes) -> Text:
    words = trend_wording.verdict_words(figure)
    style = VERDICT_STYLES[figure.verdict]
    if figure.verdict is Verdict.REGRESSED and not figure.gate:
        words = f"{words}, not gating"
    return Text(words, style) + Text(notes.marks(figure.caveats))
