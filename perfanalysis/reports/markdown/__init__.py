"""Markdown: for comments on pull requests and for job summaries (GitHub, GitLab)."""

from __future__ import annotations

from perfanalysis.reports.markdown.charts import LinkedChart
from perfanalysis.reports.markdown.comparison import (
    PLAIN,
    Framing,
    check_markdown,
    comparison_markdown,
)
from perfanalysis.reports.markdown.summary import summary_markdown

__all__ = [
    "PLAIN",
    "Framing",
    "LinkedChart",
    "check_markdown",
    "comparison_markdown",
    "summary_markdown",
]
