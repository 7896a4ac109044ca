from __future__ import annotations

import json
from dataclasses import replace

import pytest

from perfanalysis.errors import ConfigError, PublishError, PublishRefusedError, UsageError
from perfanalysis.model.results import Verdict
from perfanalysis.publish.findings import Findings
from perfanalysis.publish.github_event import ForkHead, workflow_of
from perfanalysis.publish.github_job import GitHubJob, publish_on_github
from perfanalysis.publish.marker import Mood, State, marked
from perfanalysis.reports.markdown import Framing
from tests.publish import forge_server as fake

HEAD = "a" * 40
MERGE = "f" * 40
FORKED_RUN = {
    "workflow_run": {
        "id": 812,
        "run_attempt": 2,
        "event": "pull_request",
        "head_branch": "feature",
        "head_sha": HEAD,
        "head_repository": {"owner": {"login": "fork-owner"}},
        "pull_requests": [],
    }
}


@pytest.fixture
def environ(forge, tmp_path):
    """The variables of a step, with an event: `environ({"pull_request": ...})`."""

    def make(event=None, **changes):
        variables = {
            "GITHUB_TOKEN": forge.token,
            "GITHUB_REPOSITORY": "shop/api",
            "GITHUB_API_URL": forge.github_url,
            "GITHUB_SHA": MERGE,
            "GITHUB_RUN_ID": "900",
            "GITHUB_RUN_ATTEMPT": "1",
        }
        if event is not None:
            path = tmp_path / "event.json"
            path.write_text(json.dumps(event))
            variables["GITHUB_EVENT_PATH"] = str(path)
        return variables | changes

    return make


@pytest.fixture
def publish(environ, problem, patience):
    def run(findings=problem, *, event=None, check=False, number=None, key="load", **changes):
        job = GitHubJob(
            findings=findings,
            framing=Framing(report_url="https://ci.example/report"),
            key=key,
            mode=changes.pop("mode", "on-change"),
            number=number,
            check=check,
        )
        return list(publish_on_github(job, environ(event, **changes), patience()))

    return run


PULL = {"pull_request": {"number": 7, "head": {"sha": HEAD}}}


@pytest.mark.parametrize(
    ("event", "number", "head_sha"),
    [
        (PULL, 7, HEAD),
        ({"issue": {"number": 7, "pull_request": {"url": "x"}}}, 7, None),
        ({"issue": {"number": 7}}, None, None),
        (
            {
                "workflow_run": {
                    "head_sha": HEAD,
                    "pull_requests": [
                        {"number": 3, "head": {"sha": MERGE}},
                        {"number": 7, "head": {"sha": HEAD}},
                    ],
                }
            },
            7,
            HEAD,
        ),
        ({"workflow_run": {"head_sha": HEAD, "pull_requests": None}}, None, HEAD),
        (
            {
                "merge_group": {
                    "head_ref": f"refs/heads/gh-readonly-queue/main/pr-7-{HEAD}",
                    "head_sha": HEAD,
                }
            },
            7,
            HEAD,
        ),
        ({"ref": "refs/heads/main", "after": MERGE}, None, MERGE),
        ({}, None, MERGE),
        ({"pull_request": {"number": "7; rm", "head": []}}, None, MERGE),
        ({"workflow_run": {"pull_requests": ["x"], "head_sha": 3}}, None, MERGE),
    ],
)
def test_the_event_tells_pull_request_and_commit(environ, event, number, head_sha):
    workflow = workflow_of(environ(event), number=None)
    assert (workflow.number, workflow.head_sha) == (number, head_sha)
    assert workflow.fork is None


def test_a_pull_request_that_the_user_names_is_not_of_the_events_commit(environ):
    workflow = workflow_of(environ(PULL), number=8)
    assert (workflow.number, workflow.head_sha) == (8, None)
    assert workflow_of(environ(PULL), number=7).head_sha == HEAD


def test_a_fork_is_known_by_its_head_and_ordered_by_the_run_that_tested(environ):
    workflow = workflow_of(environ(FORKED_RUN), number=None)
    assert workflow.fork == ForkHead(label="fork-owner:feature", sha=HEAD)
    assert workflow.order == (812, 2)
    assert workflow_of(environ(PULL), number=None).order == (900, 1)


