"""Bencher Metric Format, against the JSON Schema on Bencher's page."""

from __future__ import annotations

import json

import jsonschema

from perfanalysis.reports.exports.bencher import bencher_metrics
from perfanalysis.reports.exports.measurements import MeasuredRun, dashboard_only, measured

# What https://bencher.dev/docs/reference/bencher-metric-format says of the format.
FORMAT = {
    "type": "object",
    "additionalProperties": False,
    "patternProperties": {
        "^(?s:.{1,1024})$": {
            "type": "object",
            "additionalProperties": False,
            "patternProperties": {
                "^(?s:.{1,64})$": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["value"],
                    "properties": {
                        "value": {"type": "number"},
                        "lower_value": {"type": "number"},
                        "upper_value": {"type": "number"},
                    },
                }
            },
        }
    },
}


def written(run):
    document = json.loads(bencher_metrics(run))
    jsonschema.validate(document, FORMAT)
    return document


def test_names_are_benchmarks_and_metrics_their_measures(run_measured):
    document = written(dashboard_only(run_measured))
    assert list(document) == ["login", "search", "transaction: journey", "all requests"]
    assert document["login"]["latency.p95"] == {"value": 72.25}
    assert document["search"]["error_rate"] == {"value": 0.0025}


def test_series_are_measures_of_the_resources(run_measured):
    assert written(run_measured)["resources"]["system.cpu.mean"] == {"value": 41.5}


def test_known_intervals_are_lower_and_upper_values(summary):
    run = measured(summary, {("login", "latency.p95"): (70.0, 75.0)})
    assert written(run)["login"]["latency.p95"] == {
        "value": 72.25,
        "lower_value": 70.0,
        "upper_value": 75.0,
    }


def test_hostile_names_neither_break_the_document_nor_vanish(hostile_measured, hostile_names):
    document = written(hostile_measured)
    assert len(document) == len(hostile_names) + 2  # all requests, resources
    assert "\x1b" not in bencher_metrics(hostile_measured)
    assert len(document["resources"]) == 3 * len(hostile_names)


def test_a_run_without_measurements_is_an_empty_object(run_measured):
    assert written(MeasuredRun(run=run_measured.run, measurements=())) == {}
