"""What a report draws: curves of a run over time and over latency, ready to plot.

Analysis computes them and reports draw them, so neither needs to know the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfanalysis.model.budget_results import BudgetResult
from perfanalysis.model.results import Comparison, Summary

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Distribution:
    """Latency distribution of one name.

    Attributes:
        latency_ms: increasing, shape (n,).
        share: share of requests at or below that latency, 0..1, shape (n,).
    """

    latency_ms: Floats
    share: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Timeline:
    """One name (or all requests) over time; every array has shape (windows,).

    Attributes:
        offset_s: middle of each window, seconds after the start of the run.
        throughput: requests per second.
        error_rate: ratio 0..1, NaN in windows without requests.
        p50_ms: NaN in windows with too few requests.
    """

    offset_s: Floats
    throughput: Floats
    error_rate: Floats
    mean_ms: Floats
    p50_ms: Floats
    p95_ms: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """One resource series over time, at most a few hundred points."""

    metric: str
    unit: str | None
    labels: str
    offset_s: Floats
    value: Floats


@dataclass(frozen=True, kw_only=True)
class ErrorCount:
    """How many requests of a name ended with a status and error; at most the commonest are kept."""

    name: str
    status: str | None
    error: str | None
    count: int


@dataclass(frozen=True, kw_only=True, eq=False)
class RunView:
    """One run, ready to draw. `distributions` and `timelines` are keyed by name; None is all."""

    summary: Summary
    distributions: dict[str | None, Distribution]
    timelines: dict[str | None, Timeline]
    curves: tuple[Curve, ...]
    errors: tuple[ErrorCount, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class ReportData:
    """Everything that a report shows; `comparison` is None for the report of a single run."""

    comparison: Comparison | None
    current: tuple[RunView, ...]
    baseline: tuple[RunView, ...]
    budgets: tuple[BudgetResult, ...]
