"""Pages of the reference that are made from code when the site is built: a hook of MkDocs.

A page for each JSON Schema, with the schema beside it to download, and one page of the public
names of `import perfanalysis`, whose docstrings mkdocstrings fills in.
"""

from __future__ import annotations

import json
from dataclasses import is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.structure.files import File, Files

import perfanalysis

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mkdocs.config.defaults import MkDocsConfig

_PACKAGE = Path(__file__).parents[2] / "perfanalysis"
_FOLDER = "reference"
_BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "minItems": "at least {} entries",
    "maxItems": "at most {} entries",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "pattern": "pattern `{}`",
    "format": "{}",
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages; MkDocs calls it when it has found the pages that are files."""
    for path in schema_files():
        name = path.name.removesuffix(".schema.json")
        text = path.read_text(encoding="utf-8")
        files.append(File.generated(config, f"{_FOLDER}/{path.name}", content=text))
        page = schema_page(name, json.loads(text))
        files.append(File.generated(config, f"{_FOLDER}/{name}.md", content=page))
    files.append(File.generated(config, f"{_FOLDER}/python-api.md", content=python_page()))
    return files


def schema_files() -> list[Path]:
    """Return the JSON Schemas that the package holds."""
    return sorted(_PACKAGE.rglob("*.schema.json"))


def schema_page(name: str, schema: dict[str, Any]) -> str:
    """Return the Markdown of one JSON Schema: the document, then the objects that it is made of."""
    parts = [
        f"# {_title(name, schema)}",
        schema.get("description", ""),
        f"[JSON Schema]({name}.schema.json) to validate documents with.",
        _table(schema),
    ]
    for key, value in schema.get("$defs", {}).items():
        parts += [f"## {key}", value.get("description", ""), _table(value) or _kind(value)]
    return "\n\n".join(part for part in parts if part) + "\n"


def python_page() -> str:
    """Return the page of the public names, each with its docstring."""
    lines = [
        "# Python API",
        "The names of `import perfanalysis as pa`. [Python](../python.md) shows them at work.",
    ]
    for name in perfanalysis.__all__:
        found = getattr(perfanalysis, name)
        lines.append(_directive(found, heading_level=2))
        lines += [
            _directive(base, heading_level=3, heading="Fields", toc_label="Fields")
            for base in getattr(found, "__mro__", ())[1:]
            if is_dataclass(base)
        ]
    return "\n\n".join(lines) + "\n"


def _directive(found: type, **options: object) -> str:
    """Return the line by which mkdocstrings shows an object, and how."""
    options["show_root_full_path"] = False
    lines = [f"      {key}: {json.dumps(value)}" for key, value in options.items()]
    place = f"::: {found.__module__}.{found.__qualname__}"
    return "\n".join([place, "    options:", *lines])


def _title(name: str, schema: dict[str, Any]) -> str:
    constant = schema.get("properties", {}).get("schema", {}).get("const")
    return constant or f"perfanalysis.{name}"


def _table(schema: dict[str, Any]) -> str:
    properties = schema.get("properties")
    if not properties:
        return ""
    required = {*schema.get("required", ())}
    rows = ["| field | holds | |", "|---|---|---|"]
    for key, value in properties.items():
        field = f"`{key}`" if key in required else f"`{key}` (may be missing)"
        cells = (field, _kind(value), _said(value))
        rows.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return "\n".join(rows)


def _said(value: dict[str, Any]) -> str:
    """Return what is said of a field: its description, its bounds, what it is without being set."""
    bounds = [text.format(value[key]) for key, text in _BOUNDS.items() if key in value]
    bound = ", ".join(bounds)
    said = [value.get("description", ""), f"{bound[0].upper()}{bound[1:]}." if bound else ""]
    if value.get("default") is not None:
        said.append(f"Default: `{json.dumps(value['default'], ensure_ascii=False)}`.")
    return " ".join(part for part in said if part)


def _kind(value: dict[str, Any]) -> str:
    """Return what a value may be: a type, a choice of words, or an object of the page."""
    if "$ref" in value:
        key = value["$ref"].rpartition("/")[2]
        return f"[{key}](#{key.lower()})"
    if "const" in value:
        return f"`{json.dumps(value['const'], ensure_ascii=False)}`"
    if "enum" in value:
        return " \\| ".join(f"`{json.dumps(word, ensure_ascii=False)}`" for word in value["enum"])
    choices = [*value.get("anyOf", ()), *value.get("oneOf", ()), *value.get("allOf", ())]
    if choices:
        return " or ".join(dict.fromkeys(_kind(choice) for choice in choices))
    return " or ".join(_plain_kinds(value)) or "anything"


def _plain_kinds(value: dict[str, Any]) -> Iterator[str]:
    kinds = value.get("type", [])
    for kind in [kinds] if isinstance(kinds, str) else kinds:
        entries = value.get("items") if kind == "array" else value.get("additionalProperties")
        if kind in {"array", "object"} and isinstance(entries, dict) and entries:
            yield f"{kind} of {_kind(entries)}"
        else:
            yield kind


def _cell(text: str) -> str:
    """Return text that a table can hold: without line breaks and stray bars."""
    flat = " ".join(text.split())
    return flat.replace("\\|", "|").replace("|", "\\|")