@pytest.mark.parametrize(
    ("api", "graphql"),
    [
        ("https://api.github.com", "https://api.github.com/graphql"),
        ("https://ghe.example/api/v3", "https://ghe.example/api/graphql"),
    ],
)
def test_graphql_is_asked_where_the_api_is(environ, api, graphql):
    assert workflow_of(environ(GITHUB_API_URL=api), number=1).graphql_url == graphql
    told = workflow_of(environ(GITHUB_GRAPHQL_URL="https://x.example/g"), number=1)
    assert told.graphql_url == "https://x.example/g"


def test_a_line_end_behind_the_token_is_taken_off(environ):
    assert workflow_of(environ(GITHUB_TOKEN="ghs_1\n"), number=1).token == "ghs_1"


def test_what_is_missing_or_wrong_is_named(environ, tmp_path):
    with pytest.raises(UsageError, match="GITHUB_TOKEN is not set"):
        workflow_of(environ(GITHUB_TOKEN=""), number=1)
    with pytest.raises(ConfigError, match=r"GITHUB_REPOSITORY: expected owner/name, found 'a'"):
        workflow_of(environ(GITHUB_REPOSITORY="a"), number=1)
    with pytest.raises(ConfigError, match="GITHUB_REPOSITORY"):
        workflow_of(environ(GITHUB_REPOSITORY="a/b/../c"), number=1)
    with pytest.raises(ConfigError, match="GITHUB_EVENT_PATH: cannot be read"):
        workflow_of(environ(GITHUB_EVENT_PATH=str(tmp_path / "none")), number=1)
    with pytest.raises(ConfigError, match="GITHUB_EVENT_PATH: expected an event, found list"):
        workflow_of(environ([]), number=1)


def test_a_comment_is_created_and_its_address_told(publish, forge):
    (said,) = publish(event=PULL)
    assert said == f"comment: created: {forge.comments[0]['html_url']}"
    assert forge.asked[0].headers["authorization"] == f"Bearer {forge.token}"
    assert forge.asked[0].headers["x-github-api-version"] == "2022-11-28"


def test_without_a_pull_request_there_is_no_comment_and_no_error(publish, forge):
    assert publish(event={"ref": "refs/heads/main"}) == [
        "no comment: this workflow is not of an open pull request"
    ]
    assert forge.asked == []


def test_the_pull_request_of_a_fork_is_found_by_its_tested_head(publish, forge):
    forge.pull_request("shop/api", 11, head="fork-owner:feature", sha="b" * 40)
    forge.pull_request("shop/api", 12, head="fork-owner:feature", sha=HEAD)
    forge.pull_request("shop/api", 13, head="other:feature", sha=HEAD)
    (said,) = publish(event=FORKED_RUN)
    assert said.startswith("comment: created")
    assert [entry["number"] for entry in forge.comments] == [12]


def test_a_fork_that_has_moved_on_is_not_commented_on(publish, forge):
    forge.pull_request("shop/api", 11, head="fork-owner:feature", sha="b" * 40)
    (said,) = publish(event=FORKED_RUN)
    assert said == "no comment: this workflow is not of an open pull request"


def test_the_read_only_token_of_a_fork_is_explained(publish, forge):
    with pytest.raises(PublishRefusedError, match="403: Resource not accessible") as caught:
        publish(event=PULL, GITHUB_TOKEN=forge.fork_token)
    assert "second workflow, started by workflow_run" in caught.value.hint
    assert "pull-requests: write" in caught.value.hint
    assert len([asked for asked in forge.asked if asked.method == "POST"]) == 1


def test_the_read_only_token_of_a_fork_suffices_for_silence(publish, forge, no_problem):
    assert publish(no_problem, event=PULL, GITHUB_TOKEN=forge.fork_token) == [
        "no comment: no problem so far"
    ]


def own(forge, login):
    return forge.comment(7, marked("old", "load", State(mood=Mood.PROBLEM, order=(1,))), by=login)


def test_where_nobody_tells_who_we_are_only_comments_of_apps_are_ours(publish, forge):
    forge.graphql = False
    own(forge, "mallory")
    own(forge, "github-actions[bot]")
    (said,) = publish(event=PULL)
    assert said.startswith("comment: updated")
    assert forge.bodies(7)[0].endswith("old")


