"""The pages and pictures of the site that are made by scripts."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
import yaml

import perfanalysis
from tests.test_docs import ROOT

DOCS = ROOT / "docs"
_PICTURE = re.compile(r"!\[(?P<words>[^\]]*)\]\((?P<path>[^)]+)\)")


def script(name: str) -> ModuleType:
    """Load one of the scripts that make pages or pictures."""
    spec = importlib.util.spec_from_file_location(f"docs_{name}", DOCS / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look themselves up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    pytest.importorskip("mkdocs")
    return script("reference")


def _navigation() -> set[str]:
    def pages(entry):
        if isinstance(entry, str):
            return {entry}
        entries = entry.values() if isinstance(entry, dict) else entry
        return {page for part in entries for page in pages(part)}

    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    return pages(yaml.safe_load(text)["nav"])


def _schemas() -> list[Path]:
    return sorted((ROOT / "perfanalysis").rglob("*.schema.json"))


@pytest.mark.parametrize("path", _schemas(), ids=lambda path: path.name)
def test_every_field_of_a_schema_stands_on_its_page(reference, path):
    schema = json.loads(path.read_text(encoding="utf-8"))
    page = reference.schema_page(path.name.removesuffix(".schema.json"), schema)
    objects = [schema, *schema.get("$defs", {}).values()]
    fields = {key for part in objects for key in part.get("properties", {})}
    assert fields
    assert {key for key in fields if f"| `{key}`" not in page} == set()
    targets = set(re.findall(r"\]\(#([^)]+)\)", page))
    assert targets <= {key.lower() for key in schema.get("$defs", {})}


def test_every_schema_and_every_notebook_has_a_page_in_the_navigation():
    schemas = {f"reference/{p.name.removesuffix('.schema.json')}.md" for p in _schemas()}
    notebooks = {f"notebooks/{p.stem}.md" for p in (DOCS / "notebooks").glob("*.ipynb")}
    assert schemas | notebooks <= _navigation()


def test_every_document_is_listed_on_the_page_of_the_reference():
    text = (DOCS / "reference" / "index.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| \[perfanalysis\.[\w-]+\]\(([\w-]+)\.md\)", text, re.MULTILINE))
    assert listed == {path.name.removesuffix(".schema.json") for path in _schemas()}


def test_every_public_name_is_on_the_page_of_the_python_api(reference):
    page = reference.python_page()
    shown = {line.rpartition(".")[2] for line in page.splitlines() if line.startswith("::: ")}
    assert {*perfanalysis.__all__} <= shown


def test_choices_and_bounds_are_told(reference):
    schema = {
        "properties": {
            "level": {"enum": ["a|b", "c"], "description": "One | of two."},
            "share": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
            "rows": {"type": "array", "items": {"$ref": "#/$defs/Row"}},
        },
        "required": ["level"],
        "$defs": {"Row": {"properties": {"n": {"type": "integer", "default": 3}}}},
    }
    page = reference.schema_page("made", schema)
    assert '| `level` | `"a\\|b"` \\| `"c"` | One \\| of two. |' in page
    assert "| `share` (may be missing) | number or null | At least 0, at most 1. |" in page
    assert "| `rows` (may be missing) | array of [Row](#row) |  |" in page
    assert "| `n` (may be missing) | integer | Default: `3`. |" in page


def test_an_example_of_a_docstring_becomes_a_block_of_code():
    pytest.importorskip("griffe")
    fenced = script("doctests").fenced("Words.\n\n>>> [1][0]\n1\n\nMore.")
    assert fenced == "Words.\n\n```pycon\n>>> [1][0]\n1\n```\n\nMore."


def test_a_notebook_becomes_a_page_with_its_outputs():
    pytest.importorskip("mkdocs")
    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "Words."]},
        {
            "cell_type": "code",
            "source": "1 + 1",
            "outputs": [
                {"data": {"text/plain": "2"}},
                {"data": {"image/png": "aGVsbG8=", "text/plain": "<Figure>"}},
                {"data": {"text/html": "<p>a</p>\n\n<p>b</p>", "text/plain": "x"}},
                {"output_type": "stream", "text": ["out\n"]},
            ],
        },
        {"cell_type": "code", "source": "", "outputs": []},
    ]
    page, pictures = script("notebooks").notebook_page({"cells": cells}, "first.ipynb")
    assert page == (
        "# Title\nWords.\n\n```python\n1 + 1\n```\n\n```text\n2\n```\n\n"
        "![a chart](first-1-1.png)\n\n"
        '<div class="notebook-output">\n<p>a</p>\n<p>b</p>\n</div>\n\n'
        "```text\nout\n```\n\n[Download this notebook](first.ipynb)\n"
    )
    assert pictures == {"first-1-1.png": b"hello"}


def test_the_gallery_shows_every_picture_that_its_script_takes():
    text = (DOCS / "gallery.md").read_text(encoding="utf-8")
    shown = {found["path"] for found in _PICTURE.finditer(text)}
    assert shown == {f"images/gallery/{name}.png" for name in script("gallery").SHOTS}


def test_every_picture_of_the_gallery_is_there_and_small():
    sizes = {path.name: path.stat().st_size for path in (DOCS / "images/gallery").iterdir()}
    assert {*sizes} == {f"{name}.png" for name in script("gallery").SHOTS}
    assert max(sizes.values()) < 250_000
    assert sum(sizes.values()) < 1_000_000


@pytest.mark.parametrize("path", sorted(DOCS.rglob("*.md")), ids=lambda path: path.stem)
def test_every_picture_is_told_in_words(path):
    found = list(_PICTURE.finditer(path.read_text(encoding="utf-8")))
    assert all(len(picture["words"]) > 5 for picture in found)
