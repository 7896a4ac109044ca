"""One function per verb: load, import, summarize, compare, calibrate, report, render.

The command line and notebooks call these and nothing below them. Names are loaded when they are
first used: importing a file needs no statistics, and comparing needs no importer.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

_HOMES = {
    "FORMATS": "perfanalysis.api.rendering",
    "ReadOptions": "perfanalysis.api.arguments",
    "Run": "perfanalysis.store.bundle",
    "calibrate": "perfanalysis.api.calibrating",
    "calibration_path": "perfanalysis.store.calibrations",
    "compare": "perfanalysis.api.verbs",
    "import_run": "perfanalysis.api.verbs",
    "load": "perfanalysis.api.verbs",
    "load_calibration": "perfanalysis.api.calibrating",
    "load_runs": "perfanalysis.api.verbs",
    "render_calibration": "perfanalysis.api.rendering",
    "render_calibration_plot": "perfanalysis.api.rendering",
    "render_comparison": "perfanalysis.api.rendering",
    "render_report": "perfanalysis.api.rendering",
    "render_summary": "perfanalysis.api.rendering",
    "report_data": "perfanalysis.api.verbs",
    "save_calibration": "perfanalysis.api.calibrating",
    "summarize": "perfanalysis.api.verbs",
}

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


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
