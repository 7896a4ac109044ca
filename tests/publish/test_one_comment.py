"""One comment, on both services: the rules are the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perfanalysis.errors import PublishError, PublishRefusedError
from perfanalysis.model.results import Verdict
from perfanalysis.publish.github import PullRequest, github_client
from perfanalysis.publish.github_event import workflow_of
from perfanalysis.publish.gitlab import MergeRequest, gitlab_client, pipeline_of
from perfanalysis.publish.marker import Mood, State, marked, read_state
from perfanalysis.publish.one_comment import Publication, publish_comment
from perfanalysis.reports.markdown import Framing
from tests.publish import forge_server as fake

COMMENTS = r"/(comments|notes)$"
ONE = r"/(comments|notes)/\d+$"


@pytest.fixture(params=["github", "gitlab"])
def service(request, forge):
    """The service's name, and whom our token stands for."""
    owner = {"github": "github-actions[bot]", "gitlab": "project_1_bot"}[request.param]
    return request.param, owner


@pytest.fixture
def place(service, forge, patience):
    """Pull request 7, or merge request 7; made anew like in another job."""

    def make():
        if service[0] == "github":
            environ = {
                "GITHUB_TOKEN": forge.token,
                "GITHUB_REPOSITORY": "shop/api",
                "GITHUB_API_URL": forge.github_url,
            }
            workflow = workflow_of(environ, number=7)
            return PullRequest(github_client(workflow, patience()), workflow, 7)
        environ = {
            "GITLAB_TOKEN": forge.gitlab_token,
            "CI_API_V4_URL": forge.gitlab_url,
            "CI_PROJECT_ID": "42",
        }
        pipeline = pipeline_of(environ, number=7)
        return MergeRequest(gitlab_client(pipeline, patience()), pipeline, 7)

    return make


@pytest.fixture
def write(service, forge):
    """Write a comment as somebody."""
    project = {"github": "shop/api", "gitlab": "42"}[service[0]]
    return lambda body, by=service[1]: forge.comment(7, body, by=by, project=project)


@pytest.fixture
def publish(place, problem):
    def run(findings=problem, *, mode="on-change", key="load", order=(1, 1)):
        publication = Publication(
            findings=findings, framing=Framing(), key=key, mode=mode, order=order
        )
        return publish_comment(place(), publication)

    return run


def test_nothing_is_said_until_the_first_problem(publish, forge, problem, no_problem):
    assert publish(no_problem).action == "silent"
    assert forge.bodies(7) == []
    assert publish(problem).action == "created"
    (body,) = forge.bodies(7)
    assert body.startswith("<!-- perfanalysis key=load -->\n")
    assert "### ❌ Performance: 2 regressions" in body


def test_then_it_is_kept_up_to_date_and_ends_as_resolved(publish, forge, problem, no_problem):
    publish(problem, order=(1, 1))
    assert publish(no_problem, order=(2, 1)).action == "updated"
    assert "### ✅ Performance: resolved (1 unchanged)" in forge.bodies(7)[0]
    publish(no_problem, order=(3, 1))
    assert "### ✅ Performance: resolved (1 unchanged)" in forge.bodies(7)[0]
    publish(problem, order=(4, 1))
    (body,) = forge.bodies(7)
    assert "### ❌ Performance: 2 regressions" in body
    assert read_state(body, "load") == State(mood=Mood.PROBLEM, order=(4, 1))


def test_always_speaks_without_a_problem_and_has_nothing_to_resolve(publish, forge, no_problem):
    assert publish(no_problem, mode="always").action == "created"
    publish(no_problem, mode="always", order=(2, 1))
    (body,) = forge.bodies(7)
    assert "### ✅ Performance: no regression (1 unchanged)" in body


def test_off_asks_for_nothing(publish, forge):
    assert publish(mode="off").action == "off"
    assert forge.asked == []


def test_no_verdict_is_a_problem(publish, forge, problem):
    undecided = replace(problem.comparison, verdict=Verdict.UNDECIDED, results=(), reasons=())
    assert publish(replace(problem, comparison=undecided)).action == "created"


def test_the_same_again_is_not_written_again(publish, forge):
    publish()
    assert publish().action == "unchanged"
    assert forge.count("PATCH") + forge.count("PUT") == 0


def test_a_later_pipeline_is_not_overwritten_by_an_earlier_one(publish, forge, no_problem):
    publish(order=(9, 1))
    assert publish(no_problem, order=(8, 3)).action == "superseded"
    assert "2 regressions" in forge.bodies(7)[0]


def test_each_key_has_its_comment(publish, forge):
    publish(key="a")
    publish(key="ab")
    publish(key="a", order=(2, 1))
    assert [body.split("\n")[0] for body in forge.bodies(7)] == [
        "<!-- perfanalysis key=a -->",
        "<!-- perfanalysis key=ab -->",
    ]


