"""Limits against the baseline: how much a figure has changed, and how certain that is.

What the comparison has judged is taken from there, so that both say the same; the rest is compared
here by the same rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from perfanalysis.analysis.budgets.observing import Observed
from perfanalysis.analysis.budgets.selecting import Target
from perfanalysis.analysis.budgets.values import value_of
from perfanalysis.analysis.estimates import Estimate, NotEstimableError, estimate, estimate_of
from perfanalysis.analysis.evidence import ALL_REQUESTS, RunEvidence
from perfanalysis.analysis.judge import CONFIDENCE, Settings, judge
from perfanalysis.analysis.noise import Pairing, measure_noise
from perfanalysis.analysis.warmup import without_warmup
from perfanalysis.model.budget_results import NO_DATA, NOT_COMPARABLE
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.metric import Metric
from perfanalysis.model.requests import Kind
from perfanalysis.model.results import Comparison, Result
from perfanalysis.phrases import phrase

# Caveats of a result that say that its change is no change of the service.
_NO_VERDICT = frozenset({"not-comparable", "drifting"})


@dataclass(frozen=True, kw_only=True)
class Change:
    """How a figure changed; ends of the interval may be infinite.

    Attributes:
        value: current / baseline - 1; of an error rate the difference.
        baseline: the figure of the baseline, in its own unit.
    """

    value: float
    low: float
    high: float
    confidence: float
    baseline: float
    method: str
    caveats: tuple[Caveat, ...]


@dataclass(frozen=True, kw_only=True)
class Unjudged:
    """Why a change cannot be judged: a stable code and a sentence."""

    reason: str
    message: str


class Against:
    """What current runs are held against.

    Attributes:
        ours: the current runs.
        theirs: the baseline runs.
        comparison: of the same runs.
    """

    def __init__(
        self,
        ours: Sequence[Observed],
        theirs: Sequence[Observed],
        comparison: Comparison,
        settings: Settings,
    ) -> None:
        self.ours = ours
        self.theirs = theirs
        self.comparison = comparison
        self._settings = settings

    def changes(self, targets: Mapping[int, Target]) -> dict[int, Change | Unjudged]:
        """Return the change of each target, by the same keys: in one call, they share noise."""
        found: dict[int, Change | Unjudged] = {}
        pairings: dict[int, Pairing] = {}
        for key, target in targets.items():
            known = self._compared(target)
            if known is not None:
                found[key] = known
                continue
            try:
                pairings[key] = self._pairing(target)
            except NotEstimableError as exc:
                found[key] = Unjudged(reason=NO_DATA, message=exc.message)
        noises = measure_noise(list(pairings.values()), self._settings.calibration)
        for (key, pairing), noise in zip(pairings.items(), noises, strict=True):
            judged = judge(pairing, noise, self._settings)
            low, high = judged.interval(CONFIDENCE)
            found[key] = Change(
                value=judged.change,
                low=low,
                high=high,
                confidence=CONFIDENCE,
                baseline=judged.baseline,
                method=judged.method,
                caveats=judged.caveats,
            )
        return found

    def _compared(self, target: Target) -> Change | Unjudged | None:
        """Return what the comparison says; None where it has not judged that figure."""
        results = self.comparison.results
        caveats = [caveat for result in results for caveat in result.caveats]
        obstacle = next((c for c in caveats if c.code == "not-comparable"), None)
        if obstacle is not None:
            return Unjudged(reason=NOT_COMPARABLE, message=obstacle.message)
        if target.selection.tags or target.selection.kind is not Kind.REQUEST:
            return None
        name = ALL_REQUESTS if target.selection.name is None else target.selection.name
        key = target.budget.figure.key
        found = next((r for r in results if (r.name, r.metric) == (name, key)), None)
        return None if found is None else _of_result(found)

    def _pairing(self, target: Target) -> Pairing:
        figure = target.budget.figure
        metric = Metric(
            key=figure.key,
            unit=figure.unit or "",
            better=figure.better or "lower",
            quantile=figure.quantile,
        )
        return Pairing(
            name=target.selection.name or figure.series or ALL_REQUESTS,
            metric=metric,
            current=tuple(self._estimate(i, target, metric) for i in range(len(self.ours))),
            baseline=tuple(
                self._estimate(i, target, metric, baseline=True) for i in range(len(self.theirs))
            ),
        )

    def _estimate(
        self, number: int, target: Target, metric: Metric, *, baseline: bool = False
    ) -> Estimate:
        """Return the estimate of one run, without its warm-up where the comparison left it out.

        Raises:
            NotEstimableError: the run does not carry the figure.
        """
        run = (self.theirs if baseline else self.ours)[number]
        selection = target.selection
        of_names = target.budget.figure.series is None and not selection.tags
        if of_names and selection.kind is Kind.REQUEST:
            trimmed = self._trimmed[1 if baseline else 0][number]
            name = ALL_REQUESTS if selection.name is None else selection.name
            if name != ALL_REQUESTS and name not in trimmed.names:
                message = phrase("{run} holds no {name}", run=repr(run.info.name), name=repr(name))
                raise NotEstimableError("not-reported", message)
            return estimate_of(trimmed, name, metric)
        sample = run.sample(target.budget.figure, selection)
        if sample is None or sample.evidence is None or not value_of(target.budget.figure, sample):
            message = phrase(
                "{run} does not hold {metric}", run=repr(run.info.name), metric=metric.key
            )
            raise NotEstimableError("not-reported", message)
        return estimate(sample.evidence, metric)

    @cached_property
    def _trimmed(self) -> tuple[Sequence[RunEvidence], Sequence[RunEvidence]]:
        ours, theirs = ([run.evidence for run in side] for side in (self.ours, self.theirs))
        trimmed = without_warmup(ours, theirs, self._settings.warmup)
        return trimmed.current, trimmed.baseline


def _of_result(result: Result) -> Change | Unjudged:
    hindrance = next((c for c in result.caveats if c.code in _NO_VERDICT), None)
    if hindrance is not None:
        return Unjudged(reason=NOT_COMPARABLE, message=hindrance.message)
    if result.change is None:
        return Unjudged(reason=NO_DATA, message=phrase("the comparison gives no change"))
    return Change(
        value=result.change,
        low=float("-inf") if result.ci_low is None else result.ci_low,
        high=float("inf") if result.ci_high is None else result.ci_high,
        confidence=result.confidence,
        baseline=result.baseline,
        method=result.method,
        caveats=result.caveats,
    )
