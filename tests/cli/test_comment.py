from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from perfanalysis.publish.patience import Patience
from tests.publish.forge_server import Forge


@pytest.fixture
def forge() -> Iterator[Forge]:
    with Forge() as server:
        server.pull_request("shop/api", 7)
        server.pull_request("42", 7)
        yield server


@pytest.fixture
def comparison(cli, fixtures, tmp_path):
    """The comparison of two real runs, as another step wrote it: `comparison("slow")`."""

    def make(current):
        file = tmp_path / f"{current}.json"
        options = ("--metric", "latency.p50", "--format", "json", "-o", file)
        cli("compare", fixtures / "pgbench" / current, fixtures / "pgbench/base", *options)
        return file

    return make


@pytest.fixture
def workflow(forge, tmp_path, monkeypatch):
    """Variables of a step on pull request 7; its files are `tmp_path / "summary"` and `output`."""
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7, "head": {"sha": "a" * 40}}}))
    variables = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_TOKEN": forge.token,
        "GITHUB_REPOSITORY": "shop/api",
        "GITHUB_API_URL": forge.github_url,
        "GITHUB_EVENT_PATH": event,
        "GITHUB_RUN_ID": "900",
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_STEP_SUMMARY": tmp_path / "summary",
        "GITHUB_OUTPUT": tmp_path / "output",
    }
    monkeypatch.delenv("GITHUB_GRAPHQL_URL", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, str(value))


def test_a_file_gets_the_comment_with_its_marker(cli, comparison, tmp_path):
    file = comparison("slow")
    ended = cli("comment", "file", "--comparison", file, "--key", "load", "-o", tmp_path / "c.md")
    assert (ended.code, ended.out, ended.err) == (0, "", "")
    text = (tmp_path / "c.md").read_text()
    assert text.startswith("<!-- perfanalysis key=load -->\n")
    assert "\n### ❌ Performance: 1 regression\n" in text
    assert cli("comment", "file", "--comparison", file, "--key", "load").out == text


def test_report_and_command_are_shown_at_the_end(cli, comparison):
    ended = cli(
        *("comment", "file", "--comparison", comparison("slow")),
        *("--report-url", "https://ci.example/r", "--reproduce", "perfanalysis compare a b"),
    )
    assert ended.out.endswith(
        "Reproduce: `perfanalysis compare a b` · [full report](<https://ci.example/r>)\n"
    )


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://x/> <b>", "http://", "x"])
def test_an_address_that_is_none_is_wrong_usage(cli, comparison, url):
    ended = cli("comment", "file", "--comparison", comparison("slow"), "--report-url", url)
    assert ended.code == 2
    assert "expected an http or https address" in ended.err


def test_a_pull_request_gets_comment_check_summary_annotation_and_outputs(
    cli, comparison, workflow, forge, tmp_path
):
    file = comparison("slow")
    ended = cli("comment", "github", "--comparison", file, "--check", "--report-path", "r.html")
    assert ended.code == 0
    assert ended.out.startswith("::error title=Performance%3A shop.sql latency.p50::shop.sql ")
    assert ended.out.count("\n") == 1
    assert ended.err.splitlines() == [
        f"comment: created: {forge.comments[0]['html_url']}",
        f"check: failure, {forge.checks[0]['html_url']}",
    ]
    assert "### ❌ Performance: 1 regression" in forge.bodies(7)[0]
    assert (tmp_path / "summary").read_text().startswith("### ❌ Performance: 1 regression")
    assert "report-path<<" in (tmp_path / "output").read_text()


def test_the_next_push_resolves_the_comment(cli, comparison, workflow, forge, monkeypatch):
    cli("comment", "github", "--comparison", comparison("slow"))
    monkeypatch.setenv("GITHUB_RUN_ID", "901")
    ended = cli("comment", "github", "--comparison", comparison("base"))
    assert (ended.code, ended.out) == (0, "")
    assert ended.err.startswith("comment: updated: ")
    (body,) = forge.bodies(7)
    assert "### ✅ Performance: resolved (1 un" in body


def test_summary_and_outputs_are_written_although_the_comment_fails(
    cli, comparison, workflow, forge, tmp_path, monkeypatch
):
    monkeypatch.setenv("GITHUB_TOKEN", forge.fork_token)
    ended = cli("comment", "github", "--comparison", comparison("slow"))
    assert ended.code == 2
    assert "403: Resource not accessible by integration" in ended.err
    assert (
        "hint: the token can only read, as every token of a pull request from a fork" in ended.err
    )
    assert forge.fork_token not in ended.err
    assert "1 regression" in (tmp_path / "summary").read_text()
    assert "regressions<<" in (tmp_path / "output").read_text()


