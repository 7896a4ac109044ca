"""The long form: one entry of `budgets:` as budgets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from perfanalysis.analysis.budgets.document import Document, Location
from perfanalysis.analysis.budgets.figures import COMPARED, parse_figure, under_figure
from perfanalysis.errors import ConfigError
from perfanalysis.model.budget import Budget, Operator, WrittenBudget
from perfanalysis.model.figure import Aggregate, Figure
from perfanalysis.model.requests import Kind
from perfanalysis.units import parse_quantity

_SLO = re.compile(
    r"^\s*(?P<share>[\d.]+ *%) +of +(?:the +|all +)?requests +"
    r"(?:(?:under|below|within|faster +than) +(?P<under>\S[^%]*)|(?P<succeed>succeed))\s*$"
)
_CHANGE = re.compile(r"^\s*(<=|>=|<|>)?\s*([+-])\s*(\d+\.?\d*|\.\d+)\s*(%|pp)\s*$", re.ASCII)
_SHARES = ("ratio",)


@dataclass(frozen=True, kw_only=True)
class _Bound:
    """One limit of an entry: which key it stands under, and what it says."""

    key: str
    figure: Figure
    operator: Operator
    limit: str
    relative: bool


def long_budgets(entry: WrittenBudget, document: Document, where: Location) -> list[Budget]:
    """Return the budgets of one entry: two where it has both `min` and `max`.

    Raises:
        ConfigError: keys contradict each other, or a value cannot be understood.
    """
    bounds = _bounds(entry, document, where)
    for_s = _for_s(entry, document, where)
    if for_s is not None and any(bound.relative or _is_slo(bound) for bound in bounds):
        _refuse(document, (*where, "for"), "'for' goes with limit, max or min")
    if entry.name is not None and any(bound.figure.series is not None for bound in bounds):
        _refuse(document, (*where, "name"), "names go with requests, a series has none: use tags")
    return [
        Budget(
            source=_source(entry, bound),
            file=document.label,
            line=document.line(where),
            key=document.place(where).rpartition(": ")[2],
            level=entry.level,
            figure=bound.figure,
            name=entry.name,
            exact_name=False,
            kind=Kind(entry.kind),
            tags=tuple(sorted(entry.tags.items())),
            operator=bound.operator,
            limit=bound.limit,
            relative=bound.relative,
            for_s=for_s,
            message=entry.message,
            passed=None,
        )
        for bound in bounds
    ]


def _is_slo(bound: _Bound) -> bool:
    return bound.figure.aggregate is Aggregate.UNDER


def _bounds(entry: WrittenBudget, document: Document, where: Location) -> list[_Bound]:
    forms = [
        key
        for key, given in (
            ("metric", entry.metric),
            ("slo", entry.slo),
            ("share", entry.share or entry.under),
        )
        if given is not None
    ]
    limits = [key for key in ("limit", "max", "min", "change") if getattr(entry, key) is not None]
    if len(forms) != 1:
        stated = " and ".join(forms) or "none of them"
        _refuse(document, where, f"expected metric, slo, or share and under, found {stated}")
    if forms != ["metric"]:
        if limits:
            _refuse(document, (*where, limits[0]), f"{forms[0]} has its limit in itself")
        return [_slo(entry, document, where)]
    if not limits:
        _refuse(document, where, "expected limit, max, min or change, found none of them")
    if "change" in limits and len(limits) > 1:
        _refuse(document, (*where, "change"), "change stands alone: write two budgets")
    if {"limit", "max"} <= set(limits):
        _refuse(document, (*where, "max"), "limit and max say the same: keep one of them")
    figure = _figure(entry.metric or "", document, (*where, "metric"))
    found = [_bound(entry, figure, key, document, (*where, key)) for key in limits]
    _require_order(found, document, where)
    return found


def _figure(key: str, document: Document, where: Location) -> Figure:
    try:
        return parse_figure(key)
    except ValueError as exc:
        raise ConfigError(f"{document.place(where)}: {exc}") from exc


def _bound(
    entry: WrittenBudget, figure: Figure, key: str, document: Document, where: Location
) -> _Bound:
    text = getattr(entry, key)
    if key == "change":
        return _change(figure, text, document, where)
    if key == "limit" and figure.better != "lower":
        _refuse(document, where, f"of {figure.key} say whether the limit is its max or its min")
    if figure.unit is not None:
        _require_sense(figure, key, text, document, where)
    operator: Operator = ">=" if key == "min" else "<="
    return _Bound(key=key, figure=figure, operator=operator, limit=text, relative=False)


def _require_sense(
    figure: Figure, key: str, text: str, document: Document, where: Location
) -> None:
    """Refuse a limit that every run would meet, or none, by its very unit."""
    try:
        value = parse_quantity(text, figure.unit)
    except ValueError as exc:
        raise ConfigError(f"{document.place(where)}: {exc}") from exc
    if value < 0:
        _refuse(document, where, f"{figure.key} is never negative, found {text!r}")
    if figure.unit in _SHARES and value > 1:
        _refuse(
            document,
            where,
            f"{figure.key} is a ratio of at most 1 (100 %), found {text!r}",
            hint=f"did you mean '{text.strip()} %'?",
        )
    if (key == "min" and value == 0) or (figure.unit in _SHARES and key != "min" and value == 1):
        _refuse(document, where, f"every run meets {key} {text!r} of {figure.key}")
    if figure.unit in ("ms", "1/s") and key != "min" and value == 0:
        _refuse(document, where, f"no run meets {key} {text!r} of {figure.key}")


def _require_order(bounds: Sequence[_Bound], document: Document, where: Location) -> None:
    values = {}
    for bound in bounds:
        if bound.figure.unit is not None and not bound.relative:
            values["min" if bound.key == "min" else "max"] = parse_quantity(
                bound.limit, bound.figure.unit
            )
    if len(values) == 2 and values["min"] > values["max"]:
        _refuse(document, (*where, "min"), "min is larger than max: no run meets both")


def _change(figure: Figure, text: str, document: Document, where: Location) -> _Bound:
    """Return a limit against the baseline: the most that a worse figure may differ."""
    is_difference = figure.key == "error_rate"
    if not (
        figure.key in COMPARED
        or (figure.series is None and figure.aggregate is Aggregate.QUANTILE)
        or (figure.series is not None and figure.aggregate is Aggregate.MEAN)
    ):
        _refuse(
            document,
            where,
            f"changes of {figure.key} cannot be judged",
            hint="of requests: latency.pN, latency.mean, throughput, error_rate; of series: mean",
        )
    found = _CHANGE.match(text)
    unit = "pp" if is_difference else "%"
    if found is None or found.group(4) != unit:
        example = "+0.5 pp" if is_difference else "+10 %"
        reason = " (an error rate changes by percentage points)" if is_difference else ""
        _refuse(
            document, where, f"expected a change with its sign, '{example}'{reason}, found {text!r}"
        )
    assert found is not None  # noqa: S101  (refused above)
    sign, size = found.group(2), float(found.group(3)) / 100
    operator: Operator = ">=" if figure.better == "higher" else "<="
    if found.group(1) and found.group(1)[0] != operator[0]:
        _refuse(document, where, f"of {figure.key} the worst change is limited: '{operator}...'")
    limit = repr(float(f"{-size if sign == '-' else size:.12g}"))
    return _Bound(key="change", figure=figure, operator=operator, limit=limit, relative=True)


def _slo(entry: WrittenBudget, document: Document, where: Location) -> _Bound:
    """Return a service level: at least a share of the requests succeeds, or does so in time."""
    share, under, key = entry.share, entry.under, "share"
    if entry.slo is not None:
        found, key = _SLO.match(entry.slo), "slo"
        if found is None:
            example = "'99.9 % of requests under 300 ms' or '99.9 % of requests succeed'"
            _refuse(document, (*where, "slo"), f"expected {example}, found {entry.slo!r}")
        assert found is not None  # noqa: S101  (refused above)
        share, under = found["share"], found["under"]
    elif share is None or under is None:
        _refuse(document, where, "share and under go together")
    try:
        least = parse_quantity(share or "", "ratio")
        milliseconds = None if under is None else parse_quantity(under, "ms")
    except ValueError as exc:
        raise ConfigError(f"{document.place((*where, key))}: {exc}") from exc
    if not 0 < least < 1:
        _refuse(document, (*where, key), f"expected a share between 0 and 100 %, found {share!r}")
    if milliseconds is None:
        most = repr(float(f"{1 - least:.12g}"))
        figure = parse_figure("error_rate")
        return _Bound(key=key, figure=figure, operator="<=", limit=most, relative=False)
    if milliseconds <= 0:
        _refuse(document, (*where, key), f"expected a latency above 0, found {under!r}")
    figure = under_figure(milliseconds)
    return _Bound(key=key, figure=figure, operator=">=", limit=repr(least), relative=False)


def _for_s(entry: WrittenBudget, document: Document, where: Location) -> float | None:
    if entry.for_ is None:
        return None
    try:
        seconds = parse_quantity(entry.for_, "s")
    except ValueError as exc:
        raise ConfigError(f"{document.place((*where, 'for'))}: {exc}") from exc
    if seconds < 1:
        _refuse(document, (*where, "for"), f"expected at least 1 s, found {entry.for_!r}")
    return seconds


def _source(entry: WrittenBudget, bound: _Bound) -> str:
    tags = ",".join(f"{key}:{value}" for key, value in sorted(entry.tags.items()))
    selected = " ".join(part for part in (entry.name or "", f"{{{tags}}}" if tags else "") if part)
    if entry.metric is None:
        stated = entry.slo or f"{entry.share} of requests under {entry.under}"
        return f"{stated} ({selected})" if selected else stated
    subject = f"{entry.metric} of {selected}" if selected else entry.metric
    window = "" if entry.for_ is None else f" for {entry.for_}"
    return f"{subject}: {bound.key} {getattr(entry, bound.key)}{window}"


def _refuse(document: Document, where: Location, message: str, *, hint: str | None = None) -> None:
    raise ConfigError(f"{document.place(where)}: {message}", hint=hint)
