"""Several outputs of one comparison, all of them written before the command ends."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest

import perfanalysis.api
from perfanalysis.cli.main import ExitCode

FORMATS = ("json", "markdown", "csv", "junit", "html", "openmetrics", "table")


@pytest.fixture
def slow_against_base(fixtures):
    """A regression."""
    return fixtures / "demo/slow.json.xz", fixtures / "demo/base.json.xz"


@pytest.fixture
def less_against_base(fixtures, tmp_path):
    """A name is missing: no verdict."""
    base = fixtures / "jmeter/base.csv.jtl"
    less = tmp_path / "less.jtl"
    lines = base.read_text().splitlines(keepends=True)
    less.write_text("".join(line for line in lines if ",Search," not in line))
    return less, base


def writes(folder, formats=FORMATS):
    options = []
    for format_name in formats:
        options += ["--write", f"{format_name}={folder / format_name}"]
    return options


@pytest.mark.slow
@pytest.mark.parametrize(("runs", "code"), [("slow_against_base", 1), ("less_against_base", 3)])
def test_every_artefact_is_there_whatever_the_verdict(cli, request, tmp_path, runs, code):
    folder = tmp_path / "out"
    ended = cli(
        "compare",
        *request.getfixturevalue(runs),
        *writes(folder),
        "--report",
        folder / "report.html",
    )
    assert ended.code == code
    assert json.loads((folder / "json").read_text())["schema"] == "perfanalysis.comparison"
    assert "Performance" in (folder / "markdown").read_text()
    assert (folder / "csv").read_text().startswith("name,metric,")
    assert ET.parse(folder / "junit").getroot().tag == "testsuites"
    assert (folder / "report.html").read_text() == (folder / "html").read_text()
    assert (folder / "openmetrics").read_text().endswith("# EOF\n")
    assert (folder / "table").read_text() == ended.out


def test_the_main_output_has_its_own_format(cli, slow_against_base, tmp_path):
    written = writes(tmp_path, ["markdown"])
    ended = cli("compare", *slow_against_base, "--format", "json", *written)
    assert json.loads(ended.out)["verdict"] == "regressed"
    assert "Performance" in (tmp_path / "markdown").read_text()


def test_an_artefact_that_cannot_be_written_costs_none_of_the_others(
    cli, slow_against_base, tmp_path
):
    (tmp_path / "folder").mkdir()
    ended = cli(
        "compare",
        *slow_against_base,
        "--write",
        f"junit={tmp_path / 'folder'}",
        *writes(tmp_path, ["json"]),
        "-o",
        tmp_path / "table",
    )
    assert ended.code == ExitCode.USAGE
    assert f"{tmp_path / 'folder'}: cannot be written" in ended.err
    assert json.loads((tmp_path / "json").read_text())["verdict"] == "regressed"
    assert (tmp_path / "table").read_text().startswith("regressed:")


def test_two_outputs_never_share_a_file(cli, slow_against_base, tmp_path):
    both = ["--write", f"json={tmp_path / 'same'}", "--report", tmp_path / "same"]
    ended = cli("compare", *slow_against_base, *both)
    assert ended.code == ExitCode.USAGE
    assert "expected one output a file, found 2" in ended.err
    assert not (tmp_path / "same").exists()


def test_all_that_cannot_be_written_is_told(cli, slow_against_base, tmp_path):
    (tmp_path / "file").write_text("")
    places = [tmp_path / "file" / "json", tmp_path / "file" / "junit"]
    ended = cli(
        "compare", *slow_against_base, "--write", f"json={places[0]}", "--write", f"csv={places[1]}"
    )
    assert ended.code == ExitCode.USAGE
    assert all(f"{place}: cannot be written" in ended.err for place in places)
    assert ended.out.startswith("regressed:")


def test_a_form_that_cannot_be_rendered_costs_none_of_the_others(
    cli, slow_against_base, tmp_path, monkeypatch
):
    def broken(*_arguments, **_options):
        raise ZeroDivisionError("no chart")

    monkeypatch.setattr(perfanalysis.api, "render_report", broken)
    ended = cli(
        "compare", *slow_against_base, "--report", tmp_path / "a.html", *writes(tmp_path, ["json"])
    )
    assert ended.code == ExitCode.BUG
    assert "ZeroDivisionError: no chart" in ended.err
    assert json.loads((tmp_path / "json").read_text())["verdict"] == "regressed"
    assert ended.out.startswith("regressed:")


@pytest.mark.parametrize("text", ["json", "=file", "json=", "xml=file", "JSON=file"])
def test_what_is_no_format_with_a_file_is_refused_before_any_work(cli, text):
    ended = cli("compare", "nowhere", "nowhere", "--write", text)
    assert ended.code == ExitCode.USAGE
    assert f"--write {text}: expected FORMAT=FILE" in ended.err
