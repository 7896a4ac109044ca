"""From the words of a budget to the figure that is meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Literal

from perfanalysis.analysis.k6_expressions import Expression
from perfanalysis.importers.k6.metrics import BUILT_IN
from perfanalysis.model.figure import Aggregate, Column, Figure
from perfanalysis.model.requests import Kind

Better = Literal["lower", "higher"] | None

_LONGEST, _MOST_COMPARED, _MOST_SHOWN = 80, 2000, 10

_LATENCY = re.compile(r"^latency\.p(\d{1,2}(?:\.\d{1,3})?)$", re.ASCII)
_SERIES = re.compile(r"^(.+)\.(mean|min|max|last|total|rate|p(\d{1,2}(?:\.\d{1,3})?))$", re.ASCII)
_SERIES_WORDS = {
    "mean": Aggregate.MEAN,
    "min": Aggregate.MIN,
    "max": Aggregate.MAX,
    "last": Aggregate.LAST,
    "total": Aggregate.COUNT,
    "rate": Aggregate.RATE,
}
_K6_WORDS = {
    "avg": Aggregate.MEAN,
    "min": Aggregate.MIN,
    "max": Aggregate.MAX,
    "med": Aggregate.QUANTILE,
    "p": Aggregate.QUANTILE,
    "count": Aggregate.COUNT,
    "rate": Aggregate.RATE,
    "value": Aggregate.LAST,
}
_TREND = frozenset({"avg", "min", "max", "med", "p", "count"})
# k6's metrics that became columns of the request rows: column, kind of row, aggregates of its kind.
_K6_COLUMNS: dict[str, tuple[Column, Kind, frozenset[str]]] = {
    "http_req_duration": (Column.LATENCY, Kind.REQUEST, _TREND),
    "http_req_blocked": (Column.BLOCKED, Kind.REQUEST, _TREND),
    "http_req_connecting": (Column.CONNECT, Kind.REQUEST, _TREND),
    "http_req_tls_handshaking": (Column.TLS, Kind.REQUEST, _TREND),
    "http_req_sending": (Column.SEND, Kind.REQUEST, _TREND),
    "http_req_waiting": (Column.WAIT, Kind.REQUEST, _TREND),
    "http_req_receiving": (Column.RECEIVE, Kind.REQUEST, _TREND),
    "iteration_duration": (Column.LATENCY, Kind.ITERATION, _TREND),
    "group_duration": (Column.LATENCY, Kind.TRANSACTION, _TREND),
    "http_reqs": (Column.ROWS, Kind.REQUEST, frozenset({"count", "rate"})),
    "http_req_failed": (Column.FAILED, Kind.REQUEST, frozenset({"rate"})),
    "checks": (Column.PASSED, Kind.CHECK, frozenset({"rate"})),
}
K6_METRICS = frozenset({*_K6_COLUMNS, *BUILT_IN})

_OURS: Sequence[tuple[str, Column, Aggregate, str, Better]] = (
    ("latency.mean", Column.LATENCY, Aggregate.MEAN, "ms", "lower"),
    ("latency.min", Column.LATENCY, Aggregate.MIN, "ms", "lower"),
    ("latency.max", Column.LATENCY, Aggregate.MAX, "ms", "lower"),
    ("throughput", Column.ROWS, Aggregate.RATE, "1/s", "higher"),
    ("error_rate", Column.FAILED, Aggregate.RATE, "ratio", "lower"),
    ("requests", Column.ROWS, Aggregate.COUNT, "count", None),
    ("failures", Column.FAILED, Aggregate.COUNT, "count", "lower"),
)
_FIXED = {
    key: Figure(
        key=key,
        column=column,
        series=None,
        aggregate=aggregate,
        quantile=None,
        under_ms=None,
        unit=unit,
        better=better,
        k6=False,
    )
    for key, column, aggregate, unit, better in _OURS
}
# What `compare` knows how to compare; of series their means.
COMPARED = frozenset({"latency.mean", "throughput", "error_rate"})
OUR_FIGURES = ("latency.p50", "latency.p95", "latency.p99", *_FIXED)


def parse_figure(key: str) -> Figure:
    """Return the figure that a key of the long form names.

    Whether a series is there is known from the run only: `anything.mean` is a figure.

    Raises:
        ValueError: the key names no figure.

    >>> parse_figure("latency.p99.9").quantile, parse_figure("system.cpu.mean").series
    (0.999, 'system.cpu')
    """
    if key in _FIXED:
        return _FIXED[key]
    percentile = _LATENCY.match(key)
    if percentile is not None and float(percentile.group(1)) > 0:
        return quantile_figure(key, Column.LATENCY, float(percentile.group(1)) / 100)
    series = _SERIES.match(key)
    if series is None or key.startswith("latency."):
        meant = suggestion(key, (*OUR_FIGURES, "system.cpu.mean"))
        raise ValueError(f"{key!r} is no metric; {meant}")
    name, word, percent = series.groups()
    return _series_figure(
        key,
        name,
        Aggregate.QUANTILE if percent else _SERIES_WORDS[word],
        round(float(percent) / 100, 10) if percent else None,
        k6=False,
    )


def quantile_figure(key: str, column: Column, quantile: float) -> Figure:
    """Return the figure of a percentile of a column of milliseconds."""
    return Figure(
        key=key,
        column=column,
        series=None,
        aggregate=Aggregate.QUANTILE,
        quantile=round(quantile, 10),
        under_ms=None,
        unit="ms",
        better="lower",
        k6=False,
    )


def under_figure(milliseconds: float) -> Figure:
    """Return the figure of a service level: the share of requests that succeed within a time."""
    return Figure(
        key=f"latency.under_{milliseconds:g}ms",
        column=Column.LATENCY,
        series=None,
        aggregate=Aggregate.UNDER,
        quantile=None,
        under_ms=milliseconds,
        unit="ratio",
        better="higher",
        k6=False,
    )


def k6_figure(metric: str, expression: Expression) -> tuple[Figure, Kind] | None:
    """Return the figure of a k6 threshold and the kind of its rows.

    None where k6 has no such aggregate for that metric. A metric that is none of k6's own is
    looked for among the series of the run.
    """
    word = expression.aggregate
    aggregate = _K6_WORDS[word]
    quantile = 0.5 if word == "med" else expression.quantile
    if metric not in _K6_COLUMNS:
        key = f"{metric}.{_our_word(aggregate, quantile)}"
        return _series_figure(key, metric, aggregate, quantile, k6=True), Kind.REQUEST
    column, kind, words = _K6_COLUMNS[metric]
    if word not in words:
        return None
    figure = Figure(
        key=_k6_key(metric, aggregate, quantile),
        column=column,
        series=None,
        aggregate=aggregate,
        quantile=quantile,
        under_ms=None,
        unit=_k6_unit(column, aggregate),
        better=_k6_better(column, aggregate),
        k6=True,
    )
    return figure, kind


def _k6_key(metric: str, aggregate: Aggregate, quantile: float | None) -> str:
    """Return our word for a figure where we have one, else k6's metric with our aggregate."""
    ours = {
        ("http_req_failed", Aggregate.RATE): "error_rate",
        ("http_reqs", Aggregate.RATE): "throughput",
        ("http_reqs", Aggregate.COUNT): "requests",
    }
    known = ours.get((metric, aggregate))
    if known is not None:
        return known
    prefix = "latency" if metric == "http_req_duration" else metric
    return f"{prefix}.{_our_word(aggregate, quantile)}"


