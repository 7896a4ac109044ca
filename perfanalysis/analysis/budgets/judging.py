"""Budgets held against runs: met, broken, or undecided for a reason that is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from perfanalysis.analysis.budgets.k6_form import declared_budget
from perfanalysis.analysis.budgets.measuring import Demand, Measured, measure
from perfanalysis.analysis.budgets.observing import Observed
from perfanalysis.analysis.budgets.outcomes import bound_of
from perfanalysis.analysis.budgets.relative import Against
from perfanalysis.analysis.budgets.results import (
    Ready,
    beside_baseline,
    result_not_understood,
    result_of_change,
    result_of_level,
    result_of_measured,
    result_without_baseline,
    result_without_data,
)
from perfanalysis.analysis.budgets.samples import Sample
from perfanalysis.analysis.budgets.selecting import Target, targets_of
from perfanalysis.analysis.budgets.sustained import Levels, levels_of, sustained
from perfanalysis.analysis.budgets.values import fitting, unit_of
from perfanalysis.errors import ConfigError
from perfanalysis.model.budget import Budget
from perfanalysis.model.budget_results import BudgetResult
from perfanalysis.model.figure import Aggregate, Figure
from perfanalysis.model.run import Evidence, Threshold
from perfanalysis.phrases import phrase
from perfanalysis.units import parse_quantity


def judge_budgets(
    budgets: Sequence[Budget], runs: Sequence[Observed], against: Against | None = None
) -> tuple[BudgetResult, ...]:
    """Hold runs against budgets: one result for every name that a budget means.

    Args:
        budgets: of files, or declared by the runs.
        runs: of one side, at least one.
        against: the baseline and how the runs compare with it; None without one.

    Raises:
        ConfigError: a budget file names what is not there, or a limit in the wrong unit.
    """
    theirs = () if against is None else against.theirs
    targets = [target for budget in budgets for target in targets_of(budget, runs, theirs)]
    return _Judging(targets, runs, against).results()


def judge_declared(
    thresholds: Sequence[Threshold], runs: Sequence[Observed], against: Against | None = None
) -> tuple[BudgetResult, ...]:
    """Hold runs against the thresholds that their load script declared."""
    found: list[BudgetResult] = []
    for threshold in thresholds:
        budget = declared_budget(threshold)
        found += (
            [result_not_understood(threshold)]
            if budget is None
            else judge_budgets([budget], runs, against)
        )
    return tuple(found)


class _Judging:
    """All targets of one call: relative ones share the noise of a comparison."""

    def __init__(
        self, targets: Sequence[Target], runs: Sequence[Observed], against: Against | None
    ) -> None:
        self._targets = targets
        self._runs = runs
        self._against = against

    def results(self) -> tuple[BudgetResult, ...]:
        relative = {i: t for i, t in enumerate(self._targets) if t.budget.relative}
        ready: dict[int, Ready] = {}
        found: dict[int, BudgetResult] = self._changed(relative)
        for number, target in enumerate(self._targets):
            if number in relative:
                continue
            prepared = _prepared(target, self._runs)
            if isinstance(prepared, str):
                found[number] = result_without_data(target, prepared)
            else:
                ready[number] = prepared
        found |= self._measured(ready)
        return tuple(found[number] for number in range(len(self._targets)))

    def _changed(self, targets: Mapping[int, Target]) -> dict[int, BudgetResult]:
        if not targets:
            return {}
        if self._against is None:
            return {number: result_without_baseline(target) for number, target in targets.items()}
        there = {number: t for number, t in targets.items() if t.missing is None}
        changes = self._against.changes(there)
        return {
            number: result_of_change(target, changes[number])
            if number in there
            else result_without_data(target, target.missing or "")
            for number, target in targets.items()
        }

    def _measured(self, ready: Mapping[int, Ready]) -> dict[int, BudgetResult]:
        ours = _values(ready)
        theirs = self._baseline_values(ready)
        found = {}
        for number, entry in ready.items():
            value = ours[number]
            if value is None:
                result = result_without_data(entry.target, _untold(entry))
            elif isinstance(value, Measured):
                result = result_of_measured(entry, value)
            else:
                result = result_of_level(entry, *value)
            found[number] = beside_baseline(result, entry, theirs.get(number))
        return found

    def _baseline_values(self, ready: Mapping[int, Ready]) -> dict[int, float]:
        """Return the same figures of the baseline, as far as it holds them."""
        if self._against is None:
            return {}
        theirs: dict[int, Ready] = {}
        for number, entry in ready.items():
            samples = _samples(entry.target, self._against.theirs)
            if not isinstance(samples, str):
                theirs[number] = replace(entry, samples=samples)
        return {
            number: value.value if isinstance(value, Measured) else value[0]
            for number, value in _values(theirs).items()
            if value is not None
        }


def _values(ready: Mapping[int, Ready]) -> dict[int, Measured | tuple[float, Levels] | None]:
    """Return the figure of each target; of those with a duration the worst level with the rest."""
    return {
        number: measure(_demand(entry))
        if entry.target.budget.for_s is None
        else _worst_level(entry)
        for number, entry in ready.items()
    }


def _demand(entry: Ready) -> Demand:
    sign, limit = entry.target.budget.operator, entry.limit

    def worst(values: Sequence[float]) -> float:
        if sign in ("<", "<=", ">", ">="):
            return max(values) if sign in ("<", "<=") else min(values)
        farthest = max if sign == "==" else min
        return farthest(values, key=lambda value: abs(value - limit))

    return Demand(
        figure=entry.target.budget.figure,
        samples=entry.samples,
        worst=worst,
    )


def _worst_level(entry: Ready) -> tuple[float, Levels] | None:
    """Return the worst level of any run that was kept up for as long as the budget says."""
    budget = entry.target.budget
    most = bound_of(budget.operator) == "max"
    found: list[tuple[float, Levels]] = []
    for sample in entry.samples:
        levels = levels_of(budget.figure, sample)
        level = None if levels is None else sustained(levels, budget.for_s or 0.0, most=most)
        if level is None or levels is None:
            return None
        found.append((level, levels))
    return (max if most else min)(found, key=lambda pair: pair[0])


def _untold(entry: Ready) -> str:
    if entry.target.budget.for_s is not None:
        return phrase("no run holds it over time for as long as that")
    if entry.target.selection.name is None and entry.target.budget.figure.quantile is not None:
        return phrase("the source gives no percentile of all requests together: budget its names")
    return phrase("the source does not tell it")


def _prepared(target: Target, runs: Sequence[Observed]) -> Ready | str:
    """Return a target with its samples and limit, or why there is nothing to judge.

    Raises:
        ConfigError: the limit has the wrong unit, or a series no such figure.
    """
    if target.missing is not None:
        return target.missing
    samples = _samples(target, runs)
    if isinstance(samples, str):
        return samples
    figure, budget = target.budget.figure, target.budget
    fits = fitting(figure, samples[0])
    if figure.series is not None and figure.aggregate not in fits:
        message = phrase(
            "{series} is a {kind}: it has {figures}",
            series=repr(figure.series),
            kind=samples[0].kind,
            figures=", ".join(sorted(fits)),
        )
        if budget.file is not None:
            raise ConfigError(f"{budget.where}: {message}, not {figure.aggregate}")
        return message
    unit = unit_of(figure, samples[0])
    try:
        limit = parse_quantity(budget.limit, unit)
    except ValueError as exc:
        raise ConfigError(f"{budget.where}: {exc}") from exc
    return Ready(target=target, samples=samples, unit=unit or "", limit=limit)


def _lacking(figure: Figure, run: Observed) -> str:
    if figure.aggregate is Aggregate.UNDER and run.info.evidence is not Evidence.REQUESTS:
        return phrase("the run {run} holds no single requests", run=repr(run.info.name))
    return phrase("the run {run} holds none of it", run=repr(run.info.name))


def _samples(target: Target, runs: Sequence[Observed]) -> tuple[Sample, ...] | str:
    found = []
    for run in runs:
        sample = run.sample(target.budget.figure, target.selection)
        if sample is None:
            return _lacking(target.budget.figure, run)
        found.append(sample)
    return tuple(found)
