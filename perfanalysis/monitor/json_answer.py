"""The numbers of an application's JSON, within limits."""

from __future__ import annotations

import json
import math
from typing import Any

from perfanalysis.monitor.source import (
    MAX_POINTS,
    MAX_VALUE,
    ReadingError,
    Sampled,
    plain_text,
    told,
)

_MAX_DEPTH = 8


def sampled_json(body: bytes, name: str | None) -> Sampled:
    """Return the numbers of an answer; texts and nulls measure nothing.

    Args:
        body: the answer.
        name: of the endpoint, which begins the names of its metrics; None for none.

    Raises:
        ReadingError: it is no JSON object.

    >>> sampled_json(b'{"jobs": {"waiting": 3, "state": "ok"}}', "shop").entry["metrics"]
    {'shop': {'jobs': {'waiting': 3}}}
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise ReadingError(f"its answer is no JSON: {told(exc, ())}") from exc
    if not isinstance(document, dict):
        raise ReadingError(f"expected a JSON object, found {type(document).__name__}")
    budget = _Budget()
    metrics = budget.kept(document, depth=1)
    return Sampled(
        entry={"type": "application", "metrics": metrics if name is None else {name: metrics}},
        numbers=budget.used,
        left_out=budget.left_out,
        unreadable=(),
    )


class _Budget:
    """Copies JSON until the limits are reached; counts what is beyond them."""

    def __init__(self) -> None:
        self.used = 0
        self.left_out = 0

    def kept(self, value: dict[str, Any] | list[Any], depth: int) -> Any:  # noqa: ANN401  (JSON)
        """Return what of an object or array is within the limits."""
        pairs = list(value.items() if isinstance(value, dict) else enumerate(value))
        found = {}
        for key, item in pairs:
            if isinstance(item, dict | list):
                if depth >= _MAX_DEPTH or self.used >= MAX_POINTS:
                    self.left_out += 1
                elif inner := self.kept(item, depth + 1):
                    found[plain_text(str(key))] = inner
            elif _is_measured(item):
                if self.used >= MAX_POINTS or not abs(item) <= MAX_VALUE:
                    self.left_out += 1
                else:
                    self.used += 1
                    found[plain_text(str(key))] = item
        return found


def _is_measured(item: object) -> bool:
    # NaN and infinities stand for "nothing measured" where a program divides by zero.
    return isinstance(item, int) or (isinstance(item, float) and math.isfinite(item))
