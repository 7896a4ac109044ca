"""The HTML report: one self-contained file that opens anywhere, for years, without a network.

The page loads nothing. Its Content-Security-Policy allows, by their hashes, one style sheet, the
charting library and our script, and nothing else: text from a result file that should ever escape
its escaping could still run and load nothing. Without script the page is whole: tables, and
static drawings for the names that matter most.

What other programs (and browser tests) may rely on:

- ids of the sections: `verdict`, `budgets`, `changes` or `summary`, `all`, `events`, `names`,
  `name-1` and so on, `errors`, `checks`, `resources`, `thresholds`, `not-judged`, `provenance`,
  `method`, `reproduce`; those without content are left out.
- `#verdict a.chip`: jump links; `data-show-verdict` filters the tables of changes besides.
- `th[data-sort]` in `table.sortable`: the script puts a button with the column's words into it
  and sets `aria-sort`.
- `table.changes`: where it has no room, its rows are blocks that leave out `.detail`; the script
  says the roles of tables besides.
- `[data-filter=text]`, `[data-filter=verdict]`, `[data-filter=metric]`: the filters of the
  tables of changes; `[data-filter-count]` says how many rows are left, `[data-filter-reset]`
  shows all again. Rows carry `data-verdict` and `data-metric`.
- `figure.chart-interactive[data-chart]`: a chart that the script draws when it comes near the
  viewport; it then has the class `live` and holds `.plot` (role application, focusable: arrow
  keys read, `+`, `-` and Escape zoom), `.legend-keys button[aria-pressed]` (what is read off
  stands beside them in `.reading`), `.place`, and `details.chart-data` with a table. `.static`
  is the drawing for print and for readers without script.
- `#reset-zoom` (visible while charts over time are zoomed), `#theme` (light or dark), `#live`
  (what is read aloud).
"""

from __future__ import annotations

from collections import Counter
from importlib import metadata
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from perfanalysis.model.caveat import Caveat
from perfanalysis.model.outcome import Outcome
from perfanalysis.model.results import Comparison, Verdict
from perfanalysis.model.views import ReportData
from perfanalysis.reports import wording
from perfanalysis.reports.escape import terminal_text
from perfanalysis.reports.html import assets, jumps
from perfanalysis.reports.html.budgets import budget_rows, usage_axis
from perfanalysis.reports.html.changes import (
    MOST_ROWS,
    VERDICTS,
    ChangeTable,
    change_tables,
    confidence_note,
    footnotes,
)
from perfanalysis.reports.html.events import Event, marks, run_events
from perfanalysis.reports.html.figures import Drawing, draw
from perfanalysis.reports.html.method import method_text
from perfanalysis.reports.html.script_texts import script_texts
from perfanalysis.reports.html.tables import (
    Shown,
    check_rows,
    error_rows,
    name_rows,
    name_values,
    run_labels,
    series_rows,
    shown,
    threshold_rows,
)
from perfanalysis.reports.html.templates import templates, visible
from perfanalysis.reports.language import current_language
from perfanalysis.reports.language import gettext as _
from perfanalysis.reports.words import word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_BYTES = 2_000_000
_BYTES_OF_TEXT = 35_000  # verdict, caveats, provenance, method
_BYTES_OF_A_CHANGE = 1000
_BYTES_OF_A_ROW = 400  # of any other table
_LEAST_ROOM = 150_000
# Of the charts and of the rows of tables, tried until the page is small enough.
_SHARES = ((1.0, 1.0), (0.6, 1.0), (0.3, 0.5), (0.0, 0.15), (0.0, 0.03))


def render_report(data: ReportData, *, reproduce: str | None = None) -> str:
    """Return a complete HTML document of less than 2 MB: verdict, changes, charts, provenance.

    The same data give the same text, whenever and wherever it is rendered.

    Args:
        data: runs ready to draw; without a comparison the report describes the current runs.
        reproduce: the command that makes this report again, shown at its end.
    """
    page = ""
    for room, rows in _SHARES:
        page = _render(data, reproduce, room=room, rows=rows)
        if len(page.encode()) < MOST_BYTES:
            break
    return page


