"""What judging budgets yields: JSON document `perfanalysis.check`, and part of a comparison's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from perfanalysis.model.caveat import Caveat
from perfanalysis.model.results import Outcome
from perfanalysis.model.run import RunInfo


@dataclass(frozen=True, kw_only=True)
class BudgetResult:
    """One budget held against the figure of one name, or of all requests.

    Attributes:
        metric: key of the figure, such as `latency.p95` or `system.cpu.mean`.
        name: of the requests it was judged on; None for all requests and for series.
        tags: further tags that the requests must carry.
        source: the budget as written, for people: `http_req_duration{name:search}: p(95)<300`.
        line: of the budget file; None for thresholds declared in the run.
        level: a broken budget of level `warn` is told and never fails the gate.
        bound: whether the limit is the most or the least that is allowed.
        limit: in `unit`; None where the expression is not understood.
        unit: of limit, value and interval: `ms`, `1/s`, `ratio`, `%`, `bytes`, `count`, ...
        value: None where the data do not carry it; then the outcome is undecided.
        ci_low: lower end of the interval of the value; None where unknown.
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
    line: int | None
    level: Literal["warn", "error"]
    bound: Literal["max", "min"]
    limit: float | None
    unit: str
    value: float | None
    ci_low: float | None
    ci_high: float | None
    confidence: float
    outcome: Outcome
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
