"""Entries of a monitor's JSON that hold points of series as they are.

Beside the entries of type system and application, which look as monitors have always written them,
a monitor writes what it learned from processes, databases and metric endpoints as

    {"timestamp": "...", "type": "series", "points": [
        {"metric": "postgres.xact_commit", "value": 12.0, "unit": null, "kind": "counter",
         "labels": {"database": "shop"}}]}
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from perfanalysis.model.series import SeriesKind

SERIES_TYPE = "series"
_KINDS = {kind.value: kind for kind in SeriesKind}


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a series; the fields are columns of the series table."""

    metric: str
    value: float
    unit: str | None
    kind: SeriesKind
    labels: Mapping[str, str]


def entry_of_points(points: Sequence[Point]) -> dict[str, Any]:
    """Return the entry that holds some points; its time is the caller's to add."""
    return {
        "type": SERIES_TYPE,
        "points": [
            {
                "metric": point.metric,
                "value": point.value,
                "unit": point.unit,
                "kind": point.kind.value,
                "labels": dict(point.labels),
            }
            for point in points
        ],
    }


def points_of_entry(entry: Mapping[str, Any]) -> Iterator[Point]:
    """Yield the points of an entry.

    Raises:
        ValueError: an entry is no such entry; the message says what was expected.
    """
    points = entry.get("points")
    for number, point in enumerate(points if isinstance(points, list) else [points]):
        if not isinstance(point, dict):
            raise ValueError(f"points[{number}]: expected an object")  # noqa: TRY004  (bad data, no bug)
        for field, (is_good, expected) in _FIELDS.items():
            if not is_good(point.get(field)):
                raise ValueError(f"points[{number}].{field}: expected {expected}")
        kind, labels = _KINDS[point["kind"]], point.get("labels") or {}
        yield Point(point["metric"], _as_float(point["value"]), point.get("unit"), kind, labels)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _are_labels(value: object) -> bool:
    return value is None or (
        isinstance(value, dict) and all(isinstance(text, str) for text in value.values())
    )


_FIELDS: dict[str, tuple[Callable[[object], bool], str]] = {
    "metric": (lambda value: isinstance(value, str) and value != "", "a name"),
    "value": (_is_number, "a number"),
    "unit": (lambda value: value is None or isinstance(value, str), "a text or null"),
    "kind": (lambda value: value in list(_KINDS), f"one of {', '.join(_KINDS)}"),
    "labels": (_are_labels, "texts by name"),
}


def _as_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf")