def _render(data: ReportData, reproduce: str | None, *, room: float, rows: float) -> str:
    """Return the page with a share of the usual charts and of the usual rows of tables."""
    comparison = data.comparison
    tables = change_tables(data, most_rows=round(MOST_ROWS * rows))
    others = _tables(data, rows)
    drawing = draw(data, room=round(_room(tables, others) * room))
    sections = {None: "all"} | {s.name: f"n{i}" for i, s in enumerate(drawing.names, start=1)}
    events = run_events(drawing.runs, sections)
    context: dict[str, Any] = {
        "lang": current_language(),
        "title": _title(data),
        "policy": assets.policy(),
        "style": assets.style_element(),
        "scripts": assets.script_elements(),
        "chart_data": assets.data_element(_script_data(data, drawing, events)),
        "data": data,
        "comparison": comparison,
        "status": _status(data),
        "over_budget": any(budget.fails for budget in data.budgets),
        "heading": "" if comparison is None else _heading(comparison, data),
        "jumps": jumps.jumps(data, drawing, events=sum(e.kind != "warmup" for e in events)),
        "reproduce": None if reproduce is None else _lines(reproduce),
        "labels": run_labels(data),
        "any_requests": any(v.summary.total.requests for v in (*data.current, *data.baseline)),
        "many_runs": len(drawing.runs) > (1 if comparison is None else 2),
        "tables": tables,
        "notes": footnotes(tables),
        "remedies": any(row.remedy for table in tables for row in table.rows),
        "confidence": confidence_note(tables) if tables else "",
        "caveats": _caveats(data),
        "drawing": drawing,
        "banded": any(count >= 3 for count in Counter(side for side, _v in drawing.runs).values()),
        "events": shown(events, 60),
        "method": [(heading, escape(text)) for heading, text in method_text(data)],
        "version": metadata.version("perfanalysis"),
        **_filters(tables),
        **others,
    }
    context["sections"] = _sections(context)
    return templates().get_template("report.html").render(context)


def _tables(data: ReportData, rows: float) -> dict[str, Any]:
    """Return the tables that hold both sides, with a share of their usual rows."""
    comparison = data.comparison
    return {
        "budgets": budget_rows(data.budgets, most_rows=round(150 * rows)),
        "usage_axis": usage_axis(),
        "errors": shown(error_rows(data), round(100 * rows)),
        "checks": shown(check_rows(data), round(100 * rows)),
        "thresholds": shown(threshold_rows(data), round(150 * rows)),
        "series": shown(series_rows(data), round(150 * rows)),
        "not_judged": shown(comparison.not_judged if comparison else (), round(150 * rows)),
        "names": [shown(name_rows(view), round(300 * rows)) for view in data.current],
        "name_values": name_values,
    }


def _room(changes: Sequence[ChangeTable], tables: Mapping[str, Any]) -> int:
    """Return how many bytes are left for charts, beside what else the page holds."""
    fixed = len(assets.style_element()) + len(assets.script_elements()) + _BYTES_OF_TEXT
    drawn = sum(len(table.rows) for table in changes) * _BYTES_OF_A_CHANGE
    shown_tables = [table for table in tables.values() if isinstance(table, Shown)]
    shown_tables += [] if changes else tables["names"]
    plain = sum(len(table.rows) for table in shown_tables) * _BYTES_OF_A_ROW
    return max(MOST_BYTES - fixed - drawn - plain, _LEAST_ROOM)


