"""The custom tools of github-action-benchmark."""

from __future__ import annotations

import json

import jsonschema

from perfanalysis.reports.exports.benchmark_action import benchmark_entries
from perfanalysis.reports.exports.measurements import dashboard_only, measured

# What the action's page says of customSmallerIsBetter and customBiggerIsBetter.
FORMAT = {
    "type": "array",
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["name", "unit", "value"],
        "properties": {
            "name": {"type": "string", "minLength": 1},
            "unit": {"type": "string"},
            "value": {"type": "number"},
            "range": {"type": "string"},
            "extra": {"type": "string"},
        },
    },
}


def written(run, better):
    entries = json.loads(benchmark_entries(run, better))
    jsonschema.validate(entries, FORMAT)
    return {entry["name"]: entry for entry in entries}


def test_latencies_and_error_rates_are_better_when_smaller(run_measured):
    entries = written(dashboard_only(run_measured), "lower")
    assert {name.rpartition(" ")[2] for name in entries} == {
        "latency.p50",
        "latency.p95",
        "latency.p99",
        "error_rate",
    }
    assert entries["login latency.p95"] == {
        "name": "login latency.p95",
        "unit": "ms",
        "value": 72.25,
        "extra": "base (k6), started 2026-01-01T00:00:00Z",
    }


def test_throughput_is_better_when_bigger(run_measured):
    entries = written(run_measured, "higher")
    assert list(entries) == ["login throughput", "search throughput", "all requests throughput"]
    assert entries["login throughput"]["unit"] == "1/s"


def test_what_has_no_direction_goes_into_neither_file(run_measured):
    names = {**written(run_measured, "lower"), **written(run_measured, "higher")}
    assert not [name for name in names if "system.cpu" in name or name.endswith("requests")]


def test_known_intervals_are_ranges(summary):
    run = measured(summary, {("login", "latency.p95"): (70.0, 75.123)})
    assert written(run, "lower")["login latency.p95"]["range"] == "70.0 to 75.1"


def test_hostile_names_cannot_leave_the_code_spans_of_the_action(hostile_measured):
    text = benchmark_entries(hostile_measured, "lower")
    names = [entry["name"] for entry in json.loads(text)]
    assert len(set(names)) == len(names) > 50
    assert not any(set(name) & set("`|\\\n\r\x1b") for name in names)