def test_a_strangers_marker_is_left_alone(publish, forge, write):
    pasted = marked("mine now", "load", State(mood=Mood.PROBLEM, order=(99, 1)))
    write(pasted, by="mallory")
    assert publish().action == "created"
    assert forge.bodies(7)[0] == pasted
    assert len(forge.bodies(7)) == 2


def test_our_comment_is_found_behind_many_pages(publish, forge, write):
    forge.page_size = 3
    for number in range(10):
        write(f"chatter {number}", by="alice")
    publish()
    for number in range(10):
        write(f"chatter {number}", by="alice")
    assert publish(order=(2, 1)).action == "updated"
    assert len(forge.bodies(7)) == 21


def test_of_doubles_the_oldest_stays(publish, forge, write):
    old = marked("old", "load", State(mood=Mood.PROBLEM, order=(1, 1)))
    write(old)
    write(old)
    write("something else of ours")
    write(old)
    assert publish(order=(2, 1)).action == "updated"
    first, other = forge.bodies(7)
    assert "2 regressions" in first
    assert other == "something else of ours"


def test_two_jobs_that_speak_up_at_once_leave_one_comment(publish, place, forge, problem):
    class Racing:
        """A place where another job writes between our look and our own writing."""

        def __init__(self, inner):
            self._inner = inner
            self._first = True

        def own_comments(self):
            if self._first:
                self._first = False
                publish(order=(5, 1))
                return []
            return self._inner.own_comments()

        def __getattr__(self, name):
            return getattr(self._inner, name)

    publication = Publication(
        findings=problem, framing=Framing(), key="load", mode="on-change", order=(6, 1)
    )
    published = publish_comment(Racing(place()), publication)
    assert published.action == "updated"
    (body,) = forge.bodies(7)
    assert read_state(body, "load").order == (6, 1)


def test_a_double_that_another_job_removed_is_no_error(publish, forge, write):
    old = marked("old", "load", State(mood=Mood.PROBLEM, order=(1, 1)))
    write(old)
    write(old)
    forge.fail(fake.refusal(404, "Not Found"), "DELETE")
    assert publish(order=(2, 1)).action == "updated"


def test_a_comment_that_was_removed_meanwhile_is_written_again(publish, forge):
    publish()
    forge.fail(fake.refusal(404, "Not Found"), "PATCH|PUT")
    assert publish(order=(2, 1)).action == "updated"
    assert len(forge.bodies(7)) == 2


@pytest.mark.parametrize("carried_out", [True, False])
@pytest.mark.parametrize("make", [fake.outage, fake.dropped])
def test_a_create_whose_answer_is_lost_leaves_one_comment(publish, forge, make, carried_out):
    forge.fail(make(carried_out=carried_out), "POST", COMMENTS)
    assert publish().action == "created"
    assert len(forge.bodies(7)) == 1
    assert forge.count("POST", COMMENTS) == (1 if carried_out else 2)


@pytest.mark.parametrize(
    "fault", [fake.outage(500), fake.too_many(), fake.dropped(carried_out=True)]
)
@pytest.mark.parametrize(("method", "pattern"), [("GET", COMMENTS), ("PATCH|PUT", ONE)])
def test_failures_in_passing_are_waited_out(publish, forge, fault, method, pattern):
    publish()
    forge.fail(replace(fault), method, pattern, times=2)
    assert publish(order=(2, 1)).action == "updated"
    assert len(forge.bodies(7)) == 1


def test_a_login_page_instead_of_the_api_is_an_error(publish, forge):
    forge.fail(fake.login_page(), "GET", COMMENTS)
    with pytest.raises(PublishError, match="expected JSON, found text/html"):
        publish()


def test_a_comment_of_unknown_shape_is_an_error(publish, forge):
    forge.fail(fake.Fault(answer=fake.Answer(status=201, document={"id": "x"})), "POST", COMMENTS)
    with pytest.raises(PublishError, match="with id and body, found something else"):
        publish()


def test_a_wrong_token_is_refused_with_a_hint(publish, service, forge):
    forge.tokens.clear()
    with pytest.raises(PublishRefusedError) as caught:
        publish()
    assert caught.value.status == 401
    assert {"github": "GITHUB_TOKEN is wrong", "gitlab": "GITLAB_TOKEN: an access token"}[
        service[0]
    ] in caught.value.hint


def test_an_unknown_place_is_refused_with_a_hint(publish, service, forge, problem):
    forge._places.clear()
    with pytest.raises(PublishRefusedError) as caught:
        publish()
    assert caught.value.status == 404
    assert caught.value.hint.startswith("no such ")
