"""Thresholds that the load script itself declared, judged on the run's data.

The language is k6's: `p(95)<500` on `http_req_duration{name:search}`. What the data do not carry
is undecided: k6 passes such a threshold, which turns a broken test green.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perfanalysis.model.requests import Kind
from perfanalysis.model.results import Outcome, ThresholdOutcome
from perfanalysis.model.run import Evidence, Threshold
from perfanalysis.model.series import SeriesKind
from perfanalysis.store.bundle import Run
from perfanalysis.units import significant

Floats = npt.NDArray[np.float64]

_EXPRESSION = re.compile(
    r"^\s*(avg|min|max|med|count|rate|value|p\(\s*(\d+(?:\.\d+)?)\s*\))\s*"
    r"(<=|>=|===|==|!=|<|>)\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*$",
    re.ASCII,
)
_METRIC = re.compile(r"^([^{}]+?)\s*(?:\{(.*)\})?$", re.DOTALL)
_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "===": operator.eq,
    "!=": operator.ne,
}
# k6 metrics that became columns of the request rows: column and kind of row.
_COLUMNS = {
    "http_req_duration": ("latency_ms", Kind.REQUEST),
    "http_req_blocked": ("blocked_ms", Kind.REQUEST),
    "http_req_connecting": ("connect_ms", Kind.REQUEST),
    "http_req_tls_handshaking": ("tls_ms", Kind.REQUEST),
    "http_req_sending": ("send_ms", Kind.REQUEST),
    "http_req_waiting": ("wait_ms", Kind.REQUEST),
    "http_req_receiving": ("receive_ms", Kind.REQUEST),
    "iteration_duration": ("latency_ms", Kind.ITERATION),
    "group_duration": ("latency_ms", Kind.TRANSACTION),
    "http_reqs": (None, Kind.REQUEST),
    "http_req_failed": ("ok", Kind.REQUEST),
    "checks": ("ok", Kind.CHECK),
}
_TAG_COLUMNS = frozenset({"name", "group", "scenario", "method", "status"})
_OUR_WORDS = {"avg": "mean", "med": "p50", "min": "min", "max": "max"}


@dataclass(frozen=True, kw_only=True)
class _Sample:
    """The values that a threshold looks at, and how k6 treats such a metric."""

    values: Floats
    kind: str
    seconds: float | None


@dataclass(frozen=True, kw_only=True)
class Expression:
    """A parsed threshold: `p(95)<500`.

    Attributes:
        aggregate: avg, min, max, med, count, rate, value or p.
        quantile: 0..1 for `p`.
    """

    aggregate: str
    quantile: float | None
    operator: str
    limit: float


def parse_expression(text: str) -> Expression | None:
    """Return a k6 threshold expression, or None where the text is none.

    The grammar is that of k6's threshold parser: one aggregate, one operator, one number.

    >>> parse_expression("p(95)<500").quantile
    0.95
    """
    found = _EXPRESSION.match(text)
    if found is None:
        return None
    word, percent, sign, number = found.groups()
    quantile = float(percent) / 100 if percent else None
    limit = float(number)
    if not math.isfinite(limit) or (quantile is not None and quantile > 1):
        return None
    return Expression(
        aggregate="p" if percent else word, quantile=quantile, operator=sign, limit=limit
    )


def judge_thresholds(run: Run) -> tuple[ThresholdOutcome, ...]:
    """Return the outcome of each threshold that the run's source declared."""
    return tuple(_judge(run, threshold) for threshold in run.info.thresholds)


def _judge(run: Run, threshold: Threshold) -> ThresholdOutcome:
    expression = parse_expression(threshold.expression)
    metric, selector = _split(threshold.metric)
    value: float | None = None
    reason = "the expression is not understood"
    if expression is not None:
        sample = _sample(run, metric, selector)
        reason = "the data do not carry it"
        if sample is not None:
            value = _aggregate(sample, expression)
    outcome = _outcome(expression, value, threshold.passed)
    source = f"{threshold.metric}: {threshold.expression}"
    if value is not None:
        reason = f"found {significant(value, 4)}"
    elif threshold.passed is not None:
        reason = "as the tool itself judged it"
    return ThresholdOutcome(
        metric=_our_metric(metric, expression),
        name=selector.get("name") or None,
        source=source,
        limit=None if expression is None else expression.limit,
        value=value,
        outcome=outcome,
        message=f"{source}: {outcome}, {reason}",
    )