def test_without_a_token_the_summary_is_written_all_the_same(
    cli, comparison, workflow, tmp_path, monkeypatch
):
    monkeypatch.delenv("GITHUB_TOKEN")
    ended = cli("comment", "github", "--comparison", comparison("slow"))
    assert ended.code == 2
    assert "error: GITHUB_TOKEN is not set" in ended.err
    assert "1 regression" in (tmp_path / "summary").read_text()
    ended = cli("comment", "github", "--comparison", comparison("slow"), "--comment", "off")
    assert ended.code == 0


def test_annotations_and_summary_can_be_left_out(cli, comparison, workflow, tmp_path, monkeypatch):
    file = comparison("slow")
    ended = cli("comment", "github", "--comparison", file, "--no-annotations", "--no-summary")
    assert (ended.code, ended.out) == (0, "")
    assert not (tmp_path / "summary").exists()
    monkeypatch.delenv("GITHUB_ACTIONS")
    assert cli("comment", "github", "--comparison", file).out == ""


def test_a_full_job_summary_is_said(cli, comparison, workflow, tmp_path):
    (tmp_path / "summary").write_bytes(b"x" * 2**20)
    ended = cli("comment", "github", "--comparison", comparison("slow"))
    assert ended.code == 0
    assert "no job summary: it is full\n" in ended.err


def test_quiet_says_nothing(cli, comparison, workflow, forge):
    ended = cli("-q", "comment", "github", "--comparison", comparison("slow"))
    assert (ended.code, ended.err) == (0, "")
    assert len(forge.bodies(7)) == 1


def test_a_service_out_of_reach_is_its_own_exit_code(cli, comparison, workflow, monkeypatch):
    monkeypatch.setattr(Patience, "wait", lambda *_: None)
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:9")
    ended = cli("comment", "github", "--comparison", comparison("slow"))
    assert ended.code == 69
    assert "no connection" in ended.err


def test_a_merge_request_gets_a_note(cli, comparison, forge, monkeypatch):
    variables = {
        "GITLAB_TOKEN": forge.gitlab_token,
        "CI_API_V4_URL": forge.gitlab_url,
        "CI_PROJECT_ID": "42",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_PIPELINE_ID": "1",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    file = comparison("slow")
    ended = cli("comment", "gitlab", "--comparison", file)
    assert (ended.code, ended.err) == (0, "comment: created\n")
    assert "### ❌ Performance: 1 regression" in forge.bodies(7)[0]
    monkeypatch.delenv("CI_MERGE_REQUEST_IID")
    ended = cli("comment", "gitlab", "--comparison", file)
    assert (ended.code, ended.err) == (0, "no comment: this pipeline is not of a merge request\n")
    monkeypatch.delenv("GITLAB_TOKEN")
    assert cli("comment", "gitlab", "--comparison", file).code == 2
    assert cli("comment", "gitlab", "--comparison", file, "--comment", "off").code == 0


@pytest.mark.parametrize("place", ["file", "github", "gitlab"])
def test_what_cannot_be_published_is_refused_before_anything_is_sent(
    cli, place, tmp_path, comparison
):
    assert cli("comment", place).code == 2
    assert cli("comment", place, "--comparison", tmp_path / "none.json").code == 2
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"schema": "perfanalysis.summary"}')
    ended = cli("comment", place, "--comparison", wrong)
    assert ended.code == 4
    assert f"error: {wrong}: schema: expected 'perfanalysis.comparison'" in ended.err
    ended = cli("comment", place, "--comparison", comparison("slow"), "--key", "a b")
    assert ended.code == 2
    assert "expected a key" in ended.err


def test_strictness_of_the_configuration_holds_for_comments_too(
    cli, comparison, tmp_path, monkeypatch
):
    file = comparison("base")
    document = json.loads(file.read_text())
    budget = {
        **dict.fromkeys(("name", "file", "line", "limit", "for_s", "value", "baseline")),
        **dict.fromkeys(("ci_low", "ci_high", "headroom", "error_budget_left")),
        "metric": "latency.p95",
        "tags": {},
        "source": "p95",
        "level": "error",
        "unit": "ms",
        "relative": False,
        "bound": "max",
        "confidence": 0.95,
        "method": "none",
        "message": "too close",
        "caveats": [],
    }
    document["budgets"] = [
        {**budget, "outcome": "undecided", "reason": "spans-limit"},
        {**budget, "outcome": "met", "reason": None},
    ]
    file.write_text(json.dumps(document))
    monkeypatch.chdir(tmp_path)
    command = ("comment", "file", "--comparison", file)
    assert "### ✅ Performance: no regression" in cli(*command).out
    assert "### ⚠️ Performance: no verdict" in cli(*command, "--strict").out
    (tmp_path / "perfanalysis.yml").write_text("strict: true\n")
    assert "### ⚠️ Performance: no verdict" in cli(*command).out
