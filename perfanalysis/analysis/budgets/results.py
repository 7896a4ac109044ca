"""One judged budget: everything that is said about it, in one object."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from perfanalysis.analysis.budgets.measuring import Measured
from perfanalysis.analysis.budgets.outcomes import (
    bound_of,
    error_budget_left,
    headroom,
    is_absolute,
    outcome_of,
    outcome_word,
)
from perfanalysis.analysis.budgets.relative import Change, Unjudged
from perfanalysis.analysis.budgets.samples import Sample
from perfanalysis.analysis.budgets.selecting import Target
from perfanalysis.analysis.budgets.sentences import (
    amount,
    changed_sentence,
    judged_sentence,
    limit_text,
    subject,
    sustained_sentence,
)
from perfanalysis.analysis.budgets.sustained import Levels
from perfanalysis.analysis.budgets.values import is_share
from perfanalysis.analysis.judge import CONFIDENCE
from perfanalysis.model.budget import Budget
from perfanalysis.model.budget_results import (
    NO_BASELINE,
    NO_DATA,
    NOT_UNDERSTOOD,
    ROUGH,
    SPANS_LIMIT,
    BudgetResult,
)
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.figure import Aggregate, Column, Figure
from perfanalysis.model.outcome import Outcome
from perfanalysis.model.run import Threshold
from perfanalysis.phrases import joined, phrase
from perfanalysis.units import parse_quantity

# Units that a limit may have where there is no figure to say which.
_GUESSES = ("%", "ms", "bytes", "1/s", "bytes/s", "MHz")


@dataclass(frozen=True, kw_only=True)
class Ready:
    """A target with what every run holds of it."""

    target: Target
    samples: tuple[Sample, ...]
    unit: str
    limit: float


def result_of_measured(entry: Ready, measured: Measured) -> BudgetResult:
    """Return a budget on a figure of the run as a whole."""
    budget = entry.target.budget
    shown = measured
    share = is_share(budget.figure, entry.samples[0])
    if share and is_absolute(budget.operator, entry.limit):
        shown = replace(measured, low=measured.value, high=measured.value)
    outcome = outcome_of(
        budget.operator, entry.limit, value=shown.value, low=shown.low, high=shown.high
    )
    reason = None
    if outcome is Outcome.UNDECIDED:
        reason = ROUGH if measured.method == "none" else SPANS_LIMIT
    has_interval = measured.high > measured.low
    return replace(
        _blank(entry.target, entry.unit, entry.limit),
        value=measured.value,
        ci_low=_finite(measured.low) if has_interval else None,
        ci_high=_finite(measured.high) if has_interval else None,
        method=measured.method,
        outcome=outcome,
        reason=reason,
        headroom=headroom(budget.operator, entry.limit, measured.value),
        error_budget_left=_error_budget(entry, measured.value),
        message=_said(
            budget,
            outcome,
            judged_sentence(entry.target, shown, entry.limit, entry.unit, outcome),
        ),
        caveats=measured.caveats,
    )


def _error_budget(entry: Ready, value: float) -> float | None:
    """Return what is left of the failures that a budget of a share allows."""
    figure, budget = entry.target.budget.figure, entry.target.budget
    if not is_share(figure, entry.samples[0]) or budget.for_s is not None:
        return None
    bound = bound_of(budget.operator)
    if bound == "max" and figure.column is Column.FAILED:
        return error_budget_left(entry.limit, value)
    if bound == "min" and (figure.column is Column.PASSED or figure.aggregate is Aggregate.UNDER):
        return error_budget_left(1 - entry.limit, 1 - value)
    return None


def result_of_level(entry: Ready, level: float, levels: Levels) -> BudgetResult:
    """Return a budget on a level that must not be kept up for a time."""
    budget = entry.target.budget
    outcome = outcome_of(budget.operator, entry.limit, value=level, low=level, high=level)
    sentence = sustained_sentence(entry.target, level, levels, entry.limit, entry.unit)
    return replace(
        _blank(entry.target, entry.unit, entry.limit),
        value=level,
        outcome=outcome,
        reason=None,
        headroom=headroom(budget.operator, entry.limit, level),
        message=_said(budget, outcome, sentence),
        caveats=_few_per_span(budget.figure, levels),
    )


def _few_per_span(figure: Figure, levels: Levels) -> tuple[Caveat, ...]:
    if figure.quantile is None or levels.per_span * (1 - figure.quantile) >= 1:
        return ()
    message = phrase(
        "a step of {seconds} s holds about {n} values: {metric} of so few is about their largest",
        seconds=f"{levels.width_s:g}",
        n=f"{levels.per_span:.0f}",
        metric=figure.key,
    )
    return (Caveat(code="few-per-step", message=message),)


def result_of_change(target: Target, change: Change | Unjudged) -> BudgetResult:
    """Return a budget on the change against the baseline."""
    limit = float(target.budget.limit)
    blank = _blank(target, "ratio", limit)
    if isinstance(change, Unjudged):
        text = phrase(
            "{figure} against the baseline: {problem}",
            figure=subject(target),
            problem=change.message,
        )
        return replace(
            blank, reason=change.reason, message=_said(target.budget, Outcome.UNDECIDED, text)
        )
    outcome = outcome_of(
        target.budget.operator, limit, value=change.value, low=change.low, high=change.high
    )
    return replace(
        blank,
        value=change.value,
        baseline=change.baseline,
        ci_low=_finite(change.low),
        ci_high=_finite(change.high),
        confidence=change.confidence,
        method=change.method,
        outcome=outcome,
        reason=SPANS_LIMIT if outcome is Outcome.UNDECIDED else None,
        headroom=headroom(target.budget.operator, limit, change.value),
        message=_said(target.budget, outcome, changed_sentence(target, change, limit, outcome)),
        caveats=change.caveats,
    )


def beside_baseline(result: BudgetResult, entry: Ready, baseline: float | None) -> BudgetResult:
    """Return a result that tells what the baseline was, and whether it was over budget too."""
    if baseline is None:
        return result
    already = outcome_of(
        entry.target.budget.operator, entry.limit, value=baseline, low=baseline, high=baseline
    )
    if result.outcome is not Outcome.BROKEN or already is not Outcome.BROKEN:
        return replace(result, baseline=baseline)
    message = phrase(
        "over budget already in the baseline ({value})", value=amount(baseline, entry.unit)
    )
    return replace(
        result,
        baseline=baseline,
        message=joined("; ", (result.message, message)),
        caveats=(*result.caveats, Caveat(code="over-budget-already", message=message)),
    )


def result_without_baseline(target: Target) -> BudgetResult:
    """Return a budget on a change where there is no baseline."""
    text = phrase(
        "{figure} has a budget against the baseline, {limit}, and there is no baseline here: "
        "compare --budget judges it",
        figure=subject(target),
        limit=limit_text(target, float(target.budget.limit), "ratio"),
    )
    return replace(
        _blank(target, "ratio", float(target.budget.limit)),
        reason=NO_BASELINE,
        message=_said(target.budget, Outcome.UNDECIDED, text),
    )


def result_without_data(target: Target, why: str) -> BudgetResult:
    """Return a budget on a figure that is not there; the tool's own outcome stands, if known."""
    budget = target.budget
    unit, limit = _guessed(budget)
    blank = _blank(target, "ratio" if budget.relative else unit, limit)
    if budget.passed is not None:
        outcome = Outcome.MET if budget.passed else Outcome.BROKEN
        message = phrase(
            "{figure}: {outcome}, as the tool itself judged it",
            figure=subject(target),
            outcome=outcome_word(outcome),
        )
        told = phrase("{problem}: the outcome is the tool's own", problem=why)
        return replace(
            blank,
            outcome=outcome,
            reason=None,
            method="tool",
            message=message,
            caveats=(Caveat(code="tool-outcome", message=told),),
        )
    text = phrase("{figure}: no data, {problem}", figure=subject(target), problem=why)
    return replace(blank, reason=NO_DATA, message=_said(budget, Outcome.UNDECIDED, text))


