"""What analysis computes: summaries and comparisons. Field names follow the JSON contract."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from perfanalysis.model.budget_results import BudgetResult
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.outcome import Outcome
from perfanalysis.model.run import Fidelity, RunInfo
from perfanalysis.model.shapes import Shape

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Latencies of one name in milliseconds; None where too few requests carry the figure."""

    mean: float | None
    min: float | None
    p50: float | None
    p75: float | None
    p90: float | None
    p95: float | None
    p99: float | None
    p999: float | None
    max: float | None


@dataclass(frozen=True, kw_only=True)
class NameSummary:
    """One name of a run, or its total (`name` is None).

    Attributes:
        error_rate: ratio 0..1; None without requests.
        throughput: per second over the duration of the run; None where that is unknown.
    """

    name: str | None
    kind: str
    requests: int
    failures: int
    error_rate: float | None
    throughput: float | None
    latency: Latency
    fidelity: Fidelity
    bytes_received: int | None
    caveats: tuple[Caveat, ...]


@dataclass(frozen=True, kw_only=True)
class SeriesSummary:
    """One series of a run. A counter's `mean` is its rate per second, its `total` the sum.

    Attributes:
        labels: as `core=0, host=a`; empty without labels, and of a counter, rate or trend of
            several sets of labels taken together.
    """

    metric: str
    labels: str
    unit: str | None
    kind: str
    n: int
    mean: float
    p95: float
    max: float
    total: float | None


@dataclass(frozen=True, kw_only=True)
class CheckSummary:
    """How often a check of the load script passed."""

    name: str
    passes: int
    fails: int


@dataclass(frozen=True, kw_only=True)
class ThresholdOutcome:
    """A declared threshold, judged on this run's data.

    Attributes:
        metric: in our words (`latency.p95`) where it is one of ours, else the source's.
        name: the name it selects, or None for all requests.
        source: as declared, `http_req_duration{name:search}: p(95)<500`.
        limit: None where the expression is not understood.
        value: None where the data do not carry it; then `outcome` is undecided.
    """

    metric: str
    name: str | None
    source: str
    limit: float | None
    value: float | None
    outcome: Outcome
    message: str


