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
from perfanalysis.model.figure import Aggregate
from perfanalysis.model.outcome import Outcome
from perfanalysis.units import (
    format_change,
    format_count,
    format_quantity,
    format_share,
    range_text,
    significant,
)

_ONE_SIDE = {
    "<": "below",
    "<=": "at most",
    ">": "above",
    ">=": "at least",
    "==": "exactly",
    "!=": "anything but",
}


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
        parts.append(f"share of requests under {figure.under_ms:g} ms")
    else:
        parts.append(shortened_name(figure.key))
    return " ".join(parts)


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
    window = "" if budget.for_s is None else f" for {budget.for_s:g} s on end"
    return f"{_ONE_SIDE[budget.operator]} {stated}{window}"


def interval_text(low: float, high: float, shown: Callable[[float], str]) -> str:
    """Return an interval, an open end said in words: `462 to 519 ms`, `at least 90 ms`."""
    ends = [shown(end) if np.isfinite(end) else None for end in (low, high)]
    return range_text(*ends) or "of any size"


def judged_sentence(
    target: Target, measured: Measured, limit: float, unit: str, outcome: Outcome
) -> str:
    """Return one judged figure in a sentence, and what would tell where it is undecided."""
    value = amount(measured.value, unit)
    budget = f"budget {limit_text(target, limit, unit)}"
    interval = interval_text(measured.low, measured.high, lambda end: amount(end, unit))
    if outcome is not Outcome.UNDECIDED:
        known = f" ({interval})" if measured.high > measured.low else ""
        return f"{subject(target)} is {value}{known}, {budget}"
    begin = f"{subject(target)} is {value}, {budget}"
    if measured.method == "none":
        size = _bare(significant((measured.resolution or 0.0) * 100, 2))
        return f"{begin}: the source knows it to {size} % only, which spans the limit"
    if measured.needed is not None:
        return (
            f"{begin}: {format_count(measured.n)} {_noun(target)} are too few to tell, "
            f"about {format_count(measured.needed)} would be needed"
        )
    return f"{begin}: the interval {interval} spans the limit; {_remedy(target, measured, limit)}"


def _noun(target: Target) -> str:
    """Return what is counted: requests, or the values of a series."""
    if target.budget.figure.series is not None:
        return "values"
    return f"{target.selection.kind}s"


def _remedy(target: Target, measured: Measured, limit: float) -> str:
    """Return what would decide, if the value stayed what it is."""
    if measured.method == "wilson" and measured.value in (0.0, 1.0):
        # Wilson's bound of nothing in n is z^2 / (n + z^2).
        end, share = (
            (measured.high, limit) if measured.value == 0 else (1 - measured.low, 1 - limit)
        )
        if share <= 0:
            return "no test is long enough to tell"
        needed = format_count(int(np.ceil(measured.n * end / (1 - end) * (1 - share) / share)))
        what = "failure" if measured.value == 0 else "exception"
        return f"about {needed} {_noun(target)} without a single {what} would tell"
    times_needed = times_as_much(limit, measured.value, measured.low, measured.high)
    if times_needed is None:
        return "it is too close to the limit for a longer test to tell"
    if measured.runs > 1:
        return f"about {int(np.ceil(times_needed * measured.runs))} runs would tell"
    return f"a run about {significant(max(times_needed, 1.1), 2)} times as long would tell"


def sustained_sentence(
    target: Target, level: float, levels: Levels, limit: float, unit: str
) -> str:
    """Return in a sentence which level was kept up for as long as the budget says."""
    side = "at least" if target.budget.operator[0] == "<" else "at most"
    text = (
        f"{subject(target)} was {side} {amount(level, unit)} for {target.budget.for_s:g} s on end "
        f"at its worst, budget {limit_text(target, limit, unit)}"
    )
    return text if levels.width_s <= 1 else f"{text} (in steps of {levels.width_s:g} s)"


def changed_sentence(target: Target, change: Change, limit: float, outcome: Outcome) -> str:
    """Return a change against the baseline in a sentence."""
    value = _change_amount(target, change.value)
    interval = interval_text(change.low, change.high, lambda end: _change_amount(target, end))
    budget = f"budget {limit_text(target, limit, 'ratio')}"
    if outcome is Outcome.UNDECIDED:
        begin = f"{subject(target)} changed by {value} against the baseline, {budget}"
        return f"{begin}: the interval {interval} spans the limit"
    return f"{subject(target)} changed by {value} against the baseline ({interval}), {budget}"
