"""The HTML report: one self-contained file that opens anywhere, for years, without a network.

The page holds no script, no link to anything outside, and obeys a Content-Security-Policy that
forbids both: text from a result file that should ever escape its escaping could still load and run
nothing. Its style sheet is allowed by its hash, so not even a style can be slipped in.
"""

from __future__ import annotations

import base64
import hashlib
from importlib import metadata
from typing import Any

from markupsafe import Markup, escape

from perfanalysis.model.caveat import Caveat
from perfanalysis.model.outcome import Outcome
from perfanalysis.model.results import Verdict
from perfanalysis.model.views import ReportData
from perfanalysis.reports import wording
from perfanalysis.reports.escape import terminal_text
from perfanalysis.reports.html.budgets import budget_rows, usage_axis
from perfanalysis.reports.html.changes import change_tables, footnotes
from perfanalysis.reports.html.figures import draw
from perfanalysis.reports.html.method import method_text
from perfanalysis.reports.html.tables import (
    check_rows,
    error_rows,
    name_rows,
    run_labels,
    series_rows,
    shown,
    threshold_rows,
)
from perfanalysis.reports.html.templates import template_folder, templates


def render_report(data: ReportData, *, reproduce: str | None = None) -> str:
    """Return a complete HTML document: verdict first, then changes, charts and provenance.

    The same data give the same text, whenever and wherever it is rendered.

    Args:
        data: runs ready to draw; without a comparison the report describes the current runs.
        reproduce: the command that makes this report again, shown at its end.
    """
    comparison = data.comparison
    style = template_folder().joinpath("report.css").read_text(encoding="utf-8")
    tables = change_tables(comparison) if comparison else []
    context: dict[str, Any] = {
        "title": _title(data),
        "style": Markup(style),  # noqa: S704  (our own file)
        "style_hash": _content_hash(style),
        "data": data,
        "comparison": comparison,
        "status": _status(data),
        "over_budget": any(budget.fails for budget in data.budgets),
        "reproduce": None if reproduce is None else _lines(reproduce),
        "labels": run_labels(data),
        "tables": tables,
        "notes": footnotes(tables),
        "caveats": _caveats(data),
        "drawing": draw(data),
        "budgets": budget_rows(data.budgets),
        "usage_axis": usage_axis(),
        "errors": shown(error_rows(data), 100),
        "checks": shown(check_rows(data), 100),
        "thresholds": shown(threshold_rows(data), 150),
        "series": shown(series_rows(data), 150),
        "not_judged": shown(comparison.not_judged if comparison else (), 150),
        "names": [shown(name_rows(view), 300) for view in data.current],
        "method": [(heading, escape(text)) for heading, text in method_text(data)],
        "version": metadata.version("perfanalysis"),
    }
    return templates().get_template("report.html").render(context)


def _title(data: ReportData) -> str:
    if data.comparison is not None:
        return f"{data.comparison.verdict}: {wording.direction(data.comparison)}"
    return ", ".join(view.summary.run.name for view in data.current[:3])


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
    """Return what the reader must know: of the comparison, then of each run with its name."""
    found: dict[tuple[str | None, Caveat], None] = {}
    if data.comparison is not None:
        found |= {(None, caveat): None for caveat in data.comparison.caveats}
    known = {caveat for _, caveat in found}
    for view in (*data.current, *data.baseline):
        run = view.summary.run
        found |= {(run.name, caveat): None for caveat in run.caveats if caveat not in known}
        total = view.summary.total.caveats
        found |= {(run.name, caveat): None for caveat in total if caveat not in known}
    return list(found)


def _lines(text: str) -> Markup:
    """Return a command of several lines, whole: the templates would shorten it."""
    return Markup("\n").join(terminal_text(line) for line in text.splitlines())


def _content_hash(text: str) -> str:
    """Return a hash as Content-Security-Policy writes it."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
