"""One function per verb: load, import, summarize, compare, calibrate, report, render.

The command line and notebooks call these and nothing below them.
"""

from __future__ import annotations

from perfanalysis.api.arguments import ReadOptions
from perfanalysis.api.calibrating import calibrate, load_calibration, save_calibration
from perfanalysis.api.rendering import (
    FORMATS,
    render_calibration,
    render_calibration_plot,
    render_comparison,
    render_report,
    render_summary,
)
from perfanalysis.api.verbs import compare, import_run, load, load_runs, report_data, summarize
from perfanalysis.store.bundle import Run
from perfanalysis.store.calibrations import calibration_path

__all__ = [
    "FORMATS",
    "ReadOptions",
    "Run",
    "calibrate",
    "calibration_path",
    "compare",
    "import_run",
    "load",
    "load_calibration",
    "load_runs",
    "render_calibration",
    "render_calibration_plot",
    "render_comparison",
    "render_report",
    "render_summary",
    "report_data",
    "save_calibration",
    "summarize",
]
