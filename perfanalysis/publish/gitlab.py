"""Merge requests on GitLab: notes, through the REST API."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from perfanalysis.errors import ConfigError, PublishError, PublishRefusedError, UsageError
from perfanalysis.publish.http import Client, Patience, Response
from perfanalysis.publish.marker import is_same_post
from perfanalysis.publish.one_comment import Comment

_ACCESS_HINT: Final = (
    "GITLAB_TOKEN: an access token of the project with scope api and role Reporter or higher; "
    "CI_JOB_TOKEN cannot write notes"
)


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """A pipeline of GitLab.

    Attributes:
        project: id or path of the project that the merge request is in.
        number: the IID of the merge request; None in pipelines of branches and tags.
        url: of the merge request, where it is known.
        order: later pipelines exceed it.
    """

    token: str
    api_url: str
    project: str
    number: int | None
    url: str | None
    order: tuple[int, ...]


def pipeline_of(environ: Mapping[str, str], *, number: int | None) -> Pipeline:
    """Return what GitLab's variables tell.

    Args:
        environ: variables, as GitLab sets them.
        number: IID of the merge request, where the user says it.

    Raises:
        UsageError: a variable is missing.
        ConfigError: a variable is not what GitLab would write.
    """
    token = environ.get("GITLAB_TOKEN", "").strip()
    if not token:
        raise UsageError("GITLAB_TOKEN is not set", hint=_ACCESS_HINT)
    # In the pipeline of a fork CI_PROJECT_ID is the fork; the merge request is elsewhere.
    project = environ.get("CI_MERGE_REQUEST_PROJECT_ID") or environ.get("CI_PROJECT_ID", "")
    for name, value in (
        ("CI_API_V4_URL", environ.get("CI_API_V4_URL")),
        ("CI_PROJECT_ID", project),
    ):
        if not value:
            raise UsageError(f"{name} is not set", hint="GitLab sets it in every job")
    told = environ.get("CI_MERGE_REQUEST_IID", "")
    if number is None and told:
        if not (told.isascii() and told.isdigit()):
            raise ConfigError(f"CI_MERGE_REQUEST_IID: expected a number, found {told!r}")
        number = int(told)
    place = environ.get("CI_MERGE_REQUEST_PROJECT_URL") or environ.get("CI_PROJECT_URL")
    order = environ.get("CI_PIPELINE_ID", "")
    return Pipeline(
        token=token,
        api_url=environ["CI_API_V4_URL"],
        project=project,
        number=number,
        url=f"{place}/-/merge_requests/{number}" if place and number is not None else None,
        order=(int(order) if order.isascii() and order.isdigit() else 0,),
    )


def gitlab_client(pipeline: Pipeline, patience: Patience | None = None) -> Client:
    """Return a client for the API of a pipeline's GitLab.

    Raises:
        ConfigError: CI_API_V4_URL is no web address.
    """
    return Client(pipeline.api_url, headers={"PRIVATE-TOKEN": pipeline.token}, patience=patience)


class MergeRequest:
    """The notes of a merge request.

    Args:
        client: from `gitlab_client`.
        pipeline: names the project.
        number: IID of the merge request.
    """

    def __init__(self, client: Client, pipeline: Pipeline, number: int) -> None:
        self._client = client
        project = quote(pipeline.project, safe="")
        self._notes = f"/projects/{project}/merge_requests/{number}/notes"
        self._url = pipeline.url
        self._username: str | None = None

    def own_comments(self) -> Sequence[Comment]:
        """Return the notes of whoever holds the token.

        Raises:
            PublishError: they cannot be listed.
        """
        path = f"{self._notes}?sort=asc&order_by=created_at&per_page=100"
        try:
            username = self._identity()
            entries = list(self._client.pages(path))
        except PublishRefusedError as exc:
            raise _explained(exc) from exc
        return [
            self._comment(entry)
            for entry in entries
            if isinstance(entry, dict) and not entry.get("system") and _author(entry) == username
        ]

    def create(self, body: str) -> Comment:
        """Write a note, once, even if the answer was lost.

        Raises:
            PublishError: it cannot be written.
        """
        try:
            response = self._client.request(
                "POST", self._notes, json={"body": body}, find=lambda: self._written(body)
            )
        except PublishRefusedError as exc:
            raise _explained(exc) from exc
        entry = response.json()
        return self._comment(entry if isinstance(entry, dict) else {})

    def edit(self, comment: Comment, body: str) -> None:
        """Replace the text of a note.

        Raises:
            PublishError: it cannot be written.
        """
        try:
            self._client.request("PUT", f"{self._notes}/{comment.id}", json={"body": body})
        except PublishRefusedError as exc:
            raise _explained(exc) from exc

    def delete(self, comment: Comment) -> None:
        """Remove a note.

        Raises:
            PublishError: it cannot be removed.
        """
        self._client.request("DELETE", f"{self._notes}/{comment.id}")

    def _written(self, body: str) -> Response | None:
        """Return the note of a create whose answer was lost."""
        for comment in self.own_comments():
            if is_same_post(comment.body, body):
                entry = {"id": comment.id, "body": comment.body}
                return Response(status=200, headers={}, body=json.dumps(entry).encode())
        return None

    def _identity(self) -> str:
        if self._username is None:
            user = self._client.request("GET", "/user").json()
            found = user.get("username") if isinstance(user, dict) else None
            if not isinstance(found, str):
                raise PublishError("GET /user: expected a user name, found none")
            self._username = found
        return self._username

    def _comment(self, entry: Mapping[str, Any]) -> Comment:
        identifier, body = entry.get("id"), entry.get("body")
        if not isinstance(identifier, int) or not isinstance(body, str):
            raise PublishError("expected a note with id and body, found something else")
        url = None if self._url is None else f"{self._url}#note_{identifier}"
        return Comment(id=identifier, body=body, url=url)


def _author(entry: Mapping[str, Any]) -> str | None:
    author = entry.get("author")
    name = author.get("username") if isinstance(author, dict) else None
    return name if isinstance(name, str) else None


def _explained(exc: PublishRefusedError) -> PublishRefusedError:
    """Return a refusal with what to do about it."""
    hint = exc.hint
    if exc.status in (401, 403):
        hint = _ACCESS_HINT
    elif exc.status == 404:
        hint = f"no such merge request, or the token may not see this project. {_ACCESS_HINT}"
    return PublishRefusedError(exc.message, status=exc.status, hint=hint)
