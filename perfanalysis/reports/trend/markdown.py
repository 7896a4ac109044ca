"""A trend in Markdown, for job summaries and comments: at most 60,000 bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from perfanalysis.model.gate import gate_of
from perfanalysis.model.results import Verdict
from perfanalysis.model.trend import FigureTrend, Trend
from perfanalysis.reports import wording
from perfanalysis.reports.language import gettext as _
from perfanalysis.reports.markdown.comparison import GATE_SYMBOLS
from perfanalysis.reports.markdown.layout import (
    Column,
    code,
    figure_text,
    fitted,
    list_section,
    metric_text,
    name_code,
    prose,
    table,
    table_section,
)
from perfanalysis.reports.numbers import counted, format_quantity
from perfanalysis.reports.terminal.sparklines import sparkline
from perfanalysis.reports.trend import wording as trend_wording

_MOST_ROWS = 10
_LONGEST_COURSE = 30


def trend_markdown(trend: Trend) -> str:
    """Return a trend as Markdown: the verdict, ten figures, and the rest folded."""
    figures = trend_wording.by_importance(trend.figures)
    first, further = figures[:_MOST_ROWS], figures[_MOST_ROWS:]
    symbol = GATE_SYMBOLS[gate_of(trend.verdict, (), strict=False)]
    head = [
        f"### {symbol} "
        + _("Performance over {runs}").format(
            runs=counted("{num} run", "{num} runs", len(trend.runs))
        ),
        prose(trend_wording.headline(trend)),
        prose(trend_wording.span_text(trend)),
        table(_heads(), _rows(first, trend)),
    ]
    judged = [wording.not_judged_text(entry) for entry in trend.not_judged]
    caveats = [trend_wording.coverage(trend), *trend_wording.trend_caveats(trend)]
    steps = trend_wording.step_sentences(trend)
    sections = [
        list_section(_("Steps, newest first"), steps, keep=6),
        list_section(_("Suspected"), trend_wording.suspicion_sentences(trend), keep=5),
        list_section(_("Drifting"), trend_wording.drift_sentences(trend), keep=4),
        table_section(
            counted("{num} more figure", "{num} more figures", len(further)),
            _heads(),
            _rows(further, trend),
            len(further),
            keep=1,
        ),
        list_section(_("For a few runs only"), trend_wording.episode_sentences(trend), keep=2),
        list_section(_("Names that come and go"), trend_wording.name_sentences(trend), keep=3),
        list_section(_("Not judged"), judged, keep=0),
        list_section(_("How this was decided"), caveats, keep=3),
    ]
    return fitted(head, sections, [])


def _heads() -> list[Column]:
    return [
        Column(title=_("Name"), align="left"),
        Column(title=_("Metric"), align="left"),
        Column(title=_("Runs"), align="left"),
        Column(title=_("Level"), align="right"),
        Column(title=_("Change"), align="right"),
        Column(title=_("Verdict"), align="left"),
    ]


def _rows(figures: Sequence[FigureTrend], trend: Trend) -> Iterable[list[str]]:
    for figure in figures:
        values = trend_wording.values_of(figure, len(trend.runs))
        course = sparkline(values, width=min(len(values), _LONGEST_COURSE))
        change = figure_text(trend_wording.change_text(figure))
        regressed = figure.verdict is Verdict.REGRESSED
        yield [
            name_code(None if figure.name == wording.ALL_REQUESTS else figure.name),
            metric_text(figure.metric),
            code(course),
            figure_text(format_quantity(figure.levels[-1].value, figure.unit)),
            f"**{change}**" if regressed else change,
            figure_text(trend_wording.verdict_words(figure)),
        ]
