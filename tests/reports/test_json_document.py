from __future__ import annotations

import copy
import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone

import jsonschema
import pytest

from perfanalysis.model import results as nouns
from perfanalysis.model.outcome import Outcome
from perfanalysis.model.results import Severity, Verdict
from perfanalysis.model.run import Evidence, Fidelity
from perfanalysis.reports.json_document import (
    comparison_document,
    load_schema,
    render_json,
    schema_path,
    summary_document,
)

# fmt: off
RUN_KEYS = [
    "id", "name", "tool", "started_at", "duration_s", "evidence", "requests", "failures",
    "rejected_rows", "caveats",
]
NAME_KEYS = [
    "name", "kind", "requests", "failures", "error_rate", "throughput", "latency", "fidelity",
    "bytes_received", "caveats",
]
LATENCY_KEYS = [
    "mean", "min", "p50", "p75", "p90", "p95", "p99", "p99.9", "max",
]
SUMMARY_KEYS = [
    "schema", "schema_version", "run", "names", "total", "series", "checks", "thresholds",
]
THRESHOLD_KEYS = [
    "metric", "name", "source", "limit", "value", "outcome",
]
COMPARISON_KEYS = [
    "schema", "schema_version", "verdict", "reasons", "design", "tolerance", "alpha",
    "correction", "current", "baseline", "judged", "not_judged", "results", "caveats",
]
JUDGED_RUN_KEYS = [
    "id", "name", "started_at", "duration_s", "tool", "tool_version", "evidence", "requests",
    "failures", "rejected_rows", "environment", "commit", "caveats",
]
RESULT_KEYS = [
    "name", "metric", "unit", "better", "baseline", "current", "change", "ci_low", "ci_high",
    "confidence", "p_value", "p_adjusted", "tolerance", "verdict", "severity",
    "detectable_change", "runs_needed", "tolerance_needed", "n_baseline",
    "n_current", "n_effective", "method", "gate", "caveats",
]
# fmt: on


def strict(schema):
    """The schema without its leave to add fields: then every field must be documented."""
    closed = copy.deepcopy(schema)
    for part in (closed, *closed["$defs"].values()):
        part["additionalProperties"] = False
    return closed


def validate(document, name):
    jsonschema.validate(
        json.loads(render_json(document)),
        strict(load_schema(name)),
        cls=jsonschema.Draft202012Validator,
        format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
    )


def test_comparison_has_the_keys_of_the_contract_in_its_order(comparison):
    document = comparison_document(comparison)
    assert list(document) == [
        "schema",
        "schema_version",
        "verdict",
        "reasons",
        "design",
        "tolerance",
        "alpha",
        "correction",
        "current",
        "baseline",
        "judged",
        "not_judged",
        "results",
        "shapes",
        "budgets",
        "caveats",
        "phrases",
    ]
    assert [list(result) for result in document["results"]] == [RESULT_KEYS] * 6
    assert list(document["current"][0]) == JUDGED_RUN_KEYS
    assert list(document["not_judged"][0]) == ["name", "metric", "reason", "message"]


def test_comparison_holds_the_values_of_the_contract(comparison):
    document = comparison_document(comparison)
    assert document["schema"] == "perfanalysis.comparison"
    assert document["schema_version"] == 1
    assert document["current"] == [
        {
            "id": "ba9876543210",
            "name": "slow",
            "started_at": "2026-01-01T00:10:00Z",
            "duration_s": 30.1,
            "tool": "k6",
            "tool_version": "2.2.0",
            "evidence": "requests",
            "requests": 5395,
            "failures": 3,
            "rejected_rows": 0,
            "environment": {"host_class": None, "cpu_model": None, "cpu_count": None, "os": None},
            "commit": None,
            "caveats": [],
        }
    ]
    assert document["results"][0] == {
        "name": "search",
        "metric": "latency.p95",
        "unit": "ms",
        "better": "lower",
        "baseline": 48.1,
        "current": 57.9,
        "change": 0.203,
        "ci_low": 0.121,
        "ci_high": 0.292,
        "confidence": 0.95,
        "p_value": 0.0004,
        "p_adjusted": 0.009,
        "tolerance": 0.05,
        "verdict": "regressed",
        "severity": "major",
        "detectable_change": 0.08,
        "runs_needed": None,
        "tolerance_needed": None,
        "n_baseline": 1199,
        "n_current": 1201,
        "n_effective": 310.0,
        "method": "batch-means",
        "gate": True,
        "caveats": [],
    }
    assert document["caveats"] == [
        {"code": "single-run", "message": "one run per side cannot show run-to-run noise"}
    ]


