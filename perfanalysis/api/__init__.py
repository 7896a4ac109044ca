"""One function per verb: load, import, summarize, compare, report, render.

The command line and notebooks call these and nothing below them.
"""

from __future__ import annotations

from perfanalysis.api.arguments import ReadOptions
from perfanalysis.api.rendering import FORMATS, render_comparison, render_report, render_summary
from perfanalysis.api.verbs import compare, import_run, load, load_runs, report_data, summarize
from perfanalysis.store.bundle import Run

__all__ = [
    "FORMATS",
    "ReadOptions",
    "Run",
    "compare",
    "import_run",
    "load",
    "load_runs",
    "render_comparison",
    "render_report",
    "render_summary",
    "report_data",
    "summarize",
]
