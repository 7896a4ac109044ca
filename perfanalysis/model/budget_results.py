"""What judging budgets yields: JSON document `perfanalysis.check`, and part of a comparison's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from perfanalysis.model.caveat import Caveat
from perfanalysis.model.outcome import Outcome
from perfanalysis.model.run import RunInfo

# Why a budget is undecided: short and stable, for programs.
NO_DATA = "no-data"  # the runs do not hold the figure: never green
NO_BASELINE = "no-baseline"  # a relative limit, and nothing to hold the runs against
SPANS_LIMIT = "spans-limit"  # the interval of the value lies on both sides of the limit
ROUGH = "rough"  # the source gives the figure so roughly that either side is possible
NOT_COMPARABLE = "not-comparable"  # a relative limit, and runs that cannot be compared
NOT_UNDERSTOOD = "not-understood"  # a threshold declared in words that are not k6's


@dataclass(frozen=True, kw_only=True)
class BudgetResult:
    """One budget held against the figure of one name, or of all requests.

    Attributes:
        metric: key of the figure, such as `latency.p95` or `system.cpu.mean`.
        name: of the requests it was judged on; None for all requests and for series.
        tags: further tags that the requests must carry.
        source: the budget as written, for people: `http_req_duration{name:search}: p(95)<300`.
        file: name of the budget file, without its folder; None for thresholds declared in the run.
        line: of the budget file; None for thresholds declared in the run.
        level: a broken budget of level `warn` is told and never fails the gate.
        relative: whether limit, value and interval are changes against the baseline.
        bound: whether the limit is the most or the least that is allowed, or the only value that
            is (`equal`), or that is not (`unequal`).
        limit: in `unit`; None where the expression is not understood.
        for_s: the budget breaks where the limit is exceeded for so many seconds on end; None where
            it holds for the run as a whole.
        unit: of limit, value and interval: `ms`, `1/s`, `ratio`, `%`, `bytes`, `count`, ... Of a
            relative limit `ratio` (0.1 for +10 %), of an error rate's `ratio` too (a difference).
        value: None where the data do not carry it; then the outcome is undecided.
        baseline: the same figure of the baseline runs; None without them. Of a relative limit in
            the metric's own unit, else in `unit`.
        ci_low: lower end of the interval of the value; None where unknown, or where the value is a
            count that has none.
        method: how the interval was computed; `none` where there is none.
        reason: of an undecided outcome: why, as a stable code; else None.
        headroom: share of the limit that is left, negative where it is broken; None without a
            value or with a limit of zero.
        error_budget_left: of a rate budget: share of the allowed failures not yet used, negative
            where more failed; None for others.
        message: one sentence.
    """

    metric: str
    name: str | None
    tags: tuple[tuple[str, str], ...]
    source: str
    file: str | None
    line: int | None
    level: Literal["warn", "error"]
    relative: bool
    bound: Literal["max", "min", "equal", "unequal"]
    limit: float | None
    for_s: float | None
    unit: str
    value: float | None
    baseline: float | None
    ci_low: float | None
    ci_high: float | None
    confidence: float
    method: str
    outcome: Outcome
    reason: str | None
    headroom: float | None
    error_budget_left: float | None
    message: str
    caveats: tuple[Caveat, ...]

    @property
    def fails(self) -> bool:
        """Whether this result alone fails the gate."""
        return self.outcome is Outcome.BROKEN and self.level == "error"


@dataclass(frozen=True, kw_only=True)
class Check:
    """Runs held against budgets: JSON document `perfanalysis.check`.

    Attributes:
        outcome: broken if a budget of level error is; else undecided if one of level error is, or
            if nothing was judged; else met.
    """

    runs: tuple[RunInfo, ...]
    outcome: Outcome
    results: tuple[BudgetResult, ...]
    caveats: tuple[Caveat, ...]


def overall_outcome(results: Sequence[BudgetResult]) -> Outcome:
    """Return the outcome of several budgets; those of level `warn` only count as judged."""
    if any(result.fails for result in results):
        return Outcome.BROKEN
    open_ones = [r for r in results if r.outcome is Outcome.UNDECIDED]
    if len(open_ones) == len(results) or any(r.level == "error" for r in open_ones):
        return Outcome.UNDECIDED
    return Outcome.MET


def gate_outcome(results: Sequence[BudgetResult], *, strict: bool) -> Outcome:
    """Return what a gate makes of budgets: broken fails it, undecided means no verdict.

    A value whose interval spans its limit passes unless `strict`: a gate that fails whenever a
    figure comes near its limit is switched off within a week. What has no data at all never
    passes, and neither do budgets none of which could be judged.
    """
    found = overall_outcome(results)
    if found is not Outcome.UNDECIDED or strict:
        return found
    none_judged = all(result.outcome is Outcome.UNDECIDED for result in results)
    missing = any(r.reason in (NO_DATA, NOT_UNDERSTOOD) and r.level == "error" for r in results)
    return Outcome.UNDECIDED if none_judged or missing else Outcome.MET
