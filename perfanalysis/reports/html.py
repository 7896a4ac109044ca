"""The HTML report: one self-contained file that opens anywhere, for years, without a network.

The page holds no script, no link to anything outside, and obeys a Content-Security-Policy that
forbids both: text from a result file that should ever escape its escaping could still load and run
nothing. Its style sheet is allowed by its hash, so not even a style can be slipped in.

Jinja escapes every value. The few values marked as safe are made by `charts_svg` and
`html_intervals` from numbers and our own words.
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from perfanalysis import units
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.results import Outcome, Verdict
from perfanalysis.model.views import ReportData
from perfanalysis.reports import wording
from perfanalysis.reports.escape import shortened, terminal_text
from perfanalysis.reports.html_changes import change_tables, footnotes
from perfanalysis.reports.html_charts import draw
from perfanalysis.reports.html_method import method_text
from perfanalysis.reports.html_tables import (
    check_rows,
    error_rows,
    name_rows,
    run_labels,
    series_rows,
    shown,
    threshold_rows,
)

if TYPE_CHECKING:
    from jinja2 import Environment

_LONGEST_TEXT = 400  # terminal cells of one text from a result file


def render_report(data: ReportData, *, reproduce: str | None = None) -> str:
    """Return a complete HTML document: verdict first, then changes, charts and provenance.

    The same data give the same text, whenever and wherever it is rendered.

    Args:
        data: runs ready to draw; without a comparison the report describes the current runs.
        reproduce: the command that makes this report again, shown at its end.
    """
    comparison = data.comparison
    style = _templates().joinpath("report.css").read_text(encoding="utf-8")
    tables = change_tables(comparison) if comparison else []
    context: dict[str, Any] = {
        "title": _title(data),
        "style": Markup(style),  # noqa: S704  (our own file)
        "style_hash": _content_hash(style),
        "data": data,
        "comparison": comparison,
        "status": _status(data),
        "reproduce": None if reproduce is None else _lines(reproduce),
        "labels": run_labels(data),
        "tables": tables,
        "notes": footnotes(tables),
        "caveats": _caveats(data),
        "drawing": draw(data),
        "errors": shown(error_rows(data), 100),
        "checks": shown(check_rows(data), 100),
        "thresholds": shown(threshold_rows(data), 150),
        "series": shown(series_rows(data), 150),
        "not_judged": shown(comparison.not_judged if comparison else (), 150),
        "names": [shown(name_rows(view), 300) for view in data.current],
        "method": [(heading, escape(text)) for heading, text in method_text(data)],
        "version": metadata.version("perfanalysis"),
    }
    return _environment().get_template("report.html").render(context)


def _title(data: ReportData) -> str:
    if data.comparison is not None:
        return f"{data.comparison.verdict}: {wording.direction(data.comparison)}"
    return ", ".join(view.summary.run.name for view in data.current[:3])


def _status(data: ReportData) -> str:
    """Return the word that colours the page's head: a verdict, or the outcome of thresholds."""
    if data.comparison is not None:
        return str(data.comparison.verdict)
    outcomes = {t.outcome for view in data.current for t in view.summary.thresholds}
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
    """Return a command of several lines, whole: escaped here, it is exempt from `_visible`."""
    return Markup("\n").join(terminal_text(line) for line in text.splitlines())


def _content_hash(text: str) -> str:
    """Return a hash as Content-Security-Policy writes it."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _templates() -> Path:
    """Return the folder of the templates: in a wheel inside the package, else beside it."""
    package = Path(__file__).parent.parent
    inside = package / "report_templates"
    return inside if inside.is_dir() else package.parent / "report_templates"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_templates()),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        ms=units.format_ms,
        number=units.format_count,
        ratio=units.format_ratio,
        rate=units.format_rate,
        bytes=units.format_bytes,
        quantity=units.format_quantity,
        duration=duration_text,
        typeset=lambda text: text.replace("-", "\u2212"),
        name=lambda text: terminal_text(wording.name_text(text)),
    )
    environment.globals.update(
        plural=wording.plural,
        coverage=wording.coverage,
        verdict_counts=wording.verdict_counts,
        direction=wording.direction,
        size_text=wording.size_text,
        change_text=wording.change_text,
        interval_text=wording.interval_text,
        interval_heading=wording.interval_heading,
        verdict_text=wording.verdict_text,
        timestamp=wording.timestamp,
        shown=shown,
    )
    return environment


def _visible(value: object) -> object:
    """Return what is printed for a value: control characters visible, bounded in length.

    Applied to every expression of the templates, so that no text can be forgotten.
    """
    if isinstance(value, str) and not isinstance(value, Markup):
        return terminal_text(shortened(value, _LONGEST_TEXT))
    return value


def duration_text(seconds: float | None) -> str:
    """Return a duration as people say it.

    >>> duration_text(30.13), duration_text(754.2), duration_text(7384.0), duration_text(None)
    ('30.1 s', '12 min 34 s', '2 h 3 min', '–')
    """
    if seconds is None:
        return "–"
    if seconds < 60:
        return f"{units.significant(seconds)} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
