"""The public face for analysts: results that show themselves in Jupyter, and plot themselves."""

from __future__ import annotations

from perfanalysis.notebook.results import Check, Comparison, Summary, Trend
from perfanalysis.notebook.runs import Run, load, load_runs
from perfanalysis.notebook.verbs import check, compare, generate, summarize, trend

__all__ = [
    "Check",
    "Comparison",
    "Run",
    "Summary",
    "Trend",
    "check",
    "compare",
    "generate",
    "load",
    "load_runs",
    "summarize",
    "trend",
]
