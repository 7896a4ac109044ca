"""What README and docs say is so: their commands and examples are executed, page by page.

How a page is read, from its top to its end, in a folder of its own that holds `fixtures/`:

- ```` ```bash ````: commands, one a line; each succeeds, or ends in `# exit code N`;
- ```` ```console ````: `$ command` lines, each followed by what it prints. `...` alone on a line
  stands for any lines. A command that fails is followed by `$ echo $?`;
- ```` ```python ````: executed, one namespace a page; a ```` ```text ```` block right behind it is
  what it prints;
- `title="FILE"` behind the language: the block is written to that file first;
- `<!-- not run: reason -->` above a block: it is left alone.

`pytest --update-golden tests/test_docs.py` writes what was really printed into the pages.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click import Context

import perfanalysis
from perfanalysis.api import FORMATS, provenance
from perfanalysis.cli.main import ExitCode, group
from perfanalysis.errors import PerfanalysisError
from perfanalysis.importers.registry import importers
from perfanalysis.model.config import Config
from perfanalysis.model.results import Severity, Verdict
from perfanalysis.model.run import RunInfo
from perfanalysis.reports.html.method import _METHODS
from perfanalysis.reports.json_document import load_schema
from perfanalysis.store.conform import SCHEMAS
from tests.page_shell import Shell, printed

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))

_BLOCK = re.compile(
    r"^(?:<!-- not run: (?P<reason>[^>]+) -->\n+)?"
    r"```(?P<language>\w+)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<body>.*?)^```$"
    r"(?P<printed_fence>\n\n```text\n(?P<printed>.*?)^```$)?",
    re.MULTILINE | re.DOTALL,
)
_EXIT_CODE = re.compile(r"\s+# exit code (\d+)$")
_RUN_LANGUAGES = ("bash", "console", "python")


class Page:
    """Executes the blocks of one page and gives the page back with what they really print."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._text = path.read_text(encoding="utf-8")
        self._shell = Shell()
        self._namespace: dict[str, Any] = {"__name__": "__main__"}

    def rendered(self) -> str:
        return _BLOCK.sub(self._block, self._text)

    def _block(self, found: re.Match[str]) -> str:
        if found["title"]:
            file = Path(found["title"])
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(found["body"], encoding="utf-8")
        if found["reason"] or found["title"] or found["language"] not in _RUN_LANGUAGES:
            return found[0]
        line = self._text.count("\n", 0, found.start("body")) + 1
        if found["language"] == "bash":
            self._bash(found["body"], line)
            return found[0]
        if found["language"] == "console":
            return self._replaced(found, "body", self._console(found["body"], line))
        out = self._python(found["body"], line)
        if found["printed_fence"]:
            return self._replaced(found, "printed", _real(found["printed"], out))
        assert not out, f"{self.path.name}:{line}: prints what no text block shows:\n{out}"
        return found[0]

    def _replaced(self, found: re.Match[str], group: str, text: str) -> str:
        start, end = (edge - found.start() for edge in found.span(group))
        return found[0][:start] + text + found[0][end:]

    def _bash(self, body: str, line: int) -> None:
        for command in body.replace("\\\n", " ").splitlines():
            if command.strip() and not command.startswith("#"):
                stated = _EXIT_CODE.search(command)
                out = self._shell.run(_EXIT_CODE.sub("", command))
                expected = int(stated[1]) if stated else 0
                where = f"{self.path.name}:{line}: {command}"
                assert self._shell.code == expected, f"{where}: exit {self._shell.code}\n{out}"

    def _console(self, body: str, line: int) -> str:
        parts = re.split(r"^\$ ((?:.*\\\n)*.*)\n", body, flags=re.MULTILINE)
        assert not parts[0].strip(), f"{self.path.name}:{line}: expected a line '$ command'"
        commands, outputs = parts[1::2], parts[2::2]
        shown = []
        for number, (command, output) in enumerate(zip(commands, outputs, strict=True)):
            real = self._shell.run(command.replace("\\\n", " "))
            shown.append(f"$ {command}\n{_real(output, real)}")
            says_code = commands[number + 1 : number + 2] == ["echo $?"]
            where = f"{self.path.name}:{line}: {command}"
            assert self._shell.code == 0 or says_code or command == "echo $?", f"{where}\n{real}"
        return "".join(shown)

    def _python(self, body: str, line: int) -> str:
        # Line numbers of a traceback are those of the page.
        code = compile("\n" * (line - 1) + body, str(self.path), "exec")
        with printed() as out:
            exec(code, self._namespace)
        return out.getvalue()