def test_a_personal_token_updates_the_comments_of_its_owner_alone(publish, forge):
    own(forge, "github-actions[bot]")
    own(forge, "alice")
    publish(event=PULL, GITHUB_TOKEN=forge.personal_token)
    first, second = forge.bodies(7)
    assert first.endswith("old")
    assert "2 regressions" in second


def test_a_body_that_is_too_long_is_told_in_githubs_words(publish, forge, monkeypatch):
    monkeypatch.setattr(fake, "MOST_GITHUB_BODY", 100)
    with pytest.raises(PublishRefusedError, match="Body is too long"):
        publish(event=PULL)


@pytest.mark.parametrize(
    ("verdict", "conclusion"), [("regressed", "failure"), ("undecided", "neutral")]
)
def test_a_check_is_set_on_the_tested_commit(publish, forge, comparison, verdict, conclusion):
    findings = Findings.of(replace(comparison, verdict=Verdict(verdict)), None, strict=False)
    said = publish(findings, event=PULL, check=True)
    (check,) = forge.checks
    assert said[1] == f"check: {conclusion}, {check['html_url']}"
    assert (check["head_sha"], check["conclusion"]) == (HEAD, conclusion)
    assert (check["status"], check["name"]) == ("completed", "perfanalysis (load)")
    assert check["details_url"] == "https://ci.example/report"
    assert check["output"]["title"].startswith(
        "2 regressions (1 regressed" if verdict == "regressed" else "no verdict ("
    )
    assert check["output"]["summary"].startswith("### ")


def test_a_check_passes_and_takes_the_plain_name_with_the_default_key(publish, forge, no_problem):
    publish(no_problem, event=PULL, check=True, key="default", mode="off")
    (check,) = forge.checks
    assert (check["conclusion"], check["name"]) == ("success", "perfanalysis")
    assert forge.count("GET", "comments") == 0


def test_a_check_whose_answer_is_lost_is_set_once(publish, forge):
    forge.fail(fake.outage(502, carried_out=True), "POST", "check-runs$")
    publish(event=PULL, check=True)
    assert len(forge.checks) == 1
    assert forge.count("POST", "check-runs$") == 1


def test_the_head_of_a_pull_request_is_looked_up_where_the_event_does_not_tell(publish, forge):
    publish(event={"issue": {"number": 7, "pull_request": {}}}, check=True)
    assert forge.checks[0]["head_sha"] == HEAD


def test_the_check_is_set_although_the_comment_failed(publish, forge):
    forge.fail(fake.refusal(403, fake.NOT_ACCESSIBLE), "POST", "comments$")
    with pytest.raises(PublishRefusedError, match="comments: 403"):
        publish(event=PULL, check=True)
    assert len(forge.checks) == 1


def test_a_person_cannot_write_checks(publish, forge):
    with pytest.raises(PublishRefusedError, match="via a GitHub App") as caught:
        publish(event=PULL, check=True, GITHUB_TOKEN=forge.personal_token)
    assert "only apps write checks" in caught.value.hint
    assert len(forge.bodies(7)) == 1


def test_a_missing_permission_for_checks_is_named(publish, forge):
    forge.fail(fake.refusal(403, fake.NOT_ACCESSIBLE), "POST", "check-runs$")
    with pytest.raises(PublishRefusedError) as caught:
        publish(event=PULL, check=True)
    assert "checks: write" in caught.value.hint


@pytest.mark.parametrize("document", [[], {"head": 1}, {"head": {}}])
def test_a_pull_request_without_a_head_is_an_error(publish, forge, document):
    answer = fake.Answer(status=200, document=document)
    forge.fail(fake.Fault(answer=answer), "GET", "/pulls/7$")
    with pytest.raises(PublishError, match="expected a"):
        publish(event={"issue": {"number": 7, "pull_request": {}}}, check=True, mode="off")


def test_no_token_appears_in_any_error(publish, forge):
    forge.fail(fake.refusal(403, f"no: {forge.token}"), "GET", "comments$")
    with pytest.raises(PublishRefusedError) as caught:
        publish(event=PULL)
    assert forge.token not in f"{caught.value.message}{caught.value.hint}"
