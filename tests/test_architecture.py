"""The rules of the house that no linter checks: sizes, names, words, what is packaged."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "perfanalysis"
MODULES = sorted(PACKAGE.rglob("*.py"))
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
MAX_BODY_LINES = 40
MAX_FIXTURE_BYTES = 400_000
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc", "tools"}
# Longer than they should be: they only ever become fewer.
LONG_FUNCTIONS: set[str] = set()
# One letter of each stands in brackets, so that this file does not find itself.
PRIVATE_PATHS = re.compile(r"(?<![\w.])(?:/h[o]me/|/r[o]ot/|/U[s]ers/|/w[o]rk/|C:\\U[s]ers)")
INVENTED_PATH = re.compile(r"/h[o]me/a/")
PACKAGE_INDEXES = re.compile(
    r"p[y]pi\.(?:org|python)|python[h]osted|n[p]mjs|arti[f]actory|/s[i]mple/?\b|"
    r"index[-]url|crates\.[i]o|proxy\.g[o]lang",
    re.IGNORECASE,
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions_of(path: Path) -> Iterator[Function]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, Function))


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """The files that git tracks; the test is skipped where this is no checkout."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    )
    found = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in found if path.is_file()]


@pytest.fixture(scope="module")
def tracked_texts(tracked) -> dict[str, str]:
    texts = {}
    for path in tracked:
        data = path.read_bytes()
        if b"\0" not in data[:8192]:
            texts[named(path)] = data.decode("utf-8", errors="replace")
    return texts


def test_files_stay_short():
    paths = [*MODULES, *(ROOT / "tests").rglob("*.py")]
    assert len(paths) > 150
    lines = {named(path): path.read_bytes().count(b"\n") for path in paths}
    assert {name: n for name, n in lines.items() if n > MAX_FILE_LINES} == {}


def test_functions_stay_short():
    long = set()
    for path in MODULES:
        for function in functions_of(path):
            lines = (function.end_lineno or 0) - function.lineno + 1
            first = function.body[0]
            documented = ast.get_docstring(function) is not None
            text = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
            if lines > MAX_FUNCTION_LINES or lines - text > MAX_BODY_LINES:
                long.add(f"{named(path)}:{function.name}")
    assert long == LONG_FUNCTIONS


def test_no_module_has_a_name_that_says_nothing():
    names = {path.stem if path.stem != "__init__" else path.parent.name for path in MODULES}
    assert names & VAGUE_NAMES == set()


def public_without_docstring(path: Path) -> Iterator[str]:
    module = ast.parse(path.read_text(encoding="utf-8"))
    if ast.get_docstring(module) is None:
        yield named(path)
    scopes: list[ast.Module | ast.ClassDef] = [module]
    while scopes:
        for node in scopes.pop().body:
            if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
                continue
            if ast.get_docstring(node) is None:
                yield f"{named(path)}:{node.name}"
            if isinstance(node, ast.ClassDef):
                scopes.append(node)


def test_everything_public_has_a_docstring():
    assert [name for path in MODULES for name in public_without_docstring(path)] == []


def test_the_contract_of_the_layers_lists_every_package_and_module():
    (contract,) = PYPROJECT["tool"]["importlinter"]["contracts"]
    assert contract["type"] == "layers"
    listed = [name for layer in contract["layers"] for name in layer.split(" | ")]
    there = {
        f"perfanalysis.{path.stem}"
        for path in PACKAGE.iterdir()
        if (path.suffix == ".py" and not path.stem.startswith("__"))
        or (path / "__init__.py").is_file()
    }
    assert sorted(listed) == sorted(there)
    # Importing upwards would be found by lint-imports, unless the contract allowed it.
    assert set(contract) == {"name", "type", "layers"}


def test_reports_load_nothing_and_run_nothing():
    templates = [path for path in (ROOT / "report_templates").rglob("*") if path.is_file()]
    assert {path.suffix for path in templates} == {".css", ".html", ".js"}
    forbidden = re.compile(
        r"https?:|(?:src|href)=[\"']?//|<script|javascript:|@import|\son\w+=|<iframe|<link(?![^>]*href=\"data:)",
        re.IGNORECASE,
    )
    found = {named(path): forbidden.findall(path.read_text("utf-8")) for path in templates}
    assert {name: hits for name, hits in found.items() if hits} == {}


def test_report_templates_are_in_the_wheel():
    wheel = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["packages"] == ["perfanalysis"]
    assert wheel["force-include"]["report_templates"] == "perfanalysis/report_templates"
    assert (ROOT / "report_templates" / "report.html").is_file()


def test_fixtures_are_small_and_say_where_they_come_from():
    fixtures = ROOT / "fixtures"
    sizes = {named(path): path.stat().st_size for path in fixtures.rglob("*") if path.is_file()}
    assert {name: size for name, size in sizes.items() if size > MAX_FIXTURE_BYTES} == {}
    folders = [path for path in fixtures.iterdir() if path.is_dir()]
    assert len(folders) >= 6
    assert [path.name for path in folders if not (path / "SOURCE.md").is_file()] == []


def test_every_fixture_is_described(tracked):
    for path in tracked:
        parts = path.relative_to(ROOT).parts
        if parts[0] != "fixtures" or path.name == "SOURCE.md":
            continue
        source = (ROOT / "fixtures" / parts[1] / "SOURCE.md").read_text(encoding="utf-8")
        # A folder of its own is described as a whole, a Locust run by its prefix.
        named_as = {parts[2], re.split(r"[_.]", parts[2])[0]}
        assert any(re.search(rf"\b{re.escape(name)}", source) for name in named_as), path


def test_no_text_tells_of_the_folders_of_a_machine(tracked_texts):
    found = {
        name: PRIVATE_PATHS.findall(INVENTED_PATH.sub("", text))
        for name, text in tracked_texts.items()
    }
    assert {name: hits for name, hits in found.items() if hits} == {}


def test_no_text_names_a_package_index(tracked_texts):
    found = {name: PACKAGE_INDEXES.findall(text) for name, text in tracked_texts.items()}
    assert {name: hits for name, hits in found.items() if hits} == {}


def test_texts_end_with_a_line_end_and_have_no_stray_blanks(tracked_texts):
    ours = {
        name: text
        for name, text in tracked_texts.items()
        if name.endswith((".py", ".md", ".toml", ".yml", ".html", ".css", ".js"))
    }
    assert len(ours) > 150
    assert [name for name, text in ours.items() if text and not text.endswith("\n")] == []
    blanks = re.compile(r"[ \t]+$", re.MULTILINE)
    assert [name for name, text in ours.items() if blanks.search(text)] == []


def test_entry_points_are_sorted_and_each_has_its_class():
    entries = PYPROJECT["project"]["entry-points"]["perfanalysis.importers"]
    assert list(entries) == sorted(entries)
    for name, target in entries.items():
        module, _, attribute = target.partition(":")
        assert getattr(importlib.import_module(module), attribute).name == name
    (script,) = PYPROJECT["project"]["scripts"].values()
    module, _, attribute = script.partition(":")
    assert callable(getattr(importlib.import_module(module), attribute))


def test_the_changelog_has_a_section_for_what_is_not_released():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", changelog, re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    section = changelog.split("## [Unreleased]")[1].split("\n## ")[0]
    kinds = re.findall(r"^### (\w+)$", section, re.MULTILINE)
    assert kinds
    assert set(kinds) <= {"Added", "Changed", "Fixed", "Removed", "Deprecated", "Security"}
