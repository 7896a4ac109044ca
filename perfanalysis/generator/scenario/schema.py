"""The JSON Schema of scenario files, for editors and for other programs.

It lies in the package as `scenario.schema.json`; a test keeps it equal to the objects.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from perfanalysis.generator.scenario.model import LoadTest
from perfanalysis.generator.scenario.quantities import format_duration

SCHEMA_FILE = "scenario.schema.json"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def generated_schema() -> dict[str, Any]:
    """Return the schema as the objects say it."""
    schema = _tidy(LoadTest.model_json_schema(by_alias=True))
    # What a file extends says what it lacks.
    needed = schema.pop("required")
    either = [{"required": ["extends"]}, {"required": needed}]
    head = {"$schema": _DIALECT, "title": "perfanalysis scenario file"}
    return {**head, **schema, "anyOf": either}


def _tidy(node: Any) -> Any:  # noqa: ANN401  (JSON)
    """Return a schema without made-up titles, with defaults as people write them."""
    if isinstance(node, list):
        return [_tidy(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    tidy = {
        key: _tidy(value)
        for key, value in node.items()
        if key != "title" or isinstance(value, dict)
    }
    default = tidy.get("default")
    if isinstance(default, dict | list) or default is None:
        # What is left out is left out; that of an object stands with its own keys.
        tidy.pop("default", None)
    elif isinstance(default, float) and tidy.get("type") == "string":
        is_rate = "/" in tidy["pattern"]
        tidy["default"] = f"{default:g} /s" if is_rate else format_duration(default)
    return tidy


def schema_text() -> str:
    """Return the schema that lies in the package."""
    return files(__package__).joinpath(SCHEMA_FILE).read_text(encoding="utf-8")


def rendered(schema: dict[str, Any]) -> str:
    """Return the text of a schema, as it lies in the package."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
