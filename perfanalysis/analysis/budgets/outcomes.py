"""From a value, its interval and a limit to an outcome and what is left of the limit."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Literal

import numpy as np

from perfanalysis.model.budget import Operator
from perfanalysis.model.outcome import Outcome
from perfanalysis.phrases import Phrase, phrase

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def bound_of(sign: Operator) -> Literal["max", "min", "equal", "unequal"]:
    """Return what kind of limit an operator makes."""
    bounds: dict[str, Literal["max", "min"]] = {"<": "max", "<=": "max", ">": "min", ">=": "min"}
    if sign in bounds:
        return bounds[sign]
    return "equal" if sign == "==" else "unequal"


def outcome_of(sign: Operator, limit: float, *, value: float, low: float, high: float) -> Outcome:
    """Return met where the whole interval meets the limit, broken where none of it does.

    Where only one value will do, or nothing less than none or all, the value alone decides: of
    "no failure at all" this run is the witness, and no interval could ever show it.

    >>> str(outcome_of("<", 500.0, value=480.0, low=462.0, high=519.0))
    'undecided'
    """
    if sign in ("==", "!="):
        low = high = value
    ends = {_COMPARE[sign](end, limit) for end in (low, value, high)}
    if len(ends) > 1:
        return Outcome.UNDECIDED
    return Outcome.MET if ends.pop() else Outcome.BROKEN


def outcome_word(outcome: Outcome) -> Phrase:
    """Return what sentences call an outcome."""
    if outcome is Outcome.MET:
        return phrase("met")
    return phrase("broken") if outcome is Outcome.BROKEN else phrase("undecided")


def is_absolute(sign: Operator, limit: float) -> bool:
    """Say whether a limit of a share allows no exception: the value alone decides it."""
    return (sign in ("<", "<=") and limit == 0) or (sign in (">", ">=") and limit == 1)


def headroom(sign: Operator, limit: float, value: float) -> float | None:
    """Return the share of a limit that is left; negative beyond it; None for a limit of zero.

    >>> headroom("<=", 500.0, 400.0), headroom(">=", 100.0, 90.0)
    (0.2, -0.1)
    """
    if limit == 0 or sign in ("==", "!="):
        return None
    left = limit - value if sign in ("<", "<=") else value - limit
    return left / abs(limit)


def error_budget_left(allowed: float, failed: float) -> float | None:
    """Return the share of the allowed failures that is not used; negative where more failed.

    >>> error_budget_left(0.01, 0.0025)
    0.75
    """
    return 1 - failed / allowed if allowed > 0 else None


def times_as_much(limit: float, value: float, low: float, high: float) -> float | None:
    """Return how many times the data would decide, if the value stayed what it is.

    Intervals narrow with the root of the data. None where they would have to grow a hundredfold,
    or where the data do not reach that end of the interval at all.

    >>> times_as_much(500.0, 480.0, 462.0, 520.0)
    4.0
    """
    distance, reach = abs(limit - value), (high - value if limit > value else value - low)
    if distance == 0 or not np.isfinite(reach):
        return None
    factor = (reach / distance) ** 2
    return float(factor) if factor <= 100 else None