def _real(expected: str, actual: str) -> str:
    """Return the output that was expected if it agrees with the actual one, else the actual one."""
    lines = [line.rstrip() for line in actual.splitlines()]
    actual = "".join(f"{line}\n" for line in lines).strip("\n")
    actual = f"{actual}\n" if actual else ""
    body = expected.strip("\n")
    pattern = "".join(
        "(?:.*\n)*?" if line == "..." else re.escape(line) + "\n" for line in body.splitlines()
    )
    return expected if re.fullmatch(pattern, actual) else actual


@pytest.fixture
def update(pytestconfig) -> bool:
    """Whether to write what is printed now into the pages, instead of comparing."""
    return bool(pytestconfig.getoption("--update-golden"))


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """An empty working folder with the files that the pages speak of."""
    for name in ("examples", "fixtures"):
        (tmp_path / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "baselines", tmp_path / "baselines")  # pages store there
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    for name in [*os.environ]:
        if name.startswith(("PERFANALYSIS_", "GITHUB_", "CI_")):
            monkeypatch.delenv(name)
    # Baselines tell who accepted a run, and when.
    monkeypatch.setenv("PERFANALYSIS_ACCEPTED_BY", "jane")
    accepted_at = datetime(2027, 1, 28, 9, 30, tzinfo=UTC)
    monkeypatch.setattr(provenance, "clock", lambda: accepted_at)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_example_of_the_page_runs_and_prints_what_is_shown(path, folder, update):
    page = Page(path)
    rendered = page.rendered()
    if update:
        path.write_text(rendered, encoding="utf-8")
    assert rendered.splitlines() == path.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_fence_of_the_page_is_read(path):
    text = path.read_text(encoding="utf-8")
    fences = re.findall(r"^\s*```\w+", text, re.MULTILINE)
    read = [m["language"] for m in _BLOCK.finditer(text)]
    read += ["text" for m in _BLOCK.finditer(text) if m["printed_fence"]]
    assert len(fences) == len(read)


class Cell(NamedTuple):
    source: str
    outputs: list[str]


def _cells(notebook: Any) -> list[Cell]:
    return [
        Cell(cell.source, [_shown(output) for output in cell.get("outputs", ())])
        for cell in notebook.cells
    ]


def _shown(output: Any) -> str:
    """Return what a reader sees of an output: of a picture only that there is one."""
    data = output.get("data", {})
    if "image/png" in data:
        return "a picture"
    return str(data.get("text/html") or data.get("text/plain") or output.get("text"))


def _slim(notebook: Any) -> None:
    """Leave of every output only what is shown, so that the file stays small."""
    notebook.metadata.pop("language_info", None)
    for output in (output for cell in notebook.cells for output in cell.get("outputs", ())):
        data = output.get("data", {})
        best = next((kind for kind in ("image/png", "text/html") if kind in data), None)
        if best:
            output["data"] = {best: data[best]}


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_runs_and_shows_what_it_holds(path, update):
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    notebook = nbformat.read(path, as_version=4)
    place = {"metadata": {"path": str(path.parent)}}
    nbclient.NotebookClient(notebook, timeout=120, resources=place, record_timing=False).execute()
    if update:
        _slim(notebook)
        nbformat.write(notebook, path)
    assert _cells(notebook) == _cells(nbformat.read(path, as_version=4))


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path):
    pytest.importorskip("material")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "cli" / "index.html").exists()


