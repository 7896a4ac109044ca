"""`--lang`, its variable and its key: which outputs speak which language."""

from __future__ import annotations

import json

import pytest

JAPANESE = "悪化"


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def sides(fixtures):
    return fixtures / "jmeter/slow.csv.jtl", fixtures / "jmeter/base.csv.jtl"


def test_markdown_is_in_the_language_that_was_asked_for(cli, sides):
    ended = cli("compare", *sides, "--format", "markdown", "--lang", "ja")
    assert ended.code == 1
    assert JAPANESE in ended.out
    assert "regressed" not in ended.out


def test_an_english_comparison_tells_times_as_english_readers_write_them(cli, sides):
    ended = cli("compare", *sides, "--format", "markdown")
    assert JAPANESE not in ended.out
    assert "started 20 Nov 2026 " in ended.out


def test_a_report_is_in_the_language_that_was_asked_for(cli, sides, project):
    cli("report", *sides, "-o", "report.html", "--lang", "ja")
    page = (project / "report.html").read_text()
    assert '<html lang="ja"' in page
    assert JAPANESE in page


def test_a_summary_and_a_check_have_a_language_too(cli, sides, project):
    (project / "budget.yml").write_text("budgets: [{metric: latency.p95, limit: 1 ms}]\n")
    summary = cli("summary", sides[0], "--format", "markdown", "--lang", "ja")
    assert "の性能" in summary.out
    check = cli("check", sides[0], "--budget", "budget.yml", "--format", "markdown", "--lang", "ja")
    assert (check.code, "バジェット" in check.out) == (1, True)


def test_a_comment_translates_what_the_document_says_in_english(cli, sides, project):
    cli("compare", *sides, "--format", "json", "-o", "comparison.json")
    ended = cli("comment", "file", "--comparison", "comparison.json", "--lang", "ja")
    assert ended.code == 0
    assert "片側 1 回の実行では" in ended.out
    assert "one run a side" not in ended.out


def test_outputs_for_programs_and_terminals_are_the_same_in_all_languages(
    cli, sides, project, monkeypatch
):
    for name in ("table", "json", "csv", "junit", "openmetrics"):
        english = cli("compare", *sides, "--format", name, "--write", "markdown=en.md")
        monkeypatch.setenv("PERFANALYSIS_LANG", "ja")
        assert cli("compare", *sides, "--format", name, "--write", "markdown=ja.md") == english
        monkeypatch.delenv("PERFANALYSIS_LANG")
        assert JAPANESE in (project / "ja.md").read_text()


def test_the_option_goes_before_the_variable_and_the_variable_before_the_file(
    cli, sides, project, monkeypatch
):
    def language():
        return JAPANESE in cli("compare", *sides, "--format", "markdown").out

    (project / "perfanalysis.yml").write_text("lang: ja\n")
    assert language()
    monkeypatch.setenv("PERFANALYSIS_LANG", "en")
    assert not language()
    ended = cli("compare", *sides, "--format", "markdown", "--lang", "ja")
    assert JAPANESE in ended.out


def test_the_key_reaches_comments(cli, sides, project):
    (project / "perfanalysis.yml").write_text("lang: ja\n")
    cli("compare", *sides, "--format", "json", "-o", "comparison.json")
    assert JAPANESE in cli("comment", "file", "--comparison", "comparison.json").out


@pytest.mark.parametrize(
    "arguments",
    [
        ("compare", "--format", "json"),
        ("compare", "--write", "junit=junit.xml"),
        ("summary", "--format", "csv"),
        ("check",),
    ],
)
def test_a_language_that_nothing_would_be_written_in_is_an_error(arguments, cli, sides, project):
    command, *options = arguments
    runs = sides if command == "compare" else sides[:1]
    ended = cli(command, *runs, *options, "--lang", "ja")
    assert ended.code == 2
    assert "would be in English" in ended.err
    assert "html, markdown" in ended.err
    assert not list(project.iterdir())


def test_one_output_with_a_language_is_enough(cli, sides, project):
    ended = cli("compare", *sides, "--format", "json", "--write", "markdown=ja.md", "--lang", "ja")
    assert json.loads(ended.out)["verdict"] == "regressed"
    assert JAPANESE in (project / "ja.md").read_text()


@pytest.mark.parametrize("place", ["option", "variable", "file"])
def test_an_unknown_language_is_an_error_that_names_the_known_ones(
    place, cli, sides, project, monkeypatch
):
    given = []
    if place == "option":
        given = ["--lang", "tlh"]
    elif place == "variable":
        monkeypatch.setenv("PERFANALYSIS_LANG", "tlh")
    else:
        (project / "perfanalysis.yml").write_text("lang: tlh\n")
    ended = cli("compare", *sides, "--format", "markdown", *given)
    assert ended.code == 2
    assert "'en', 'ja'" in ended.err
