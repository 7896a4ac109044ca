"""One function per verb: load, import, summarize, compare, check, calibrate, report, render.

The command line and notebooks call these and nothing below them. Names are loaded when they are
first used: importing a file needs no statistics, and comparing needs no importer.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfanalysis.api.arguments import ReadOptions
    from perfanalysis.api.baselines import (
        baseline_accept,
        baseline_list,
        baseline_remove,
        baseline_save,
        baseline_show,
    )
    from perfanalysis.api.calibrating import calibrate, load_calibration, save_calibration
    from perfanalysis.api.candidates import Terms
    from perfanalysis.api.checking import BudgetsLike, load_budgets
    from perfanalysis.api.documents import load_check, load_comparison
    from perfanalysis.api.exporting import EXPORTS, Export, export
    from perfanalysis.api.provenance import Origin
    from perfanalysis.api.rendering import (
        FORMATS,
        draw_charts,
        render_calibration,
        render_calibration_plot,
        render_check,
        render_comparison,
        render_report,
        render_summary,
    )
    from perfanalysis.api.rendering_baselines import (
        render_acceptance,
        render_baseline,
        render_baselines,
        render_removed,
    )
    from perfanalysis.api.rendering_trend import TREND_FORMATS, render_trend
    from perfanalysis.api.rules import read_rules
    from perfanalysis.api.timelines import courses
    from perfanalysis.api.trending import trend
    from perfanalysis.api.verbs import (
        check,
        compare,
        import_run,
        load,
        load_runs,
        report_data,
        summarize,
    )
    from perfanalysis.model.baseline import BaselineSettings
    from perfanalysis.store.bundle import Run
    from perfanalysis.store.calibrations import calibration_file

_HOMES = {
    "perfanalysis.api.arguments": ("ReadOptions",),
    "perfanalysis.api.baselines": (
        "baseline_accept",
        "baseline_list",
        "baseline_remove",
        "baseline_save",
        "baseline_show",
    ),
    "perfanalysis.api.calibrating": (
        "calibrate",
        "load_calibration",
        "save_calibration",
    ),
    "perfanalysis.api.candidates": ("Terms",),
    "perfanalysis.api.checking": (
        "BudgetsLike",
        "load_budgets",
    ),
    "perfanalysis.api.documents": (
        "load_check",
        "load_comparison",
    ),
    "perfanalysis.api.exporting": (
        "EXPORTS",
        "Export",
        "export",
    ),
    "perfanalysis.api.provenance": ("Origin",),
    "perfanalysis.api.rendering": (
        "FORMATS",
        "draw_charts",
        "render_calibration",
        "render_calibration_plot",
        "render_check",
        "render_comparison",
        "render_report",
        "render_summary",
    ),
    "perfanalysis.api.rendering_baselines": (
        "render_acceptance",
        "render_baseline",
        "render_baselines",
        "render_removed",
    ),
    "perfanalysis.api.rendering_trend": ("TREND_FORMATS", "render_trend"),
    "perfanalysis.api.rules": ("read_rules",),
    "perfanalysis.api.timelines": ("courses",),
    "perfanalysis.api.trending": ("trend",),
    "perfanalysis.api.verbs": (
        "check",
        "compare",
        "import_run",
        "load",
        "load_runs",
        "report_data",
        "summarize",
    ),
    "perfanalysis.model.baseline": ("BaselineSettings",),
    "perfanalysis.store.bundle": ("Run",),
    "perfanalysis.store.calibrations": ("calibration_file",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "EXPORTS",
    "FORMATS",
    "TREND_FORMATS",
    "BaselineSettings",
    "BudgetsLike",
    "Export",
    "Origin",
    "ReadOptions",
    "Run",
    "Terms",
    "baseline_accept",
    "baseline_list",
    "baseline_remove",
    "baseline_save",
    "baseline_show",
    "calibrate",
    "calibration_file",
    "check",
    "compare",
    "courses",
    "draw_charts",
    "export",
    "import_run",
    "load",
    "load_budgets",
    "load_calibration",
    "load_check",
    "load_comparison",
    "load_runs",
    "read_rules",
    "render_acceptance",
    "render_baseline",
    "render_baselines",
    "render_calibration",
    "render_calibration_plot",
    "render_check",
    "render_comparison",
    "render_removed",
    "render_report",
    "render_summary",
    "render_trend",
    "report_data",
    "save_calibration",
    "summarize",
    "trend",
]


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
