"""k6's thresholds as budgets: those of a budget file, and those that a run declares."""

from __future__ import annotations

from perfanalysis.analysis.budgets.document import Document, Location
from perfanalysis.analysis.budgets.figures import K6_METRICS, k6_figure, suggestion
from perfanalysis.analysis.k6_expressions import Expression, parse_expression, split_selector
from perfanalysis.errors import ConfigError
from perfanalysis.model.budget import Budget, Operator, WrittenThreshold
from perfanalysis.model.figure import Figure
from perfanalysis.model.requests import Kind
from perfanalysis.model.run import Threshold

_OPERATORS: dict[str, Operator] = {
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
    "==": "==",
    "===": "==",
    "!=": "!=",
}
_HINT = "k6's words: avg, min, max, med, p(N), count, rate or value; an operator; a number"


def k6_budgets(
    metric: str, written: WrittenThreshold, document: Document, where: Location
) -> list[Budget]:
    """Return the budget of one threshold of a budget file.

    Raises:
        ConfigError: metric, selector or expression are not k6's.
    """
    place = document.place(where)
    expression = parse_expression(written.threshold)
    if expression is None:
        text = f"{place}: {written.threshold!r} is no threshold such as 'p(95)<500'"
        raise ConfigError(text, hint=_HINT)
    name, selector = split_selector(metric)
    if "{" in name or "" in selector.values():
        text = f"{place}: expected a selector such as 'http_req_duration{{name:search}}'"
        raise ConfigError(f"{text}, found {metric!r}")
    found = k6_figure(name, expression)
    if found is None:
        raise ConfigError(f"{place}: {name} has no {expression.aggregate!r}", hint=_HINT)
    return [
        _budget(
            metric,
            written.threshold,
            found,
            expression,
            file=document.label,
            line=document.line(where),
            passed=None,
        )
    ]


def declared_budget(threshold: Threshold) -> Budget | None:
    """Return a threshold that the run's source declared; None where it is not understood."""
    expression = parse_expression(threshold.expression)
    if expression is None:
        return None
    found = k6_figure(split_selector(threshold.metric)[0], expression)
    if found is None:
        return None
    return _budget(
        threshold.metric,
        threshold.expression,
        found,
        expression,
        file=None,
        line=None,
        passed=threshold.passed,
    )


def unknown_k6_metric(name: str, series: set[str]) -> str:
    """Return what is wrong with a metric that neither k6 nor the run knows."""
    return f"{name!r} is no metric of k6 and no series of the run; " + suggestion(
        name, K6_METRICS | series
    )


def _budget(
    metric: str,
    text: str,
    found: tuple[Figure, Kind],
    expression: Expression,
    *,
    file: str | None,
    line: int | None,
    passed: bool | None,
) -> Budget:
    figure, kind = found
    _, tags = split_selector(metric)
    # A check is named by its tag `check`; everything else by `name`.
    name = tags.pop("check" if kind is Kind.CHECK else "name", None) if figure.column else None
    return Budget(
        source=f"{metric}: {text}",
        file=file,
        line=line,
        key=f"thresholds.{metric}",
        level="error",
        figure=figure,
        name=name,
        exact_name=True,
        kind=kind,
        tags=tuple(sorted(tags.items())),
        operator=_OPERATORS[expression.operator],
        limit=repr(expression.limit),
        relative=False,
        for_s=None,
        message=None,
        passed=passed,
    )
