"""perfanalysis: is this load test slower than its baseline, beyond noise?

The public names, loaded when they are first used so that `import perfanalysis` costs nothing:

    import perfanalysis as pa

    run = pa.load("results.json.gz")
    pa.summarize(run)
    comparison = pa.compare("current.json.gz", "baseline.json.gz")
    comparison.plot.strip()
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfanalysis.analysis.judge import Settings
    from perfanalysis.api import (
        baseline_accept,
        baseline_list,
        baseline_remove,
        baseline_save,
        baseline_show,
        calibrate,
        load_calibration,
        save_calibration,
    )
    from perfanalysis.errors import PerfanalysisError
    from perfanalysis.notebook import (
        Check,
        Comparison,
        Run,
        Summary,
        Trend,
        check,
        compare,
        generate,
        load,
        load_runs,
        summarize,
        trend,
    )
    from perfanalysis.reports.language import in_language

_HOMES = {
    "Check": "perfanalysis.notebook",
    "Comparison": "perfanalysis.notebook",
    "PerfanalysisError": "perfanalysis.errors",
    "Run": "perfanalysis.notebook",
    "Settings": "perfanalysis.analysis.judge",
    "Summary": "perfanalysis.notebook",
    "Trend": "perfanalysis.notebook",
    "baseline_accept": "perfanalysis.api",
    "baseline_list": "perfanalysis.api",
    "baseline_remove": "perfanalysis.api",
    "baseline_save": "perfanalysis.api",
    "baseline_show": "perfanalysis.api",
    "calibrate": "perfanalysis.api",
    "check": "perfanalysis.notebook",
    "compare": "perfanalysis.notebook",
    "generate": "perfanalysis.notebook",
    "in_language": "perfanalysis.reports.language",
    "load": "perfanalysis.notebook",
    "load_calibration": "perfanalysis.api",
    "load_runs": "perfanalysis.notebook",
    "save_calibration": "perfanalysis.api",
    "summarize": "perfanalysis.notebook",
    "trend": "perfanalysis.notebook",
}

__all__ = [
    "Check",
    "Comparison",
    "PerfanalysisError",
    "Run",
    "Settings",
    "Summary",
    "Trend",
    "baseline_accept",
    "baseline_list",
    "baseline_remove",
    "baseline_save",
    "baseline_show",
    "calibrate",
    "check",
    "compare",
    "generate",
    "in_language",
    "load",
    "load_calibration",
    "load_runs",
    "save_calibration",
    "summarize",
    "trend",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
