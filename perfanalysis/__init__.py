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
        calibrate,
        load,
        load_calibration,
        load_runs,
        save_calibration,
    )
    from perfanalysis.api.generating import generate
    from perfanalysis.errors import PerfanalysisError
    from perfanalysis.notebook import Comparison, Summary, compare, summarize

_HOMES = {
    "Comparison": "perfanalysis.notebook",
    "PerfanalysisError": "perfanalysis.errors",
    "Run": "perfanalysis.api",
    "Settings": "perfanalysis.analysis.judge",
    "Summary": "perfanalysis.notebook",
    "calibrate": "perfanalysis.api",
    "compare": "perfanalysis.notebook",
    "generate": "perfanalysis.api.generating",
    "load": "perfanalysis.api",
    "load_calibration": "perfanalysis.api",
    "load_runs": "perfanalysis.api",
    "save_calibration": "perfanalysis.api",
    "summarize": "perfanalysis.notebook",
}

__all__ = [
    "Comparison",
    "PerfanalysisError",
    "Run",
    "Settings",
    "Summary",
    "calibrate",
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