@dataclass(frozen=True, kw_only=True, repr=False)
class Summary:
    """Everything about one run: JSON document `perfanalysis.summary`."""

    run: RunInfo
    names: tuple[NameSummary, ...]
    total: NameSummary
    series: tuple[SeriesSummary, ...]
    checks: tuple[CheckSummary, ...]
    thresholds: tuple[ThresholdOutcome, ...]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.run.name!r}: {self.total.requests} requests>"

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per name: requests, failures, rates, and latencies in milliseconds.

        Names, kinds and fidelities are categories, counts `Int64`, figures `float64`;
        `attrs["units"]` tells units.
        """
        from perfanalysis.model import frames

        latencies = [f"latency_{field.name}_ms" for field in fields(Latency)]
        columns = frames.Columns(
            types={
                "name": frames.CATEGORY,
                "kind": frames.CATEGORY,
                "requests": frames.COUNT,
                "failures": frames.COUNT,
                "error_rate": frames.FLOAT,
                "throughput": frames.FLOAT,
                **dict.fromkeys(latencies, frames.FLOAT),
                "fidelity": tuple(Fidelity),
            },
            units={"error_rate": "ratio", "throughput": "1/s", **dict.fromkeys(latencies, "ms")},
        )
        rows = (
            {
                **{key: getattr(entry, key) for key in columns.types if hasattr(entry, key)},
                **dict(zip(latencies, vars(entry.latency).values(), strict=True)),
            }
            for entry in self.names
        )
        return frames.frame_of(rows, columns)


class Verdict(StrEnum):
    """Of one name and metric, and of a whole comparison (`not-regressed` only there)."""

    REGRESSED = "regressed"
    IMPROVED = "improved"
    UNCHANGED = "unchanged"
    UNDECIDED = "undecided"
    NOT_REGRESSED = "not-regressed"


class Severity(StrEnum):
    """Of a change, from its size relative to the tolerance (1-2, 2-4, more), never from p."""

    NONE = "none"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


@dataclass(frozen=True, kw_only=True)
class Result:
    """One name and metric, current against baseline.

    Attributes:
        baseline: value in the metric's unit; with several runs the geometric mean of theirs.
        change: current / baseline - 1; for `error_rate` the difference current - baseline.
        ci_low: lower end of the interval of `change`; None where it is unbounded or unknown.
        tolerance: in the unit of `change`.
        detectable_change: the smallest change that these data would have shown four times in five.
        n_effective: independent requests that the data are worth, both sides together.
        runs_needed: of an undecided result: runs a side that would show a change of the size of
            the tolerance; None where more than a hundred would be needed.
        tolerance_needed: of an undecided result: the smallest tolerance within which these data
            would show the change to lie.
        gate: whether a regression of this result fails the comparison.
    """

    name: str
    metric: str
    unit: str
    better: Literal["lower", "higher"]
    baseline: float
    current: float
    change: float | None
    ci_low: float | None
    ci_high: float | None
    confidence: float
    p_value: float | None
    p_adjusted: float | None
    tolerance: float
    verdict: Verdict
    severity: Severity
    detectable_change: float | None
    runs_needed: int | None
    tolerance_needed: float | None
    n_baseline: int
    n_current: int
    n_effective: float | None
    method: str
    gate: bool
    caveats: tuple[Caveat, ...]


@dataclass(frozen=True, kw_only=True)
class NotJudged:
    """A name and metric that could not be judged; `reason` is a stable code."""

    name: str
    metric: str | None
    reason: str
    message: str


@dataclass(frozen=True, kw_only=True, repr=False)
class Comparison:
    """Current runs held against baseline runs: JSON document `perfanalysis.comparison`.

    Attributes:
        verdict: of the change alone; `budgets` may fail the gate besides.
        budgets: the current runs held against budgets; empty where none were given.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    design: str
    tolerance: float
    alpha: float
    correction: str
    current: tuple[RunInfo, ...]
    baseline: tuple[RunInfo, ...]
    judged: int
    not_judged: tuple[NotJudged, ...]
    results: tuple[Result, ...]
    shapes: tuple[Shape, ...]
    budgets: tuple[BudgetResult, ...]
    caveats: tuple[Caveat, ...]

    def __repr__(self) -> str:
        judged = f"judged {self.judged} of {self.judged + len(self.not_judged)}"
        return f"<{type(self).__name__} {self.design}: {self.verdict}, {judged}>"

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per judged name and metric, in the columns of the JSON contract.

        Names, metrics, verdicts and the like are categories, severities in their order; counts are
        `Int64`, figures `float64`; `attrs["units"]` tells units where all rows have the same.
        """
        from perfanalysis.model import frames

        relative = (
            *("change", "ci_low", "ci_high", "confidence"),
            *("tolerance", "tolerance_needed", "detectable_change"),
        )
        figures = ("baseline", "current", "p_value", "p_adjusted", "n_effective", *relative)
        counts = ("runs_needed", "n_baseline", "n_current")
        typed: dict[str, str | tuple[str, ...]] = {
            **dict.fromkeys(figures, frames.FLOAT),
            **dict.fromkeys(counts, frames.COUNT),
            "better": ("lower", "higher"),
            "verdict": tuple(verdict for verdict in Verdict if verdict != Verdict.NOT_REGRESSED),
            "severity": tuple(Severity),
            "gate": frames.FLAG,
            "caveats": frames.TEXT,
        }
        columns = frames.Columns(
            types={f.name: typed.get(f.name, frames.CATEGORY) for f in fields(Result)},
            units=dict.fromkeys(relative, "ratio"),
            ordered=frozenset({"severity"}),
        )
        rows = (
            {**vars(result), "caveats": "; ".join(c.message for c in result.caveats)}
            for result in self.results
        )
        return frames.frame_of(rows, columns)