@pytest.fixture
def vegeta(folder, monkeypatch) -> Iterator[None]:
    """The importer that the page on formats shows, installed as pip would do it."""
    files = {m["title"]: m["body"] for m in _BLOCK.finditer(_text("formats.md")) if m["title"]}
    project = tomllib.loads(files["pyproject.toml"])["project"]
    (module,) = (name for name in files if name.endswith(".py"))
    Path(module).write_text(files[module], encoding="utf-8")
    facts = Path(f"{project['name'].replace('-', '_')}-{project['version']}.dist-info")
    facts.mkdir()
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 1\n")
    entries = project["entry-points"]["perfanalysis.importers"].items()
    lines = ["[perfanalysis.importers]", *(f"{name} = {place}" for name, place in entries)]
    (facts / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.syspath_prepend(folder)
    importers.cache_clear()
    yield
    sys.modules.pop(module.removesuffix(".py"), None)
    importers.cache_clear()


def test_the_importer_of_the_page_on_formats_works_once_it_is_installed(vegeta):
    Path("results.csv").write_text(
        "1795170678509000000,200,93000000,0,126,,,,0,GET,http://shop/search,\n"
        '1795170678609000000,0,20000000,0,0,"dial tcp: refused, it says",,,1,GET,http://shop/,\n'
        "1795170678709000000,500,11000000,0,17,,,,2,GET,http://shop/search,\n"
    )
    Path("damaged.csv").write_text("1795170678509000000,200,9,0,1,,,,0,GET,/,\nnonsense\n")
    shell = Shell()
    assert "\nvegeta-csv         vegeta results as CSV" in shell.run("perfanalysis formats")
    document = json.loads(shell.run("perfanalysis summary results.csv --format json"))
    assert document["run"]["started_at"] == "2026-11-20T10:31:18.509000Z"
    counted = {entry["name"]: entry for entry in document["names"]}
    assert counted["GET http://shop/search"]["requests"] == 2
    assert counted["GET http://shop/search"]["failures"] == 1
    assert counted["GET http://shop/search"]["latency"]["max"] == 93.0
    assert counted["GET http://shop/"]["failures"] == 1
    error = shell.run("perfanalysis summary damaged.csv")
    assert "damaged.csv:2: expected a result, found 'nonsense'" in error
    assert shell.code == ExitCode.BAD_INPUT


def _text(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def _all_errors(kind: type[Exception]) -> set[str]:
    return {kind.__name__}.union(*(_all_errors(child) for child in kind.__subclasses__()))


def _properties(schema: Any) -> set[str]:
    """Return every property that a JSON Schema names, at any depth."""
    found: set[str] = set()
    if isinstance(schema, dict):
        found |= set(schema.get("properties", ()))
        for value in schema.values():
            found |= _properties(value)
    return found


def _codes(pattern: str) -> set[str]:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "perfanalysis").rglob("*.py")]
    return {code for source in sources for code in re.findall(pattern, source)}


def _variables() -> set[str]:
    commands = (group.get_command(Context(group), name) for name in group.commands_by_name)
    options = [option for command in (group, *commands) for option in command.params]
    return {str(option.envvar) for option in options if option.envvar}


def _columns() -> set[str]:
    return {name for schema in SCHEMAS.values() for name in schema.names}


WORDS = {
    "formats.md": lambda: set(importers()[0]),
    "errors.md": lambda: _all_errors(PerfanalysisError) | {code.name for code in ExitCode},
    "outputs.md": lambda: (
        {*FORMATS} | _properties(load_schema("summary")) | _properties(load_schema("comparison"))
    ),
    "baselines.md": lambda: (
        _properties(load_schema("baselines"))
        | _properties(load_schema("baseline-report"))
        | _properties(load_schema("acceptance"))
    ),
    "calibrating.md": lambda: _properties(load_schema("calibration-report")),
    "bundle.md": lambda: _columns() | set(RunInfo.model_fields) - {"schema_"},
    "configuration.md": lambda: set(Config.model_fields) | _variables(),
    "python.md": lambda: {f"pa.{name}" for name in perfanalysis.__all__},
    "caveats.md": lambda: _codes(r'\bcode="([a-z0-9-]+)"'),
    "comparing.md": lambda: _codes(r'NotEstimableError\(\s*"([a-z-]+)"') | {*Verdict, *Severity},
    "statistics.md": lambda: set(_METHODS),
}


@pytest.mark.parametrize("page", sorted(WORDS))
def test_the_page_leaves_nothing_out(page):
    mentioned = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", _text(page), flags=re.DOTALL))
    words = {word for code in mentioned for word in re.findall(r"[\w.%-]+", code)}
    assert WORDS[page]() - words == set()


@pytest.mark.parametrize("code", ExitCode, ids=lambda code: code.name)
def test_every_exit_code_stands_beside_its_meaning(code):
    assert f"\n| {code.value} | `{code.name}` | " in _text("errors.md")
    assert f"\n| {code.value} | " in _text("comparing.md")


def test_the_help_of_every_command_is_shown():
    shown = re.findall(r"^\$ perfanalysis(?: (\w+))? --help$", _text("cli.md"), re.MULTILINE)
    assert shown == ["", *sorted(group.commands_by_name)]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_no_command_is_spoken_of_that_does_not_exist(path):
    text = path.read_text(encoding="utf-8")
    spoken = re.findall(r"`perfanalysis (\w+)|^\$ perfanalysis (\w+)", text, re.MULTILINE)
    assert {inline or block for inline, block in spoken} <= set(group.commands_by_name)


def test_every_link_of_the_readme_leads_somewhere():
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(links) > 10
    assert [link for link in links if "://" not in link and not (ROOT / link).is_file()] == []
