"""One job on GitHub: its comment and its check, each tried whatever became of the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from perfanalysis.errors import PublishError
from perfanalysis.model.gate import Gate
from perfanalysis.publish.findings import Findings
from perfanalysis.publish.github import (
    Conclusion,
    PullRequest,
    github_client,
    head_of,
    post_check,
    pull_number,
)
from perfanalysis.publish.github_event import Workflow, workflow_of
from perfanalysis.publish.http import Client, Patience
from perfanalysis.publish.marker import DEFAULT_KEY
from perfanalysis.publish.one_comment import Mode, Publication, publish_comment
from perfanalysis.reports.markdown import Framing

_CONCLUSIONS: Final[Mapping[Gate, Conclusion]] = {
    Gate.PASSED: "success",
    Gate.FAILED: "failure",
    Gate.NO_VERDICT: "neutral",
}


@dataclass(frozen=True, kw_only=True)
class GitHubJob:
    """What to publish.

    Attributes:
        number: of the pull request; None for the event's.
        check: whether to set a check besides.
    """

    findings: Findings
    framing: Framing
    key: str
    mode: Mode
    number: int | None
    check: bool


def publish_on_github(
    job: GitHubJob, environ: Mapping[str, str], patience: Patience | None = None
) -> Iterator[str]:
    """Publish comment and check; yield a sentence on each.

    Args:
        job: what to publish.
        environ: variables, as GitHub sets them.
        patience: with a service that fails in passing.

    Raises:
        UsageError: a variable is missing.
        ConfigError: a variable or the event is not what GitHub would write.
        PublishError: the first thing that could not be published, after the others were.
    """
    workflow = workflow_of(environ, number=job.number)
    client = github_client(workflow, patience)
    steps: list[Callable[[], str]] = []
    if job.mode != "off":
        steps.append(partial(_comment, job, client, workflow))
    if job.check:
        steps.append(partial(_check, job, client, workflow))
    failures: list[PublishError] = []
    for step in steps:
        try:
            yield step()
        except PublishError as exc:
            failures.append(exc)
    if failures:
        raise failures[0]


def _comment(job: GitHubJob, client: Client, workflow: Workflow) -> str:
    number = pull_number(client, workflow)
    if number is None:
        return "no comment: this workflow is not of an open pull request"
    publication = Publication(
        findings=job.findings,
        framing=job.framing,
        key=job.key,
        mode=job.mode,
        order=workflow.order,
    )
    return publish_comment(PullRequest(client, workflow, number), publication).sentence


def _check(job: GitHubJob, client: Client, workflow: Workflow) -> str:
    head_sha = workflow.head_sha
    if head_sha is None and workflow.number is not None:
        head_sha = head_of(client, workflow, workflow.number)
    if head_sha is None:
        return "no check: this workflow is of no commit"
    text = job.findings.markdown(job.framing)
    conclusion = _CONCLUSIONS[job.findings.gate]
    url = post_check(
        client,
        workflow,
        head_sha=head_sha,
        name="perfanalysis" if job.key == DEFAULT_KEY else f"perfanalysis ({job.key})",
        conclusion=conclusion,
        title=text.partition("\n")[0].partition(": ")[2],
        summary=text,
        report_url=job.framing.report_url,
    )
    return f"check: {conclusion}{f', {url}' if url else ''}"
