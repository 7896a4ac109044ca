"""Figures: what a budget may be held against. Every metric is one, and there are some more."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Aggregate(StrEnum):
    """How values become one figure.

    count: how many there are, of a counter their sum; rate: per second, of values that are 0 or 1
    the share of ones; last: the latest; under: share of the requests that succeed within a time.
    """

    MEAN = "mean"
    MIN = "min"
    MAX = "max"
    QUANTILE = "quantile"
    COUNT = "count"
    RATE = "rate"
    LAST = "last"
    UNDER = "under"


class Column(StrEnum):
    """What is looked at in the rows of requests."""

    LATENCY = "latency_ms"
    BLOCKED = "blocked_ms"
    CONNECT = "connect_ms"
    TLS = "tls_ms"
    SEND = "send_ms"
    WAIT = "wait_ms"
    RECEIVE = "receive_ms"
    ROWS = "rows"  # each row counts one
    PASSED = "passed"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One number of a run, or of one name of it.

    Attributes:
        key: `latency.p95`, `error_rate`, `system.cpu.mean`; part of the JSON documents.
        column: of the rows of requests; None for a series.
        series: key of the series; None for requests.
        quantile: 0..1, for that aggregate.
        under_ms: for `under`.
        unit: `ms`, `1/s`, `ratio`, `count`; None where the series says it.
        better: None where neither more nor less is better.
        k6: whether of a series only those aggregates count that k6 has for its kind.
    """

    key: str
    column: Column | None
    series: str | None
    aggregate: Aggregate
    quantile: float | None
    under_ms: float | None
    unit: str | None
    better: Literal["lower", "higher"] | None
    k6: bool
