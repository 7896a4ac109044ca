"""What a report draws: curves of a run over time and over latency, ready to plot.

Analysis computes them and reports draw them, so neither needs to know the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from perfanalysis.model.budget_results import BudgetResult
from perfanalysis.model.results import Comparison, Summary

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

AnomalyKind: TypeAlias = Literal["spike", "burst", "shift", "stall"]


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
class Histogram:
    """How many requests of one name took how long, in bins that are equally wide on a log scale.

    Attributes:
        edges_ms: increasing, shape (k + 1,). What lies outside is in the first and last bin.
        count: shape (k,).
    """

    edges_ms: Floats
    count: Ints


@dataclass(frozen=True, kw_only=True, eq=False)
class Heatmap:
    """How many requests of one name took how long, over time.

    Attributes:
        edges_s: seconds after the start of the run, increasing, shape (t + 1,).
        edges_ms: as those of `Histogram`, shape (k + 1,).
        count: shape (t, k).
    """

    edges_s: Floats
    edges_ms: Floats
    count: Ints


@dataclass(frozen=True, kw_only=True, eq=False)
class Timeline:
    """One name (or all requests) over time; every array has shape (windows,).

    Attributes:
        offset_s: middle of each window, seconds after the start of the run.
        throughput: requests per second.
        error_rate: ratio 0..1, NaN in windows without requests.
        p50_ms: NaN in windows with too few requests; so are `p95_ms` and `p99_ms`.
    """

    offset_s: Floats
    throughput: Floats
    error_rate: Floats
    mean_ms: Floats
    p50_ms: Floats
    p95_ms: Floats
    p99_ms: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """One resource series over time, at most a few hundred points.

    Attributes:
        labels: as `core=0, host=a`; empty without labels.
    """

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


@dataclass(frozen=True, kw_only=True)
class Anomaly:
    """A stretch of a run that is unlike the rest of it.

    Attributes:
        start_s: seconds after the start of the run.
        kind: `spike` is short, `burst` longer, `shift` a level that lasts; in a `stall` nothing
            or next to nothing was answered.
        name: None is all requests.
        metric: `latency.p50`, `latency.p95`, `error_rate` or `throughput`.
        size: of a latency the ratio to what is usual, of an error rate the share of requests that
            failed (0..1), of a stall its seconds.
        message: a sentence.
    """

    start_s: float
    end_s: float
    kind: AnomalyKind
    name: str | None
    metric: str
    size: float
    message: str


@dataclass(frozen=True, kw_only=True)
class Correlation:
    """How a resource series and latency went together over time; this says nothing of causes.

    Attributes:
        against: what it is held against, such as `latency.p95`, of all requests.
        coefficient: Spearman's, -1..1.
        ci_low: lower end of its 95 % interval; None where the data carry none.
        n_effective: independent windows of time that the data are worth.
        distinct: whether it differs from 0 when all series of the run are counted in.
        message: a sentence.
    """

    metric: str
    labels: str
    against: str
    coefficient: float
    ci_low: float | None
    ci_high: float | None
    n_effective: float
    distinct: bool
    message: str


@dataclass(frozen=True, kw_only=True, eq=False)
class RunView:
    """One run, ready to draw. What is a dictionary is keyed by name; None is all requests.

    Attributes:
        warmup_s: how much of the start a comparison leaves out (or would leave out); None where
            that is unknown, 0 where it is nothing.
        warmup_message: why, as a sentence; None where nothing is left out.
        anomalies: biggest first, at most 20.
        correlations: of resource series with latency, strongest first.
    """

    summary: Summary
    distributions: dict[str | None, Distribution]
    histograms: dict[str | None, Histogram]
    timelines: dict[str | None, Timeline]
    heatmaps: dict[str | None, Heatmap]
    warmup_s: float | None
    warmup_message: str | None
    anomalies: tuple[Anomaly, ...]
    curves: tuple[Curve, ...]
    correlations: tuple[Correlation, ...]
    errors: tuple[ErrorCount, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class ReportData:
    """Everything that a report shows; `comparison` is None for the report of a single run."""

    comparison: Comparison | None
    current: tuple[RunView, ...]
    baseline: tuple[RunView, ...]
    budgets: tuple[BudgetResult, ...]
