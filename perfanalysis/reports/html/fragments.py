"""Results as HTML tables for a notebook: no style sheet, no script, everything escaped.

They are for readers: in the language of the reports, with numbers and times as it writes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perfanalysis.model.budget_results import Check
from perfanalysis.model.results import Comparison, SeriesSummary, Summary
from perfanalysis.model.run import RunInfo
from perfanalysis.model.trend import FigureTrend, Trend
from perfanalysis.reports import wording
from perfanalysis.reports.budgets.wording import by_importance, headline
from perfanalysis.reports.html.tables import shown
from perfanalysis.reports.html.templates import templates
from perfanalysis.reports.language import current_language, in_language
from perfanalysis.reports.language import gettext as _
from perfanalysis.reports.run_card import run_facts
from perfanalysis.reports.summary_wording import has_requests, series_figures, summary_sentence
from perfanalysis.reports.terminal.sparklines import sparkline
from perfanalysis.reports.trend import wording as trend_wording

_MOST_ROWS = 200
_MOST_BUDGETS = 50
_MOST_NOT_JUDGED = 20
_MOST_SERIES = 40
_LONGEST_COURSE = 40


def run_fragment(info: RunInfo, names: Sequence[str]) -> str:
    """Return a run as a card.

    Args:
        info: what is known about it.
        names: of its requests.
    """
    with in_language(current_language()):
        return _rendered("run", info=info, facts=run_facts(info, names))


def comparison_fragment(comparison: Comparison) -> str:
    """Return a comparison as a table, the verdict first."""
    with in_language(current_language()):
        return _rendered(
            "comparison",
            comparison=comparison,
            headline=wording.headline(comparison),
            results=shown(wording.by_importance(comparison.results), _MOST_ROWS),
            budgets=shown(by_importance(comparison.budgets), _MOST_BUDGETS),
            not_judged=shown(
                [wording.not_judged_text(entry) for entry in comparison.not_judged],
                _MOST_NOT_JUDGED,
            ),
        )


def check_fragment(check: Check) -> str:
    """Return judged budgets as a table, broken ones first."""
    with in_language(current_language()):
        return _rendered(
            "check",
            check=check,
            headline=headline(check),
            budgets=shown(by_importance(check.results), _MOST_ROWS),
        )


def summary_fragment(summary: Summary) -> str:
    """Return a summary as a table of names, the total last; and one of series."""
    names = [entry for entry in summary.names if entry.kind == summary.total.kind]
    with in_language(current_language()):
        series = [SeriesRow(series=s, figures=series_figures(s)) for s in summary.series]
        return _rendered(
            "summary",
            headline=summary_sentence(summary),
            names=shown(names if has_requests(summary) else [], _MOST_ROWS),
            total=summary.total,
            series=shown(series, _MOST_SERIES),
            caveats=summary.run.caveats,
        )


def trend_fragment(trend: Trend) -> str:
    """Return a history of runs as a table with sparklines, the verdict first."""
    with in_language(current_language()):
        rows = [
            FigureRow(
                figure=figure,
                course=sparkline(
                    trend_wording.values_of(figure, len(trend.runs)), width=_LONGEST_COURSE
                ),
                change=trend_wording.change_text(figure),
                verdict=trend_wording.verdict_words(figure),
            )
            for figure in trend_wording.by_importance(trend.figures)
        ]
        return _rendered(
            "trend",
            headline=trend_wording.headline(trend),
            span=trend_wording.span_text(trend),
            coverage=trend_wording.coverage(trend),
            figures=shown(rows, _MOST_ROWS),
            findings=[
                (_("Steps, newest first"), trend_wording.step_sentences(trend)),
                (_("Suspected"), trend_wording.suspicion_sentences(trend)),
                (_("Drifting"), trend_wording.drift_sentences(trend)),
                (_("For a few runs only"), trend_wording.episode_sentences(trend)),
                (_("Names that come and go"), trend_wording.name_sentences(trend)),
                (_("Not judged"), [wording.not_judged_text(e) for e in trend.not_judged]),
                (_("Caveats"), trend_wording.trend_caveats(trend)),
            ],
        )


@dataclass(frozen=True, kw_only=True)
class FigureRow:
    """A figure of a history, with its course as a sparkline."""

    figure: FigureTrend
    course: str
    change: str
    verdict: str


@dataclass(frozen=True, kw_only=True)
class SeriesRow:
    """A series with its mean, 95th percentile, maximum and total as texts."""

    series: SeriesSummary
    figures: Sequence[str]


def _rendered(what: str, **values: object) -> str:
    return templates().get_template(f"notebook_{what}.html").render(**values)
