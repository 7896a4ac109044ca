"""The language of k6's thresholds: `p(95)<500` on `http_req_duration{name:search}`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_EXPRESSION = re.compile(
    r"^\s*(avg|min|max|med|count|rate|value|p\(\s*(\d+(?:\.\d+)?)\s*\))\s*"
    r"(<=|>=|===|==|!=|<|>)\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*$",
    re.ASCII,
)
_METRIC = re.compile(r"^([^{}]+?)\s*(?:\{(.*)\})?$", re.DOTALL)


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
    quantile = round(float(percent) / 100, 10) if percent else None
    limit = float(number)
    if not math.isfinite(limit) or (quantile is not None and quantile > 1):
        return None
    return Expression(
        aggregate="p" if percent else word, quantile=quantile, operator=sign, limit=limit
    )


def split_selector(metric: str) -> tuple[str, dict[str, str]]:
    """Split `http_req_duration{name:search,status:200}` into metric and selector.

    As in k6, quotes around a key or value are dropped, and a key without value selects what has
    that tag with an empty value: almost always nothing, and never everything.

    >>> split_selector("http_req_duration{name:search}")
    ('http_req_duration', {'name': 'search'})
    """
    found = _METRIC.match(metric.strip())
    if found is None:
        return metric, {}
    pairs = (part.partition(":") for part in (found.group(2) or "").split(",") if part.strip())
    return found.group(1), {_unquoted(key): _unquoted(value) for key, _, value in pairs}


def _unquoted(text: str) -> str:
    return text.strip().strip("\"'")
