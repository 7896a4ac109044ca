"""Numbers of an application's JSON, within limits."""

from __future__ import annotations

import json

import pytest

from perfanalysis.monitor.json_answer import sampled_json
from perfanalysis.monitor.source import MAX_POINTS
from perfanalysis.traces.psutil_readings import readings


def values(document, name=None):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    sampled = sampled_json(body, name)
    found = {reading.figure.metric: reading.value for reading in readings(sampled.entry)}
    return found, sampled


def test_numbers_get_dotted_names_and_lists_their_positions():
    found, _ = values({"db": {"pool": [4, 5]}, "latency.p95": 12.5, "ok": True})
    assert found == {
        "app.db.pool.0": 4.0,
        "app.db.pool.1": 5.0,
        "app.latency.p95": 12.5,
        "app.ok": 1.0,
    }


def test_the_name_of_the_endpoint_stands_first():
    found, _ = values({"jobs": 1}, "shop")
    assert found == {"app.shop.jobs": 1.0}


def test_what_measures_nothing_is_no_loss():
    found, sampled = values(b'{"a": null, "b": "x", "c": NaN, "d": Infinity, "e": {}, "f": 1}')
    assert found == {"app.f": 1.0}
    assert sampled.left_out == 0


def test_numbers_beyond_the_limit_are_counted_and_left_out():
    found, sampled = values({f"n{i}": i for i in range(MAX_POINTS + 7)})
    assert len(found) == MAX_POINTS
    assert sampled.numbers == MAX_POINTS
    assert sampled.left_out == 7


def test_deep_nesting_is_counted_and_left_out():
    document: dict[str, object] = {"leaf": 1}
    for _ in range(20):
        document = {"inner": document, "flat": 1}
    found, sampled = values(document)
    assert len(found) == 8
    assert sampled.left_out == 1


@pytest.mark.parametrize("number", [10**400, -(10**19), 1e300])
def test_numbers_of_no_sensible_size_are_counted_and_left_out(number):
    found, sampled = values({"huge": number, "fine": 1})
    assert found == {"app.fine": 1.0}
    assert sampled.left_out == 1


def test_names_are_cut_and_can_always_be_stored():
    body = json.dumps({"x" * 1000: 1}).encode()
    found, _ = values(body)
    (name,) = found
    assert len(name) == 120 + len("app.")
    found, _ = values(b'{"\\ud800": 1}')
    assert list(found) == ["app.?"]
