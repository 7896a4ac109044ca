"""The budget object, `{responseTime, throughput, errorRate, resources}`, as budgets.

Its numbers are milliseconds, requests per second, and percent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from perfanalysis.analysis.budgets.document import Document, Location
from perfanalysis.analysis.budgets.long_form import long_budgets
from perfanalysis.errors import ConfigError
from perfanalysis.model.budget import Budget, WrittenBounds, WrittenBudget, WrittenFile

_PERCENTILE = re.compile(r"^p\d{1,2}(\.\d{1,3})?$", re.ASCII)
_LATENCY_WORDS = {"mean": "mean", "avg": "mean", "median": "p50", "min": "min", "max": "max"}
_BARE_NUMBER = re.compile(r"^\s*[\d.]+\s*$", re.ASCII)


def object_budgets(written: WrittenFile, document: Document) -> Iterator[Budget]:
    """Yield the budgets of the budget object of a file.

    `resources` limits the largest value, as it is a maximum that is written there.

    Raises:
        ConfigError: a key or a value cannot be understood.
    """
    for name, limits in written.response_time.items():
        for word, limit in limits.items():
            where: Location = ("responseTime", name, word)
            metric = f"latency.{_latency_word(word, document, where)}"
            yield from _budgets(document, where, {"metric": metric, "name": name, "max": limit})
    for name, bounds in written.throughput.items():
        yield from _bounded(document, ("throughput", name), "throughput", bounds, name=name)
    for name, bound in written.error_rate.items():
        place: Location = ("errorRate", name)
        if isinstance(bound, WrittenBounds):
            yield from _bounded(document, place, "error_rate", bound, name=name, percent=True)
        elif name in ("max", "min"):
            yield from _budgets(document, place, {"metric": "error_rate", name: _percent(bound)})
        else:
            raise ConfigError(f"{document.place(place)}: expected max, found {bound!r}")
    for resource, bounds in written.resources.items():
        yield from _bounded(document, ("resources", resource), f"system.{resource}.max", bounds)


def _bounded(
    document: Document,
    where: Location,
    metric: str,
    bounds: WrittenBounds,
    *,
    name: str | None = None,
    percent: bool = False,
) -> Iterator[Budget]:
    given = {"max": bounds.max, "min": bounds.min}
    if not any(given.values()):
        raise ConfigError(f"{document.place(where)}: expected max or min, found neither")
    for word, limit in given.items():
        if limit is not None:
            value = _percent(limit) if percent else limit
            yield from _budgets(
                document, (*where, word), {"metric": metric, "name": name, word: value}
            )


def _budgets(document: Document, where: Location, keys: dict[str, str | None]) -> Iterator[Budget]:
    entry = WrittenBudget.model_validate(keys)
    text = next(value for key, value in keys.items() if key in ("max", "min"))
    source = f"{'.'.join(str(part) for part in where)}: {text}"
    for budget in long_budgets(entry, document, where):
        yield replace(budget, source=source)


def _latency_word(word: str, document: Document, where: Location) -> str:
    if _PERCENTILE.match(word):
        return word
    if word not in _LATENCY_WORDS:
        known = ", ".join(("p50", "p95", "p99", *_LATENCY_WORDS))
        raise ConfigError(f"{document.place(where)}: {word!r} is no figure; expected {known}")
    return _LATENCY_WORDS[word]


def _percent(limit: str) -> str:
    """Return a limit of the error rate, which the budget object writes in percent."""
    return f"{limit} %" if _BARE_NUMBER.match(limit) else limit
