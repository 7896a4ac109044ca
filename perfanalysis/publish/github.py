"""Pull requests on GitHub: comments and check runs, through the REST API.

Only comments of whoever holds the token are touched: anybody can paste a marker. Who that is, only
GraphQL tells for every kind of token (`GET /user` is closed to GITHUB_TOKEN); where it does not
answer, comments of apps are taken for ours if their marker is, those of people never.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal
from urllib.parse import quote

from perfanalysis.errors import PublishError, PublishRefusedError
from perfanalysis.publish.github_event import Workflow
from perfanalysis.publish.http import Client, Patience, Response
from perfanalysis.publish.marker import is_same_post
from perfanalysis.publish.one_comment import Comment

_VERSION: Final = "2022-11-28"
_FORK_HINT: Final = (
    "the token can only read, as every token of a pull request from a fork: let a second workflow, "
    "started by workflow_run, publish what the first one found, or grant `permissions: {}: write`; "
    "docs/comment.md shows both"
)
Conclusion = Literal["success", "failure", "neutral"]


def github_client(workflow: Workflow, patience: Patience | None = None) -> Client:
    """Return a client for the API of a workflow's GitHub.

    Raises:
        ConfigError: GITHUB_API_URL is no web address.
    """
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {workflow.token}",
        "X-GitHub-Api-Version": _VERSION,
    }
    return Client(workflow.api_url, headers=headers, patience=patience)


def pull_number(client: Client, workflow: Workflow) -> int | None:
    """Return the number of the pull request that was tested; None where there is none.

    Raises:
        PublishError: GitHub does not tell.
    """
    if workflow.number is not None or workflow.fork is None:
        return workflow.number
    label = quote(workflow.fork.label, safe="")
    path = f"/repos/{workflow.repository}/pulls?state=open&head={label}&per_page=100"
    for pull in client.pages(path):
        head = pull.get("head") if isinstance(pull, dict) else None
        # A branch moves on: only what was tested is commented on.
        if (
            isinstance(pull, dict)
            and isinstance(head, dict)
            and head.get("sha") == workflow.fork.sha
        ):
            return int(pull["number"])
    return None


class PullRequest:
    """The comments of a pull request.

    Args:
        client: from `github_client`.
        workflow: names the repository.
        number: of the pull request.
    """

    def __init__(self, client: Client, workflow: Workflow, number: int) -> None:
        self._client = client
        self._comments = f"/repos/{workflow.repository}/issues/{number}/comments"
        self._comment = f"/repos/{workflow.repository}/issues/comments"
        self._graphql_url = workflow.graphql_url
        self._login: str | None = None
        self._asked = False

    def own_comments(self) -> Sequence[Comment]:
        """Return the comments of whoever holds the token.

        Raises:
            PublishError: they cannot be listed.
        """
        try:
            entries = list(self._client.pages(f"{self._comments}?per_page=100"))
        except PublishRefusedError as exc:
            raise explained(exc, "pull-requests") from exc
        return [
            _comment(entry)
            for entry in entries
            if isinstance(entry, dict)
            and isinstance(entry.get("body"), str)
            and self._is_own(entry)
        ]

    def create(self, body: str) -> Comment:
        """Write a comment, once, even if the answer was lost.

        Raises:
            PublishError: it cannot be written.
        """
        try:
            response = self._client.request(
                "POST", self._comments, json={"body": body}, find=lambda: self._written(body)
            )
        except PublishRefusedError as exc:
            raise explained(exc, "pull-requests") from exc
        return _comment(_object(response))

    def edit(self, comment: Comment, body: str) -> None:
        """Replace the text of a comment.

        Raises:
            PublishError: it cannot be written.
        """
        try:
            self._client.request("PATCH", f"{self._comment}/{comment.id}", json={"body": body})
        except PublishRefusedError as exc:
            raise explained(exc, "pull-requests") from exc

    def delete(self, comment: Comment) -> None:
        """Remove a comment.

        Raises:
            PublishError: it cannot be removed.
        """
        self._client.request("DELETE", f"{self._comment}/{comment.id}")

    def _written(self, body: str) -> Response | None:
        """Return the comment of a create whose answer was lost."""
        for comment in self.own_comments():
            if is_same_post(comment.body, body):
                entry = {"id": comment.id, "body": comment.body, "html_url": comment.url}
                return Response(status=200, headers={}, body=json.dumps(entry).encode())
        return None

    def _is_own(self, entry: Mapping[str, Any]) -> bool:
        user = entry.get("user")
        login, kind = (user.get("login"), user.get("type")) if isinstance(user, dict) else ("", "")
        if not self._asked:
            self._login, self._asked = self._identity(), True
        if self._login is None:
            return kind == "Bot"
        return login == self._login or (kind == "Bot" and login == f"{self._login}[bot]")

    def _identity(self) -> str | None:
        query = {"query": "query { viewer { login } }"}
        try:
            answer = self._client.request(
                "POST", self._graphql_url, json=query, repeatable=True
            ).json()
        except PublishError:
            return None
        for key in ("data", "viewer", "login"):
            answer = answer.get(key) if isinstance(answer, dict) else None
        return answer if isinstance(answer, str) else None


def post_check(
    client: Client,
    workflow: Workflow,
    *,
    head_sha: str,
    name: str,
    conclusion: Conclusion,
    title: str,
    summary: str,
    report_url: str | None,
) -> str | None:
    """Write a completed check run onto a commit; returns its address.

    A later one of the same name takes its place, for GitHub shows the last of each name.

    Raises:
        PublishError: it cannot be written; only apps may, and GITHUB_TOKEN is one.
    """
    checks = f"/repos/{workflow.repository}"
    identifier = ".".join(str(part) for part in workflow.order)
    document = {
        "name": name,
        "head_sha": head_sha,
        "status": "completed",
        "conclusion": conclusion,
        "external_id": identifier,
        "output": {"title": title[:200], "summary": summary},
    }
    if report_url is not None:
        document["details_url"] = report_url
    listed = f"{checks}/commits/{head_sha}/check-runs?check_name={quote(name, safe='')}"

    def find() -> Response | None:
        runs = _object(client.request("GET", listed)).get("check_runs")
        for run in runs if isinstance(runs, list) else ():
            if isinstance(run, dict) and run.get("external_id") == identifier:
                return Response(status=200, headers={}, body=json.dumps(run).encode())
        return None

    try:
        response = client.request("POST", f"{checks}/check-runs", json=document, find=find)
    except PublishRefusedError as exc:
        raise explained(exc, "checks") from exc
    url = _object(response).get("html_url")
    return url if isinstance(url, str) else None


def head_of(client: Client, workflow: Workflow, number: int) -> str:
    """Return the commit at the head of a pull request.

    Raises:
        PublishError: GitHub does not tell.
    """
    pull = _object(client.request("GET", f"/repos/{workflow.repository}/pulls/{number}"))
    head = pull.get("head")
    sha = head.get("sha") if isinstance(head, dict) else None
    if not isinstance(sha, str):
        raise PublishError(f"pull request {number}: expected a head commit, found none")
    return sha


def explained(exc: PublishRefusedError, permission: str) -> PublishRefusedError:
    """Return a refusal with what to do about it.

    Args:
        exc: as the client raised it.
        permission: that would have been needed, as workflows call it.
    """
    hint = exc.hint
    if exc.status == 401:
        hint = "GITHUB_TOKEN is wrong or has expired"
    elif exc.status == 403 and "via a GitHub App" in exc.message:
        hint = "only apps write checks: use GITHUB_TOKEN of a workflow, with checks: write"
    elif exc.status == 403:
        hint = _FORK_HINT.format(permission)
    elif exc.status == 404:
        hint = "no such pull request, or the token may not see this repository"
    return PublishRefusedError(exc.message, status=exc.status, hint=hint)


def _comment(entry: Mapping[str, Any]) -> Comment:
    identifier, body, url = entry.get("id"), entry.get("body"), entry.get("html_url")
    if not isinstance(identifier, int) or not isinstance(body, str):
        raise PublishError("expected a comment with id and body, found something else")
    return Comment(id=identifier, body=body, url=url if isinstance(url, str) else None)


def _object(response: Response) -> Mapping[str, Any]:
    document = response.json()
    if not isinstance(document, dict):
        raise PublishError(f"expected a JSON object, found {type(document).__name__}")
    return document
