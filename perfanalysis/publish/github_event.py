"""What a GitHub workflow knows of itself: repository, pull request, commit, run.

Everything comes from variables and from the event that GitHub wrote. Nothing is taken from a
result or artifact: in the two-workflow pattern a stranger's job made those.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from perfanalysis.errors import ConfigError, UsageError

_REPOSITORY: Final = re.compile(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+")
_QUEUE_BRANCH: Final = re.compile(r"gh-readonly-queue/.+/pr-([0-9]+)-[0-9a-f]+$")
_DEFAULT_API: Final = "https://api.github.com"


@dataclass(frozen=True, kw_only=True)
class ForkHead:
    """The head of a pull request whose number the event does not tell, as for every fork."""

    label: str  # `owner:branch`
    sha: str


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """A run of a workflow.

    Attributes:
        number: of the pull request; None where there is none, or it must be looked up.
        fork: by what to look it up.
        head_sha: of the version that was tested; None where it must be looked up.
        order: later runs exceed it.
    """

    token: str
    api_url: str
    graphql_url: str
    repository: str
    number: int | None
    fork: ForkHead | None
    head_sha: str | None
    order: tuple[int, ...]


def workflow_of(environ: Mapping[str, str], *, number: int | None) -> Workflow:
    """Return what variables and event tell.

    Args:
        environ: variables, as GitHub sets them.
        number: of the pull request, where the user says it.

    Raises:
        UsageError: a variable is missing.
        ConfigError: a variable or the event is not what GitHub would write.
    """
    token = environ.get("GITHUB_TOKEN", "").strip()
    if not token:
        raise UsageError(
            "GITHUB_TOKEN is not set",
            hint="in the step: env: GITHUB_TOKEN: ${{ github.token }}",
        )
    repository = environ.get("GITHUB_REPOSITORY", "")
    if not _REPOSITORY.fullmatch(repository):
        raise ConfigError(f"GITHUB_REPOSITORY: expected owner/name, found {repository!r}")
    api_url = environ.get("GITHUB_API_URL") or _DEFAULT_API
    event = _event(environ)
    found = number if number is not None else _number(event)
    return Workflow(
        token=token,
        api_url=api_url,
        graphql_url=environ.get("GITHUB_GRAPHQL_URL") or _graphql_url(api_url),
        repository=repository,
        number=found,
        fork=None if found is not None else _fork(event),
        head_sha=_head_sha(event, environ) if number in (None, _number(event)) else None,
        order=_order(event, environ),
    )


def _event(environ: Mapping[str, str]) -> Mapping[str, Any]:
    path = environ.get("GITHUB_EVENT_PATH")
    if not path:
        return {}
    try:
        event = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as exc:
        raise ConfigError(f"GITHUB_EVENT_PATH: cannot be read: {path}: {exc}") from exc
    if not isinstance(event, dict):
        raise ConfigError(f"GITHUB_EVENT_PATH: expected an event, found {type(event).__name__}")
    return event


def _number(event: Mapping[str, Any]) -> int | None:
    """Return the number of the pull request that an event is about."""
    issue = event.get("issue")
    if isinstance(issue, dict) and "pull_request" in issue:
        return _whole(issue.get("number"))
    pull = event.get("pull_request")
    if isinstance(pull, dict):
        return _whole(pull.get("number"))
    run = event.get("workflow_run")
    if isinstance(run, dict):
        same_head = [
            pull
            for pull in run.get("pull_requests") or ()
            if _text(pull, "head", "sha") == run.get("head_sha")
        ]
        return _whole(same_head[0].get("number")) if same_head else None
    queue = _QUEUE_BRANCH.search(_text(event, "merge_group", "head_ref") or "")
    return int(queue[1]) if queue else None


def _fork(event: Mapping[str, Any]) -> ForkHead | None:
    owner = _text(event, "workflow_run", "head_repository", "owner", "login")
    branch = _text(event, "workflow_run", "head_branch")
    sha = _text(event, "workflow_run", "head_sha")
    from_pull = str(_text(event, "workflow_run", "event") or "").startswith("pull_request")
    if not (from_pull and owner and branch and sha):
        return None
    return ForkHead(label=f"{owner}:{branch}", sha=sha)


def _head_sha(event: Mapping[str, Any], environ: Mapping[str, str]) -> str | None:
    """Return the tested commit. GITHUB_SHA is a trial merge for pull requests: no check fits it."""
    for path in (
        ("pull_request", "head", "sha"),
        ("workflow_run", "head_sha"),
        ("merge_group", "head_sha"),
    ):
        sha = _text(event, *path)
        if sha:
            return sha
    return None if "issue" in event else environ.get("GITHUB_SHA") or None


def _order(event: Mapping[str, Any], environ: Mapping[str, str]) -> tuple[int, ...]:
    """Return number and attempt of the workflow run that tested."""
    run = event.get("workflow_run")
    if isinstance(run, dict) and _whole(run.get("id")) is not None:
        return (int(run["id"]), _whole(run.get("run_attempt")) or 1)
    numbers = (environ.get("GITHUB_RUN_ID", ""), environ.get("GITHUB_RUN_ATTEMPT", ""))
    return tuple(int(text) if text.isascii() and text.isdigit() else 0 for text in numbers)


def _graphql_url(api_url: str) -> str:
    base = api_url.rstrip("/")
    return f"{base.removesuffix('/v3')}/graphql"


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _text(part: object, *keys: str) -> str | None:
    for key in keys:
        part = part.get(key) if isinstance(part, dict) else None
    return part if isinstance(part, str) else None
