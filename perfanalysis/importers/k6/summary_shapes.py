"""The three shapes of k6's end-of-test summary, brought into one.

`--summary-export` (k6 0.26 and later) puts the values directly under the metric and says
`true` of a threshold that FAILED; `handleSummary(data)` (0.30 and later) has them under `values`
and says `{"ok": true}` of one that PASSED; the machine-readable summary (1.5 and later) lists
metrics and has no thresholds. Of a rate, `passes` counts the values that were not zero: of
http_req_failed these are the failed requests.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from perfanalysis.errors import InputError
from perfanalysis.model.run import Threshold

_PERCENTILE = re.compile(r"p\(?(\d{1,2}(?:\.\d+)?|100)\)?")


@dataclass(frozen=True, kw_only=True)
class Values:
    """The values of one metric of a summary.

    Attributes:
        where: how messages call it: `run.json:1: metrics.http_reqs`.
    """

    where: str
    found: Mapping[str, Any]

    def number(self, *names: str) -> float | None:
        """Return the value under the first of these names that there is, or None.

        Raises:
            InputError: it is no finite number.
        """
        for name in names:
            value = self.found.get(name)
            if value is not None:
                return _number(value, f"{self.where}.{name}")
        return None

    def duration(self, name: str) -> float | None:
        """Return a length of time as `number` does.

        Raises:
            InputError: it is no finite number, or negative.
        """
        value = self.number(name)
        if value is not None and value < 0:
            raise InputError(f"{self.where}.{name}: expected a duration, found {value!r}")
        return value

    def count(self, *names: str) -> int | None:
        """Return a count as `number` does.

        Raises:
            InputError: it is no whole number, or negative.
        """
        value = self.number(*names)
        if value is None:
            return None
        if value < 0 or value != int(value):
            raise InputError(
                f"{self.where}.{names[0]}: expected a count, found {str(value)[:80]!r}"
            )
        return int(value)

    def quantiles(self) -> list[dict[str, float]]:
        """Return the percentiles as `{"q": 0.95, "latency_ms": 83.7}`, ascending.

        Raises:
            InputError: one is no finite number, or negative.
        """
        found = {}
        for name in self.found:
            percentile = _PERCENTILE.fullmatch(name)
            if name != "med" and percentile is None:
                continue
            value = self.duration(name)
            if value is not None:
                percent = float(percentile.group(1)) if percentile else 50.0
                found[round(percent / 100, 12)] = value
        return [{"q": q, "latency_ms": found[q]} for q in sorted(found)]


@dataclass(frozen=True, kw_only=True)
class Summary:
    """A summary, whichever its shape.

    Attributes:
        metrics: the values of each metric and sub-metric, by name: `{"avg": 1.5, "p(95)": 3.0}`.
        checks: passes and fails of each check, by name; equal names in several groups add up.
        duration_s: the length of the test; None where the summary does not tell.
        tool_version: of k6; only the machine-readable summary tells.
        thresholds: with their outcome.
    """

    metrics: Mapping[str, Values]
    checks: Mapping[str, tuple[int, int]]
    duration_s: float | None
    tool_version: str | None
    thresholds: tuple[Threshold, ...]


def read_summary(document: object, *, label: str) -> Summary:
    """Return what a summary says.

    Args:
        document: the parsed JSON.
        label: how messages call the file.

    Raises:
        InputError: it is no summary of k6, or a part of it has the wrong type.
    """
    where = f"{label}:1: "
    summary = _object(document, f"{where}document")
    results = summary.get("results")
    if isinstance(results, dict):
        return _machine_readable(summary, results, where)
    entries = _object(summary.get("metrics"), f"{where}metrics")
    metrics = {name: _values(entry, f"{where}metrics.{name}") for name, entry in entries.items()}
    state = _object(summary.get("state", {}), f"{where}state")
    duration_ms = Values(where=f"{where}state", found=state).duration("testRunDurationMs")
    return Summary(
        metrics=metrics,
        checks=_checks(_grouped_checks(summary.get("root_group", {}), f"{where}root_group")),
        duration_s=_duration_s(metrics) if duration_ms is None else duration_ms / 1000,
        tool_version=None,
        thresholds=tuple(_thresholds(entries, f"{where}metrics")),
    )


def _machine_readable(
    summary: Mapping[str, Any], results: Mapping[str, Any], where: str
) -> Summary:
    listed = _items(results.get("metrics", []), f"{where}results.metrics")
    metrics = {
        str(entry.get("name")): _values(entry, f"{where}results.metrics.{entry.get('name')}")
        for entry in listed
    }
    checks = _object(results.get("checks", {}), f"{where}results.checks")
    config = _object(summary.get("config", {}), f"{where}config")
    metadata = _object(summary.get("metadata", {}), f"{where}metadata")
    # The names that k6 writes, then those of its own schema.
    version = metadata.get("k6_version", metadata.get("k6Version"))
    return Summary(
        metrics=metrics,
        checks=_checks(
            Values(where=f"{where}results.checks", found=check)
            for check in _items(checks.get("results", []), f"{where}results.checks.results")
        ),
        duration_s=Values(where=f"{where}config", found=config).duration("duration"),
        tool_version=version if isinstance(version, str) else None,
        thresholds=(),
    )


def _values(entry: object, where: str) -> Values:
    metric = _object(entry, where)
    return Values(where=where, found=_object(metric.get("values", metric), f"{where}.values"))


def _duration_s(metrics: Mapping[str, Values]) -> float | None:
    """Return the length of the test from a counter: all are rated over the whole of it."""
    for name in ("iterations", "http_reqs", "data_received", "data_sent"):
        values = metrics.get(name)
        count, rate = (values.number("count"), values.number("rate")) if values else (None, None)
        if count and rate and count > 0 and rate > 0:
            duration_s = count / rate
            return duration_s if math.isfinite(duration_s) else None
    return None


def _grouped_checks(root: object, where: str) -> Iterator[Values]:
    """Yield the checks of all groups; groups and checks are lists, or objects by name."""
    groups = [_object(root, where)]
    while groups:
        group = groups.pop()
        for check in _items(group.get("checks", []), f"{where}.checks"):
            yield Values(where=f"{where}.checks", found=check)
        groups.extend(_items(group.get("groups", []), f"{where}.groups"))


def _checks(found: Iterable[Values]) -> dict[str, tuple[int, int]]:
    checks: dict[str, tuple[int, int]] = {}
    for check in found:
        name = str(check.found.get("name"))
        passes, fails = checks.get(name, (0, 0))
        checks[name] = (
            passes + (check.count("passes") or 0),
            fails + (check.count("fails") or 0),
        )
    return checks


def _thresholds(entries: Mapping[str, Any], where: str) -> Iterator[Threshold]:
    for name, entry in entries.items():
        declared = _object(entry.get("thresholds") or {}, f"{where}.{name}.thresholds")
        for expression, outcome in declared.items():
            yield Threshold(metric=name, expression=expression, passed=_passed(outcome))


def _passed(outcome: object) -> bool | None:
    if isinstance(outcome, dict):
        ok = outcome.get("ok")
        return ok if isinstance(ok, bool) else None
    # The old shape says whether the threshold was crossed.
    return not outcome if isinstance(outcome, bool) else None


def _object(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{where}: expected an object, found {str(value)[:80]!r}")
    return value


def _items(value: object, where: str) -> list[dict[str, Any]]:
    """Return the objects of a list, or those of an object by name."""
    found = list(value.values()) if isinstance(value, dict) else value
    if not isinstance(found, list):
        raise InputError(f"{where}: expected a list or an object, found {str(found)[:80]!r}")
    return [_object(item, where) for item in found]


def _number(value: object, where: str) -> float:
    # A bool is an int to Python; a huge int does not fit a float.
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return number
    raise InputError(f"{where}: expected a number, found {str(value)[:80]!r}")
