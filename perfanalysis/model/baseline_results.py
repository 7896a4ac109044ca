"""What commands about baselines yield: an acceptance or refusal, and what a baseline holds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from perfanalysis.model.baseline import Baseline, BaselineEntry
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.results import Comparison

# Of what speaks against a run: these fail a gate, the others mean that nothing can be said.
FAILURES = frozenset({"regressed", "broken-threshold", "broken-budget"})


class Trend(StrEnum):
    """Where a figure of a baseline has gone since its anchor, beyond noise and tolerance."""

    IMPROVING = "improving"
    STABLE = "stable"
    DEGRADING = "degrading"
    UNDECIDED = "undecided"


@dataclass(frozen=True, kw_only=True)
class BaselineFigure:
    """One metric of one name.

    Attributes:
        value: of the recent runs, in `unit`: the geometric mean of theirs.
        anchor: of the anchor; None where the anchor is all that there is.
        change: from the anchor to the recent runs that are not of it: relative, of error rates
            the difference.
        ci_low: lower end of its interval; None where unbounded or unknown.
        tolerance: in the unit of `change`.
        gate: whether a regression of it fails a comparison.
    """

    name: str
    metric: str
    unit: str
    better: Literal["lower", "higher"]
    value: float
    anchor: float | None
    change: float | None
    ci_low: float | None
    ci_high: float | None
    tolerance: float
    gate: bool
    trend: Trend | None


@dataclass(frozen=True, kw_only=True)
class BaselineReport:
    """One baseline: JSON document `perfanalysis.baseline-report`.

    Attributes:
        store: where it lies.
        age_days: since the newest recent run was made.
        calibrated: whether measured noise lies beside it.
        caveats: what is wrong with it, such as its age.
    """

    baseline: Baseline
    store: str
    age_days: float
    calibrated: bool
    figures: tuple[BaselineFigure, ...]
    caveats: tuple[Caveat, ...]


@dataclass(frozen=True, kw_only=True)
class BaselineOverview:
    """One line of the list of baselines."""

    baseline: Baseline
    age_days: float
    old: bool


@dataclass(frozen=True, kw_only=True)
class BaselineList:
    """All baselines of a store: JSON document `perfanalysis.baselines`."""

    store: str
    baselines: tuple[BaselineOverview, ...]


@dataclass(frozen=True, kw_only=True)
class Acceptance:
    """What became of runs that were to join a baseline: JSON document `perfanalysis.acceptance`.

    Attributes:
        baseline: as it is now; None where a refused run would have begun it.
        name: of the baseline.
        store: where it lies.
        accepted: the runs that joined; empty where they were refused, or had joined before.
        dropped: names of the runs that went for them.
        refusals: what speaks against them, whether or not it was overridden.
        forced: whether it was overridden.
        already: the run had joined before, and nothing was changed.
        comparison: with the baseline as it was before; None where it began.
        caveats: what is worth knowing besides.
    """

    baseline: Baseline | None
    name: str
    store: str
    accepted: tuple[BaselineEntry, ...]
    dropped: tuple[str, ...]
    refusals: tuple[Caveat, ...]
    forced: bool
    already: bool
    comparison: Comparison | None
    caveats: tuple[Caveat, ...]

    @property
    def refused(self) -> bool:
        """Whether the runs did not join, for what speaks against them."""
        return not self.accepted and not self.already

    @property
    def failed(self) -> bool:
        """Whether something that speaks against them is a failed gate, not a missing verdict."""
        return any(refusal.code in FAILURES for refusal in self.refusals)
