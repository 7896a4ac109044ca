"""Entries that hold points of series as they are."""

from __future__ import annotations

import json

import pytest

from perfanalysis.model.series import SeriesKind
from perfanalysis.traces.series_entry import Point, entry_of_points, points_of_entry

POINT = {"metric": "a", "value": 1.5, "unit": "ms", "kind": "gauge", "labels": {"x": "y"}}


def test_points_survive_being_written():
    points = [
        Point("postgres.xact_commit", 12.0, None, SeriesKind.COUNTER, {"database": "shop"}),
        Point("app.größe", -0.1, "bytes", SeriesKind.GAUGE, {}),
    ]
    entry = json.loads(json.dumps(entry_of_points(points)))
    assert entry["type"] == "series"
    assert list(points_of_entry(entry)) == points


def test_labels_and_unit_may_be_missing():
    entry = {"points": [{"metric": "a", "value": 1, "kind": "counter"}]}
    assert list(points_of_entry(entry)) == [Point("a", 1.0, None, SeriesKind.COUNTER, {})]


def test_a_number_too_large_for_any_float_is_infinite():
    (point,) = points_of_entry({"points": [POINT | {"value": 10**400}]})
    assert point.value == float("inf")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"metric": None}, "points[0].metric: expected a name"),
        ({"metric": ""}, "points[0].metric: expected a name"),
        ({"value": "1"}, "points[0].value: expected a number"),
        ({"value": True}, "points[0].value: expected a number"),
        ({"unit": 3}, "points[0].unit: expected a text or null"),
        ({"kind": "histogram"}, "points[0].kind: expected one of gauge, counter, rate, trend"),
        ({"kind": ["gauge"]}, "points[0].kind: expected one of"),
        ({"labels": {"x": 1}}, "points[0].labels: expected texts by name"),
        ({"labels": "x"}, "points[0].labels: expected texts by name"),
    ],
)
def test_anything_else_is_refused_with_its_place(change, message):
    with pytest.raises(ValueError) as caught:
        list(points_of_entry({"points": [POINT | change]}))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("points", [None, 3, {"a": 1}, [[1]], ["x"]])
def test_points_that_are_none_are_refused(points):
    with pytest.raises(ValueError, match=r"points\[0\]"):
        list(points_of_entry({"points": points}))
