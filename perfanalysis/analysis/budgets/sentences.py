"""Judged budgets in words."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from perfanalysis.analysis.budgets.figures import shortened_name
from perfanalysis.analysis.budgets.measuring import Measured
from perfanalysis.analysis.budgets.outcomes import times_as_much
from perfanalysis.analysis.budgets.relative import Change
from perfanalysis.analysis.budgets.selecting import Target
from perfanalysis.analysis.budgets.sustained import Levels
from perfanalysis.model.budget import Operator
from perfanalysis.model.figure import Aggregate
from perfanalysis.model.outcome import Outcome
from perfanalysis.model.requests import Kind
from perfanalysis.phrases import joined, phrase
from perfanalysis.units import (
    format_change,
    format_count,
    format_quantity,
    format_share,
    range_text,
    significant,
)


def subject(target: Target) -> str:
    """Return what is judged: `search latency.p95`, `error_rate`, `system.cpu.mean`."""
    figure, selection = target.budget.figure, target.selection
    parts = []
    if figure.series is None and selection.name is not None:
        parts.append(shortened_name(selection.name))
    if selection.tags:
        tags = ",".join(f"{key}:{value}" for key, value in selection.tags)
        parts.append(f"{{{shortened_name(tags)}}}")
    if figure.aggregate is Aggregate.UNDER:
        limit = f"{figure.under_ms:g} ms"
        parts.append(phrase("share of requests under {limit}", limit=limit))
    else:
        parts.append(shortened_name(figure.key))
    return joined(" ", parts)


def amount(value: float, unit: str) -> str:
    """Return a value in the unit of its figure: `480 ms`, `99.95 %`, `8`."""
    if unit == "ratio" and value > 0.9:
        return format_share(value)
    text = format_quantity(value, unit)
    return _bare(text) if unit == "" else text


def _bare(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number


def _change_amount(target: Target, value: float) -> str:
    """Return a change: `+10.2 %`, of an error rate `+0.5 pp`."""
    if target.budget.figure.key != "error_rate":
        return format_change(value)
    points = _bare(significant(abs(value) * 100, 2))
    return f"{'-' if value < 0 else '+'}{points} pp"


def limit_text(target: Target, limit: float, unit: str) -> str:
    """Return the limit with its side: `at most 500 ms`, `at least 100 /s for 10 s`."""
    budget = target.budget
    if budget.relative:
        number, space, sign = _change_amount(target, limit).partition(" ")
        stated = f"{_bare(number)}{space}{sign}"
    elif budget.limit.strip()[-1:].isdigit():
        # Without the digits that printing adds to a measured value.
        number, space, rest = amount(limit, unit).partition(" ")
        stated = f"{_bare(number)}{space}{rest}"
    else:
        stated = budget.limit.strip()
    limited = _one_side(budget.operator, stated)
    if budget.for_s is None:
        return limited
    return phrase("{limit} for {seconds} s on end", limit=limited, seconds=f"{budget.for_s:g}")


def _one_side(operator: Operator, value: str) -> str:
    match operator:
        case "<":
            return phrase("below {value}", value=value)
        case "<=":
            return phrase("at most {value}", value=value)
        case ">":
            return phrase("above {value}", value=value)
        case ">=":
            return phrase("at least {value}", value=value)
        case "==":
            return phrase("exactly {value}", value=value)
        case "!=":
            return phrase("anything but {value}", value=value)


def interval_text(low: float, high: float, shown: Callable[[float], str]) -> str:
    """Return an interval, an open end said in words: `462 to 519 ms`, `at least 90 ms`."""
    first, last = (shown(end) if np.isfinite(end) else None for end in (low, high))
    if first is not None and last is not None:
        # The unit of both stands behind the last one only.
        first, _, last = (range_text(first, last) or "").partition(" to ")
        return phrase("{low} to {high}", low=first, high=last)
    if first is not None:
        return phrase("at least {value}", value=first)
    return phrase("of any size") if last is None else phrase("at most {value}", value=last)


def judged_sentence(
    target: Target, measured: Measured, limit: float, unit: str, outcome: Outcome
) -> str:
    """Return one judged figure in a sentence, and what would tell where it is undecided."""
    values = {
        "figure": subject(target),
        "value": amount(measured.value, unit),
        "limit": limit_text(target, limit, unit),
    }
    interval = interval_text(measured.low, measured.high, lambda end: amount(end, unit))
    if outcome is not Outcome.UNDECIDED:
        if measured.high > measured.low:
            values["interval"] = interval
            return phrase("{figure} is {value} ({interval}), budget {limit}", **values)
        return phrase("{figure} is {value}, budget {limit}", **values)
    if measured.method == "none":
        return phrase(
            "{figure} is {value}, budget {limit}: "
            "the source knows it to {percent} % only, which spans the limit",
            percent=_bare(significant((measured.resolution or 0.0) * 100, 2)),
            **values,
        )
    if measured.needed is not None:
        return phrase(
            "{figure} is {value}, budget {limit}: "
            "{n} {things} are too few to tell, about {needed} would be needed",
            n=format_count(measured.n),
            things=_things(target),
            needed=format_count(measured.needed),
            **values,
        )
    return phrase(
        "{figure} is {value}, budget {limit}: the interval {interval} spans the limit; {remedy}",
        interval=interval,
        remedy=_remedy(target, measured, limit),
        **values,
    )


def _things(target: Target) -> str:
    """Return what is counted: requests, or the values of a series."""
    if target.budget.figure.series is not None:
        return phrase("values")
    match target.selection.kind:
        case Kind.TRANSACTION:
            return phrase("transactions")
        case Kind.ITERATION:
            return phrase("iterations")
        case Kind.CHECK:
            return phrase("checks")
        case _:
            return phrase("requests")


def _remedy(target: Target, measured: Measured, limit: float) -> str:
    """Return what would decide, if the value stayed what it is."""
    if measured.method == "wilson" and measured.value in (0.0, 1.0):
        # Wilson's bound of nothing in n is z^2 / (n + z^2).
        end, share = (
            (measured.high, limit) if measured.value == 0 else (1 - measured.low, 1 - limit)
        )
        if share <= 0:
            return phrase("no test is long enough to tell")
        needed = format_count(int(np.ceil(measured.n * end / (1 - end) * (1 - share) / share)))
        things = _things(target)
        if measured.value == 0:
            return phrase(
                "about {needed} {things} without a single failure would tell",
                needed=needed,
                things=things,
            )
        return phrase(
            "about {needed} {things} without a single exception would tell",
            needed=needed,
            things=things,
        )
    times_needed = times_as_much(limit, measured.value, measured.low, measured.high)
    if times_needed is None:
        return phrase("it is too close to the limit for a longer test to tell")
    if measured.runs > 1:
        runs = int(np.ceil(times_needed * measured.runs))
        return phrase("about {runs} runs would tell", runs=runs)
    times = significant(max(times_needed, 1.1), 2)
    return phrase("a run about {times} times as long would tell", times=times)


def sustained_sentence(
    target: Target, level: float, levels: Levels, limit: float, unit: str
) -> str:
    """Return in a sentence which level was kept up for as long as the budget says."""
    reached = amount(level, unit)
    if target.budget.operator[0] == "<":
        value = phrase("at least {value}", value=reached)
    else:
        value = phrase("at most {value}", value=reached)
    text = phrase(
        "{figure} was {value} for {seconds} s on end at its worst, budget {limit}",
        figure=subject(target),
        value=value,
        seconds=f"{target.budget.for_s:g}",
        limit=limit_text(target, limit, unit),
    )
    if levels.width_s <= 1:
        return text
    return phrase("{text} (in steps of {seconds} s)", text=text, seconds=f"{levels.width_s:g}")


def changed_sentence(target: Target, change: Change, limit: float, outcome: Outcome) -> str:
    """Return a change against the baseline in a sentence."""
    values = {
        "figure": subject(target),
        "value": _change_amount(target, change.value),
        "interval": interval_text(change.low, change.high, lambda end: _change_amount(target, end)),
        "limit": limit_text(target, limit, "ratio"),
    }
    if outcome is Outcome.UNDECIDED:
        return phrase(
            "{figure} changed by {value} against the baseline, budget {limit}: "
            "the interval {interval} spans the limit",
            **values,
        )
    return phrase(
        "{figure} changed by {value} against the baseline ({interval}), budget {limit}", **values
    )
