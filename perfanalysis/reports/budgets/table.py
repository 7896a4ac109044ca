"""Budgets for a terminal: one line each, what matters first; then why, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from perfanalysis.model.budget_results import BudgetResult, Check
from perfanalysis.model.outcome import Outcome
from perfanalysis.reports import wording
from perfanalysis.reports.budgets import wording as budget_wording
from perfanalysis.reports.escape import log_line, shortened, terminal_text
from perfanalysis.reports.terminal.layout import (
    GAP,
    SEE_JSON,
    Footnotes,
    aligned,
    heading,
    name_cell,
    paragraph,
    render,
    section,
    sentence,
    table_width,
    theirs,
)

OUTCOME_STYLES = {Outcome.MET: "green", Outcome.BROKEN: "bold red", Outcome.UNDECIDED: "yellow"}
_MOST_ROWS = 40
_LEAST_NAME = 8
_TITLES = ("outcome", "metric", "value", "interval", "limit", "left")
_INTERVAL = 3


def check_table(check: Check, *, width: int | None, color: bool) -> str:
    """Return judged budgets for a terminal.

    Args:
        check: what was found.
        width: cells of the terminal; None where the output is no terminal: nothing is wrapped.
        color: whether to write ANSI colours.
    """
    notes = Footnotes()
    head = Text(sentence(budget_wording.headline(check)))
    head.stylize(OUTCOME_STYLES[check.outcome], 0, len(check.outcome))
    caveats = [
        f"{wording.name_text(run.name)}: {text}"
        for run in check.runs
        for text in wording.caveat_sentences(run.caveats)
    ]
    lines = [
        *paragraph(head, width=width),
        *paragraph(sentence(wording.side(check.runs)), width=width),
        *budget_lines(check.results, notes, width),
        *section("Caveats:", [*wording.caveat_sentences(check.caveats), *caveats], width),
        *notes.lines(width),
    ]
    return render(lines, color=color)


def budgets_headline(results: Sequence[BudgetResult], width: int | None) -> list[Text]:
    """Return in a line of its own how many budgets are broken, before a verdict on changes."""
    if not results:
        return []
    worst = budget_wording.by_importance(results)[0].outcome
    line = Text(sentence(f"budgets: {budget_wording.outcome_counts(results)}"))
    line.stylize(OUTCOME_STYLES[worst], 0, len("budgets"))
    return paragraph(line, width=width)


def budget_lines(
    results: Sequence[BudgetResult], notes: Footnotes, width: int | None
) -> list[Text]:
    """Return budgets as a table and, of those that are not met, their sentences.

    Args:
        results: judged budgets; nothing is shown without any.
        notes: where their caveats are gathered.
        width: cells of the terminal, or None.
    """
    if not results:
        return []
    ordered = budget_wording.by_importance(results)
    listed = ordered[:_MOST_ROWS]
    lines = [Text(), *_table(listed, notes, width)]
    if len(listed) < len(ordered):
        left_out = wording.plural(len(ordered) - len(listed), "more budget")
        lines += paragraph(f"{left_out}; {SEE_JSON}", width=width)
    return lines + section("Budgets not met:", budget_wording.told(listed), width)


def _table(results: Sequence[BudgetResult], notes: Footnotes, width: int | None) -> list[Text]:
    rows = [heading(*_TITLES), *(_row(result, notes) for result in results)]
    names = [log_line(terminal_text(budget_wording.name_text(result))) for result in results]
    longest = max(Text(name).cell_len for name in names)
    right = [2, 3, 4, 5]
    if width is not None and table_width(rows) + GAP + min(longest, _LEAST_NAME) > width:
        # The sentences below hold the intervals too.
        rows = [[cell for i, cell in enumerate(row) if i != _INTERVAL] for row in rows]
        right = [2, 3, 4]
    if longest == 0:
        return aligned(rows, right=right)
    room = wording.LONGEST_NAME
    if width is not None:
        room = max(min(room, width - table_width(rows) - GAP), _LEAST_NAME)
    column = [Text("name", "bold"), *(theirs(shortened(name, room)) for name in names)]
    table = [[row[0], name, *row[1:]] for name, row in zip(column, rows, strict=True)]
    return aligned(table, right=[index + 1 for index in right])


def _row(result: BudgetResult, notes: Footnotes) -> list[Text]:
    outcome = Text(budget_wording.outcome_text(result), OUTCOME_STYLES[result.outcome])
    figures = [
        budget_wording.value_text(result, result.value),
        budget_wording.interval_text(result),
        budget_wording.limit_text(result),
        budget_wording.left_text(result),
    ]
    return [
        outcome + Text(notes.marks(result.caveats)),
        name_cell(result.metric, wording.LONGEST_NAME),
        *(Text(terminal_text(figure)) for figure in figures),
    ]
