"""`--charts`: SVG files beside the Markdown, and the Markdown that shows them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest
from markdown_it import MarkdownIt

import perfanalysis.api
from perfanalysis.cli.main import ExitCode
from tests.reports.hostile import HOSTILE_NAMES

OURS = re.compile(r"(?:strip|timeline|ecdf|(?:shift|ecdf)-[1-5])\.svg")


@pytest.fixture
def sides(fixtures):
    return fixtures / "demo/slow.json.xz", fixtures / "demo/base.json.xz"


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pictures(markdown):
    """The addresses of what the Markdown shows, as another program reads them."""
    page = ET.fromstring(f"<page>{MarkdownIt('commonmark').render(markdown)}</page>")
    return [image.attrib["src"] for image in page.iter("img")]


def shown_from(folder, markdown):
    return [(folder / unquote(address)).resolve() for address in pictures(markdown)]


def files(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("output", ["report/compare.md", "charts/compare.md", "compare.md"])
def test_every_chart_is_found_from_where_the_markdown_lies(cli, sides, project, output):
    ended = cli("compare", *sides, "--format", "markdown", "-o", output, "--charts", "charts")
    assert ended.code == 1
    found = shown_from(Path(output).parent, (project / output).read_text())
    written = set((project / "charts").resolve().glob("*.svg"))
    assert set(found) == written
    assert found[0].name == "strip.svg"
    assert {"shift-1.svg", "ecdf-1.svg"} < {path.name for path in found}


def test_markdown_on_standard_output_finds_them_from_the_current_folder(cli, sides, project):
    ended = cli("compare", *sides, "--format", "markdown", "--charts", "out/charts")
    assert "out/charts/strip.svg" in pictures(ended.out)
    assert all(path.is_file() for path in shown_from(project, ended.out))
    assert "charts: out/charts (6 files)" in ended.err


@pytest.mark.parametrize("folder", ["a (b)", "a%20b", "検索", "a]b)c", "#1", "<x>", "a  b"])
def test_any_name_of_a_folder_can_be_linked(cli, sides, project, folder):
    ended = cli("compare", *sides, "--format", "markdown", "--charts", folder)
    assert len(pictures(ended.out)) == 6
    assert all(path.is_file() for path in shown_from(project, ended.out))


def test_a_summary_shows_the_run_over_time_and_its_latencies(cli, sides, project):
    arguments = ("--format", "markdown", "-o", "summary.md", "--charts", "charts")
    assert cli("summary", sides[0], *arguments).code == 0
    markdown = (project / "summary.md").read_text()
    assert pictures(markdown) == ["charts/timeline.svg", "charts/ecdf.svg"]
    assert files(project / "charts") == ["ecdf.svg", "timeline.svg"]


def test_one_markdown_besides_other_outputs_is_enough(cli, sides, project):
    ended = cli(
        *("compare", *sides, "--format", "json", "--charts", "."),
        *("--write", "markdown=compare.md"),
    )
    assert json.loads(ended.out)["verdict"] == "regressed"
    assert "strip.svg" in pictures((project / "compare.md").read_text())


@pytest.mark.parametrize(
    "arguments",
    [("compare", "a", "b"), ("compare", "a", "b", "--report", "r.html"), ("summary", "a")],
)
def test_charts_that_nothing_would_show_are_refused_before_any_work(cli, project, arguments):
    ended = cli(*arguments, "--charts", "charts")
    assert ended.code == ExitCode.USAGE
    assert "--charts charts: no Markdown is written that could show them" in ended.err
    assert "--format markdown" in ended.err
    assert files(project) == []


def test_the_same_data_give_the_same_bytes_and_files_are_replaced(cli, sides, project):
    (project / "charts").mkdir()
    (project / "charts/strip.svg").write_text("of another day")
    arguments = ("compare", *sides, "--format", "markdown", "--charts", "charts")
    first = cli(*arguments), {p.name: p.read_bytes() for p in (project / "charts").iterdir()}
    again = cli(*arguments), {p.name: p.read_bytes() for p in (project / "charts").iterdir()}
    assert first == again
    assert first[1]["strip.svg"].startswith(b"<?xml")


def test_without_charts_the_markdown_is_as_it_was(cli, sides, project):
    ended = cli("compare", *sides, "--format", "markdown")
    assert pictures(ended.out) == []
    assert "Charts of" not in ended.out
    assert files(project) == []


def test_a_folder_that_cannot_be_written_costs_no_output(cli, sides, project):
    (project / "file").write_text("")
    ended = cli(
        *("compare", *sides, "--format", "markdown", "-o", "compare.md"),
        *("--write", "json=compare.json", "--charts", "file"),
    )
    assert ended.code == ExitCode.USAGE
    assert "file/strip.svg: cannot be written" in ended.err
    assert pictures((project / "compare.md").read_text()) == []
    assert json.loads((project / "compare.json").read_text())["verdict"] == "regressed"
    assert (project / "file").read_text() == ""


def test_charts_that_cannot_be_drawn_cost_no_output(cli, sides, project, monkeypatch):
    def broken(*_arguments, **_options):
        raise ZeroDivisionError("no chart")

    monkeypatch.setattr(perfanalysis.api, "draw_charts", broken)
    ended = cli("summary", sides[0], "--format", "markdown", "--charts", "charts")
    assert ended.code == ExitCode.BUG
    assert "ZeroDivisionError: no chart" in ended.err
    assert ended.out.startswith("### Performance of `slow`")


def test_a_run_of_which_nothing_can_be_drawn_says_so(cli, fixtures, project):
    run = fixtures / "k6/base.summary.json"
    ended = cli("summary", run, "--format", "markdown", "--charts", "charts")
    assert ended.code == 0
    assert "charts: none: " in ended.err
    assert pictures(ended.out) == []
    assert files(project) == []


def test_a_quiet_command_says_nothing_of_its_charts(cli, sides, project):
    ended = cli("--quiet", "summary", sides[0], "--format", "markdown", "--charts", "charts")
    assert ended.err == ""


def test_words_for_those_who_do_not_see_the_charts_have_the_language_of_the_markdown(
    cli, sides, project
):
    ended = cli("summary", sides[0], "--format", "markdown", "--lang", "ja", "--charts", ".")
    assert "![レイテンシ、スループット、エラーの推移](timeline.svg)" in ended.out


def test_names_of_strangers_are_in_no_path_and_no_text_of_a_file(cli, project):
    header = "timeStamp,elapsed,label,responseCode,success\n"
    names = [name for name in HOSTILE_NAMES if not re.search("[\n\r\ud800\x00]", name)]
    quoted = ['"{}"'.format(name.replace('"', '""')) for name in names if name]
    for run, factor in (("base", 1), ("slow", 3)):
        rows = [
            f"{1_700_000_000_000 + 40 * n},{factor * (20 + n % 17)},{name},200,true\n"
            for n in range(400)
            for name in quoted
        ]
        (project / f"{run}.jtl").write_text(header + "".join(rows), encoding="utf-8")
    ended = cli(
        *("compare", "slow.jtl", "base.jtl", "--format", "markdown", "-o", "compare.md"),
        *("--charts", "charts"),
    )
    assert ended.code == 1, ended.err
    written = files(project / "charts")
    assert all(OURS.fullmatch(name) for name in written)
    assert "ecdf-5.svg" in written
    markdown = (project / "compare.md").read_text(encoding="utf-8")
    assert {path.name for path in shown_from(project, markdown)} == set(written)
    assert "http" not in "".join(pictures(markdown))
    for path in (project / "charts").iterdir():
        texts = [text for text in ET.parse(path).getroot().itertext() if text.strip()]
        assert texts == ["*{stroke-linejoin: round; stroke-linecap: butt}"]
