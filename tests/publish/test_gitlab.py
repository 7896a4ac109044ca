from __future__ import annotations

import pytest

from perfanalysis.errors import ConfigError, PublishRefusedError, UsageError
from perfanalysis.publish.gitlab import MergeRequest, gitlab_client, pipeline_of
from perfanalysis.publish.one_comment import Comment
from tests.publish import forge_server as fake


@pytest.fixture
def environ(forge):
    """The variables of a job in a merge request's pipeline: `environ(CI_PIPELINE_ID="9")`."""

    def make(**changes):
        variables = {
            "GITLAB_TOKEN": forge.gitlab_token,
            "CI_API_V4_URL": forge.gitlab_url,
            "CI_PROJECT_ID": "42",
            "CI_PROJECT_URL": "https://gitlab.example/shop/api",
            "CI_MERGE_REQUEST_IID": "7",
            "CI_PIPELINE_ID": "812",
        }
        return variables | changes

    return make


@pytest.fixture
def merge_request(environ, patience):
    def make(**changes):
        pipeline = pipeline_of(environ(**changes), number=None)
        return MergeRequest(gitlab_client(pipeline, patience()), pipeline, pipeline.number)

    return make


def test_the_variables_tell_the_merge_request(environ):
    pipeline = pipeline_of(environ(), number=None)
    assert (pipeline.project, pipeline.number, pipeline.order) == ("42", 7, (812,))
    assert pipeline.url == "https://gitlab.example/shop/api/-/merge_requests/7"
    assert pipeline_of(environ(), number=9).number == 9
    assert pipeline_of(environ(CI_MERGE_REQUEST_IID=""), number=None).number is None


def test_in_a_forks_pipeline_the_merge_request_is_in_the_target_project(environ):
    forked = environ(CI_PROJECT_ID="99", CI_MERGE_REQUEST_PROJECT_ID="42")
    assert pipeline_of(forked, number=None).project == "42"


def test_what_is_missing_or_wrong_is_named(environ):
    with pytest.raises(UsageError, match="GITLAB_TOKEN is not set") as caught:
        pipeline_of(environ(GITLAB_TOKEN=""), number=None)
    assert "CI_JOB_TOKEN cannot write notes" in caught.value.hint
    with pytest.raises(UsageError, match="CI_API_V4_URL is not set"):
        pipeline_of(environ(CI_API_V4_URL=""), number=None)
    with pytest.raises(UsageError, match="CI_PROJECT_ID is not set"):
        pipeline_of(environ(CI_PROJECT_ID=""), number=None)
    with pytest.raises(ConfigError, match="CI_MERGE_REQUEST_IID: expected a number, found 'x'"):
        pipeline_of(environ(CI_MERGE_REQUEST_IID="x"), number=None)


def test_a_note_is_written_with_the_token_and_its_address_known(merge_request, forge):
    note = merge_request().create("hello")
    assert note.url == f"https://gitlab.example/shop/api/-/merge_requests/7#note_{note.id}"
    assert forge.asked[-1].headers["private-token"] == forge.gitlab_token
    assert str(forge.asked[-1]) == "POST /api/v4/projects/42/merge_requests/7/notes"


def test_a_projects_path_is_one_part_of_the_address(merge_request, forge):
    forge.pull_request("shop/api", 7)
    assert merge_request(CI_PROJECT_ID="shop/api").own_comments() == []
    assert forge.asked[-1].path == "/api/v4/projects/shop%2Fapi/merge_requests/7/notes"


def test_notes_of_the_system_are_not_ours(merge_request, forge):
    forge.comment(7, "approved this merge request", by="project_1_bot", project="42")
    forge.comments[-1]["system"] = True
    assert merge_request().own_comments() == []


def test_who_we_are_is_asked_once(merge_request, forge):
    place = merge_request()
    place.own_comments()
    place.own_comments()
    assert forge.count("GET", "/user$") == 1


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_a_job_token_is_explained(merge_request, forge, method, status):
    place = merge_request()
    forge.fail(fake.refusal(status, f"{status} Forbidden"), method, "notes")
    with pytest.raises(PublishRefusedError) as caught:
        {
            "GET": place.own_comments,
            "POST": lambda: place.create("x"),
            "PUT": lambda: place.edit(Comment(id=1, body="", url=None), "x"),
        }[method]()
    assert "CI_JOB_TOKEN cannot write notes" in caught.value.hint


def test_no_token_appears_in_any_error(merge_request, forge):
    forge.fail(fake.refusal(403, f"no: {forge.gitlab_token}"), "GET", "notes$")
    with pytest.raises(PublishRefusedError) as caught:
        merge_request().own_comments()
    assert forge.gitlab_token not in f"{caught.value.message}{caught.value.hint}"
