"""Judged budgets in JSON: the documents and their schemas."""

from __future__ import annotations

import copy
import json
from dataclasses import fields, replace

import jsonschema
import pytest

from perfanalysis.model.budget_results import (
    NO_BASELINE,
    NO_DATA,
    NOT_COMPARABLE,
    NOT_UNDERSTOOD,
    ROUGH,
    SPANS_LIMIT,
    BudgetResult,
)
from perfanalysis.model.outcome import Outcome
from perfanalysis.reports.json_document import (
    check_document,
    comparison_document,
    load_schema,
    render_json,
)


def closed(name):
    """The schema without its leave to add fields: then every field must be documented."""
    schema = copy.deepcopy(load_schema(name))
    for part in (schema, *schema["$defs"].values()):
        part["additionalProperties"] = False
    return schema


def validate(document, name):
    jsonschema.validate(
        json.loads(render_json(document)),
        closed(name),
        cls=jsonschema.Draft202012Validator,
        format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
    )


def test_a_check_obeys_its_schema_and_keeps_the_order_of_its_keys(check):
    document = check_document(check)
    validate(document, "check")
    # fmt: off
    assert list(document) == [
        "schema", "schema_version", "outcome", "runs", "budgets", "caveats", "phrases",
    ]
    # fmt: on
    assert (document["schema"], document["schema_version"]) == ("perfanalysis.check", 1)
    assert document["outcome"] == "broken"


def test_budgets_of_a_comparison_obey_its_schema(comparison, budgets):
    validate(comparison_document(replace(comparison, budgets=budgets)), "comparison")


def test_both_schemas_describe_budgets_alike():
    of_check, of_comparison = (load_schema(name)["$defs"] for name in ("check", "comparison"))
    for part in ("budget", "caveat"):
        assert of_check[part] == of_comparison[part]


def test_every_field_that_is_judged_is_written(check):
    budget = check_document(check)["budgets"][0]
    assert {field.name for field in fields(BudgetResult)} == set(budget)
    schema = load_schema("check")["$defs"]["budget"]
    assert list(budget) == schema["required"] == list(schema["properties"])


def test_every_word_is_allowed_and_every_reason_described():
    properties = load_schema("check")["$defs"]["budget"]["properties"]
    assert set(properties["outcome"]["enum"]) == set(Outcome)
    reasons = (NO_DATA, NO_BASELINE, NOT_COMPARABLE, SPANS_LIMIT, ROUGH, NOT_UNDERSTOOD)
    for reason in reasons:
        assert reason in properties["reason"]["description"]


@pytest.mark.parametrize("key", ["value", "reason", "message"])
def test_a_document_without_a_key_of_the_contract_is_none(check, key):
    document = json.loads(render_json(check_document(check)))
    del document["budgets"][0][key]
    with pytest.raises(jsonschema.ValidationError, match="is a required property"):
        jsonschema.validate(document, load_schema("check"))
