"""What people write into a budget file, as they write it; and one budget, once it is read.

Every scalar is kept as text until its unit is known: a name may be `404`, a version `1.10`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from perfanalysis.model.caveat import Caveat
from perfanalysis.model.figure import Figure
from perfanalysis.model.requests import Kind
from perfanalysis.model.stored import Stored

Level = Literal["warn", "error"]
Operator = Literal["<", "<=", ">", ">=", "==", "!="]


class WrittenBudget(Stored):
    """One entry of `budgets:`.

    Attributes:
        metric: `latency.p95`, `error_rate`, `system.cpu.mean`, ...
        slo: `99.9 % of requests under 300 ms`, instead of `metric` and a limit.
        share: of the requests that must answer in time; with `under`, the same in fields.
        under: the latency that is in time.
        name: glob of names; absent for all requests together.
        tags: that requests, or readings of a series, must carry.
        limit: the most that is allowed of a metric of which less is better.
        max: the most that is allowed.
        min: the least that is allowed.
        change: the most that is allowed against the baseline, `+10 %`.
        for_: it breaks only where the limit is exceeded for so long on end, `10s`.
        message: said whenever the budget is not met.
    """

    metric: str | None = None
    slo: str | None = None
    share: str | None = None
    under: str | None = None
    name: str | None = None
    kind: Literal["request", "transaction", "iteration"] = "request"
    tags: dict[str, str] = Field(default_factory=dict)
    limit: str | None = None
    max: str | None = None
    min: str | None = None
    change: str | None = None
    for_: str | None = Field(default=None, alias="for")
    level: Level = "error"
    message: str | None = None


class WrittenThreshold(Stored):
    """A k6 threshold in its object form; what ends a test early is of no use afterwards."""

    threshold: str
    abort_on_fail: bool = Field(default=False, alias="abortOnFail")
    delay_abort_eval: str | None = Field(default=None, alias="delayAbortEval")


class WrittenBounds(Stored):
    """The most or the least that is allowed, in the budget object's words."""

    max: str | None = None
    min: str | None = None


def _as_object(value: object) -> object:
    return {"threshold": value} if isinstance(value, str) else value


def _as_list(value: object) -> object:
    return value if isinstance(value, list | tuple) else [value]


Thresholds = Annotated[
    tuple[Annotated[WrittenThreshold, BeforeValidator(_as_object)], ...], BeforeValidator(_as_list)
]


class WrittenFile(Stored):
    """A whole budget file: any of its forms, or several.

    Attributes:
        budgets: the long form.
        thresholds: k6's own words, by metric and selector.
        response_time: percentiles of latency by name, in milliseconds.
        throughput: bounds by name, per second.
        error_rate: the most that may fail, in percent; by name, or one `max` for all requests.
        resources: bounds of `cpu`, `memory` and `disk`, in percent.
    """

    budgets: tuple[WrittenBudget, ...] = ()
    thresholds: dict[str, Thresholds] = Field(default_factory=dict)
    response_time: dict[str, dict[str, str]] = Field(default_factory=dict, alias="responseTime")
    throughput: dict[str, WrittenBounds] = Field(default_factory=dict)
    error_rate: dict[str, str | WrittenBounds] = Field(default_factory=dict, alias="errorRate")
    resources: dict[Literal["cpu", "memory", "disk"], WrittenBounds] = Field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Budget:
    """One demand on one figure, whatever form it was written in.

    Attributes:
        source: as written, for people.
        file: name of the file without its folder; None for what the run itself declares.
        line: of the file; None where it is not known.
        key: where in the file, `budgets[1]`.
        figure: what is measured.
        name: glob of names; None for all requests together.
        exact_name: whether `name` is a name rather than a glob, as in k6's selectors.
        kind: of the requests.
        operator: between value and limit where the budget is met.
        limit: text with a unit, as the unit of a series is known from the run only.
        relative: whether the limit is a change against the baseline.
        for_s: seconds on end after which an exceeded limit counts; None for the run as a whole.
        message: the author's, or None.
        passed: outcome that the tool itself found, where it tells.
    """

    source: str
    file: str | None
    line: int | None
    key: str
    level: Level
    figure: Figure
    name: str | None
    exact_name: bool
    kind: Kind
    tags: tuple[tuple[str, str], ...]
    operator: Operator
    limit: str
    relative: bool
    for_s: float | None
    message: str | None
    passed: bool | None

    @property
    def where(self) -> str:
        """File, line and key, as errors begin with them."""
        line = "" if self.line is None else f":{self.line}"
        return f"{self.file or 'budgets'}{line}: {self.key}"


@dataclass(frozen=True, kw_only=True)
class Budgets:
    """What one or several budget files demand.

    Attributes:
        notes: what was accepted and has no effect.
    """

    budgets: Sequence[Budget]
    notes: tuple[Caveat, ...]
