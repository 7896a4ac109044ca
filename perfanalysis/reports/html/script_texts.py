"""The texts that the page's script shows, in the language of the report."""

from __future__ import annotations

from perfanalysis.reports.language import gettext as _


def script_texts() -> dict[str, str]:
    """Return the texts by the keys that the script asks for; `%name` stands for a value."""
    return {
        **_chart_texts(),
        **_table_texts(),
        "baseline": _("baseline"),
        "change": _("change"),
        "count": _("%shown of %all rows"),
        "current": _("current"),
        "errors": _("failed"),
        "mean": _("mean"),
        "share": _("share of requests"),
        "throughput": _("throughput"),
        "value": _("value"),
    }


def _chart_texts() -> dict[str, str]:
    return {
        "axis-change": _("change against the baseline"),
        "axis-errors": _("% of requests failed"),
        "axis-ms": _("ms"),
        "axis-ms-log": _("ms, logarithmic"),
        "axis-share": _("% of requests at or below"),
        "axis-step": _("% of requests in a step of %step"),
        "axis-throughput": _("requests per second"),
        "band": _("band"),
        "cell": _("%time, %latency: %count requests"),
        "chart": _("Interactive chart: %chart"),
        "few": _("few requests"),
        "hint": _("Left and right arrow keys read values, plus and minus zoom, Escape resets."),
        "many": _("many requests"),
        "p-of": _("p%share"),
        "reading": _("%place: %values"),
        "toggle": _("Show or hide %series"),
        "zoomed": _("%from to %to"),
    }


def _table_texts() -> dict[str, str]:
    return {
        "data": _("Data of this chart"),
        "latency": _("Latency"),
        "most-at": _("Most took"),
        "quantile": _("Quantile"),
        "requests": _("Requests"),
        "table-note": _("At most %count rows, evenly picked."),
        "time": _("Time"),
    }
