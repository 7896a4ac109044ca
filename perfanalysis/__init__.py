"""perfanalysis: is this load test slower than its baseline, beyond noise?

The public names, loaded when they are first used so that `import perfanalysis` costs nothing:

    import perfanalysis as pa

    run = pa.load("results.json.gz")
    pa.summarize(run)
    pa.compare("current.json.gz", "baseline.json.gz")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfanalysis.analysis.judge import Settings
    from perfanalysis.api import (
        Run,
        baseline_accept,
        baseline_list,
        baseline_remove,
        baseline_save,
        baseline_show,
        calibrate,
        load,
        load_calibration,
        load_runs,
        save_calibration,
    )
    from perfanalysis.api.generating import generate
    from perfanalysis.errors import PerfanalysisError
    from perfanalysis.notebook import Check, Comparison, Summary, check, compare, summarize

_HOMES = {
    "Check": "perfanalysis.notebook",
    "Comparison": "perfanalysis.notebook",
    "PerfanalysisError": "perfanalysis.errors",
    "Run": "perfanalysis.api",
    "Settings": "perfanalysis.analysis.judge",
    "Summary": "perfanalysis.notebook",
    "baseline_accept": "perfanalysis.api",
    "baseline_list": "perfanalysis.api",
    "baseline_remove": "perfanalysis.api",
    "baseline_save": "perfanalysis.api",
    "baseline_show": "perfanalysis.api",
    "calibrate": "perfanalysis.api",
    "check": "perfanalysis.notebook",
    "compare": "perfanalysis.notebook",
    "generate": "perfanalysis.api.generating",
    "load": "perfanalysis.api",
    "load_calibration": "perfanalysis.api",
    "load_runs": "perfanalysis.api",
    "save_calibration": "perfanalysis.api",
    "summarize": "perfanalysis.notebook",
}

__all__ = [
    "Check",
    "Comparison",
    "PerfanalysisError",
    "Run",
    "Settings",
    "Summary",
    "baseline_accept",
    "baseline_list",
    "baseline_remove",
    "baseline_save",
    "baseline_show",
    "calibrate",
    "check",
    "compare",
    "generate",
    "load",
    "load_calibration",
    "load_runs",
    "save_calibration",
    "summarize",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