def test_summary_has_the_keys_of_the_contract_in_its_order(summary):
    document = summary_document(summary)
    assert list(document) == [
        "schema",
        "schema_version",
        "run",
        "names",
        "total",
        "series",
        "checks",
        "thresholds",
    ]
    assert list(document["run"]) == RUN_KEYS
    assert [list(entry) for entry in (*document["names"], document["total"])] == [NAME_KEYS] * 4
    assert list(document["total"]["latency"]) == LATENCY_KEYS
    assert list(document["series"][0])[:6] == ["metric", "unit", "mean", "p95", "max", "n"]
    assert list(document["checks"][0]) == ["name", "passes", "fails"]
    assert list(document["thresholds"][0])[:6] == THRESHOLD_KEYS


def test_summary_holds_the_values_of_the_contract(summary):
    document = summary_document(summary)
    assert document["run"]["started_at"] == "2026-01-01T00:00:00Z"
    assert document["run"]["requests"] == 5395
    assert document["run"]["evidence"] == "requests"
    assert document["total"]["name"] is None
    assert document["names"][0]["latency"] == {
        "mean": 43.2,
        "min": 20.1,
        "p50": 41.0,
        "p75": 48.0,
        "p90": 61.5,
        "p95": 72.25,
        "p99": 101.0,
        "p99.9": None,
        "max": 131.0,
    }
    assert [entry["outcome"] for entry in document["thresholds"]] == ["met", "broken", "undecided"]


@pytest.mark.parametrize(
    ("started_at", "text"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01T00:00:00Z"),
        (datetime(2026, 1, 1, 0, 0, 0, 1500, tzinfo=UTC), "2026-01-01T00:00:00.001500Z"),
        (datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))), "2026-01-01T00:00:00Z"),
        (None, None),
    ],
)
def test_times_are_utc_with_microseconds_where_there_are_any(summary, make_run, started_at, text):
    document = summary_document(replace(summary, run=make_run(started_at=started_at)))
    assert document["run"]["started_at"] == text
    validate(document, "summary")


def test_every_field_that_is_computed_is_written(comparison, summary):
    document = comparison_document(comparison)
    assert {field.name for field in fields(nouns.Result)} == set(document["results"][0])
    assert {field.name for field in fields(nouns.Comparison)} <= set(document)
    written = summary_document(summary)
    for noun, entry in (
        (nouns.Summary, written),
        (nouns.NameSummary, written["total"]),
        (nouns.SeriesSummary, written["series"][0]),
        (nouns.CheckSummary, written["checks"][0]),
        (nouns.ThresholdOutcome, written["thresholds"][0]),
    ):
        assert {field.name for field in fields(noun)} <= set(entry)


@pytest.mark.parametrize("name", ["summary", "comparison"])
def test_schema_is_valid_draft_2020_12(name):
    schema = load_schema(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema_path(name).name == f"{name}.schema.json"


def test_documents_obey_their_schemas(comparison, summary):
    validate(comparison_document(comparison), "comparison")
    validate(summary_document(summary), "summary")


def test_hostile_documents_obey_their_schemas(hostile_comparison, hostile_summary):
    validate(comparison_document(hostile_comparison), "comparison")
    validate(summary_document(hostile_summary), "summary")


def test_every_word_of_the_nouns_is_allowed_by_the_schemas():
    of_comparison, of_summary = load_schema("comparison"), load_schema("summary")
    result = of_comparison["$defs"]["result"]["properties"]
    assert set(of_comparison["properties"]["verdict"]["enum"]) == set(Verdict)
    assert set(result["verdict"]["enum"]) == set(Verdict) - {Verdict.NOT_REGRESSED}
    assert set(result["severity"]["enum"]) == set(Severity)
    definitions = of_summary["$defs"]
    assert set(definitions["run"]["properties"]["evidence"]["enum"]) == set(Evidence)
    assert set(definitions["name"]["properties"]["fidelity"]["enum"]) == set(Fidelity)
    assert set(definitions["threshold"]["properties"]["outcome"]["enum"]) == set(Outcome)


def test_schema_allows_fields_of_later_versions_but_misses_absent_ones(comparison):
    document = json.loads(render_json(comparison_document(comparison)))
    schema = load_schema("comparison")
    jsonschema.validate({**document, "later": 1}, schema)
    del document["results"][0]["p_adjusted"]
    with pytest.raises(jsonschema.ValidationError, match="'p_adjusted' is a required property"):
        jsonschema.validate(document, schema)


def test_rendered_json_is_indented_and_ends_with_a_line_end():
    assert render_json({"a": [1, "é 检索"]}) == '{\n  "a": [\n    1,\n    "é 检索"\n  ]\n}\n'


def test_rendered_json_gives_the_same_text_back_and_can_be_encoded(hostile_names):
    text = render_json({"names": hostile_names})
    text.encode("utf-8")
    assert json.loads(text)["names"] == list(hostile_names)


def test_rendered_json_cannot_steer_a_terminal():
    text = render_json({"name": "\x1b[31m\x9b31m\u202e\x7f"})
    assert text == '{\n  "name": "\\u001b[31m\\u009b31m\\u202e\\u007f"\n}\n'


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_json_lacks_are_refused(number):
    with pytest.raises(ValueError, match="not JSON compliant"):
        render_json({"value": number})