def _outcome(expression: Expression | None, value: float | None, passed: bool | None) -> Outcome:
    if expression is not None and value is not None:
        met = _OPERATORS[expression.operator](value, expression.limit)
        return Outcome.MET if met else Outcome.BROKEN
    if passed is not None:
        return Outcome.MET if passed else Outcome.BROKEN
    return Outcome.UNDECIDED


def _split(metric: str) -> tuple[str, dict[str, str]]:
    """Split `http_req_duration{name:search,status:200}` into metric and selector.

    As in k6, quotes around a key or value are dropped, and a key without value selects what has
    that tag with an empty value: almost always nothing, and never everything.
    """
    found = _METRIC.match(metric.strip())
    if found is None:
        return metric, {}
    pairs = (part.partition(":") for part in (found.group(2) or "").split(",") if part.strip())
    return found.group(1), {_unquoted(key): _unquoted(value) for key, _, value in pairs}


def _unquoted(text: str) -> str:
    return text.strip().strip("\"'")


def _sample(run: Run, metric: str, selector: dict[str, str]) -> _Sample | None:
    """Return the values of a metric, or None where the run has none."""
    if metric in _COLUMNS:
        if run.info.evidence is not Evidence.REQUESTS:
            return None
        return _row_sample(run, metric, selector)
    table = run.series_table
    table = table.filter(pc.equal(table.column("metric"), metric))
    table = _where_labels(table, "labels", selector)
    if table.num_rows == 0:
        return None
    return _Sample(
        values=table.column("value").to_numpy(),
        kind=table.column("kind")[0].as_py(),
        seconds=run.info.duration_s,
    )


def _row_sample(run: Run, metric: str, selector: dict[str, str]) -> _Sample | None:
    column, kind = _COLUMNS[metric]
    tags = {key: value for key, value in selector.items() if key not in _TAG_COLUMNS}
    expected = tags.pop("expected_response", None)
    columns = {"kind", "ok", *(selector.keys() & _TAG_COLUMNS), *(("tags",) if tags else ())}
    table = run.table("requests", sorted(columns | ({column} if column else set())))
    mask = pc.equal(table.column("kind"), kind.value)
    for key in selector.keys() & _TAG_COLUMNS:
        mask = pc.and_(mask, pc.equal(table.column(key), selector[key]))
    if expected is not None:
        mask = pc.and_(mask, pc.equal(table.column("ok").cast(pa.string()), expected))
    table = _where_labels(table.filter(mask), "tags", tags)
    if table.num_rows == 0:
        return None
    if column is None:
        values, kind_of = np.ones(table.num_rows), SeriesKind.COUNTER
    elif column == "ok":
        ok = table.column("ok").to_numpy(zero_copy_only=False).astype(np.float64)
        values, kind_of = (1 - ok if metric == "http_req_failed" else ok), SeriesKind.RATE
    else:
        values, kind_of = table.column(column).drop_null().to_numpy(), SeriesKind.TREND
    return _Sample(values=values, kind=kind_of, seconds=run.info.duration_s)


def _where_labels(table: pa.Table, column: str, wanted: dict[str, str]) -> pa.Table:
    for key, value in wanted.items():
        found = pc.map_lookup(table.column(column), key, "first")
        table = table.filter(pc.equal(found, value))
    return table


def _aggregate(sample: _Sample, expression: Expression) -> float | None:
    """Return what k6 calls the sink's value; None where the kind of metric has no such one."""
    values = sample.values
    if len(values) == 0:
        return None
    if sample.kind == SeriesKind.COUNTER:
        total = float(values.sum())
        if expression.aggregate == "rate":
            return total / sample.seconds if sample.seconds else None
        return total if expression.aggregate == "count" else None
    if sample.kind == SeriesKind.RATE:
        return float((values != 0).mean()) if expression.aggregate == "rate" else None
    if sample.kind == SeriesKind.GAUGE:
        return float(values[-1]) if expression.aggregate == "value" else None
    return _trend(values, expression)


def _trend(values: Floats, expression: Expression) -> float | None:
    if expression.quantile is not None:
        return float(np.quantile(values, expression.quantile))
    computed: dict[str, Callable[[Floats], float]] = {
        "avg": np.mean,
        "min": np.min,
        "max": np.max,
        "med": np.median,
        "count": len,
    }
    function = computed.get(expression.aggregate)
    return None if function is None else float(function(values))


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