def _guessed(budget: Budget) -> tuple[str, float | None]:
    """Return unit and limit of a figure that is not there to say its unit."""
    units = (budget.figure.unit,) if budget.figure.unit else (None, *_GUESSES)
    for unit in units:
        try:
            return unit or "", parse_quantity(budget.limit, unit)
        except ValueError:
            continue
    return "", None


def result_not_understood(threshold: Threshold) -> BudgetResult:
    """Return a threshold in words that are not k6's."""
    outcome = Outcome.UNDECIDED
    if threshold.passed is not None:
        outcome = Outcome.MET if threshold.passed else Outcome.BROKEN
    source = f"{threshold.metric}: {threshold.expression}"
    message = (
        phrase("{source}: the expression is not understood", source=source)
        if threshold.passed is None
        else phrase("{source}: as the tool itself judged it", source=source)
    )
    return BudgetResult(
        metric=threshold.metric,
        name=None,
        tags=(),
        source=source,
        file=None,
        line=None,
        level="error",
        relative=False,
        bound="max",
        limit=None,
        for_s=None,
        unit="",
        value=None,
        baseline=None,
        ci_low=None,
        ci_high=None,
        confidence=CONFIDENCE,
        method="none" if threshold.passed is None else "tool",
        outcome=outcome,
        reason=NOT_UNDERSTOOD if outcome is Outcome.UNDECIDED else None,
        headroom=None,
        error_budget_left=None,
        message=message,
        caveats=(),
    )


def _blank(target: Target, unit: str, limit: float | None) -> BudgetResult:
    """Return a budget with all that is known of it before it is judged."""
    budget = target.budget
    return BudgetResult(
        metric=budget.figure.key,
        name=target.selection.name if budget.figure.series is None else None,
        tags=target.selection.tags,
        source=budget.source,
        file=None if budget.file is None else Path(budget.file).name,
        line=budget.line,
        level=budget.level,
        relative=budget.relative,
        bound=bound_of(budget.operator),
        limit=limit,
        for_s=budget.for_s,
        unit=unit,
        value=None,
        baseline=None,
        ci_low=None,
        ci_high=None,
        confidence=CONFIDENCE,
        method="none",
        outcome=Outcome.UNDECIDED,
        reason=NO_DATA,
        headroom=None,
        error_budget_left=None,
        message="",
        caveats=(),
    )


def _said(budget: Budget, outcome: Outcome, sentence: str) -> str:
    """Return a sentence with what the author of a budget and the tool have to say."""
    if outcome is Outcome.UNDECIDED and budget.passed is not None:
        sentence = (
            phrase("{text}; the tool, which looks at the value alone, passed it", text=sentence)
            if budget.passed
            else phrase(
                "{text}; the tool, which looks at the value alone, failed it", text=sentence
            )
        )
    if budget.message is None or outcome is Outcome.MET:
        return sentence
    return phrase("{message}: {text}", message=budget.message, text=sentence)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
