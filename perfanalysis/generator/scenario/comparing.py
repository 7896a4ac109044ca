"""Comparisons in conditions: numbers in text count as numbers, since CSV and headers hold text."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from perfanalysis.generator.scenario.scope import ScenarioError

Compare = Callable[[object, object], bool]


def is_true(value: object) -> bool:
    """Return whether a value counts as true: anything but empty, zero, false and null."""
    return bool(value)


def are_equal(left: object, right: object) -> bool:
    """Return whether two values are equal; a number equals its text, true is no number.

    >>> are_equal("5", 5), are_equal(True, 1), are_equal({"a": 1}, {"a": 1})
    (True, False, True)
    """
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    left, right = _alike(left, right)
    return left == right


def contains(whole: object, part: object) -> bool:
    """Return whether a text holds a text, or a list or mapping an entry or key.

    Raises:
        ScenarioError: the first value holds nothing.
    """
    if isinstance(whole, str):
        return str(part) in whole
    if isinstance(whole, list | dict):
        return any(are_equal(entry, part) for entry in whole)
    raise ScenarioError(f"expected a text or list to look in, found {type(whole).__name__}")


def _ordered(compare: Callable[[Any, Any], bool]) -> Compare:
    def run(left: object, right: object) -> bool:
        left, right = _alike(left, right)
        texts = isinstance(left, str) and isinstance(right, str)
        if not texts and not (_is_number(left) and _is_number(right)):
            kinds = f"{type(left).__name__} and {type(right).__name__}"
            raise ScenarioError(f"expected two numbers or two texts to compare, found {kinds}")
        return compare(left, right)

    return run


def _alike(left: object, right: object) -> tuple[object, object]:
    if _is_number(left) and isinstance(right, str):
        return left, _number_or_text(right)
    if _is_number(right) and isinstance(left, str):
        return _number_or_text(left), right
    return left, right


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number_or_text(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


COMPARISONS: dict[str, Compare] = {
    "==": are_equal,
    "!=": lambda left, right: not are_equal(left, right),
    "<": _ordered(operator.lt),
    "<=": _ordered(operator.le),
    ">": _ordered(operator.gt),
    ">=": _ordered(operator.ge),
    "in": lambda left, right: contains(right, left),
    "contains": contains,
}