def _our_word(aggregate: Aggregate, quantile: float | None) -> str:
    return aggregate.value if quantile is None else f"p{quantile * 100:g}"


def _k6_unit(column: Column, aggregate: Aggregate) -> str:
    if aggregate is Aggregate.COUNT:
        return "count"
    if column in (Column.FAILED, Column.PASSED):
        return "ratio"
    return "1/s" if column is Column.ROWS else "ms"


def _k6_better(column: Column, aggregate: Aggregate) -> Better:
    if aggregate is Aggregate.COUNT:
        return None
    return "higher" if column in (Column.ROWS, Column.PASSED) else "lower"


def _series_figure(
    key: str, series: str, aggregate: Aggregate, quantile: float | None, *, k6: bool
) -> Figure:
    return Figure(
        key=key,
        column=None,
        series=series,
        aggregate=aggregate,
        quantile=quantile,
        under_ms=None,
        unit=None,
        better="lower",
        k6=k6,
    )


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return the end of an error message: what a word may have been meant to be.

    >>> suggestion("latancy.p95", ["latency.p95"]), suggestion("basket", ["a", "b"])
    ("did you mean 'latency.p95'?", "there are 'a', 'b'")
    """
    names = sorted(known)
    # Comparing takes time with the product of the lengths, and names come from strangers.
    comparable = [name for name in names if len(name) <= _LONGEST][:_MOST_COMPARED]
    close = get_close_matches(word[:_LONGEST], comparable, n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]!r}?"
    shown = ", ".join(repr(shortened_name(name)) for name in names[:_MOST_SHOWN])
    more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
    return f"there are {shown}{more}" if shown else "there is none"


def shortened_name(name: str) -> str:
    """Return a name for a message: strangers' names may be of any length."""
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