def _script_data(data: ReportData, drawing: Drawing, events: list[Event]) -> dict[str, object]:
    """Return what the page's script draws, with the words that it shows."""
    labels = run_labels(data)
    return {
        "lang": current_language(),
        "texts": script_texts(),
        "compared": data.comparison is not None,
        "time": [drawing.axis.start_s, drawing.axis.end_s],
        "runs": [
            {"side": side, "label": visible(wording.name_text(labels[view.summary.run.id]))}
            for side, view in drawing.runs
        ],
        "marks": [mark | {"text": visible(mark["text"])} for mark in marks(events)],
        "charts": drawing.charts,
    }


def _filters(tables: Sequence[ChangeTable]) -> dict[str, Any]:
    """Return the choices above the tables of changes: those that leave some rows."""
    results = [result for table in tables for result in table.results]
    verdicts = [v for v in VERDICTS if any(r.verdict is v for r in results)]
    choices = [(str(verdict), word(verdict)) for verdict in verdicts]
    if len(verdicts) > 2 and Verdict.UNCHANGED in verdicts:
        changed = " ".join(str(v) for v in verdicts if v is not Verdict.UNCHANGED)
        choices.insert(0, (changed, _("all but unchanged")))
    return {
        "filter_verdicts": choices,
        "filter_metrics": list(dict.fromkeys(result.metric for result in results)),
    }


def _sections(context: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the links at the top of the page."""
    comparison = context["comparison"]
    found = [
        ("verdict", _("Verdict"), True),
        ("budgets", _("Budgets"), context["data"].budgets),
        ("changes", _("Changes"), comparison),
        ("summary", _("Summary"), not comparison),
        ("all", _("All requests"), True),
        ("names", _("Names"), True),
        ("errors", _("Errors"), True),
        ("resources", _("Resources"), True),
        ("thresholds", _("Thresholds"), True),
        ("not-judged", _("Not judged"), comparison),
        ("provenance", _("Provenance"), True),
        ("method", _("Method"), True),
        ("reproduce", _("Reproduce"), context["reproduce"] is not None),
    ]
    return [(anchor, text) for anchor, text, there in found if there]


def _title(data: ReportData) -> str:
    if data.comparison is not None:
        return f"{word(data.comparison.verdict)}: {wording.direction(data.comparison)}"
    return ", ".join(view.summary.run.name for view in data.current[:3])


def _heading(comparison: Comparison, data: ReportData) -> str:
    verdict = word(comparison.verdict).replace("-", " ").capitalize()
    if any(budget.fails for budget in data.budgets):
        return _("{verdict}, over budget").format(verdict=verdict)
    return verdict


def _status(data: ReportData) -> str:
    """Return the word that colours the page's head: a verdict, or the outcome of thresholds."""
    if data.comparison is not None:
        return str(data.comparison.verdict)
    outcomes = {budget.outcome for budget in data.budgets}
    outcomes = outcomes or {t.outcome for view in data.current for t in view.summary.thresholds}
    if Outcome.BROKEN in outcomes:
        return str(Verdict.REGRESSED)
    return str(Verdict.IMPROVED) if outcomes == {Outcome.MET} else str(Verdict.UNCHANGED)


def _caveats(data: ReportData) -> list[tuple[str | None, Caveat]]:
    """Return what the reader must know: of the comparison, then of runs with their names."""
    own = data.comparison.caveats if data.comparison is not None else ()
    found: list[tuple[str | None, Caveat]] = [(None, caveat) for caveat in dict.fromkeys(own)]
    runs: dict[Caveat, list[str]] = {}
    for view in (*data.current, *data.baseline):
        run = view.summary.run
        for caveat in dict.fromkeys((*run.caveats, *view.summary.total.caveats)):
            if caveat not in own:
                runs.setdefault(caveat, []).append(run.name)
    return found + [(wording.first_names(names), caveat) for caveat, names in runs.items()]


def _lines(text: str) -> Markup:
    """Return a command of several lines, whole: the templates would shorten it."""
    return Markup("\n").join(terminal_text(line) for line in text.splitlines())
