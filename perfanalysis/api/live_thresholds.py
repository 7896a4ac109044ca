"""Thresholds judged while a run goes on: which of those that may end it early are broken.

The outcome that counts is computed from all rows when the run is over. What is judged here is the
same figure so far, percentiles from log buckets (within 0.25 %), in memory that does not grow.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perfanalysis.analysis.k6_expressions import Expression, parse_expression
from perfanalysis.generator.scenario.model import Threshold
from perfanalysis.model.buckets import bucket_of
from perfanalysis.model.requests import Kind
from perfanalysis.phrases import phrase
from perfanalysis.stats.histogram import Cdf
from perfanalysis.units import significant

_METRIC = re.compile(r"^([^{}]+?)\s*(?:\{(.*)\})?$", re.DOTALL)
_HOLDS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "===": operator.eq,
    "!=": operator.ne,
}
# Column and kind of the rows; None counts them.
_METRICS: dict[str, tuple[str | None, Kind]] = {
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
LIVE_METRICS = tuple(_METRICS)
_SELECTABLE = frozenset({"name", "group", "scenario", "method", "status"})
_TREND = frozenset({"avg", "min", "max", "med", "count", "p"})


@dataclass(frozen=True, kw_only=True)
class _Rule:
    source: str
    expression: Expression
    column: str | None
    kind: Kind
    selector: Mapping[str, str]
    delay_s: float


class _Sample:
    """What a threshold looks at, in bounded memory."""

    def __init__(self) -> None:
        self.count = 0
        self.total = 0.0
        self.low = np.inf
        self.high = -np.inf
        self.buckets: dict[int, int] = {}

    def add(self, values: npt.NDArray[np.float64]) -> None:
        self.count += len(values)
        if not len(values):
            return
        self.total += float(values.sum())
        self.low = min(self.low, float(values.min()))
        self.high = max(self.high, float(values.max()))
        numbers, counts = np.unique(bucket_of(values), return_counts=True)
        for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
            self.buckets[number] = self.buckets.get(number, 0) + count

    def quantile(self, share: float) -> float:
        numbers = np.array(sorted(self.buckets), dtype=np.int64)
        counts = np.array([self.buckets[number] for number in numbers.tolist()], dtype=np.int64)
        return float(np.clip(Cdf(numbers, counts, None).quantile(share), self.low, self.high))


class LiveThresholds:
    """Judges the thresholds that may end a run, on the rows so far.

    Args:
        thresholds: by metric; only those with `abortOnFail` are looked at.

    Attributes:
        first_broken: the threshold that ended the run, with its figure; None if none did.

    Raises:
        ValueError: a threshold cannot be judged while the run goes on.
    """

    def __init__(self, thresholds: Mapping[str, Sequence[Threshold]]) -> None:
        self._rules = [
            (_rule(metric, threshold), _Sample())
            for metric, given in thresholds.items()
            for threshold in given
            if threshold.abort_on_fail
        ]
        self.first_broken: str | None = None

    def add(self, batch: pa.RecordBatch) -> None:
        """Take rows of the request table."""
        for rule, sample in self._rules:
            sample.add(_values(batch, rule))

    def broken(self, elapsed_s: float) -> str | None:
        """Return the first threshold that is broken so far, with its figure; None without one.

        A threshold that no row says anything about is not broken.
        """
        for rule, sample in self._rules:
            if elapsed_s < rule.delay_s or not sample.count:
                continue
            value = _figure(rule, sample, elapsed_s)
            if not _HOLDS[rule.expression.operator](value, rule.expression.limit):
                self.first_broken = phrase(
                    "{source} is broken, found {value}",
                    source=rule.source,
                    value=significant(value, 4),
                )
                return self.first_broken
        return None


def _rule(metric: str, threshold: Threshold) -> _Rule:
    expression = parse_expression(threshold.threshold)
    found = _METRIC.match(metric.strip())
    if expression is None or found is None:
        raise ValueError(f"{threshold.threshold!r} is no threshold")
    name = found[1]
    if name not in _METRICS:
        raise ValueError(
            f"{name!r} cannot be judged while the test runs; abortOnFail is for "
            f"{', '.join(LIVE_METRICS)}"
        )
    column, kind = _METRICS[name]
    fits = {"ok": {"rate"}, None: {"count", "rate"}}.get(column, _TREND)
    if expression.aggregate not in fits:
        raise ValueError(f"{expression.aggregate!r} is nothing that {name} has")
    return _Rule(
        source=f"{metric}: {threshold.threshold}",
        # http_req_failed is the share of those that are not ok.
        expression=expression,
        column="failed" if name == "http_req_failed" else column,
        kind=kind,
        selector=_selector(found[2] or ""),
        delay_s=threshold.delay_abort_eval,
    )


def _selector(text: str) -> dict[str, str]:
    pairs = (part.partition(":") for part in text.split(",") if part.strip())
    return {key.strip().strip("\"'"): value.strip().strip("\"'") for key, _, value in pairs}


def _values(batch: pa.RecordBatch, rule: _Rule) -> npt.NDArray[np.float64]:
    mask = pc.equal(batch.column("kind"), rule.kind.value)
    for key, wanted in rule.selector.items():
        mask = pc.and_(mask, pc.fill_null(_selected(batch, key, wanted), fill_value=False))
    rows = batch.filter(mask)
    if rule.column is None:
        return np.ones(rows.num_rows)
    if rule.column in ("ok", "failed"):
        ok = rows.column("ok").to_numpy(zero_copy_only=False).astype(np.float64)
        return np.asarray(ok if rule.column == "ok" else 1 - ok, dtype=np.float64)
    column = rows.column(rule.column).drop_null()
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)


def _selected(batch: pa.RecordBatch, key: str, wanted: str) -> Any:  # noqa: ANN401  (Arrow is untyped)
    if key in _SELECTABLE:
        return pc.equal(batch.column(key), wanted)
    if key == "expected_response":
        return pc.equal(batch.column("ok").cast(pa.string()), wanted)
    return pc.equal(pc.map_lookup(batch.column("tags"), key, "first"), wanted)


def _figure(rule: _Rule, sample: _Sample, elapsed_s: float) -> float:
    expression = rule.expression
    if expression.quantile is not None:
        return sample.quantile(expression.quantile)
    if rule.column is None:
        return (
            sample.count / max(elapsed_s, 1e-9) if expression.aggregate == "rate" else sample.count
        )
    figures = {
        "rate": sample.total / sample.count,
        "avg": sample.total / sample.count,
        "min": sample.low,
        "max": sample.high,
        "count": float(sample.count),
    }
    return sample.quantile(0.5) if expression.aggregate == "med" else figures[expression.aggregate]
