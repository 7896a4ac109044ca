"""From a trend to text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfanalysis.api.rendering import PLAIN, Screen
from perfanalysis.errors import UsageError

if TYPE_CHECKING:
    from perfanalysis.model.trend import Trend

TREND_FORMATS = ("table", "plain", "json", "markdown", "csv")


def render_trend(
    trend: Trend, format_name: str, *, screen: Screen = PLAIN, lang: str | None = None
) -> str:
    """Return a trend as `table`, `plain`, `json`, `markdown` or `csv`.

    Args:
        trend: what to render.
        format_name: one of these words.
        screen: for tables.
        lang: language of Markdown, `en` or `ja`; None for that of the block (`in_language`).

    Raises:
        UsageError: another format; no such language.
    """
    from perfanalysis.reports.language import current_language, for_programs, in_language

    if format_name == "markdown":
        from perfanalysis.reports.trend.markdown import trend_markdown

        with in_language(lang or current_language()):
            return trend_markdown(trend)
    with for_programs():
        return _rendered(trend, format_name, screen)


def _rendered(trend: Trend, format_name: str, screen: Screen) -> str:
    match format_name:
        case "table" | "plain":
            from perfanalysis.reports.trend.table import trend_table

            plain = format_name == "plain"
            return trend_table(
                trend,
                width=None if plain else screen.width,
                color=screen.color and not plain,
                ascii_only=screen.ascii_only or plain,
                every_row=screen.every_row or plain,
            )
        case "json":
            from perfanalysis.reports.json_document import render_json
            from perfanalysis.reports.trend.document import trend_document

            return render_json(trend_document(trend))
        case "csv":
            from perfanalysis.reports.trend.csv_rows import trend_csv

            return trend_csv(trend)
    raise UsageError(f"a trend has no format {format_name!r}")
