"""The published JSON Schema says what the objects say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from perfanalysis.generator.scenario.loading import load_scenario
from perfanalysis.generator.scenario.schema import (
    SCHEMA_FILE,
    generated_schema,
    rendered,
    schema_text,
)
from perfanalysis.generator.scenario.steps import LEADING_KEYS
from perfanalysis.generator.scenario.yaml_text import Document

EXAMPLES = sorted((Path(__file__).parents[3] / "examples" / "journey").glob("*.yml"))


@pytest.fixture(scope="module")
def validator():
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_schema_in_the_package_is_current(pytestconfig):
    import perfanalysis.generator.scenario as package

    text = rendered(generated_schema())
    if pytestconfig.getoption("--update-golden"):
        (Path(package.__path__[0]) / SCHEMA_FILE).write_text(text, encoding="utf-8")
    assert schema_text() == text


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_fits_schema_and_objects(path, validator):
    assert len(EXAMPLES) >= 8
    assert [error.message for error in validator.iter_errors(Document(path).content)] == []
    assert load_scenario(path).test.scenarios


@pytest.mark.parametrize(
    "step",
    [
        {"gett": "/"},
        {"get": "/", "chek": []},
        {"get": 5},
        {"think": 2},
        {"think": "2"},
        {"get": "/", "check": [{"status": 20}]},
        {"get": "/", "timeouts": {"total": 3}},
        {"repeat": -1, "steps": []},
        {"group": "x"},
    ],
)
def test_what_the_objects_refuse_the_schema_refuses_too(step, validator, write):
    content = {"target": "http://x", "scenarios": [{"name": "a", "steps": [step]}]}
    assert list(validator.iter_errors(content))
    with pytest.raises(Exception, match=r"test\.yml:1"):
        load_scenario(write(json.dumps(content)))


def test_every_kind_of_step_is_in_it():
    assert [key for key in LEADING_KEYS if f'"{key}": {{' not in schema_text()] == []


def test_defaults_are_written_as_people_write_them():
    limits = json.loads(schema_text())["$defs"]["Limits"]["properties"]
    assert limits["duration"]["default"] == "4h"
    assert limits["rate"]["default"] == "2000 /s"
