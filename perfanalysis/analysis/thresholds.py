"""Thresholds that the load script itself declared, judged on the value of the run's data alone.

This is what k6 itself would say, for summaries; `analysis.budgets` judges the same thresholds with
the uncertainty of the value. What the data do not carry is undecided: k6 passes such a threshold,
which turns a broken test green.
"""

from __future__ import annotations

from perfanalysis.analysis.budgets.k6_form import declared_budget
from perfanalysis.analysis.budgets.observing import Observed
from perfanalysis.analysis.budgets.outcomes import outcome_of, outcome_word
from perfanalysis.analysis.budgets.selecting import targets_of
from perfanalysis.analysis.budgets.values import value_of
from perfanalysis.analysis.k6_expressions import Expression, parse_expression, split_selector
from perfanalysis.model.outcome import Outcome
from perfanalysis.model.results import ThresholdOutcome
from perfanalysis.model.run import Threshold
from perfanalysis.phrases import phrase
from perfanalysis.store.bundle import Run
from perfanalysis.units import significant

_OUR_WORDS = {"avg": "mean", "med": "p50", "min": "min", "max": "max"}


def judge_thresholds(run: Run) -> tuple[ThresholdOutcome, ...]:
    """Return the outcome of each threshold that the run's source declared."""
    observed = Observed(run)
    return tuple(_judge(observed, threshold) for threshold in run.info.thresholds)


def _judge(run: Observed, threshold: Threshold) -> ThresholdOutcome:
    expression = parse_expression(threshold.expression)
    metric, selector = split_selector(threshold.metric)
    value = None if expression is None else _value(run, threshold)
    outcome = Outcome.UNDECIDED
    if expression is not None and value is not None:
        budget = declared_budget(threshold)
        assert budget is not None  # noqa: S101  (it has a value)
        outcome = outcome_of(budget.operator, expression.limit, value=value, low=value, high=value)
        message = _message(threshold, outcome, phrase("found {value}", value=significant(value, 4)))
    elif threshold.passed is not None:
        outcome = Outcome.MET if threshold.passed else Outcome.BROKEN
        message = _message(threshold, outcome, phrase("as the tool itself judged it"))
    elif expression is None:
        message = _message(threshold, outcome, phrase("the expression is not understood"))
    else:
        message = _message(threshold, outcome, phrase("the data do not carry it"))
    return ThresholdOutcome(
        metric=_our_metric(metric, expression),
        name=selector.get("name") or None,
        source=f"{threshold.metric}: {threshold.expression}",
        limit=None if expression is None else expression.limit,
        value=value,
        outcome=outcome,
        message=message,
    )


def _message(threshold: Threshold, outcome: Outcome, reason: str) -> str:
    return phrase(
        "{source}: {outcome}, {reason}",
        source=f"{threshold.metric}: {threshold.expression}",
        outcome=outcome_word(outcome),
        reason=reason,
    )


def _value(run: Observed, threshold: Threshold) -> float | None:
    budget = declared_budget(threshold)
    if budget is None:
        return None
    (target,) = targets_of(budget, [run])
    if target.missing is not None:
        return None
    sample = run.sample(budget.figure, target.selection)
    return None if sample is None else value_of(budget.figure, sample)


def _our_metric(metric: str, expression: Expression | None) -> str:
    if expression is None:
        return metric
    if metric == "http_req_duration":
        if expression.quantile is not None:
            return f"latency.p{expression.quantile * 100:g}"
        return f"latency.{_OUR_WORDS.get(expression.aggregate, expression.aggregate)}"
    if metric == "http_req_failed":
        return "error_rate"
    if metric == "http_reqs" and expression.aggregate == "rate":
        return "throughput"
    return metric
